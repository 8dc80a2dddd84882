"""Synonyms of a shop: one document a rule."""

from __future__ import annotations

from typing import Any

KIND = "synonyms"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of synonyms; a document's ``_id`` is the digest of its rule."""
    return {"dynamic": "strict", "properties": {"rule": {"type": "keyword"}, "at": {"type": "date"}}}
