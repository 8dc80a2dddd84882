"""Attribution models by category, and the decisions of people: two stores next to the product index."""

from __future__ import annotations

from typing import Any

MODELS = "attribution"  # in the index's name
DECISIONS = "decisions"


def models_mapping() -> dict[str, Any]:
    """Build the mapping of the index of attribution models; a document's ``_id`` is a digest of its category."""
    return {
        "dynamic": "strict",
        "properties": {
            "category": {"type": "keyword"},
            "digest": {"type": "keyword"},
            "vectorizers": {"type": "object", "enabled": False},  # aspect -> digest
            "manifest": {"type": "object", "enabled": False},
            "tensors": {"type": "binary"},  # safetensors, base64
            "fitted_at": {"type": "date"},
        },
    }


def decisions_mapping() -> dict[str, Any]:
    """Build the mapping of the index of decisions; a document's ``_id`` is the product's."""
    return {
        "dynamic": "strict",
        "properties": {
            "product": {"type": "keyword"},
            # Attribute name -> value, the catalogue's value at that time, who decided, when.
            "decided": {"type": "object", "enabled": False},
            "names": {"type": "keyword"},
            "at": {"type": "date"},
        },
    }
