"""Logging as text or JSON, with product and event ids and without credentials."""

from __future__ import annotations

import logging
import re
import sys
from typing import Any, Literal

from pythonjsonlogger.json import JsonFormatter

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s'\"]+@")  # user:password@ of a URL


class WithoutCredentials(logging.Filter):
    """Removes user and password from URLs in messages."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Remove credentials from a record; no record is dropped."""
        message = record.getMessage()
        if "://" in message:
            record.msg, record.args = cleaned(message), None
        return True


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
