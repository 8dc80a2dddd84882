"""The vectorizers to compare: presets, or layers and poolings by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from indexer.errors import CheckpointError, SettingsError
from indexer.settings import Pooling, Settings
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.presets import PRESETS, Tap, find_preset

COLOR = "color"
MODELS = (*PRESETS, COLOR)

Named = tuple[str, ImageVectorizer | SettingsError | CheckpointError]


def vectorizers(
    models: Sequence[str], layers: Sequence[str], poolings: Sequence[Pooling], weights: Mapping[str, Path]
) -> Iterator[Named]:
    """Yield vectorizers one after the other, so that one model at a time is in memory.

    Parameters
    ----------
    models : sequence of str
        Presets, names of other models, or ``color``.
    layers : sequence of str
        Hidden layers, ``pooled`` for the features the classifier sees; by default those of the preset's look and
        style.
    poolings : sequence of str
        How each layer is pooled; by default as in the preset.
    weights : mapping of str to Path
        Model -> checkpoint file; by default the checkpoint of its package or hub.

    Yields
    ------
    name : str
        Model, layers and pooling.
    vectorizer : ImageVectorizer or SettingsError or CheckpointError
        The vectorizer, or why it can't be loaded; the others follow all the same.
    """
    settings = Settings.from_environment()
    for model in models:
        if model == COLOR:
            yield COLOR, ColorVectorizer()
            continue
        try:
            yield from _of_model(model, layers, poolings, settings, weights.get(model))
        except (SettingsError, CheckpointError) as error:
            yield model, error


def _of_model(
    model: str, layers: Sequence[str], poolings: Sequence[Pooling], settings: Settings, weights: Path | None
) -> Iterator[Named]:
    from indexer.vectorizers import cnn
    from indexer.vectorizers.checkpoints import load_model
    from indexer.vectorizers.networks import in_runtime
    from indexer.vectorizers.taps import style_layers

    preset = find_preset(model)
    loaded = load_model(preset.model, weights)
    style = preset.style.layers or style_layers(loaded.module, loaded.preprocessing.size)
    chosen: list[tuple[str, tuple[str, ...]]] = [("look", (layer.replace("pooled", ""),)) for layer in layers] or [
        ("look", preset.look.layers),
        ("style", style),
    ]
    for aspect, names in chosen:
        usual: Pooling = (preset.look if aspect == "look" else preset.style).pooling
        for pooling in poolings or (usual,):
            name = f"{model}, {' and '.join(layer or 'pooled' for layer in names)}, {pooling}"
            try:
                network = in_runtime(loaded, {aspect: Tap(names, pooling)}, settings, cnn.check_dims)
                yield name, cnn.vectorizers(network)[aspect]
            except SettingsError as error:
                yield name, error


def weights_of(options: Sequence[str]) -> dict[str, Path]:
    """Read ``MODEL=FILE`` options.

    Raises
    ------
    SettingsError
        An option has another form.

    """
    pairs = [option.rpartition("=") for option in options]
    for model, equals, file in pairs:
        if not (model and equals and file):
            raise SettingsError(f"--weights: {file!r} is not MODEL=FILE")
    return {model: Path(file) for model, _, file in pairs}
