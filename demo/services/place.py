"""Where a server's data lies: in the folder given, or, where its user can't get there, in one that is remembered."""

import hashlib
import os
import shutil
import stat
from pathlib import Path

from demo.services.process import Identity
from demo.services.service import Say, ServiceError

HOME = "home"
POINTER = "moved-to"
ELSEWHERE = Path("/var/tmp")  # noqa: S108 - kept over a restart; its owner is checked before it is used
PREFIX = "lookalike-"


def data_place(folder: Path, identity: Identity | None, say: Say) -> Path:
    """Return the folder that a server's data, settings and logs go to, made if need be.

    Parameters
    ----------
    folder
        The data folder of the project.
    identity
        The user that the server runs as, None for this process's own.
    say
        Told where the data goes if not there.

    Returns
    -------
    Path
        `folder/home`, or, where `identity` can't get there (a checkout in a private folder), one in /var/tmp whose
        path is kept in the file `moved-to` in `folder`.
    """
    home = folder / HOME
    home.mkdir(parents=True, exist_ok=True)
    if identity is None:
        if not os.access(home, os.W_OK | os.X_OK):
            raise ServiceError(f"{home} belongs to another user, probably root; remove it as that user (make clean)")
        return home
    own(home, identity)
    if identity.can_write(home):
        return home
    elsewhere = _elsewhere(folder)
    say(f"{identity.name} can't get to {home}, so the data goes to {elsewhere}")
    elsewhere.mkdir(mode=0o755, exist_ok=True)
    if not _is_ours(elsewhere, {0, identity.uid}):
        raise ServiceError(f"{elsewhere} belongs to another user; remove it")
    (folder / POINTER).write_text(str(elsewhere))
    own(elsewhere, identity)
    if not identity.can_write(elsewhere):
        raise ServiceError(f"{identity.name} can write neither {home} nor {elsewhere}; give it a way into one of them")
    return elsewhere


def remove_elsewhere(folder: Path) -> None:
    """Remove the folder that the file `moved-to` in a data folder names, if it is one that this module made."""
    pointer = folder / POINTER
    if not pointer.is_file():
        return
    elsewhere = Path(pointer.read_text().strip())
    # A name that was tampered with must not make `make clean` remove something else.
    if elsewhere.parent == ELSEWHERE and elsewhere.name.startswith(PREFIX) and elsewhere.is_dir():
        if elsewhere.is_symlink():
            raise ServiceError(f"{elsewhere} is a link, which nothing here makes; look at it and remove it")
        shutil.rmtree(elsewhere)
    pointer.unlink()


def own(folder: Path, identity: Identity | None) -> None:
    """Give a folder and all in it to the user that the server runs as."""
    if identity is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)


def _elsewhere(folder: Path) -> Path:
    return ELSEWHERE / f"{PREFIX}{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}"


def _is_ours(folder: Path, owners: set[int]) -> bool:
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid in owners
