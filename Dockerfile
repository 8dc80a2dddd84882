# One image for the storefront and the workers: they share the code and most of what it needs.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    HOME=/home/lookalike

# The user's number is fixed so that files on mounted folders can be given to it.
RUN useradd --create-home --home-dir /home/lookalike --uid 10001 --shell /usr/sbin/nologin lookalike \
    && install -d -o lookalike -g lookalike /home/lookalike/.cache

WORKDIR /app

# Before the code: a change of the code must not fetch torch again.
COPY requirements.txt constraints.txt ./
RUN pip install -c constraints.txt -r requirements.txt

COPY es_mappings/ es_mappings/
COPY indexer/ indexer/
COPY search/ search/
COPY workers/ workers/
COPY webapp/ webapp/
COPY lookalike/ lookalike/
COPY gunicorn.conf.py pyproject.toml ./
# The command lookalike; the code stays where it is.
RUN pip install --no-deps --editable .

USER lookalike

EXPOSE 5000

# The storefront, as gunicorn.conf.py says; docker-compose.yml starts the workers from the same image by another command.
CMD ["gunicorn", "--bind", "0.0.0.0:5000"]
