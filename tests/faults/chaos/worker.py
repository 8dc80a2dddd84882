"""The workers' app of the chaos shop: the fault tests' short waits, models that throw dice, and planted faults.

``celery -A tests.faults.chaos.worker worker``.
"""

from indexer.embedding import pipeline
from tests.faults.chaos import bugs, pictures
from tests.faults.worker import app

__all__ = ["app"]

setattr(pipeline, "load_vectorizers", pictures.vectorizers)  # noqa: B010 - mypy
bugs.plant()
if "source" in bugs.planted():
    pictures._SECONDS = 1.0  # products change meanwhile
