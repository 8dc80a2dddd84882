"""The look and style aspects. Tests that don't depend on the weights use random ones."""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from indexer.digests import manifest_digest
from indexer.errors import CheckpointError, SettingsError
from indexer.settings import Settings
from indexer.vectorizers import cnn
from indexer.vectorizers.checkpoints import load_model, random_model
from indexer.vectorizers.packaged import PACKAGED
from indexer.vectorizers.preprocessing import Preprocessing
from indexer.vectorizers.presets import DUAL, PRESETS, Tap, find_preset
from indexer.vectorizers.taps import TappedModel, list_layers, parts_layer, style_layers

PLAIN = Preprocessing((32, 32), (0.0,) * 3, (1.0,) * 3, "bilinear")


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


def tapped(model: nn.Module, **taps: Tap) -> TappedModel:
    return TappedModel(model, PLAIN, taps)


PIXELS = torch.randint(0, 256, (2, 32, 32, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))


def test_the_pooled_features_are_the_classifiers_input(tiny: Tiny) -> None:
    with torch.inference_mode():
        (features,) = tapped(tiny, look=Tap(("",)))(PIXELS)
        expected = tiny(PIXELS.permute(0, 3, 1, 2).float() / 255)
        torch.testing.assert_close(tiny.classifier(features), expected)


@pytest.mark.parametrize(("layer", "channels"), [("stem", 8), ("body", 12), ("classifier", 5), ("", 12)])
def test_any_hidden_layer_can_be_tapped(tiny: Tiny, layer: str, channels: int) -> None:
    model = tapped(tiny, look=Tap((layer,)))
    assert model.dims == [channels]
    with torch.inference_mode():
        assert model(PIXELS)[0].shape == (2, channels)


def test_one_pass_reads_every_tap(tiny: Tiny) -> None:
    passes = []
    tiny.stem.register_forward_hook(lambda *_: passes.append(1))
    taps = {"look": Tap(("",)), "style": Tap(("stem", "body"), "statistics")}
    model = tapped(tiny, **taps)
    passes.clear()
    with torch.inference_mode():
        look, style = model(PIXELS)
    assert len(passes) == 1
    assert look.shape == (2, 12)
    assert style.shape == (2, 2 * 8 + 2 * 12)
    # Both layers count equally.
    torch.testing.assert_close(style[:, :16].norm(dim=1), torch.ones(2))


def test_taps_are_copied_with_the_model(tiny: Tiny) -> None:
    model = tapped(tiny, look=Tap(("stem",)))
    with torch.inference_mode():
        torch.testing.assert_close(copy.deepcopy(model)(PIXELS), model(PIXELS))


def test_a_missing_layer_is_refused(tiny: Tiny) -> None:
    with pytest.raises(SettingsError, match=r"LOOK_LAYER: the model has no layer 'nose'; it has stem, body"):
        tapped(tiny, look=Tap(("nose",)))


def test_layers_are_listed_with_their_shapes(tiny: Tiny) -> None:
    found = [(layer.name, layer.kind, layer.shape) for layer in list_layers(tiny, (32, 32))]
    assert found == [("stem", "Conv2d", (8, 15, 15)), ("body", "Conv2d", (12, 7, 7)), ("classifier", "Linear", (5,))]


@pytest.mark.parametrize("name", PRESETS)
def test_presets_name_models_that_exist(name: str) -> None:
    import timm
    from torchvision import models

    model = PRESETS[name].model
    if model.startswith(DUAL):
        assert re.fullmatch(r"dual:hub:[\w.-]+/[\w.-]+", model)  # the hub can't be asked offline
    elif model.startswith("torchvision:"):
        assert model.partition(":")[2] in models.list_models(module=models)
    else:
        assert model in PACKAGED or model in timm.list_pretrained(model)


@pytest.mark.parametrize("name", ["resnet10t", "torchvision:shufflenet_v2_x0_5", "vit_tiny_patch16_224"])
def test_style_layers_are_chosen_by_default(name: str) -> None:
    model = random_model(name)
    if name.startswith("vit"):
        with pytest.raises(SettingsError, match="STYLE_LAYERS: name one or two"):
            style_layers(model.module, model.preprocessing.size)
        return
    assert len(style_layers(model.module, model.preprocessing.size)) == 2


@pytest.mark.parametrize("name", ["resnet10t", "torchvision:shufflenet_v2_x0_5", "vit_tiny_patch16_224"])
def test_a_layer_of_parts_is_chosen_if_there_is_one(name: str) -> None:
    model = random_model(name)
    found = parts_layer(model.module, model.preprocessing.size, 512)
    assert (found is None) == name.startswith("vit")
    if found:
        layers = {layer.name: layer.shape for layer in list_layers(model.module, model.preprocessing.size)}
        assert layers[found][0] <= 512
        tapped = TappedModel(model.module, model.preprocessing, {"parts": Tap((found,), "grid")})
        assert tapped.dims == [8 * layers[found][0]]


def test_the_tokens_of_a_transformer_are_pooled_without_the_class_token() -> None:
    model = random_model("vit_tiny_patch16_224")
    taps = {"look": Tap(("",)), "hidden": Tap(("blocks.3",)), "max": Tap(("blocks.3",), "max")}
    net = TappedModel(model.module, model.preprocessing, taps)
    tokens: list[torch.Tensor] = []
    model.module.get_submodule("blocks.3").register_forward_hook(lambda _m, _i, out: tokens.append(out))
    with torch.inference_mode():
        pooled, hidden, largest = net(torch.randint(0, 256, (1, 224, 224, 3), dtype=torch.uint8))
    assert pooled.shape == hidden.shape == (1, 192)
    torch.testing.assert_close(hidden, tokens[-1][:, 1:].mean(1))
    torch.testing.assert_close(largest, tokens[-1][:, 1:].amax(1))


def test_more_numbers_than_elasticsearch_allows() -> None:
    settings = Settings(look_layer="blocks.6", look_pooling="flatten", runtime="torch")
    with pytest.raises(SettingsError, match=r"LOOK_POOLING: flatten of blocks\.6 has 28,512 numbers"):
        cnn.load(settings)


@pytest.mark.parametrize("size", [(300, 300), (600, 200), (200, 600), (1, 1), (5_000, 3)])
def test_preprocessing_fits_every_shape(size: tuple[int, int]) -> None:
    expected = Preprocessing((260, 240), (0.5,) * 3, (0.25,) * 3, "bicubic")
    pixels = expected.crop(Image.new("RGB", size, "white"))
    assert pixels.shape == (260, 240, 3)
    assert (pixels == 255).all()


def test_the_default_model_embeds_from_its_package_without_download() -> None:
    vectorizers = cnn.load(Settings())
    model = vectorizers["look"]
    assert vectorizers["style"].model is vectorizers["parts"].model is model.model
    assert vectorizers["style"].dims == 2 * (48 + 88)
    assert vectorizers["parts"].dims == 8 * 208
    red, blue = Image.new("RGB", (300, 400), "red"), Image.new("RGB", (300, 400), "blue")
    rows = model([red, blue, red])
    assert rows.shape == (3, 1280)
    np.testing.assert_allclose(rows[0], rows[2], atol=1e-4)
    assert not np.allclose(rows[0], rows[1], atol=1e-2)
    assert model.manifest["preprocessing"]["size"] == (260, 260)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth"])
@pytest.mark.parametrize("name", ["resnet10t", "torchvision:squeezenet1_1"])
def test_a_checkpoint_from_a_local_file(name: str, suffix: str, tmp_path: Path) -> None:
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


def test_a_checkpoint_of_another_number_of_classes(tmp_path: Path) -> None:
    import timm

    torch.save({"state_dict": timm.create_model("resnet10t", num_classes=7).state_dict()}, tmp_path / "w.pth")
    assert load_model("resnet10t", tmp_path / "w.pth").module.get_submodule("fc").out_features == 7


def test_a_preset_is_a_model_with_its_layers() -> None:
    assert find_preset("efficientnet_lite0").model == "tf_efficientnet_lite0"
    assert find_preset("a_model_of_yours").model == "a_model_of_yours"
    assert find_preset("a_model_of_yours").style.layers == ()


def test_another_checkpoint_is_another_vectorizer(tmp_path: Path) -> None:
    import timm

    digests = set()
    for seed in (1, 2):
        torch.manual_seed(seed)
        save_file(timm.create_model("resnet10t").state_dict(), tmp_path / "w.safetensors")
        settings = Settings(look_model="resnet10t", look_weights=tmp_path / "w.safetensors", runtime="torch")
        digests.add(manifest_digest(cnn.load(settings)["look"].manifest))
    assert len(digests) == 2


def test_damaged_missing_and_foreign_checkpoints(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        load_model("resnet10t", tmp_path / "none.pth")
    damaged = tmp_path / "damaged.pth"
    damaged.write_bytes(b"PK\x03\x04 not weights")
    with pytest.raises(CheckpointError, match="is damaged"):
        load_model("resnet10t", damaged)
    save_file({"a": torch.zeros(1)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="checkpoint of another model"):
        load_model("resnet10t", tmp_path / "foreign.safetensors")


def test_a_pickle_is_not_run(tmp_path: Path) -> None:
    import pickle

    class Bomb:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (tmp_path / "boom",)

    file = tmp_path / "weights.pth"
    file.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(CheckpointError):
        load_model("resnet10t", file)
    assert not (tmp_path / "boom").exists()


def test_unknown_models_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"timm has no model 'tf_efficientnet_lite9'; similar: .*tf_effic"):
        load_model("tf_efficientnet_lite9")
    with pytest.raises(SettingsError, match=r"timm has no model 'resnet50\.nobody'; similar: resnet50"):
        load_model("resnet50.nobody")
    with pytest.raises(SettingsError, match="torchvision has no"):
        load_model("torchvision:nothing")
