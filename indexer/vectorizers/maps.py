"""Where in an image a network is active: a shallow layer's activations, position by position."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from PIL import Image

from es_mappings.layout import Vector
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers.networks import Choices, Metadata, Network, Tapping, load_network
from indexer.vectorizers.presets import Tap

if TYPE_CHECKING:
    from indexer.vectorizers.checkpoints import PretrainedModel


class ActivationMap(Protocol):
    """Computes the activations of each position of an image."""

    def __call__(self, image: Image.Image) -> Vector:
        """Return them: shape ``(rows, columns, channels)``."""


_TAP = "map"


class CnnMap:
    """One layer of a CNN, of the whole image squeezed into the model's frame."""

    def __init__(self, network: Network) -> None:
        self._runtime, self._size = network.runtime, network.metadata.preprocessing.size
        self._shape = network.metadata.shapes[_TAP]

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
    one_by_one = settings.model_copy(update={"batch_size": 1})  # a GPU pads batches
    try:
        return CnnMap(load_network(one_by_one, Tapping("map", _taps, _check_grid)))
    except _NoGridError:
        return None


class _NoGridError(SettingsError):
    """The layer's output isn't a square grid of positions."""


def _check_grid(metadata: Metadata) -> None:
    shape = metadata.shapes[_TAP]
    if len(shape) != 3 or shape[1] != shape[2]:
        raise _NoGridError(f"{metadata.model} has no grid of positions: {shape}")


def _taps(loaded: PretrainedModel, chosen: Choices) -> dict[str, Tap]:
    from indexer.vectorizers.taps import style_layers

    named = chosen.style_layers or chosen.preset.style.layers
    layers = named or style_layers(loaded.module, loaded.preprocessing.size)
    # Runtimes that compile the model leave out all that comes after the layer.
    return {_TAP: Tap(layers[:1], "flatten")}
