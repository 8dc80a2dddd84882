import logging
import os
import time
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import openvino as ov
import platformdirs
import pytest
from openvino import opset13 as ops

from indexer.vectorizers import model_cache
from indexer.vectorizers.model_cache import ModelCache

METADATA = {"model": "doubling"}


def _model(factor: float) -> ov.Model:
    number = ops.parameter([1], np.float32, name="number")
    return ov.Model([ops.multiply(number, ops.constant(np.array([factor], np.float32)))], [number])


def _output(kept: Any) -> float:
    model, _ = kept
    return float(ov.Core().compile_model(model, "CPU")([np.array([21], np.float32)])[0][0])


def test_a_model_comes_back_with_its_metadata(tmp_path: Path) -> None:
    with ModelCache(tmp_path / "new").lock("ab"):
        ModelCache(tmp_path / "new").put("ab", (_model(2), METADATA))
    kept = ModelCache(tmp_path / "new").get("ab")
    assert kept is not None
    assert kept[1] == METADATA
    assert _output(kept) == 42
    assert (tmp_path / "new").stat().st_mode & 0o77 == 0  # nobody else can exchange a model


def test_there_may_be_none(tmp_path: Path) -> None:
    assert ModelCache(tmp_path / "new").get("ab") is None


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("name", ["model.xml", "model.bin", "metadata.json", "digests.json"])
def test_a_damaged_model_is_refused_and_replaced(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, *, missing: bool
) -> None:
    models = ModelCache(tmp_path)
    models.put("ab", (_model(2), METADATA))
    file = tmp_path / "ab" / name
    file.unlink() if missing else file.write_bytes(file.read_bytes()[:-1] + b"!")
    with caplog.at_level(logging.WARNING):
        assert models.get("ab") is None
    assert "the model is converted again" in caplog.text
    models.put("ab", (_model(3), METADATA))
    assert _output(models.get("ab")) == 63


def test_a_folder_that_cant_be_created_costs_time_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").touch()
    with caplog.at_level(logging.WARNING):
        models = ModelCache(tmp_path / "file")
        with models.lock("ab"):
            assert models.get("ab") is None
            models.put("ab", (_model(2), METADATA))
            assert models.get("ab") is None
    assert "converted models can't be stored" in caplog.text


def test_a_user_without_a_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: str) -> None:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(platformdirs, "user_cache_dir", fail)
    assert ModelCache().get("ab") is None


def test_a_folder_that_this_user_cant_read_isnt_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As root makes it where it runs a command with another user's home."""
    ModelCache(tmp_path).put("ab", (_model(2), METADATA))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with caplog.at_level(logging.WARNING):
        assert ModelCache(tmp_path).get("ab") is None
    assert "can't read it" in caplog.text


def test_a_folder_of_another_user_isnt_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ModelCache(tmp_path).put("ab", (_model(2), METADATA))
    os.chown(tmp_path, 12_345, -1) if os.geteuid() == 0 else monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    with caplog.at_level(logging.WARNING):
        assert ModelCache(tmp_path).get("ab") is None
    assert "other users can write there" in caplog.text


@pytest.mark.parametrize("mode", [0o777, 0o720])
def test_a_folder_where_others_can_write_isnt_used(tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int) -> None:
    ModelCache(tmp_path / "shared").put("ab", (_model(2), METADATA))
    (tmp_path / "shared").chmod(mode)
    with caplog.at_level(logging.WARNING):
        assert ModelCache(tmp_path / "shared").get("ab") is None
    assert "isn't used: other users can write there" in caplog.text


def test_a_folder_that_can_only_be_read_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("Read-only file system")

    ModelCache(tmp_path).put("ab", (_model(2), METADATA))
    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)
    with ModelCache(tmp_path).lock("ab"):
        assert _output(ModelCache(tmp_path).get("ab")) == 42


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("No space left on device")

    monkeypatch.setattr(ov, "save_model", full)
    ModelCache(tmp_path).put("ab", (_model(2), METADATA))
    assert not list(tmp_path.iterdir())


def test_a_process_that_converts_for_too_long_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(model_cache, "_LOCK_TIMEOUT", 0.01)
    with caplog.at_level(logging.INFO), ModelCache(tmp_path).lock("ab"), ModelCache(tmp_path).lock("ab"):
        ModelCache(tmp_path).put("ab", (_model(2), METADATA))
    assert "waiting for another process" in caplog.text
    assert "for too long" in caplog.text


def test_models_unused_for_the_longest_and_leftovers_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_cache, "_MAX_MODELS", 2)
    models = ModelCache(tmp_path)
    for age, name in ((300, "used"), (200, "unused")):
        with models.lock(name):
            models.put(name, (_model(2), METADATA))
        os.utime(tmp_path / name, (1e9 - age, 1e9 - age))
    assert models.get("used")
    for name, age in ((".killed", 100_000), (".writing", 10)):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    models.put("new", (_model(2), METADATA))
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [".writing", "new", "used"]


def test_whatever_decides_a_model_is_in_its_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "same").write_bytes(b"1")
    (tmp_path / "other").write_bytes(b"2")
    one = model_cache.cache_key(tmp_path / "one", {"model": "a"})
    assert model_cache.cache_key(tmp_path / "same", {"model": "a"}) == one
    others = {model_cache.cache_key(tmp_path / "other", {"model": "a"})}
    others.add(model_cache.cache_key(tmp_path / "one", {"model": "b"}))
    with monkeypatch.context() as changed:
        changed.setattr(model_cache, "_code", lambda: "changed")
        others.add(model_cache.cache_key(tmp_path / "one", {"model": "a"}))
    with monkeypatch.context() as changed:
        changed.setattr(model_cache, "version", lambda name: f"{name} of tomorrow")
        others.add(model_cache.cache_key(tmp_path / "one", {"model": "a"}))
    assert len(others - {one}) == 4
