"""What each address gave when an image was last fetched from it, so that it can be asked whether that changed."""

from __future__ import annotations

from typing import Any


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of image addresses: a document an address, under the SHA-256 of the address."""
    kept = {"type": "keyword", "index": False, "doc_values": False}  # read by id, never searched
    return {
        "dynamic": "strict",
        "properties": {
            "digest": {"type": "keyword"},  # of the image's bytes: its id in the Image Vector Store
            "etag": kept,
            "last_modified": kept,
            "seen_at": {"type": "date"},  # when the server was last asked
            "unused_since": {"type": "date"},  # since when no product uses it
        },
    }
