"""Where a dual encoder's files are found."""

from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from indexer.errors import CheckpointError
from indexer.vectorizers.dual_encoders.folders import find_folder, require


def test_a_folder_is_itself(tmp_path: Path) -> None:
    assert find_folder(f"dual:{tmp_path}") == tmp_path


def test_a_repository_is_downloaded_without_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def download(repository: str, *, allow_patterns: list[str]) -> str:
        asked.update(repository=repository, patterns=allow_patterns)
        return str(tmp_path)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    assert find_folder("dual:hub:owner/name") == tmp_path
    assert asked["repository"] == "owner/name"
    assert not any(".py" in pattern or pattern == "*" for pattern in asked["patterns"])


def test_a_hub_out_of_reach_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def download(*_: Any, **__: Any) -> str:
        raise ConnectionError("no route")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(CheckpointError, match=r"owner/name can't be downloaded .*no route.*LOOK_MODEL=dual:FOLDER"):
        find_folder("dual:hub:owner/name")


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="there is no folder"):
        find_folder(f"dual:{tmp_path}/none")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"there is no .*config\.json\. A kind has config\.json"):
        require(tmp_path, ("config.json",), "A kind")
