"""Dual encoders as OpenCLIP saves them: checkpoints that the test makes, of a transformer and of timm's networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from indexer.errors import CheckpointError
from indexer.settings import Settings
from indexer.vectorizers import cnn
from indexer.vectorizers.dual_encoders.towers import load_text_tower

_TEXT = {"context_length": 8, "vocab_size": 49_408, "width": 16, "heads": 2, "layers": 1}
_VISION: dict[str, dict[str, Any]] = {
    "transformer": {"image_size": 32, "patch_size": 8, "width": 64, "layers": 4},  # heads of 64
    "siglip": {"image_size": 224, "timm_model_name": "vit_tiny_patch16_224", "timm_pool": "map", "timm_proj": "none"},
    "mobileclip": {"image_size": 64, "timm_model_name": "mobilenetv3_small_050", "timm_pool": "avg", "timm_proj": None},
}
_RED, _BLUE = (Image.new("RGB", (40, 40), color) for color in ("red", "blue"))


def _save(folder: Path, kind: str, *, pickled: bool = False) -> Any:
    torch.manual_seed(3)
    dims = 192 if kind == "siglip" else 16  # without a projection it has the trunk's
    vision = {"timm_model_pretrained": False, **_VISION[kind]} if kind != "transformer" else _VISION[kind]
    model_cfg = {"embed_dim": dims, "vision_cfg": vision, "text_cfg": _TEXT, "custom_text": kind != "transformer"}
    config = {"model_cfg": model_cfg, "preprocess_cfg": {"mean": [0.5] * 3, "std": [0.5] * 3}}
    (folder / "open_clip_config.json").write_text(json.dumps(config))
    model = open_clip.create_model(f"local-dir:{folder}").eval()
    if pickled:
        torch.save(model.state_dict(), folder / "open_clip_pytorch_model.bin")
    else:
        save_file(model.state_dict(), folder / "open_clip_model.safetensors")
    return model


def _load(folder: Path, runtime: Any = "torch") -> dict[str, cnn.CnnVectorizer]:
    return cnn.load(Settings(look_model=f"dual:{folder}", runtime=runtime, batch_size=2))


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
@pytest.mark.parametrize("kind", _VISION)
def test_the_look_is_the_image_towers_embedding(tmp_path: Path, kind: str, runtime: str) -> None:
    model, loaded = _save(tmp_path, kind), _load(tmp_path, runtime)
    side = _VISION[kind]["image_size"]
    pixels = torch.stack([torch.tensor([[1.0], [-1.0], [-1.0]]), torch.tensor([[-1.0], [-1.0], [1.0]])])
    with torch.inference_mode():
        expected = model.encode_image(pixels[..., None].expand(2, 3, side, side), normalize=True).numpy()
    np.testing.assert_allclose(loaded["look"]([_RED, _BLUE]), expected, atol=2e-3)
    assert loaded["style"].dims > 0


@pytest.mark.parametrize("kind", _VISION)
def test_words_come_from_its_own_text_tower(tmp_path: Path, kind: str) -> None:
    model, tower = _save(tmp_path, kind), load_text_tower(f"dual:{tmp_path}")
    rows = tower(["red dress"] * 70 + ["toy train " * 20])  # more than a batch; the last is cut off
    with torch.inference_mode():
        expected = model.encode_text(open_clip.tokenize("red dress", context_length=8), normalize=True)[0].numpy()
    np.testing.assert_allclose(rows[69], expected, atol=1e-5)
    assert not np.allclose(rows[69], rows[70])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_a_state_dict_is_read_without_pickle(tmp_path: Path) -> None:
    _save(tmp_path, "transformer", pickled=True)
    assert _load(tmp_path)["look"].dims == 16
    torch.save({"text": Path("/")}, tmp_path / "open_clip_pytorch_model.bin")  # a class that isn't a tensor's
    with pytest.raises(CheckpointError, match="no model that can be read"):
        _load(tmp_path)


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    _save(tmp_path, "transformer")
    (tmp_path / "open_clip_model.safetensors").unlink()
    with pytest.raises(CheckpointError, match=r"open_clip_model\.safetensors"):
        _load(tmp_path)


def test_a_text_tower_from_elsewhere_is_refused(tmp_path: Path) -> None:
    _save(tmp_path, "transformer")
    file = tmp_path / "open_clip_config.json"
    config = json.loads(file.read_text())
    config["model_cfg"]["text_cfg"]["hf_model_name"] = "some/encoder"
    file.write_text(json.dumps(config))
    with pytest.raises(CheckpointError, match="another checkpoint's"):
        _load(tmp_path)


def test_a_config_that_is_none_is_refused(tmp_path: Path) -> None:
    _save(tmp_path, "transformer")
    (tmp_path / "open_clip_config.json").write_text("[]")
    with pytest.raises(CheckpointError, match=r"open_clip_config\.json can't be read"):
        _load(tmp_path)
