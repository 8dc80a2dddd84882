import os
from pathlib import Path

import pytest

from demo.services import ServiceError, place, remove_data
from demo.services.process import Identity, unprivileged


class Stranger(Identity):
    """A user who can reach only the named folders."""

    reachable: tuple[Path, ...] = ()

    def can_write(self, folder: Path) -> bool:
        return folder.parent in self.reachable


@pytest.fixture
def stranger() -> Stranger:
    return Stranger("stranger", os.getuid(), os.getgid())


def test_without_another_user_the_data_lies_in_the_folder(tmp_path: Path) -> None:
    assert place.data_place(tmp_path, None, pytest.fail) == tmp_path / "home"


def test_a_folder_that_the_user_can_reach_is_used(tmp_path: Path, stranger: Stranger) -> None:
    stranger.__class__.reachable = (tmp_path,)
    assert place.data_place(tmp_path, stranger, pytest.fail) == tmp_path / "home"


def test_elsewhere_is_remembered_and_removed(
    tmp_path: Path, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "checkout" / ".data" / "elasticsearch"
    elsewhere.mkdir()
    monkeypatch.setattr(place, "ELSEWHERE", elsewhere)
    stranger.__class__.reachable = (elsewhere,)
    lines: list[str] = []
    home = place.data_place(folder, stranger, lines.append)
    assert home.parent == elsewhere
    assert home.name.startswith("lookalike-")
    assert str(home) in lines[0]
    assert place.data_place(folder, stranger, lines.append) == home  # the next run finds the same
    remove_data(tmp_path / "checkout" / ".data")
    assert not home.exists()
    assert not (tmp_path / "checkout" / ".data").exists()


def test_a_folder_elsewhere_that_is_a_link_is_refused(
    tmp_path: Path, stranger: Stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere, folder, target = tmp_path / "elsewhere", tmp_path / "data", tmp_path / "target"
    for path in (elsewhere, target):
        path.mkdir()
    monkeypatch.setattr(place, "ELSEWHERE", elsewhere)
    stranger.__class__.reachable = (elsewhere,)
    home = place.data_place(folder, stranger, lambda _: None)
    home.rmdir()
    home.symlink_to(target)
    with pytest.raises(ServiceError, match="another user"):
        place.data_place(folder, stranger, lambda _: None)


def test_no_writable_folder_is_an_error(tmp_path: Path, stranger: Stranger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(place, "ELSEWHERE", tmp_path)
    stranger.__class__.reachable = ()
    with pytest.raises(ServiceError, match="can write neither"):
        place.data_place(tmp_path / "data", stranger, lambda _: None)


def test_a_manipulated_pointer_removes_nothing(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", tmp_path / "data"
    for path in (victim, folder):
        path.mkdir()
    (folder / place.POINTER).write_text(str(victim))
    remove_data(folder)
    assert victim.is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_sees_that_an_unprivileged_user_cannot_enter_a_private_folder(tmp_path: Path) -> None:
    nobody = unprivileged()
    assert nobody is not None
    private = tmp_path / "private"
    folder = private / "data"
    folder.mkdir(parents=True)
    place.change_owner(folder, nobody)
    private.chmod(0o700)
    assert not nobody.can_write(folder)
