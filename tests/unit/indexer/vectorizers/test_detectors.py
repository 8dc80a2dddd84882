from pathlib import Path

import pytest
import torch
from PIL import Image
from torchvision.models import get_model

from indexer.errors import CheckpointError, SettingsError
from indexer.vectorizers.detectors import Detector, load_detector

NAME = "ssdlite320_mobilenet_v3_large"


class _Sees(torch.nn.Module):
    """A detector that sees what a test says."""

    def __init__(self, boxes: list[list[float]], scores: list[float]) -> None:
        super().__init__()
        self._seen = {"boxes": torch.tensor(boxes), "scores": torch.tensor(scores)}

    def forward(self, images: list[torch.Tensor]) -> list[dict[str, torch.Tensor]]:
        assert images[0].shape == (3, 320, 640)
        return [self._seen]


def test_a_detector_is_loaded_from_a_state_dict(tmp_path: Path) -> None:
    module = get_model(NAME, weights=None, weights_backbone=None)
    torch.save(module.state_dict(), tmp_path / "detector.pth")
    detector = load_detector(NAME, tmp_path / "detector.pth", 5)
    assert len(detector(Image.new("RGB", (400, 300), "red"))) <= 5
    loaded = detector._module.state_dict()
    assert all(torch.equal(loaded[name], tensor) for name, tensor in module.state_dict().items())


def test_what_is_unsure_or_fills_the_image_is_no_region() -> None:
    boxes: list[list[float]] = [[64, 32, 192, 160], [0, 0, 640, 320], [320, 0, 640, 160], [10, 10, 90, 90]]
    found = Detector(_Sees(boxes, [0.9, 0.8, 0.6, 0.1]), 5)(Image.new("RGB", (1_280, 640)))
    assert found == [(0.1, 0.1, 0.2, 0.4), (0.5, 0, 0.5, 0.5)]


def test_a_missing_or_another_models_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="There is no checkpoint"):
        load_detector(NAME, tmp_path / "nothing.pth", 5)
    torch.save({"weight": torch.zeros(2)}, tmp_path / "other.pth")
    with pytest.raises(CheckpointError, match="another model"):
        load_detector(NAME, tmp_path / "other.pth", 5)


def test_an_unknown_detector_is_named_with_those_there_are() -> None:
    with pytest.raises(SettingsError, match=f"no detector 'yolo'.*{NAME}"):
        load_detector("yolo", None, 5)
