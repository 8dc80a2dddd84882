"""CNNs with taps in a runtime; what OpenVINO runs is converted once, so that most starts need no torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import TypeAdapter

from indexer.errors import CheckpointError
from indexer.settings import Pooling, Settings
from indexer.vectorizers.model_cache import Converted, ModelCache, cache_key
from indexer.vectorizers.packaged import PACKAGED, packaged_checkpoint
from indexer.vectorizers.preprocessing import Preprocessing
from indexer.vectorizers.presets import DUAL, Preset, Tap, find_preset
from indexer.vectorizers.runtimes import Runtime, choose, load_runtime
from indexer.vectorizers.runtimes.gpu import Gpu

if TYPE_CHECKING:
    from indexer.vectorizers.checkpoints import PretrainedModel
    from indexer.vectorizers.taps import TappedModel


@dataclass(frozen=True)
class Choices:
    """A model by name, and what the settings say of its taps."""

    preset: Preset
    look_layer: str
    look_pooling: Pooling | None
    style_layers: tuple[str, ...]
    style_pooling: Pooling | None

    @classmethod
    def from_settings(cls, settings: Settings) -> Choices:
        """Read them from the settings."""
        look, style = (settings.look_layer, settings.look_pooling), (settings.style_layers, settings.style_pooling)
        return cls(find_preset(settings.look_model), *look, *style)


@dataclass(frozen=True)
class Metadata:
    """What is known of a CNN and its taps, besides the weights.

    Attributes
    ----------
    digest : str
        SHA-256 of the weights' tensors.
    dims : dict
        Length of the activation of each tap.
    shapes : dict
        Shape of the output of each tap's first layer for one image.
    """

    model: str
    digest: str
    preprocessing: Preprocessing
    taps: dict[str, Tap]
    dims: dict[str, int]
    shapes: dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Network:
    """A CNN in its runtime, which returns the activations of each of its taps in their order."""

    metadata: Metadata
    runtime: Runtime


@dataclass(frozen=True)
class Tapping:
    """What a CNN is tapped for.

    Attributes
    ----------
    purpose : str
        A name of its own.
    taps : callable
        Takes the model and what is chosen, and returns the taps by name.
    check : callable
        Raises `SettingsError` for taps that can't be used, before a runtime compiles them.
    """

    purpose: str
    taps: Callable[[PretrainedModel, Choices], Mapping[str, Tap]]
    check: Callable[[Metadata], None]


def load_network(settings: Settings, tapping: Tapping) -> Network:
    """Load the model that the settings name, with its taps.

    Raises
    ------
    SettingsError
        The model, or its layer, doesn't exist or can't be used.
    CheckpointError
        The checkpoint is missing, damaged or another model's.
    """
    checkpoint = _checkpoint(settings)
    if choose(settings.runtime) != "openvino" or checkpoint is None or not checkpoint.is_file():
        loaded = _pretrained(settings)
        taps = tapping.taps(loaded, Choices.from_settings(settings))
        return in_runtime(loaded, taps, settings, tapping.check)
    from indexer.vectorizers.runtimes.openvino import OpenVinoRuntime

    model, metadata = _converted(settings, tapping, checkpoint)
    return Network(TypeAdapter(Metadata).validate_python(metadata), OpenVinoRuntime(model))


def in_runtime(
    loaded: PretrainedModel, taps: Mapping[str, Tap], settings: Settings, check: Callable[[Metadata], None]
) -> Network:
    """Load a model with its taps into the runtime that the settings choose, if they pass the check."""
    metadata, tapped = _tap(loaded, taps)
    check(metadata)
    gpu = Gpu(settings.gpu_precision, settings.gpu_compile)
    runtime = load_runtime(settings.runtime, tapped, loaded.preprocessing.size, settings.batch_size, gpu)
    return Network(metadata, runtime)


def _converted(settings: Settings, tapping: Tapping, checkpoint: Path) -> Converted:
    """Return the model for OpenVINO, from the cache if it's there."""
    models, key = ModelCache(), _key(settings, tapping, checkpoint)
    if cached := models.get(key):
        return cached
    with models.lock(key):
        if cached := models.get(key):  # another process converted it meanwhile
            return cached
        converted = _convert(settings, tapping)
        if _key(settings, tapping, checkpoint) == key:  # the checkpoint wasn't replaced meanwhile
            models.put(key, converted)
        # Read back, because that changes the last bits of the vectors.
        return models.get(key) or converted


def _key(settings: Settings, tapping: Tapping, checkpoint: Path) -> str:
    chosen = {"purpose": tapping.purpose, **asdict(Choices.from_settings(settings))}
    try:
        return cache_key(checkpoint, chosen)
    except OSError as error:
        raise CheckpointError(f"The checkpoint {checkpoint} can't be read: {error.strerror}") from error


def _convert(settings: Settings, tapping: Tapping) -> Converted:
    from indexer.vectorizers.runtimes.openvino import converted

    loaded = _pretrained(settings)
    metadata, tapped = _tap(loaded, tapping.taps(loaded, Choices.from_settings(settings)))
    tapping.check(metadata)
    return converted(tapped, loaded.preprocessing.size), TypeAdapter(Metadata).dump_python(metadata, mode="json")


def _pretrained(settings: Settings) -> PretrainedModel:
    from indexer.vectorizers.checkpoints import load_model

    return load_model(find_preset(settings.look_model).model, settings.look_weights)


def _tap(loaded: PretrainedModel, taps: Mapping[str, Tap]) -> tuple[Metadata, TappedModel]:
    from indexer.vectorizers.taps import TappedModel

    tapped = TappedModel(loaded.module, loaded.preprocessing, taps)
    dims, shapes = dict(zip(taps, tapped.dims, strict=True)), dict(zip(taps, tapped.shapes, strict=True))
    return Metadata(loaded.name, loaded.digest, loaded.preprocessing, dict(taps), dims, shapes), tapped


def _checkpoint(settings: Settings) -> Path | None:
    """Return the file of the weights; None if a hub keeps it, or if there are several."""
    name = find_preset(settings.look_model).model
    if name.startswith(DUAL):
        return None  # a folder or a hub, whatever LOOK_WEIGHTS says
    return settings.look_weights or (packaged_checkpoint(name) if name in PACKAGED else None)
