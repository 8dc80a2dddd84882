"""The user's cache of downloads, which later runs reuse."""

import fcntl
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from demo.services.service import ServiceError, UnavailableError

MARKER = ".complete"
PIP_TIMEOUT_S = 900


def cache_folder() -> Path:
    """Return the cache folder, created if need be.

    Root uses the site's cache folder, because servers then run as an unprivileged user, who can't enter root's home.
    """
    root = os.geteuid() == 0
    folder = Path(platformdirs.site_cache_dir("lookalike") if root else platformdirs.user_cache_dir("lookalike"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if root:
            folder.chmod(0o755)
    except OSError as error:
        raise ServiceError(f"the cache folder {folder} can't be created: {error.strerror}") from error
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file while the block runs, so that two runs never fill or start the same thing at once."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.open("w")
    except PermissionError as error:
        raise ServiceError(f"{path} can't be written; it or its folder belongs to another user") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def cached(name: str, fill: Callable[[Path, Path], str]) -> Path:
    """Return a folder of the cache, filled first if it is missing or incomplete.

    Parameters
    ----------
    name
        The folder's name, including the version of its content.
    fill
        Takes a scratch folder and the path to create the result at; returns where the result came from.

    Returns
    -------
    Path
        The folder. It is renamed into place only when complete, so an interrupted run leaves nothing that looks usable.
    """
    folder = cache_folder()
    final = folder / name
    with locked(folder / f".{name}.lock"):
        if is_complete(final):
            return final
        for leftover in (final, *folder.glob(f".{name}-*")):
            shutil.rmtree(leftover, ignore_errors=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
        try:
            result = scratch / "result"
            source = fill(scratch, result)
            _open_for_reading(result)
            files, size = _measure(result)
            (result / MARKER).write_text(json.dumps({"source": source, "files": files, "bytes": size}))
            result.rename(final)
        except OSError as error:
            raise ServiceError(f"{final} can't be created: {error}") from error
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return final


def is_complete(folder: Path) -> bool:
    """Return whether a cached folder still has as many files and bytes as when it was created."""
    try:
        marker = json.loads((folder / MARKER).read_text())
        return (marker["files"], marker["bytes"]) == _measure(folder)
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return False


def pip_install(requirement: str, target: Path) -> None:
    """Install one package, without its dependencies, into a folder of its own.

    Raises
    ------
    UnavailableError
        pip isn't installed, or could not download or build the package.
    """
    try:
        importlib.metadata.version("pip")
    except importlib.metadata.PackageNotFoundError as error:
        raise UnavailableError(f"pip, needed to fetch {requirement}, is not installed for {sys.executable}") from error
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    try:
        done = subprocess.run(
            [*command, "--no-compile", "--target", str(target), requirement],
            capture_output=True,
            text=True,
            timeout=PIP_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnavailableError(f"pip install {requirement} took more than {PIP_TIMEOUT_S} s") from error
    if done.returncode != 0:
        raise UnavailableError(f"pip install {requirement} failed: {last_line(done.stderr)}")


def last_line(output: str) -> str:
    """Return the last line of a program's output that names an error, else the last one, shortened."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower()]
    return (errors or lines or ["no output"])[-1][:300]


def _measure(folder: Path) -> tuple[int, int]:
    sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_file() and path.name != MARKER]
    return len(sizes), sum(sizes)


def _open_for_reading(folder: Path) -> None:
    # A server run by another user reads it, whatever the umask and the archive's modes.
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o755 if path.is_dir() or mode & 0o100 else 0o644))
