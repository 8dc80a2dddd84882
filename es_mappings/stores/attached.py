"""What a product index that is not ours gets: one object of our own, added to its mapping and to its documents."""

from __future__ import annotations

from typing import Any

from es_mappings.layout import Layout

# What every version of the mapping has had: by these an object is known as ours.
CORE = frozenset({"vector", "status", "source", "space"})

REMOVE = "ctx._source.remove(params.object)"


def properties(name: str, layout: Layout) -> dict[str, Any]:
    """Build the addition to their mapping: nothing of theirs is in it, so nothing of theirs changes.

    Parameters
    ----------
    name : str
        The object's name; its vectors lie in the field ``NAME.vector``.
    layout : Layout
        Where each aspect lies in the vectors.
    """
    ours = {
        "vector": {
            "type": "dense_vector",
            "dims": layout.dims,
            "similarity": "max_inner_product",
            "index_options": {"type": "int8_flat"},
        },
        "status": {"type": "keyword"},  # pending | done | failed
        "reason": {"type": "keyword", "ignore_above": 1024},
        "source": {"type": "keyword", "index": False, "doc_values": False},  # digest of all that it was made from
        "space": {"type": "keyword"},
        "images": {"type": "object", "enabled": False},  # which were seen: address and digest
        "at": {"type": "date"},
        "tries": {"type": "integer", "index": False, "doc_values": False},  # to get an image that can't be had just now
        "retry_at": {"type": "date"},  # when to try again
    }
    return {name: {"type": "object", "dynamic": False, "properties": ours}}
