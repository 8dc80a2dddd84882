"""What is added to an attached product index: one object, in its mapping and in its documents."""

from __future__ import annotations

from typing import Any

from es_mappings.layout import Layout

KIND = "attached"  # in the index's name

# Fields of every version of the mapping: an object that has them is ours.
CORE = frozenset({"vector", "status", "source", "space"})

REMOVE = "ctx._source.remove(params.object)"


def properties(name: str, layout: Layout) -> dict[str, Any]:
    """Build the addition to the index's mapping; it names none of the index's own fields, so it changes none.

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
        "source": {
            "type": "keyword",
            "index": False,
            "doc_values": False,
        },  # digest of everything the vector was made from
        "space": {"type": "keyword"},
        "images": {"type": "object", "enabled": False},  # those in the vector: address and digest
        "at": {"type": "date"},
        "tries": {"type": "integer", "index": False, "doc_values": False},  # to fetch an image that wasn't available
        "retry_at": {"type": "date"},  # when to try again
    }
    return {name: {"type": "object", "dynamic": False, "properties": ours}}
