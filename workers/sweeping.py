"""Keep attached indices up to date: embed what changed in them, a few minutes at a time."""

from __future__ import annotations

import logging

from indexer.attached.attachment import Attachments
from indexer.attached.sweep import Sweep
from indexer.errors import DeviceError, ProductSearchError
from workers import resources
from workers.app import TIME_LIMIT

log = logging.getLogger(__name__)


def sweep_attached() -> None:
    """Sweep each attached index; the next sweep continues where this one ran out of time.

    Raises
    ------
    DeviceError
        The models fail in this process, which has to end.
    """
    index = resources.index()
    for name in Attachments(index).all():
        try:
            swept = Sweep(index, resources.pipeline(), seconds=TIME_LIMIT / 4).run(name)
        except DeviceError:
            raise
        except ProductSearchError as error:
            log.warning("attached index %s is skipped for now: %s", name, error)
            continue
        log.info("%s: %d vectors written, %d failed", name, swept.written, len(swept.failed))
