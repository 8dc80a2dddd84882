"""Categories: from ``Home > Women > Dresses`` or ``Home/Women`` to a list of names, broad to narrow."""

from __future__ import annotations

import re
from typing import Any

from indexer.catalog.limits import LEVELS, NAME
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.text import read_text

_ARROWS = re.compile(r"\s*[>\u203a\u00bb\u2192]\s*")  # >, and the arrows that look like it
_SLASH = re.compile(r"(?<!\\)/")


def split_category(value: object) -> object:
    r"""Split a path written as text, at ``>``, else ``|``, else ``/``; ``\/`` is a slash inside a name.

    A list stays, unless its only item is a path written with ``>``.
    """
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], str) and len(names := _ARROWS.split(value[0].strip())) > 1:
            return [name for name in names if name]
        return value
    if not isinstance(value, str):
        return [value]
    names = _ARROWS.split(value) if _ARROWS.search(value) else value.split("|") if "|" in value else _SLASH.split(value)
    return [stripped for name in names if (stripped := name.replace("\\/", "/").strip())]


def read_category(value: object, changes: Changes) -> Any:
    """Read a category: names from broad to narrow, without empty ones."""
    # Markup first: a path of an export is escaped, "Home &gt; Women".
    if isinstance(value, str):
        value = read_text(value, "category", LEVELS * NAME, changes)
    elif isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = [read_text(value[0], "category", LEVELS * NAME, changes)]
    names = split_category(value)
    if not isinstance(names, list):
        return names
    if names not in (value, [value]) and "|".join(names) != value:
        changes.note("a category's path split", "category", value, names)
    read = [read_text(name, "category", NAME, changes) for name in names]
    kept = [name for name in read if name is not None and name != ""]
    return changes.apply(f"more than {LEVELS} categories cut", "category", lambda all_: all_[:LEVELS], kept)
