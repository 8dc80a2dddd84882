# One image for the storefront and the workers, which share the code and most dependencies.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    HOME=/home/lookalike

# A fixed user id, so that files on mounted folders can be owned by it.
RUN useradd --create-home --home-dir /home/lookalike --uid 10001 --shell /usr/sbin/nologin lookalike \
    && install -d -o lookalike -g lookalike /home/lookalike/.cache

WORKDIR /app

# Before the code, so that a change of the code doesn't download torch again.
COPY requirements.txt constraints.txt ./
RUN pip install -c constraints.txt -r requirements.txt

COPY es_mappings/ es_mappings/
COPY indexer/ indexer/
COPY search/ search/
COPY workers/ workers/
COPY webapp/ webapp/
COPY lookalike/ lookalike/
COPY gunicorn.conf.py pyproject.toml ./
# Installs the command lookalike; editable, so that the code stays in /app.
RUN pip install --no-deps --editable .

USER lookalike

EXPOSE 5000

# The storefront, configured in gunicorn.conf.py; docker-compose.yml starts workers from this image by another command.
CMD ["gunicorn", "--bind", "0.0.0.0:5000"]
