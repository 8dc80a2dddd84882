"""The workers' app with cheap models, and with shorter waits in a quick run.

``celery -A tests.faults.worker worker``. ``DEATHS`` names a file that grows by a byte at each death of a poison image.
"""

import os

from indexer.elastic import client as elastic
from indexer.embedding import pipeline
from tests.faults import cheap
from workers import failures, scheduler
from workers.app import app
from workers.queues import embedding_queue, event_queue, task_queues

__all__ = ["app"]

setattr(pipeline, "load_vectorizers", cheap.vectorizers)  # noqa: B010 - mypy
embedding_queue._LAST_TRY_DELAY = 1.0
if os.environ.get("FAULTS") != "full":
    scheduler._WAKE_SECONDS = 1.0
    task_queues._WOKEN_MS = 1_000
    embedding_queue.LEASE, embedding_queue._RENEWAL = 4.0, 1.0
    event_queue._IDLE_MS = 4_000
    failures._LONGEST = 2.0
    elastic._FIRST_PAUSE = 0.05
