from pathlib import Path

import pytest

from evaluation.vectorizing import COLOR, vectorizers, weights_of
from indexer.errors import CheckpointError, SettingsError


def test_weights_of_a_model_come_from_a_file() -> None:
    assert weights_of(["torchvision:inception_v3=a.pth", "b=c=d"]) == {
        "torchvision:inception_v3": Path("a.pth"),
        "b=c": Path("d"),
    }
    with pytest.raises(SettingsError, match=r"'a\.pth' is not MODEL=FILE"):
        weights_of(["a.pth"])


def test_a_model_that_cannot_be_loaded_stops_no_other(tmp_path: Path) -> None:
    model = "efficientnet_lite0"
    loaded = list(vectorizers([model, COLOR], [], [], {model: tmp_path / "none.safetensors"}))
    assert [name for name, _ in loaded][-1] == COLOR
    assert isinstance(loaded[0][1], CheckpointError)
    assert not isinstance(loaded[1][1], Exception)
