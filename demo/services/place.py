"""The folder for a server's data: in the data folder, or in /var/tmp if the server's user can't reach that."""

import hashlib
import os
import shutil
import stat
from pathlib import Path

from demo.services.process import Identity
from demo.services.service import Say, ServiceError

HOME = "home"
POINTER = "moved-to"
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - survives a reboot; the owner is checked before use
PREFIX = "lookalike-"


def data_place(folder: Path, identity: Identity | None, say: Say) -> Path:
    """Return the folder for a server's data, settings and logs, created if need be.

    Parameters
    ----------
    folder
        The data folder of the project.
    identity
        The user that the server runs as, None for this process's own.
    say
        Called with a line if the data goes elsewhere.

    Returns
    -------
    Path
        `folder/home`, or, if `identity` can't reach it (a checkout in a private folder), one in /var/tmp whose path is
        stored in the file `moved-to` in `folder`.

    Raises
    ------
    ServiceError
        The folder belongs to another user, or `identity` can write neither.
    """
    home = folder / HOME
    home.mkdir(parents=True, exist_ok=True)
    if identity is None:
        if not os.access(home, os.W_OK | os.X_OK):
            raise ServiceError(f"{home} belongs to another user, probably root; remove it as that user (make clean)")
        return home
    change_owner(home, identity)
    if identity.can_write(home):
        return home
    elsewhere = _elsewhere(folder)
    say(f"{identity.name} can't reach {home}, so the data goes to {elsewhere}")
    elsewhere.mkdir(mode=0o755, exist_ok=True)
    if not _is_ours(elsewhere, {0, identity.uid}):
        raise ServiceError(f"{elsewhere} belongs to another user; remove it")
    (folder / POINTER).write_text(str(elsewhere))
    change_owner(elsewhere, identity)
    if not identity.can_write(elsewhere):
        raise ServiceError(f"{identity.name} can write neither {home} nor {elsewhere}; give it access to one of them")
    return elsewhere


def remove_elsewhere(folder: Path) -> None:
    """Remove the folder that the file `moved-to` in a data folder names, if this module created it."""
    pointer = folder / POINTER
    if not pointer.is_file():
        return
    elsewhere = Path(pointer.read_text().strip())
    # A name that was tampered with must not make `make clean` remove something else.
    if elsewhere.parent == ELSEWHERE and elsewhere.name.startswith(PREFIX) and elsewhere.is_dir():
        if elsewhere.is_symlink():
            raise ServiceError(f"{elsewhere} is a link, which nothing here creates; check and remove it")
        shutil.rmtree(elsewhere)
    pointer.unlink()


def change_owner(folder: Path, identity: Identity | None) -> None:
    """Change the owner of a folder and all in it to the user that the server runs as."""
    if identity is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def _elsewhere(folder: Path) -> Path:
    return ELSEWHERE / f"{PREFIX}{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"


def _is_ours(folder: Path, owners: set[int]) -> bool:
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid in owners
