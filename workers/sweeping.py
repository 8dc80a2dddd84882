"""Attached indices, kept up to date: what changed in them is embedded, a few minutes at a time."""

from __future__ import annotations

import logging

from indexer.attached.attachment import Attachments
from indexer.attached.sweep import Sweep
from indexer.errors import ProductSearchError
from workers import resources
from workers.app import TIME_LIMIT

log = logging.getLogger(__name__)


def sweep_attached() -> None:
    """Sweep each attached index; what isn't reached in time is the next sweep's."""
    index = resources.index()
    for name in Attachments(index).all():
        try:
            swept = Sweep(index, resources.pipeline(), seconds=TIME_LIMIT / 4).run(name)
        except ProductSearchError as error:
            log.warning("%s, attached, is left for now: %s", name, error)
            continue
        log.info("%s: %d vectors written, %d failed", name, swept.written, len(swept.failed))
