"""Painless scripts, one file each under ``painless/``: the search team edits Painless, not Python."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def source(name: str) -> str:
    """Read a script, e.g. ``source("blend")``. Sources never change between requests: only their params do."""
    return files("es_mappings").joinpath("painless", f"{name}.painless").read_text(encoding="utf-8")


# The scripts that write products share functions, which stand before each of them.
_SHARED = "product_state"
_SHARING = {"product_upsert", "product_update", "product_delete", "product_embed", "product_attribute"}


def parts(name: str) -> list[tuple[str, str]]:
    """Return the names and sources of the files that a script is joined from, in order."""
    return [(part, source(part)) for part in ([_SHARED, name] if name in _SHARING else [name])]


def whole(name: str) -> str:
    """Return the whole source of a script, with the functions it shares."""
    return "".join(text for _, text in parts(name))
