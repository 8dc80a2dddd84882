"""Painless score scripts: one file each under ``painless/``, so that the search team edits Painless, not Python."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def source(name: str) -> str:
    """Read a script, e.g. ``source("blend")``. Sources never change between requests: only their params do."""
    return files("es_mappings").joinpath("painless", f"{name}.painless").read_text(encoding="utf-8")
