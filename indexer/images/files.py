"""Images from folders: those that the settings name, and nothing that hides behind a link, a device or a race."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from indexer.errors import ImageError
from indexer.images.decoding.decoding import MAX_BYTES

_KERNEL = {("/", "proc"), ("/", "sys"), ("/", "dev")}  # files there aren't data, whatever root they lie under


def read_file(path: Path, roots: Sequence[Path]) -> bytes:
    """Read a file under one of the roots.

    Each folder on the way is opened from the one before, and none may be a link: nobody can swap one in between the
    check and the opening. A root itself may be a link.

    Raises
    ------
    ImageError
        It lies elsewhere, isn't there, isn't a regular file, is empty or larger than 20 MiB.
    """
    root, parts = _place(path, roots)
    try:
        folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                os.close(folder)
                folder = inner
            # O_NONBLOCK: a pipe that nobody writes to must not be waited for.
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        finally:
            os.close(folder)
        try:
            return _read(file)
        finally:
            os.close(file)
    except FileNotFoundError as error:
        raise ImageError("there is no image file at that path") from error
    except (OSError, ValueError) as error:
        link = isinstance(error, OSError) and error.errno in {errno.ELOOP, errno.ENOTDIR}
        why = "a link or a file stands where a folder should" if link else type(error).__name__
        raise ImageError(f"the image file can't be read: {why}") from error


def _place(path: Path, roots: Sequence[Path]) -> tuple[Path, tuple[str, ...]]:
    """Find the root that a path lies under, and the way from there."""
    parts = path.parts
    if ".." not in parts and parts[:2] not in _KERNEL:
        # Where the roots really lie is asked only if need be: it takes the disk.
        for root in itertools.chain(roots, map(Path.resolve, roots)):
            own = root.parts
            if len(parts) > len(own) and parts[: len(own)] == own:
                return root, parts[len(own) :]
    raise ImageError("the image lies outside the folders that IMAGE_ROOTS names")


def _read(file: int) -> bytes:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise ImageError("the image is not a regular file")
    if status.st_size > MAX_BYTES:
        raise ImageError(f"the image is larger than {MAX_BYTES >> 20} MiB")
    if status.st_size == 0:
        raise ImageError("the image file is empty")
    data = bytearray()
    while len(data) < status.st_size and (chunk := os.read(file, status.st_size - len(data))):
        data += chunk
    return bytes(data)
