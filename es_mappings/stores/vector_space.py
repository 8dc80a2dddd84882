"""Fitted vector spaces, kept in Elasticsearch so that every worker reads the same one by its digest."""

from __future__ import annotations

from typing import Any

KIND = "spaces"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of vector spaces; a document's ``_id`` is the space's digest."""
    return {
        "dynamic": "strict",
        "properties": {
            "manifest": {"type": "object", "enabled": False},
            "tensors": {"type": "binary"},  # safetensors, base64
            "fitted_at": {"type": "date"},
        },
    }
