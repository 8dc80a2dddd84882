"""The progress of rebuilds, rollbacks and attached indices: one small document each, read by its id."""

from __future__ import annotations

from typing import Any

KIND = "rollouts"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of states; nothing in it is searched for."""
    return {"dynamic": "strict", "properties": {"state": {"type": "object", "enabled": False}}}
