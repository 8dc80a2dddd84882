import importlib.metadata
import sys
from pathlib import Path

import platformdirs
import pytest

from demo.services import ServiceError, cache
from demo.services.service import UnavailableError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("site_cache_dir", "user_cache_dir"):
        monkeypatch.setattr(platformdirs, name, lambda _: str(tmp_path / "cache"))
    return tmp_path / "cache"


def fill(scratch: Path, result: Path) -> str:
    (scratch / "download").write_text("large")
    (result / "bin").mkdir(parents=True)
    (result / "bin" / "tool").write_text("tool")
    (result / "bin" / "tool").chmod(0o700)
    (result / "settings").write_text("settings")
    (result / "settings").chmod(0o600)
    return "a test"


def forbidden(_: Path, __: Path) -> str:
    pytest.fail("filled twice")


def test_a_folder_is_filled_once_and_readable_by_other_users(folder: Path) -> None:
    tool = cache.cached("tool-1", fill)
    assert tool == folder / "tool-1"
    assert (tool / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (tool / "settings").stat().st_mode & 0o777 == 0o644
    assert cache.cached("tool-1", forbidden) == tool
    assert sorted(path.name for path in folder.iterdir()) == [".tool-1.lock", "tool-1"]


@pytest.mark.parametrize("damage", ["file", "size", "marker"])
def test_a_damaged_folder_is_filled_again(folder: Path, damage: str) -> None:
    tool = cache.cached("tool-1", fill)
    if damage == "file":
        (tool / "settings").unlink()
    elif damage == "size":
        (tool / "settings").write_text("")
    else:
        (tool / cache.MARKER).write_text("{")
    assert not cache.is_complete(tool)
    assert (cache.cached("tool-1", fill) / "settings").read_text() == "settings"


def test_a_fill_that_fails_leaves_nothing(folder: Path) -> None:
    def broken(scratch: Path, result: Path) -> str:
        fill(scratch, result)
        raise UnavailableError("no way")

    with pytest.raises(UnavailableError):
        cache.cached("tool-1", broken)
    assert [path.name for path in folder.iterdir()] == [".tool-1.lock"]


def test_leftovers_of_a_killed_run_are_removed(folder: Path) -> None:
    (folder / ".tool-1-abc").mkdir(parents=True)
    cache.cached("tool-1", fill)
    assert not (folder / ".tool-1-abc").exists()


def test_a_cache_that_cannot_be_created_is_named(folder: Path) -> None:
    folder.write_text("a file")
    with pytest.raises(ServiceError, match=str(folder)):
        cache.cache_folder()


def test_pip_says_why_it_failed(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"pip install \./not-there.*failed"):
        cache.pip_install("./not-there", tmp_path)


def test_a_python_without_pip_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(UnavailableError, match=sys.executable):
        cache.pip_install("anything", tmp_path)
