"""Faults that are planted in a shop's processes, to see that the checker finds them. ``CHAOS_BUGS`` names them."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import Any

from es_mappings import scripts
from indexer.elastic import write_targets
from indexer.elastic.product_index import ProductIndex
from indexer.elastic.write_targets import WriteTargets

# Bug -> script, the condition that is taken out, and what stands there instead.
_IN_SCRIPTS = {
    "version": ("product_upsert", "before.version > version || ", ""),
    "source": ("product_embed", "ctx._source.source != params.embedding.source", "false"),
}


def planted() -> set[str]:
    """Return the faults that the environment names."""
    return set(filter(None, os.environ.get("CHAOS_BUGS", "").split(",")))


def plant() -> None:
    """Plant the faults that the environment names in this process."""
    bugs = planted()
    for bug in bugs & set(_IN_SCRIPTS):
        _replace(*_IN_SCRIPTS[bug])
    if "swap" in bugs:
        setattr(write_targets, "retarget", _retarget_in_two_requests)  # noqa: B010 - mypy


def _replace(script: str, condition: str, instead: str) -> None:
    read = scripts.source
    assert condition in read(script)

    def source(name: str) -> str:
        return read(name).replace(condition, instead) if name == script else read(name)

    setattr(scripts, "source", source)  # noqa: B010 - mypy


_retarget = write_targets.retarget


def _retarget_in_two_requests(
    index: ProductIndex, names: Iterable[str], more: Iterable[dict[str, Any]] = ()
) -> WriteTargets:
    """Move the read alias as `write_targets.retarget` does, but not atomically."""
    for action in more:
        index.client.indices.update_aliases(actions=[action])
        time.sleep(0.3)
    return _retarget(index, names)
