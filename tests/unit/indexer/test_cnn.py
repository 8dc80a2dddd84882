"""The look aspect, with small models of random weights: what is tested is the machinery."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from indexer.errors import SettingsError, WeightsError
from indexer.settings import Settings
from indexer.vectorizers.base import digest
from indexer.vectorizers.cnn import LayerActivation, load_cnn, preprocess
from indexer.vectorizers.runtimes import OpenVinoRuntime, TorchRuntime
from indexer.vectorizers.weights import Preprocessing, load_model


class Tiny(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, stride=2)
        self.body = nn.Conv2d(8, 12, 3, stride=2)
        self.classifier = nn.Linear(12, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = torch.relu(self.body(torch.relu(self.stem(x)))).mean(dim=(2, 3))
        return self.classifier(features)  # type: ignore[no-any-return]


@pytest.fixture
def tiny() -> Tiny:
    torch.manual_seed(1)
    return Tiny().eval()


def test_the_pooled_features_are_what_the_classifier_sees(tiny: Tiny) -> None:
    images = torch.randn(2, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(tiny.classifier(LayerActivation(tiny, "")(images)), tiny(images))


@pytest.mark.parametrize(("layer", "channels"), [("stem", 8), ("body", 12), ("classifier", 5), ("", 12)])
def test_any_hidden_layer_by_name(tiny: Tiny, layer: str, channels: int) -> None:
    assert LayerActivation(tiny, layer)(torch.zeros(2, 3, 32, 32)).shape == (2, channels)


def test_a_layer_that_does_not_exist(tiny: Tiny) -> None:
    with pytest.raises(SettingsError, match=r"LOOK_LAYER: the model has no layer 'nose'; it has stem, body"):
        LayerActivation(tiny, "nose")


@pytest.mark.parametrize("layer", ["stem", ""])
def test_runtimes_agree(tiny: Tiny, layer: str) -> None:
    module = LayerActivation(tiny, layer)
    batch = np.random.default_rng(1).normal(size=(11, 3, 32, 32)).astype(np.float32)
    ours, reference = OpenVinoRuntime(module, (32, 32))(batch), TorchRuntime(module)(batch)
    cosines = (ours * reference).sum(axis=1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(reference, axis=1)
    assert cosines.min() > 0.999


def test_same_image_same_vector_whatever_the_batch(tiny: Tiny) -> None:
    runtime = OpenVinoRuntime(LayerActivation(tiny, ""), (32, 32))
    batch = np.random.default_rng(2).normal(size=(20, 3, 32, 32)).astype(np.float32)
    together, alone = runtime(batch)[7], runtime(batch[7:8])[0]
    assert together @ alone / np.linalg.norm(together) / np.linalg.norm(alone) > 0.99999


@pytest.mark.parametrize("size", [(300, 300), (600, 200), (200, 600), (1, 1), (5_000, 3)])
def test_preprocessing_fits_every_shape(size: tuple[int, int]) -> None:
    expected = Preprocessing((260, 240), (0.5,) * 3, (0.25,) * 3, "bicubic")
    pixels = preprocess(Image.new("RGB", size, "white"), expected)
    assert pixels.shape == (3, 260, 240)
    np.testing.assert_allclose(pixels, 2.0, atol=1e-5)


def test_the_default_model_embeds_from_its_package_without_download() -> None:
    model = load_cnn(Settings())
    red, blue = Image.new("RGB", (300, 400), "red"), Image.new("RGB", (300, 400), "blue")
    rows = model([red, blue, red])
    assert rows.shape == (3, 1280)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-4)
    assert not np.allclose(rows[0], rows[1], atol=1e-2)
    assert model.manifest["preprocessing"]["size"] == (260, 260)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("name", ["resnet10t", "torchvision:squeezenet1_1"])
def test_weights_from_a_local_file(name: str, suffix: str, tmp_path: Path) -> None:
    import timm
    from torchvision import models

    made = models.get_model(name.partition(":")[2]) if ":" in name else timm.create_model(name)
    file = tmp_path / f"weights{suffix}"
    if suffix == ".pth":
        torch.save(made.state_dict(), file)
    else:
        save_file(made.state_dict(), file)
    loaded = load_model(name, file)
    for tensor, other in zip(loaded.module.state_dict().values(), made.state_dict().values(), strict=True):
        assert torch.equal(tensor, other)


def test_other_weights_are_another_vectorizer(tmp_path: Path) -> None:
    import timm

    digests = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        save_file(timm.create_model("resnet10t").state_dict(), tmp_path / "w.safetensors")
        settings = Settings(look_model="resnet10t", look_weights=tmp_path / "w.safetensors", runtime="torch")
        digests.add(digest(load_cnn(settings).manifest))
    assert len(digests) == 2


def test_damaged_missing_and_foreign_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="There is no weights file"):
        load_model("resnet10t", tmp_path / "none.pth")
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(b"PK\x03\x04 not weights")
    with pytest.raises(WeightsError, match="is damaged"):
        load_model("resnet10t", damaged)
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(WeightsError, match="weights of another model"):
        load_model("resnet10t", tmp_path / "foreign.safetensors")


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "boom",)

    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(WeightsError):
        load_model("resnet10t", file)
    assert not (tmp_path / "boom").exists()


def test_models_that_do_not_exist() -> None:
    with pytest.raises(SettingsError, match=r"timm has no model 'tf_efficientnet_lite9'; near it: .*tf_effic"):
        load_model("tf_efficientnet_lite9")
    with pytest.raises(SettingsError, match="torchvision has no"):
        load_model("torchvision:nothing")
