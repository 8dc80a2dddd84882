"""The look, style and parts aspects: layers of one pretrained model, read in one pass over the images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from PIL import Image

from es_mappings.layout import Vector
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers.checkpoints import PretrainedModel, load_model
from indexer.vectorizers.pooling import GRID
from indexer.vectorizers.preprocessing import Pixels, Preprocessing
from indexer.vectorizers.presets import Tap, find_preset
from indexer.vectorizers.runtimes import Runtime, load_runtime
from indexer.vectorizers.runtimes.gpu import Gpu
from indexer.vectorizers.taps import TappedModel, parts_layer, style_layers

MAX_DIMS = 4096  # of a dense_vector in Elasticsearch


class CnnModel:
    """Runs the model once and returns the activations of every tapped aspect."""

    def __init__(self, aspects: Sequence[str], preprocessing: Preprocessing, runtime: Runtime) -> None:
        self._aspects, self.preparation, self.runtime = tuple(aspects), preprocessing.crop, runtime

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
    preset = find_preset(settings.look_model)
    loaded = load_model(preset.model, settings.look_weights)
    taps = {
        "look": _chosen(preset.look, (settings.look_layer,) if settings.look_layer else (), settings.look_pooling),
        "style": _chosen(preset.style, settings.style_layers, settings.style_pooling),
    }
    if not taps["style"].layers:
        taps["style"] = Tap(style_layers(loaded.module, loaded.preprocessing.size), taps["style"].pooling)
    parts = preset.parts.layers or _parts(loaded)
    if parts:
        taps["parts"] = Tap(parts, preset.parts.pooling)
    return vectorizers(loaded, taps, settings)


def vectorizers(loaded: PretrainedModel, taps: dict[str, Tap], settings: Settings) -> dict[str, CnnVectorizer]:
    """Load a model with its taps into a runtime, and return the vectorizer of each tap by name."""
    size = loaded.preprocessing.size
    tapped = TappedModel(loaded.module, loaded.preprocessing, taps)
    for aspect, count in zip(taps, tapped.dims, strict=True):
        if count > MAX_DIMS:
            raise SettingsError(
                f"{aspect.upper()}_POOLING: {taps[aspect].pooling} of {', '.join(taps[aspect].layers) or 'the pooled'} "
                f"has {count:,} numbers, and Elasticsearch allows {MAX_DIMS:,}: choose another layer or pooling"
            )
    gpu = Gpu(settings.gpu_precision, settings.gpu_compile)
    runtime = load_runtime(settings.runtime, tapped, size, settings.batch_size, gpu)
    model = CnnModel(tuple(taps), loaded.preprocessing, runtime)
    return {
        aspect: CnnVectorizer(aspect, model, _manifest(aspect, loaded, tap), count)
        for (aspect, tap), count in zip(taps.items(), tapped.dims, strict=True)
    }


def _parts(loaded: PretrainedModel) -> tuple[str, ...]:
    layer = parts_layer(loaded.module, loaded.preprocessing.size, MAX_DIMS // math.prod(GRID))
    return (layer,) if layer else ()


def _chosen(preset: Tap, layers: Sequence[str], pooling: Any) -> Tap:
    return Tap(tuple(layers) or preset.layers, pooling or preset.pooling)


def _manifest(aspect: str, loaded: PretrainedModel, tap: Tap) -> dict[str, Any]:
    return {
        "aspect": aspect,
        "model": loaded.name,
        "layers": [layer or "pooled" for layer in tap.layers],
        "pooling": tap.pooling,
        "weights": loaded.digest,
        "preprocessing": loaded.preprocessing.manifest,
    }
