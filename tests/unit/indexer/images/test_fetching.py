import os
from pathlib import Path

import pytest

from indexer.errors import ImageError
from indexer.images import ImageSource
from tests.images import picture


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "red.png").write_bytes(picture())
    (tmp_path / "secret.png").write_bytes(picture())
    return tmp_path / "images"


def test_a_file_under_a_root_is_read(root: Path) -> None:
    assert ImageSource((root,)).fetch((root / "red.png").as_uri()) == (root / "red.png").read_bytes()


def test_nothing_else_is_read(root: Path) -> None:
    (root / "link.png").symlink_to(root.parent / "secret.png")
    os.mkfifo(root / "pipe.png")
    source = ImageSource((root,))
    outside = "outside the folders"
    for address, why in {
        (root.parent / "secret.png").as_uri(): outside,
        f"file://{root}/../secret.png": outside,
        f"file://{root}/%2e%2e/secret.png": outside,
        (root / "link.png").as_uri(): outside,
        (root / "pipe.png").as_uri(): "not a regular file",
        root.as_uri(): "not a regular file",
        (root / "none.png").as_uri(): "no image file",
        "file:///proc/self/environ": outside,
        "/etc/passwd": "not from 'a bare path'",
        "ftp://shop.example/a.png": "not from 'ftp'",
        "http://[": "can't be read",
        f"file://{root}/a\0b.png": "can't be read",
    }.items():
        with pytest.raises(ImageError, match=why):
            source.fetch(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_hosts_without_public_address_are_refused(host: str) -> None:
    with pytest.raises(ImageError, match="isn't public"):
        ImageSource().fetch(f"http://{host}:9/x.png")
