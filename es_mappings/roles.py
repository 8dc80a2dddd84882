"""What an API key must be allowed, in an Elasticsearch with security."""

from __future__ import annotations

from typing import Any


def attaching(alias: str, index: str) -> dict[str, Any]:
    """Build the role of a key that gives vectors to an index that is not ours, and can do nothing else to it.

    Parameters
    ----------
    alias : str
        ``INDEX_NAME``: our own indices begin with it.
    index : str
        Theirs.
    """
    theirs = {
        "names": [index],
        "privileges": ["read", "index", "view_index_metadata", "monitor", "maintenance", "indices:admin/mapping/put"],
    }
    ours = {
        "names": [f"{alias}-*"],
        "privileges": [
            "read",
            "write",
            "create_index",
            "view_index_metadata",
            "maintenance",
            "indices:admin/mapping/put",
        ],
    }
    return {"cluster": [], "indices": [theirs, ours]}
