"""Vectorizers turn decoded images or the fields of products into activations; one file per aspect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec

from es_mappings.layout import Vector
from es_mappings.product import ASPECT_DIMS
from es_mappings.stores.image_vector import Numbers
from indexer.digests import manifest_digest
from indexer.errors import SettingsError
from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer, ProductVectorizer, Vectorizer
from indexer.vectorizers.presets import DUAL, find_preset
from indexer.vectorizers.runtimes import precision
from indexer.vectorizers.runtimes.gpu import Gpu, Precision

# The file that loads an aspect's vectorizer, where it isn't the one of the aspect's name.
_FILES = {"look": "cnn", "style": "cnn"}


@dataclass(frozen=True)
class Vectorizers:
    """The vectorizer of each aspect.

    Attributes
    ----------
    images, products : mapping
        Vectorizers of images, and of product fields, for the parts of the compound vector.
    numbers : {"float32", "bfloat16"}
        Type in which new stores keep their activations.
    attribution : mapping
        Vectorizers of images that only attribution uses.
    text_tower : callable or None
        Embeds texts in the vectors of the look, if its model is a dual encoder.
    precision : {"float32", "float16"}
        In which the networks of images run here.
    """

    images: Mapping[str, ImageVectorizer]
    products: Mapping[str, ProductVectorizer]
    numbers: Numbers = "float32"
    attribution: Mapping[str, ImageVectorizer] = field(default_factory=dict)
    text_tower: Callable[[Sequence[str]], Vector] | None = None
    precision: Precision = "float32"

    @property
    def digests(self) -> dict[str, str]:
        """Digest of each vectorizer of the compound vector, by aspect."""
        return digests({**self.images, **self.products})

    @property
    def all_images(self) -> dict[str, ImageVectorizer]:
        """All vectorizers of images; the Image Vector Store keeps their activations."""
        return {**self.images, **self.attribution}


def digests(vectorizers: Mapping[str, Vectorizer]) -> dict[str, str]:
    """Return a digest of what decides each vectorizer's activations, by aspect."""
    return {aspect: manifest_digest(v.manifest) for aspect, v in vectorizers.items()}


def load_vectorizers(settings: Settings) -> Vectorizers:
    """Load the vectorizers of the compound vector (`ASPECT_DIMS`) and of attribution.

    An aspect's vectorizer is loaded by `load(settings)` in the file of its name: ``color`` in `color.py`. Files are
    imported here, not above: their libraries take seconds to import, and only embedding needs them.

    Raises
    ------
    CheckpointError, SettingsError
        A model, its layer or its checkpoint is missing; or `ASPECT_DIMS` has an aspect that no file loads.
    """
    loaded: dict[str, Vectorizer] = {}
    for file in dict.fromkeys(["cnn", *(_FILES.get(aspect, aspect) for aspect in ASPECT_DIMS)]):
        loaded |= _load(file, settings)
    if missing := [aspect for aspect in ASPECT_DIMS if aspect not in loaded]:
        raise SettingsError(
            f"ASPECT_DIMS has the aspect {missing[0]!r}, which nothing loads: "
            f"indexer/vectorizers/{missing[0]}.py needs `load(settings)` that returns {{{missing[0]!r}: ...}}"
        )
    aspects = {aspect: loaded[aspect] for aspect in ASPECT_DIMS}
    parts = loaded.get("parts")
    return Vectorizers(
        {aspect: v for aspect, v in aspects.items() if isinstance(v, ImageVectorizer)},
        {aspect: v for aspect, v in aspects.items() if isinstance(v, ProductVectorizer)},
        settings.keep_as,
        {"parts": parts} if isinstance(parts, ImageVectorizer) else {},
        _text_tower(settings),
        precision(settings.runtime, Gpu(settings.gpu_precision)),
    )


def _text_tower(settings: Settings) -> Callable[[Sequence[str]], Vector] | None:
    model = find_preset(settings.look_model).model
    if not model.startswith(DUAL):
        return None
    from indexer.vectorizers.dual_encoders.towers import load_text_tower

    return load_text_tower(model)


def _load(file: str, settings: Settings) -> Mapping[str, Vectorizer]:
    module = f"{__name__}.{file}"
    if find_spec(module) is None:
        return {}
    load = getattr(import_module(module), "load", None)
    return load(settings) if load else {}
