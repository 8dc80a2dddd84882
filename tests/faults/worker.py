"""The workers' app with cheap models, and with shorter waits in a quick run.

``celery -A tests.faults.worker worker``. ``DEATHS`` names a file that grows by a byte at each death of a poison image,
``GATE`` one that holds batches in the model while it exists, and ``CLOCK`` one with the seconds by which the clock of
the writing worker is wrong, if it exists. ``BREAKS`` names one that breaks the models of the process that finds it.
"""

import os
import sys
import time
from pathlib import Path

from indexer.elastic import client as elastic
from indexer.embedding import pipeline
from indexer.images import politeness
from tests.faults import cheap
from workers import failures, scheduler
from workers.app import app
from workers.queues import embedding_queue, event_queue, task_queues

__all__ = ["app"]

setattr(pipeline, "load_vectorizers", cheap.vectorizers)  # noqa: B010 - mypy
embedding_queue._LAST_TRY_DELAY = 1.0


def _wrong_by() -> float:
    try:
        return float(Path(os.environ["CLOCK"]).read_text() or 0)
    except OSError:
        return 0.0


if "CLOCK" in os.environ and "writer@%h" in sys.argv:
    right, right_ns = time.time, time.time_ns
    setattr(time, "time", lambda: right() + _wrong_by())  # noqa: B010 - mypy
    setattr(time, "time_ns", lambda: right_ns() + int(_wrong_by() * 1e9))  # noqa: B010
if os.environ.get("FAULTS") != "full":
    scheduler._WAKE_SECONDS = 1.0
    task_queues._WOKEN_MS = 1_000
    embedding_queue.LEASE, embedding_queue._RENEWAL = 4.0, 1.0
    event_queue._IDLE_MS = 4_000
    embedding_queue._IMAGE_PAUSE, embedding_queue._IMAGE_LONGEST = 1.0, 2.0
    politeness._PAUSE = 2.0
    failures._LONGEST = 2.0
    elastic._FIRST_PAUSE = 0.05
