"""Digests that name things by what decides them: images by their bytes, vectorizers and spaces by their manifest."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def image_digest(data: bytes) -> str:
    """Return the SHA-256 of an image's bytes: its key in the Image Vector Store."""
    return hashlib.sha256(data).hexdigest()


def manifest_digest(manifest: dict[str, Any]) -> str:
    """Return the first 16 hex digits of the SHA-256 of a manifest, whatever the order of its keys."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
