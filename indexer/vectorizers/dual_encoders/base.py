"""Both towers of a dual encoder, whatever format it was saved in: unit vectors in one space."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import torch
from more_itertools import chunked
from torch import nn
from torch.nn.functional import normalize

from es_mappings.layout import Vector

_BATCH = 64  # texts in one pass: thousands at once take gigabytes


class ImageTower(nn.Module):
    """Pixels in, unit vectors out; they leave by the layer `EMBEDDING`.

    Attributes
    ----------
    kind : str
        Name of its class.
    style_layers : tuple of str
        Layers of the style aspect; empty where the usual choice by resolution serves.
    num_prefix_tokens : int
        A transformer's tokens without a position.
    """

    def __init__(self, tower: nn.Module, blocks: str = "", depth: int = 0, num_prefix_tokens: int = 0) -> None:
        super().__init__()
        self.tower, self.embedding, self.num_prefix_tokens = tower, nn.Identity(), num_prefix_tokens
        self.kind = type(getattr(tower, "model", tower)).__name__
        quarter_and_half = dict.fromkeys((depth // 4, depth // 2)) if depth else ()
        self.style_layers = tuple(f"tower.{blocks}.{block}" for block in quarter_and_half)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Embed pixels: shape ``(batch, dims)``."""
        embedded: torch.Tensor = self.embedding(normalize(self.tower(pixels)))
        return embedded


class TextTower:
    """Embeds texts in the vectors of the image tower.

    Parameters
    ----------
    tokenize : callable
        Texts to token numbers, padded to one length.
    encode : callable
        Token numbers to vectors.
    """

    def __init__(
        self, tokenize: Callable[[list[str]], torch.Tensor], encode: Callable[[torch.Tensor], torch.Tensor]
    ) -> None:
        self._tokenize, self._encode, self._lock = tokenize, encode, threading.Lock()

    def __call__(self, texts: Sequence[str]) -> Vector:
        """Embed texts: shape ``(len(texts), dims)``, of unit length."""
        with self._lock, torch.inference_mode():
            rows = [normalize(self._encode(self._tokenize(batch))).float().numpy() for batch in chunked(texts, _BATCH)]
        return np.concatenate(rows)
