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
    made = cache.kept("tool-1", fill)
    assert made == folder / "tool-1"
    assert (made / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert (made / "settings").stat().st_mode & 0o777 == 0o644
    assert cache.kept("tool-1", forbidden) == made
    assert sorted(path.name for path in folder.iterdir()) == [".tool-1.lock", "tool-1"]


@pytest.mark.parametrize("damage", ["file", "size", "marker"])
def test_a_damaged_folder_is_made_anew(folder: Path, damage: str) -> None:
    made = cache.kept("tool-1", fill)
    if damage == "file":
        (made / "settings").unlink()
    elif damage == "size":
        (made / "settings").write_text("")
    else:
        (made / cache.MARKER).write_text("{")
    assert not cache.is_whole(made)
    assert (cache.kept("tool-1", fill) / "settings").read_text() == "settings"


def test_a_fill_that_fails_leaves_nothing(folder: Path) -> None:
    def broken(scratch: Path, result: Path) -> str:
        fill(scratch, result)
        raise UnavailableError("no way")

    with pytest.raises(UnavailableError):
        cache.kept("tool-1", broken)
    assert [path.name for path in folder.iterdir()] == [".tool-1.lock"]


def test_what_a_killed_run_left_is_cleared_away(folder: Path) -> None:
    (folder / ".tool-1-abc").mkdir(parents=True)
    cache.kept("tool-1", fill)
    assert not (folder / ".tool-1-abc").exists()


def test_a_cache_that_cannot_be_made_is_named(folder: Path) -> None:
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
