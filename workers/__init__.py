"""Celery: thin. A task takes ids and calls one function of indexer/."""
