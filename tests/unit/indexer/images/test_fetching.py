import errno
import os
from pathlib import Path

import pytest

from indexer.errors import ImageError
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.images.fetching import ImageSource
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
    (root / "sub").mkdir()
    (root / "up").symlink_to("..")
    (root / "empty.png").touch()
    with (root / "large.png").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    source = ImageSource((root,))
    outside = "outside the folders"
    for address, why in {
        (root.parent / "secret.png").as_uri(): outside,
        f"file://{root}/../secret.png": outside,
        f"file://{root}/%2e%2e/secret.png": outside,
        (root / "link.png").as_uri(): "a link or a file in place",
        (root / "pipe.png").as_uri(): "not a regular file",
        root.as_uri(): outside,
        (root / "sub").as_uri(): "not a regular file",
        (root / "up" / "secret.png").as_uri(): "a link or a file in place",
        (root / "empty.png").as_uri(): "is empty",
        (root / "large.png").as_uri(): "larger than 20 MiB",
        f"file://elsewhere{root}/red.png": "no other machine",
        (root / "none.png").as_uri(): "no image file",
        "file:///proc/self/environ": outside,
        "/etc/passwd": "not from 'a bare path'",
        "ftp://shop.example/a.png": "not from 'ftp'",
        "http://[": "can't be read",
        f"file://{root}/a\0b.png": "can't be read",
    }.items():
        with pytest.raises(ImageError, match=why):
            source.fetch(address)


def test_a_process_that_can_open_no_more_files_blames_no_image(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr("os.open", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        ImageSource((root,)).fetch((root / "red.png").as_uri())


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_hosts_without_public_address_are_refused(host: str) -> None:
    with pytest.raises(ImageError, match="isn't public"):
        ImageSource().fetch(f"http://{host}:9/x.png")


def test_the_kernels_files_are_refused_whatever_the_roots() -> None:
    for path in ("/proc/self/environ", "/sys/kernel/notes", "/dev/zero"):
        with pytest.raises(ImageError, match="outside the folders"):
            ImageSource((Path("/"),)).fetch(f"file://{path}")


def test_a_root_may_be_a_link(root: Path) -> None:
    (root.parent / "shelf").symlink_to(root)
    for address in (root, root.parent / "shelf"):
        assert ImageSource((root.parent / "shelf",)).fetch((address / "red.png").as_uri())


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "1.2.3.256", "[::1%25lo]", "a..b",
        "-a.example", "a b.example", "%31%32%37.0.0.1",
    ],
)  # fmt: skip
def test_hosts_in_ambiguous_notation_are_refused(host: str) -> None:
    with pytest.raises(ImageError, match=r"is ambiguous|can't be read"):
        ImageSource(resolve=_unreached).fetch(f"http://{host}/x.png")


@pytest.mark.parametrize(
    "host",
    ["\u2460\u2461\u2466.\u24ea.\u24ea.\u2460", "127\u30020\u30020\u30021", "ex\xe4mple.com", "\u0440\u0430ypal.com"],
)
def test_hosts_in_unicode_are_refused(host: str) -> None:
    with pytest.raises(ImageError, match=r"is ambiguous|can't be read"):
        ImageSource(resolve=_unreached).fetch(f"http://{host}/x.png")


def test_names_and_passwords_are_refused() -> None:
    with pytest.raises(ImageError, match="holds a name or password"):
        ImageSource(resolve=_unreached).fetch("https://cdn.example@127.0.0.1/x.png")


def _unreached(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")
