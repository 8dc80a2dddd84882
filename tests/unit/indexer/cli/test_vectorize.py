"""One product that can't be embedded is noted, and the others are done."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from indexer.cli import vectorize
from indexer.embedding.report import Report


def test_one_product_that_cannot_be_embedded_is_noted_and_the_others_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    done: set[str] = set()
    marked: dict[str, str] = {}

    def embed(ids: Sequence[str]) -> Report:
        if "p-7" in ids:
            raise OverflowError("too large")
        done.update(ids)
        return Report(written=list(ids), images=len(ids))

    def mark_failed(_: object, ids: Sequence[str], reason: str) -> None:
        marked.update(dict.fromkeys(ids, reason))

    monkeypatch.setattr(vectorize, "mark_failed", mark_failed)
    pipeline: Any = SimpleNamespace(vectorize=embed)
    index: Any = None
    failed: dict[str, str] = {}
    vectorize._run(index, pipeline, "Writing", [f"p-{number}" for number in range(600)], failed)
    assert done == {f"p-{number}" for number in range(600) if number != 7}
    assert failed == marked == {"p-7": "embedding it failed: OverflowError: too large"}
