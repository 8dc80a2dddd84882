"""A shopper who reads without pause, and asks again where a page was refused, as a browser's user does."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from types import TracebackType

from flask import Flask

_AGAIN_S, _PATIENCE_S = 0.5, 60.0  # between two tries, and until a read counts as failed


class Shopper(threading.Thread):
    """Reads pages in a thread while a ``with`` block runs.

    Attributes
    ----------
    answered, refused : int
        Pages answered with 200, and answers with 503 on the way there.
    failed : list of str
        Pages that were not answered with 200 within a minute, and whatever was answered otherwise.
    """

    def __init__(self, app: Flask, products: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._shop, self._ended = app.test_client(), threading.Event()
        paths = ("/search?q=picture", "/search?like={}", "/products/{}", "/api/search?like={}", "/api/products/{}")
        self._paths = itertools.cycle([path.format(product) for product in products for path in paths])
        self.answered, self.refused, self.failed = 0, 0, list[str]()

    def run(self) -> None:
        """Read one page after the other."""
        for path in self._paths:
            if self._ended.is_set():
                return
            self._read(path)

    def __enter__(self) -> Shopper:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self.join()

    def _read(self, path: str) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < _PATIENCE_S:
            status = self._shop.get(path).status_code
            if status == 200:
                self.answered += 1
                return
            if status != 503:
                break
            self.refused += 1
            time.sleep(_AGAIN_S)
        self.failed.append(f"{path}: {status}")
