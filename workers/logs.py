"""Logging as text or JSON, with product and event ids and without credentials."""

from __future__ import annotations

import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Literal

from cachetools import TTLCache
from pythonjsonlogger.json import JsonFormatter

# While Redis is away or refuses writes, these try again several times a second and say so each time.
_REPETITIVE = ("celery.worker.consumer", "workers.scheduler")
_QUIET_SECONDS = 60.0  # without a line, after which what it says is over
_NUMBER = re.compile(r"\d+")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")  # user:password@ of a URL


class WithoutCredentials(logging.Filter):
    """Removes user and password from URLs in messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove credentials from a record; no record is dropped."""
        message = record.getMessage()
        if "://" in message:
            record.msg, record.args = cleaned(message), None
        return True


class WithoutRepetitions(logging.Filter):
    """Drops what is said again and again while a fault lasts, but for the first time."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._recent: TTLCache[tuple[str, str], None] = TTLCache(256, _QUIET_SECONDS, timer)
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record says something new; numbers, such as those of attempts, don't make it new."""
        if not record.name.startswith(_REPETITIVE):
            return True
        line = (record.name, _NUMBER.sub("", record.getMessage()))
        with self._lock:
            repeated = line in self._recent
            self._recent[line] = None
        return not repeated


def cleaned(text: str) -> str:
    """Remove user and password from the URLs in a text."""
    return _CREDENTIALS.sub("***@", text)


class _Json(JsonFormatter):
    """One JSON object per line."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return cleaned(str(super().formatException(ei)))


class _Text(logging.Formatter):
    """A line of text, with the product and event ids of its record."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return cleaned(super().formatException(ei))

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        ids = " ".join(f"{n}={v}" for n in ("product", "event") if (v := getattr(record, n, "")))
        return f"{line} [{ids}]" if ids else line


def configure(how: Literal["text", "json"], level: int = logging.INFO) -> None:
    """Configure the root logger to write to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(WithoutRepetitions())
    handler.addFilter(WithoutCredentials())
    handler.setFormatter(
        _Json("{asctime}{levelname}{name}{process}{message}", style="{", rename_fields={"asctime": "at"})
        if how == "json"
        else _Text("%(asctime)s %(levelname)s %(name)s %(process)d: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("elastic_transport", "celery.worker.strategy", "celery.app.trace", "httpx"):
        logging.getLogger(chatty).setLevel(logging.WARNING)  # one line per request or task is too much
