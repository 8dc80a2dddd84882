"""Dead letters: work that can't succeed as it is, kept with the reason until a person decides."""

from __future__ import annotations

from typing import Any

KIND = "dead-letters"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of dead letters."""
    return {
        "dynamic": "strict",
        "properties": {
            "kind": {"type": "keyword"},  # event | embedding
            "product": {"type": "keyword"},
            "event": {"type": "object", "enabled": False},  # the event as it came
            "event_id": {"type": "keyword"},
            "reason": {"type": "keyword", "ignore_above": 2048},
            "at": {"type": "date"},
        },
    }


def latest(size: int) -> dict[str, Any]:
    """Build the search that lists dead letters, the latest first."""
    return {"query": {"match_all": {}}, "sort": [{"at": "desc"}, {"product": "asc"}], "size": size}
