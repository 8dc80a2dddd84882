"""Reports of the last loads."""

from __future__ import annotations

from typing import Any

KIND = "loads"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of reports."""
    return {
        "dynamic": "strict",
        "properties": {"at": {"type": "date"}, "report": {"type": "object", "enabled": False}},
    }


def latest(size: int, start: int = 0) -> dict[str, Any]:
    """Build the search that lists reports, the latest first, as the client's method takes it."""
    return {"query": {"match_all": {}}, "sort": [{"at": "desc"}], "from_": start, "size": size}
