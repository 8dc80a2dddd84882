"""Dual encoders: both towers of a checkpoint that the test makes, as Transformers saves CLIP and SigLIP."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from indexer.errors import CheckpointError
from indexer.settings import Settings
from indexer.spaces.text_pairs import gap
from indexer.vectorizers import cnn
from indexer.vectorizers.dual_encoders.towers import load_text_tower
from tests.dual_encoders import WIDTH, save_dual_encoder

_RED, _BLUE = (Image.new("RGB", (40, 40), color) for color in ("red", "blue"))


def _load(folder: Path, runtime: Any = "torch") -> dict[str, cnn.CnnVectorizer]:
    return cnn.load(Settings(look_model=f"dual:{folder}", runtime=runtime, batch_size=2))


@pytest.mark.parametrize("runtime", ["torch", "openvino"])
@pytest.mark.parametrize(("kind", "dims"), [("clip", 12), ("siglip", 16)])
def test_the_look_is_the_image_towers_embedding(tmp_path: Path, kind: str, dims: int, runtime: str) -> None:
    model, loaded = save_dual_encoder(tmp_path, kind), _load(tmp_path, runtime)
    rows = loaded["look"]([_RED, _BLUE])
    pixels = torch.stack([torch.tensor([[1.0], [-1.0], [-1.0]]), torch.tensor([[-1.0], [-1.0], [1.0]])])
    with torch.inference_mode():
        expected = model.get_image_features(pixel_values=pixels[..., None].expand(2, 3, 32, 32)).pooler_output
    expected = torch.nn.functional.normalize(expected).numpy()
    np.testing.assert_allclose(rows, expected, atol=1e-3)
    assert loaded["look"].dims == dims
    assert loaded["style"].dims == 4 * WIDTH  # mean and deviation of two layers
    assert str(tmp_path) not in json.dumps(loaded["look"].manifest)  # the same checkpoint elsewhere is the same


@pytest.mark.parametrize("kind", ["clip", "siglip"])
def test_words_come_from_its_own_text_tower(tmp_path: Path, kind: str) -> None:
    model, tower = save_dual_encoder(tmp_path, kind), load_text_tower(f"dual:{tmp_path}")
    rows = tower(["red dress", "toy train red dress toy train red dress toy train"])  # the second is cut off
    tokens = torch.tensor([[2, 3, 1, 0, 0, 0, 0, 0]])
    with torch.inference_mode():
        expected = model.get_text_features(input_ids=tokens).pooler_output[0]
    np.testing.assert_allclose(rows[0], torch.nn.functional.normalize(expected, dim=0).numpy(), atol=1e-5)
    assert not np.allclose(rows[0], rows[1])


def test_the_gap_leads_from_the_texts_to_the_pictures() -> None:
    texts, pictures = np.array([[1, 0], [0, 0]], np.float32), [np.array([0, 1], np.float32)]
    np.testing.assert_array_equal(texts.mean(axis=0) + gap(texts, pictures), [0, 1])


@pytest.mark.parametrize("missing", ["model.safetensors", "tokenizer.json", "preprocessor_config.json"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    save_dual_encoder(tmp_path, "clip")
    (tmp_path / missing).rename(tmp_path / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=missing):
        _load(tmp_path)


def test_what_is_no_dual_encoder_is_refused(tmp_path: Path) -> None:
    model = save_dual_encoder(tmp_path, "clip")
    model.text_model.save_pretrained(tmp_path)
    with pytest.raises(CheckpointError, match="dual encoder"):
        _load(tmp_path)
