"""The look, style and parts aspects: layers of one pretrained model, read in one pass over the images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image

from es_mappings.layout import Vector
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers.networks import Choices, Metadata, Network, Tapping, load_network
from indexer.vectorizers.preprocessing import Pixels
from indexer.vectorizers.presets import GRID, Tap

if TYPE_CHECKING:
    from indexer.vectorizers.checkpoints import PretrainedModel

MAX_DIMS = 4096  # of a dense_vector in Elasticsearch


class CnnModel:
    """Runs the model once and returns the activations of every tapped aspect."""

    def __init__(self, network: Network) -> None:
        self._aspects, self.preparation = tuple(network.metadata.taps), network.metadata.preprocessing.crop
        self.runtime = network.runtime

    def run(self, prepared: Sequence[Pixels]) -> dict[str, Vector]:
        """Embed prepared images: aspect to ``(len(prepared), dims)``."""
        return dict(zip(self._aspects, self.runtime(prepared), strict=True))


class CnnVectorizer:
    """One aspect of a `CnnModel`."""

    def __init__(self, aspect: str, model: CnnModel, manifest: dict[str, Any], dims: int) -> None:
        self.aspect, self.model, self._manifest, self._dims = aspect, model, manifest, dims

    @property
    def manifest(self) -> dict[str, Any]:
        """What decides the activations. The runtime isn't part of it, because all agree to a cosine of 0.999."""
        return self._manifest

    @property
    def dims(self) -> int:
        """Length of an activation."""
        return self._dims

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        """Embed upright RGB images: shape ``(len(images), dims)``."""
        return self.model.run([self.model.preparation(image) for image in images])[self.aspect]


def load(settings: Settings) -> dict[str, CnnVectorizer]:
    """Load the model that the settings name, and return the vectorizers of look, style and parts, which share it.

    A model without a suitable layer for parts, such as a transformer, has no vectorizer of parts.

    Raises
    ------
    SettingsError
        The model has no such layer, or the layer has more numbers than Elasticsearch allows.
    CheckpointError
        The checkpoint is missing, damaged or another model's.
    """
    return vectorizers(load_network(settings, Tapping("aspects", _taps, check_dims)))


def vectorizers(network: Network) -> dict[str, CnnVectorizer]:
    """Return the vectorizer of each tap by name."""
    model, metadata = CnnModel(network), network.metadata
    return {
        aspect: CnnVectorizer(aspect, model, _manifest(aspect, metadata), count)
        for aspect, count in metadata.dims.items()
    }


def check_dims(metadata: Metadata) -> None:
    """Raise `SettingsError` for a tap of more numbers than Elasticsearch allows."""
    for aspect, count in metadata.dims.items():
        if count > MAX_DIMS:
            tap = metadata.taps[aspect]
            raise SettingsError(
                f"{aspect.upper()}_POOLING: {tap.pooling} of {', '.join(tap.layers) or 'the pooled'} has {count:,} "
                f"numbers, and Elasticsearch allows {MAX_DIMS:,}: choose another layer or pooling"
            )


def _taps(loaded: PretrainedModel, chosen: Choices) -> dict[str, Tap]:
    from indexer.vectorizers.taps import parts_layer, style_layers

    preset, size = chosen.preset, loaded.preprocessing.size
    taps = {
        "look": _chosen(preset.look, (chosen.look_layer,) if chosen.look_layer else (), chosen.look_pooling),
        "style": _chosen(preset.style, chosen.style_layers, chosen.style_pooling),
    }
    if not taps["style"].layers:
        taps["style"] = Tap(style_layers(loaded.module, size), taps["style"].pooling)
    if preset.parts.layers:
        taps["parts"] = preset.parts
    elif layer := parts_layer(loaded.module, size, MAX_DIMS // math.prod(GRID)):
        taps["parts"] = Tap((layer,), preset.parts.pooling)
    return taps


def _chosen(preset: Tap, layers: Sequence[str], pooling: Any) -> Tap:
    return Tap(tuple(layers) or preset.layers, pooling or preset.pooling)


def _manifest(aspect: str, metadata: Metadata) -> dict[str, Any]:
    tap = metadata.taps[aspect]
    return {
        "aspect": aspect,
        "model": metadata.model,
        "layers": [layer or "pooled" for layer in tap.layers],
        "pooling": tap.pooling,
        "weights": metadata.digest,
        "preprocessing": metadata.preprocessing.manifest,
    }
