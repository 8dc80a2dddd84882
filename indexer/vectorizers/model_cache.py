"""A cache of models converted for OpenVINO on disk: converting one takes half a minute, reading it a second."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import platformdirs
from filelock import FileLock, Timeout

if TYPE_CHECKING:
    import openvino as ov

log = logging.getLogger(__name__)

_LIBRARIES = ("torch", "torchvision", "timm")
_MAX_MODELS = 24
_LOCK_TIMEOUT = 120.0  # seconds for another process that converts the same model; less than workers give a task
_ABANDONED = 86_400.0  # seconds after which a folder that a killed process was writing is deleted
_MODEL, _METADATA, _DIGESTS = "model.xml", "metadata.json", "digests.json"
_FILES = (_MODEL, "model.bin", _METADATA)

Converted = tuple["ov.Model", dict[str, Any]]


class ModelCache:
    """A folder of converted models, each under a key that stands for all that decides it.

    A cache that can't be used makes starts slower, and nothing else: why is logged.

    Parameters
    ----------
    folder : Path, optional
        By default in the user's cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = _usable(folder)

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        """Let one process at a time convert a model, while others that need it wait."""
        if self._folder is None:
            yield
            return
        # Not by a file's existence where there are no locks: a killed process leaves its file.
        lock = FileLock(self._folder / f"{key}.lock", fallback_to_soft=False)
        try:
            _acquire(lock)
        except (OSError, NotImplementedError) as error:  # the folder is read-only, or its file system has no locks
            log.info("several processes may convert the same model: %s", error)
        try:
            yield
        finally:
            lock.release()

    def get(self, key: str) -> Converted | None:
        """Read a model and its metadata; None if there is none, or if it is damaged."""
        from indexer.vectorizers.runtimes.openvino import core

        if self._folder is None:
            return None
        folder = self._folder / key
        try:
            if not folder.is_dir():
                return None
            if json.loads((folder / _DIGESTS).read_text()) != _digests(folder):
                log.warning("%s is damaged: the model is converted again", folder)
                return None
            model, metadata = core().read_model(folder / _MODEL), json.loads((folder / _METADATA).read_text())
        except (OSError, ValueError, RuntimeError) as error:
            log.warning("%s can't be read: the model is converted again: %s", folder, error)
            return None
        with suppress(OSError):  # of a folder that is read-only
            os.utime(folder)
        return model, metadata

    def put(self, key: str, converted: Converted) -> None:
        """Store a model, replacing a damaged one if there is one."""
        import openvino as ov

        if self._folder is None:
            return
        model, metadata = converted
        scratch: Path | None = None
        try:
            scratch = Path(tempfile.mkdtemp(prefix=".", dir=self._folder))
            ov.save_model(model, scratch / _MODEL, compress_to_fp16=False)
            (scratch / _METADATA).write_text(json.dumps(metadata))
            (scratch / _DIGESTS).write_text(json.dumps(_digests(scratch)))
            shutil.rmtree(self._folder / key, ignore_errors=True)
            scratch.rename(self._folder / key)
        except (OSError, RuntimeError) as error:  # OpenVINO raises the latter where it can't write
            log.warning("the model can't be stored, and will be converted again at the next start: %s", error)
            if scratch is not None:
                shutil.rmtree(scratch, ignore_errors=True)
        _evict(self._folder)


def cache_key(checkpoint: Path, choices: Mapping[str, Any]) -> str:
    """Return a digest of all that decides a converted model.

    Parameters
    ----------
    checkpoint : Path
        The file of its weights.
    choices : mapping
        Its name, its taps and whatever else is chosen, as JSON allows.

    Raises
    ------
    OSError
        The checkpoint can't be read.
    """
    import openvino as ov

    versions = {"openvino": ov.__version__, **{name: version(name) for name in _LIBRARIES}}
    decided = {"weights": _sha256(checkpoint), "choices": choices, "code": _code(), "versions": versions}
    return hashlib.sha256(json.dumps(decided, sort_keys=True).encode()).hexdigest()


def _usable(folder: Path | None) -> Path | None:
    """Create the folder if need be; return None, and log why, where it can't be used."""
    try:
        folder = folder or Path(platformdirs.user_cache_dir("lookalike")) / "models"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError) as error:  # platformdirs raises the latter for a user without a home
        log.warning("converted models can't be stored, so each start takes longer: %s", error)
        return None
    if status.st_uid not in {os.geteuid(), 0} or status.st_mode & 0o022:
        log.warning("%s isn't used: other users can write there, and could exchange models", folder)
        return None
    if not os.access(folder, os.R_OK | os.X_OK):  # root made it, in this user's home
        log.warning("%s isn't used, so each start takes longer: this user can't read it", folder)
        return None
    return folder


def _acquire(lock: FileLock) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        log.info("waiting for another process, which converts the model")
        try:
            lock.acquire(timeout=_LOCK_TIMEOUT)
        except Timeout:
            log.warning("another process holds %s for too long: the model is converted here, too", lock.lock_file)


def _evict(folder: Path) -> None:
    """Delete the models that weren't used for the longest, and what killed processes left; lock files stay."""
    ages: dict[Path, float] = {}
    with suppress(OSError):  # somebody emptied the cache
        for path in folder.iterdir():
            with suppress(OSError):  # another process deleted it
                if path.is_dir():
                    ages[path] = time.time() - path.stat().st_mtime
    scratch = [path for path in ages if path.name.startswith(".")]
    models = sorted(ages.keys() - scratch, key=ages.__getitem__)
    for old in [*models[_MAX_MODELS:], *(path for path in scratch if ages[path] > _ABANDONED)]:
        shutil.rmtree(old, ignore_errors=True)


@cache
def _code() -> str:
    """Return a digest of the code that builds models, so that a change of it converts them again."""
    files = sorted(Path(__file__).parent.rglob("*.py"))
    return hashlib.sha256("".join(map(_sha256, files)).encode()).hexdigest()


def _digests(folder: Path) -> list[str]:
    return [_sha256(folder / name) for name in _FILES]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
