"""The product pipeline: catalogue in, product documents with vectors out. No Celery, no Flask."""
