"""What every vectorizer has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any, Protocol

from PIL import Image

from es_mappings.layout import Vector


class Vectorizer(Protocol):
    """Turns images into raw activations."""

    @property
    def manifest(self) -> dict[str, Any]:
        """All that decides the activations: model, layer, preprocessing, weights."""

    @property
    def dims(self) -> int:
        """Length of an activation."""

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Embed upright RGB images: shape ``(len(images), dims)``, one row an image."""


def digest(manifest: dict[str, Any]) -> str:
    """Name a vectorizer or a vector space by what decides its output: 16 hex digits of SHA-256."""
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]
