# Three images of one code: `web` (storefront and writing worker, without models), `worker` (models on the CPU) and
# `worker-gpu` (models on an NVIDIA GPU). docker-compose.yml and deploy/kubernetes name them so.
#
#   docker build --target web --tag lookalike-web:0.2.0 .
#   docker build --target web --build-arg PYTHON_IMAGE=python:3.11.14-slim-bookworm@sha256:... .   by digest
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

# What all have in common, installed into /opt/venv. The code comes last, so that a change of it installs nothing again.
FROM ${PYTHON_IMAGE} AS requirements
ENV PIP_NO_CACHE_DIR=1 UV_NO_CACHE=1 UV_LINK_MODE=copy
RUN pip install --quiet uv==0.13.9 && uv venv /opt/venv
WORKDIR /app
COPY requirements.txt requirements-web.txt requirements-tracing.txt constraints.txt ./
RUN uv pip install --python /opt/venv/bin/python -c constraints.txt -r requirements-web.txt -r requirements-tracing.txt

# torch without CUDA is a tenth of it with.
FROM requirements AS models
RUN uv pip install --python /opt/venv/bin/python --torch-backend cpu -c constraints.txt -r requirements.txt

FROM requirements AS models-gpu
RUN uv pip install --python /opt/venv/bin/python -c constraints.txt -r requirements.txt

FROM ${PYTHON_IMAGE} AS code
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/home/lookalike PATH=/opt/venv/bin:$PATH PYTHONPATH=/app
# A fixed user id, so that files on mounted folders can be owned by it.
RUN useradd --create-home --home-dir /home/lookalike --uid 10001 --shell /usr/sbin/nologin lookalike \
    && install -d -o lookalike -g lookalike /home/lookalike/.cache \
    && printf '#!/bin/sh\nexec python -m lookalike "$@"\n' > /usr/local/bin/lookalike && chmod 755 /usr/local/bin/lookalike
WORKDIR /app
COPY es_mappings/ es_mappings/
COPY indexer/ indexer/
COPY search/ search/
COPY workers/ workers/
COPY webapp/ webapp/
COPY lookalike/ lookalike/
COPY gunicorn.conf.py pyproject.toml ./
USER 10001

# By default a worker embeds products and what shoppers search by; docker-compose.yml starts one for each.
FROM code AS worker
COPY --from=models /opt/venv /opt/venv
CMD ["celery", "-A", "workers.app", "worker", "--loglevel", "INFO", "--concurrency", "1", "--queues", "interactive,embedding"]

FROM code AS worker-gpu
COPY --from=models-gpu /opt/venv /opt/venv
CMD ["celery", "-A", "workers.app", "worker", "--loglevel", "INFO", "--concurrency", "1", "--queues", "interactive,embedding"]

FROM code AS web
COPY --from=requirements /opt/venv /opt/venv
EXPOSE 5000 9108
# The storefront, as gunicorn.conf.py says; a writing worker is started from this image by another command.
CMD ["gunicorn", "--bind", "0.0.0.0:5000"]
