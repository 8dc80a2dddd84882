"""Read images from the folders that the settings name; links, devices and races lead nowhere else."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from indexer.errors import ImageError, is_of_machine
from indexer.images.decoding.decoding import MAX_BYTES

_KERNEL = {("/", "proc"), ("/", "sys"), ("/", "dev")}  # not data, whatever the root


def read_file(path: Path, roots: Sequence[Path]) -> bytes:
    """Read a file under one of the roots.

    Each folder of the path is opened relative to the one before and must not be a link, so that no link can be swapped
    in between check and use. A root itself may be a link.

    Raises
    ------
    ImageError
        The file is outside the roots, missing, not a regular file, empty or larger than 20 MiB.
    OSError
        This process can open no more files.
    """
    root, parts = _relative(path, roots)
    try:
        folder = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
                os.close(folder)
                folder = inner
            # O_NONBLOCK: don't wait for a pipe that nobody writes to.
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
        if is_of_machine(error):
            raise
        link = isinstance(error, OSError) and error.errno in {errno.ELOOP, errno.ENOTDIR}
        reason = "its path has a link or a file in place of a folder" if link else type(error).__name__
        raise ImageError(f"the image file can't be read: {reason}") from error


def _relative(path: Path, roots: Sequence[Path]) -> tuple[Path, tuple[str, ...]]:
    """Return the root that a path is under, and its parts below the root."""
    parts = path.parts
    if ".." not in parts and parts[:2] not in _KERNEL:
        # Roots are resolved only if they don't match as written, because resolving reads the disk.
        for root in itertools.chain(roots, map(Path.resolve, roots)):
            prefix = root.parts
            if len(parts) > len(prefix) and parts[: len(prefix)] == prefix:
                return root, parts[len(prefix) :]
    raise ImageError("the image is outside the folders that IMAGE_ROOTS names; add its folder to allow it")


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
