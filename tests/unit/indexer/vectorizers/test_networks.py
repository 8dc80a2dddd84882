import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import timm
from PIL import Image
from safetensors.torch import save_file

from indexer.errors import CheckpointError, SettingsError
from indexer.settings import Settings
from indexer.vectorizers import cnn, networks
from indexer.vectorizers.maps import load_map
from indexer.vectorizers.networks import Tapping

PICTURE = Image.effect_mandelbrot((300, 300), (-2.0, -1.5, 1.0, 1.5), 60).convert("RGB")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return settings of a small model that isn't cached yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    save_file(timm.create_model("resnet10t").state_dict(), tmp_path / "weights.safetensors")
    return Settings(look_model="resnet10t", look_weights=tmp_path / "weights.safetensors", runtime="openvino")


def _fail(*_: object) -> Any:
    raise AssertionError("the model was converted again")


def test_a_model_is_converted_once_and_its_vectors_stay(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = cnn.load(settings)
    monkeypatch.setattr(networks, "_convert", _fail)
    again = cnn.load(settings)
    assert list(again) == list(first) == ["look", "style", "parts"]
    for aspect, vectorizer in first.items():
        assert again[aspect].manifest == vectorizer.manifest
        assert again[aspect].dims == vectorizer.dims
        np.testing.assert_array_equal(again[aspect]([PICTURE]), vectorizer([PICTURE]))


def test_a_map_is_cached_apart(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    cnn.load(settings)
    first = load_map(settings)
    monkeypatch.setattr(networks, "_convert", _fail)
    again = load_map(settings)
    assert first is not None
    assert again is not None
    assert again(PICTURE).shape == (44, 44, 64)
    np.testing.assert_array_equal(again(PICTURE), first(PICTURE))


@pytest.mark.parametrize(
    "changed",
    [
        {"look_model": "resnet18"},
        {"look_layer": "layer2"},
        {"look_pooling": "max"},
        {"style_layers": ("layer1",)},
        {"style_pooling": "gram"},
    ],
)
def test_another_choice_is_another_model(tmp_path: Path, changed: dict[str, Any]) -> None:
    (tmp_path / "weights").touch()

    def key(purpose: str = "aspects", **changes: object) -> str:
        settings = Settings(look_model="resnet10t").model_copy(update=changes)
        return networks._key(settings, Tapping(purpose, _fail, _fail), tmp_path / "weights")

    assert key("map") != key()
    assert key(**changed) != key()
    assert key(batch_size=1) == key()


def test_callers_that_start_together_convert_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = Mock(side_effect=networks._convert)
    monkeypatch.setattr(networks, "_convert", convert)
    with ThreadPoolExecutor(3) as threads:
        first, *others = threads.map(lambda _: cnn.load(settings)["look"]([PICTURE]), range(3))
    convert.assert_called_once()
    for other in others:
        np.testing.assert_array_equal(other, first)


def test_a_checkpoint_replaced_meanwhile_isnt_stored(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    convert = networks._convert

    def replace(*arguments: Any) -> Any:
        made = convert(*arguments)
        save_file(timm.create_model("resnet10t").state_dict(), settings.look_weights)
        return made

    with monkeypatch.context() as replaced:
        replaced.setattr(networks, "_convert", replace)
        before = cnn.load(settings)["look"].manifest
    assert cnn.load(settings)["look"].manifest != before


@pytest.mark.parametrize("name", ["dual:folder", "torchvision:resnet50", "a_model_of_a_hub"])
def test_models_of_a_folder_or_hub_arent_cached(tmp_path: Path, name: str) -> None:
    """LOOK_WEIGHTS says nothing of a dual encoder, which has weights of its own."""
    weights = tmp_path / "weights" if name.startswith("dual:") else None
    assert networks._checkpoint(Settings(look_model=name, look_weights=weights)) is None


def test_an_unreadable_checkpoint_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(networks, "cache_key", refuse)
    with pytest.raises(CheckpointError, match=r"weights\.safetensors can't be read: Permission denied"):
        cnn.load(settings)


def test_too_many_numbers_are_refused_before_a_model_is_converted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indexer.vectorizers.runtimes.openvino.converted", _fail)
    with pytest.raises(SettingsError, match=r"LOOK_POOLING: flatten of layer2 has [\d,]+ numbers"):
        cnn.load(settings.model_copy(update={"look_layer": "layer2", "look_pooling": "flatten"}))
    assert load_map(settings.model_copy(update={"style_layers": ("global_pool",)})) is None


def test_a_start_with_a_cached_model_needs_no_torch(settings: Settings) -> None:
    cnn.load(settings)
    load_map(settings)
    code = (
        "import sys\n"
        "from indexer.settings import Settings\n"
        "from indexer.vectorizers import load_vectorizers\n"
        "from indexer.vectorizers.maps import load_map\n"
        "settings = Settings.from_environment()\n"
        "assert list(load_vectorizers(settings).all_images)\n"
        "assert load_map(settings)\n"
        "print({'torch', 'torchvision', 'timm', 'transformers'} & set(sys.modules))"
    )
    named = {"LOOK_MODEL": settings.look_model, "LOOK_WEIGHTS": str(settings.look_weights), "RUNTIME": settings.runtime}
    environment = {**os.environ, **named}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
