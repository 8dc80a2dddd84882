"""Points in time that the pages of a result share, so that updates in between neither repeat nor hide a product."""

from __future__ import annotations

import threading
import time

from elasticsearch import Elasticsearch

from es_mappings.queries import KEEP_ALIVE

_SHARED_SECONDS = 1.0  # an index shows an update after a second anyhow


class Snapshots:
    """Opens a point in time at most once a second, however many results begin in it.

    A point in time a request would keep old segments alive by the thousand; one a second, dropped by Elasticsearch
    when nobody has asked for it for a while, is a bounded number.
    """

    def __init__(self, client: Elasticsearch, alias: str) -> None:
        self._client, self._alias = client, alias
        self._lock = threading.Lock()
        self._opened, self._id = float("-inf"), ""

    def current(self) -> str:
        """Give the id of a point in time that is at most a second old."""
        with self._lock:
            if time.monotonic() - self._opened > _SHARED_SECONDS:
                opened = time.monotonic()
                self._id = self._client.open_point_in_time(index=self._alias, keep_alive=KEEP_ALIVE)["id"]
                self._opened = opened
            return self._id
