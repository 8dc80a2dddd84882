"""What an image's address last returned, so that a conditional request can ask whether it changed."""

from __future__ import annotations

from typing import Any

KIND = "image-addresses"  # in the index's name


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of image addresses; a document's ``_id`` is the SHA-256 of the address."""
    stored = {"type": "keyword", "index": False, "doc_values": False}  # read by id, never searched
    return {
        "dynamic": "strict",
        "properties": {
            "digest": {"type": "keyword"},  # of the image's bytes: its id in the Image Vector Store
            "etag": stored,
            "last_modified": stored,
            "seen_at": {"type": "date"},  # when the server was last asked
            "unused_since": {"type": "date"},  # since when no product uses it
        },
    }
