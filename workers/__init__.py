"""Celery workers, kept thin: a task takes ids and calls one function."""
