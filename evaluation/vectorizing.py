"""The vectorizers that are compared: models and layers by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from indexer.errors import SettingsError, WeightsError
from indexer.settings import Settings
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.presets import PRESETS

COLOR = "color"
MODELS = (*PRESETS, COLOR)


def vectorizers(
    models: Sequence[str], layers: Sequence[str], weights: Mapping[str, Path]
) -> Iterator[tuple[str, ImageVectorizer | SettingsError | WeightsError]]:
    """Load vectorizers one after the other, so that one model at a time is in memory.

    Parameters
    ----------
    weights : mapping of str to Path
        Model -> file of its weights; without one, those of its package or hub.

    Yields
    ------
    name : str
        Model and layer.
    vectorizer : Vectorizer or SettingsError or WeightsError
        Or why it can't be had; the others go on.
    """
    from indexer.vectorizers.cnn import load_cnn

    settings = Settings.from_environment()
    for model in models:
        if model == COLOR:
            yield COLOR, ColorVectorizer()
            continue
        for layer in layers or ("",):
            name = f"{model.removeprefix('torchvision:')}, {layer or 'pooled'}"
            chosen = settings.model_copy(
                update={"look_model": model, "look_layer": layer, "look_weights": weights.get(model)}
            )
            try:
                loaded = load_cnn(chosen)
                yield name, loaded["look"]
                if not layer:
                    yield f"{name.partition(',')[0]}, style", loaded["style"]
            except (SettingsError, WeightsError) as error:
                yield name, error


def weights_of(options: Sequence[str]) -> dict[str, Path]:
    """Read ``MODEL=FILE`` options.

    Raises
    ------
    SettingsError
        One is something else.
    """
    pairs = [option.rpartition("=") for option in options]
    for model, equals, file in pairs:
        if not (model and equals and file):
            raise SettingsError(f"--weights: {file!r} is not MODEL=FILE")
    return {model: Path(file) for model, _, file in pairs}
