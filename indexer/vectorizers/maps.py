"""Where in an image a network is active: a shallow layer's activations, position by position."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.settings import Settings
from indexer.vectorizers.checkpoints import load_model
from indexer.vectorizers.presets import Tap, find_preset
from indexer.vectorizers.runtimes import Runtime, load_runtime
from indexer.vectorizers.runtimes.gpu import Gpu
from indexer.vectorizers.taps import TappedModel, list_layers, style_layers


class ActivationMap(Protocol):
    """Computes the activations of each position of an image."""

    def __call__(self, image: Image.Image) -> Vector:
        """Return them: shape ``(rows, columns, channels)``."""


class CnnMap:
    """One layer of a CNN, of the whole image squeezed into the model's frame."""

    def __init__(self, runtime: Runtime, size: tuple[int, int], shape: tuple[int, int, int]) -> None:
        self._runtime, self._size, self._shape = runtime, size, shape

    def __call__(self, image: Image.Image) -> Vector:
        """Return the activations of an upright RGB image: shape ``(rows, columns, channels)``."""
        height, width = self._size
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=3.0))
        [activations] = self._runtime([pixels])
        return np.moveaxis(activations[0].reshape(self._shape), 0, 2)


def load_map(settings: Settings) -> CnnMap | None:
    """Load the first style layer of the model that the settings name; None if its positions form no grid.

    Tried on photographs of two or three products (`evaluation regions`, EfficientNet-Lite2): blocks.2 tells products
    from the ground in 86%, blocks.4 in 14%, blocks.5 in none: deep layers see too much of what is around a position.
    """
    preset = find_preset(settings.look_model)
    loaded = load_model(preset.model, settings.look_weights)
    size = loaded.preprocessing.size
    layer = (settings.style_layers or preset.style.layers or style_layers(loaded.module, size))[0]
    shape = next(known.shape for known in list_layers(loaded.module, size) if known.name == layer)
    if len(shape) != 3 or shape[1] != shape[2]:
        return None
    # Runtimes that compile the model leave out all that comes after the layer.
    tapped = TappedModel(loaded.module, loaded.preprocessing, {"map": Tap((layer,), "flatten")})
    gpu = Gpu(settings.gpu_precision, settings.gpu_compile)
    return CnnMap(load_runtime(settings.runtime, tapped, size, 1, gpu), size, (shape[0], shape[1], shape[2]))
