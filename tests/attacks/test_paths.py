"""Path traversal: no address of the shop or of a picture leads to a file that isn't meant."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest

from indexer.catalog.values.changes import Changes
from indexer.catalog.values.images import read_images
from indexer.errors import ImageError
from indexer.images.fetching import ImageSource
from tests.attacks.hostile_shop import HostileShop
from tests.images import picture

# Ways to write "../" and separators, each once, to be repeated.
UPWARDS = ["../", "..\\", "%2e%2e/", "%2e%2e%2f", "..%2f", "..%5c", "%252e%252e%252f", "....//", "..;/", "..%00/",
           "%c0%ae%c0%ae/", "%uff0e%uff0e/", "..%ef%bc%8f", ".%2e/", "//", "/./../"]  # fmt: skip
SECRETS = ["etc/passwd", "proc/self/environ", "webapp/security.py", "requirements.txt", ".git/config"]
TELLTALE = ("root:", "SECRET_KEY", "import ", "flask==", "[core]", "PATH=")


@pytest.mark.parametrize("upwards", UPWARDS)
def test_no_address_of_the_shop_leads_to_a_file(hostile: HostileShop, upwards: str) -> None:
    web = hostile.app.test_client()
    for secret in SECRETS:
        for depth in (1, 2, 3, 8):
            way = upwards * depth + secret
            for start in ("/static/", "/pictures/", "/products/", "/api/products/", "/bag/orders/", "/api/"):
                ending = "/96.webp" if start == "/pictures/" else ""
                answer = web.get(f"{start}{way}{ending}")
                assert answer.status_code in {308, 400, 404, 405}, answer.request.path
                assert not any(word in answer.text for word in TELLTALE), answer.request.path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of pictures, beside one that is secret."""
    root = tmp_path / "images"
    (root / "sub").mkdir(parents=True)
    (root / "fine.png").write_bytes(picture())
    (tmp_path / "images-secret").mkdir()
    for folder in (tmp_path, tmp_path / "images-secret"):
        (folder / "secret.png").write_bytes(picture())
    links = {
        "link.png": "../secret.png", "absolute.png": str(tmp_path / "secret.png"), "up": "..", "sub/up": "../..",
        "twice.png": "link.png", "loop.png": "loop.png", "inside.png": "fine.png", "passwd.png": "/etc/passwd",
        "environ.png": "/proc/self/environ", "fd": "/proc/self/fd", "cwd": "/proc/self/cwd", "null.png": "/dev/zero",
    }  # fmt: skip
    for name, to in links.items():
        (root / name).symlink_to(to)
    os.mkfifo(root / "pipe.png")
    (root / "hard.png").hardlink_to(root / "fine.png")
    return root


OUTSIDE = [
    "{root}/../secret.png", "{root}/sub/../../secret.png", "{root}/%2e%2e/secret.png", "{root}/..%2fsecret.png",
    "{root}/%2e%2e%2fsecret.png", "{root}/%252e%252e/secret.png", "{root}/./../secret.png", "{root}//../secret.png",
    "{root}-secret/secret.png", "{root}%2fsub%2f..%2f..%2fsecret.png", "{root}/..\\secret.png", "{root}/link.png",
    "{root}/absolute.png", "{root}/up/secret.png", "{root}/sub/up/secret.png", "{root}/twice.png", "{root}/loop.png",
    "{root}/inside.png", "{root}/passwd.png", "{root}/environ.png", "{root}/fd/0", "{root}/cwd/x.png",
    "{root}/null.png", "{root}/pipe.png", "{root}/sub", "{root}", "{root}/", "/", "/etc/passwd", "/proc/self/environ",
    "/proc/self/root{root}/fine.png", "//proc/self/environ", "/dev/stdin", "/dev/zero", "/sys/kernel/notes",
    "{root}/fine.png%00.jpg", "~/secret.png", "{root}/fine.png%0a",
    "{root}/" + "a/" * 3_000, "{root}/" + "a" * 300, "{root}/fine.png::$DATA", "{root}/sub/..", "{root}/.", "{root}/..",
]  # fmt: skip


@pytest.mark.parametrize("place", OUTSIDE)
def test_no_catalogue_names_a_file_outside_the_roots(root: Path, place: str) -> None:
    source = ImageSource((root,))
    path = place.replace("{root}", str(root))
    for address in (f"file://{path}", f"file://localhost{path}", f"file:{path}", f"FILE://{path}", path):
        with pytest.raises(ImageError) as refusal:
            source.fetch(address)
        assert type(refusal.value) is ImageError, "it can't become right by itself"


@pytest.mark.parametrize("upwards", [way for way in UPWARDS if way != "//"])
def test_no_relative_path_of_a_catalogue_leads_out(root: Path, upwards: str) -> None:
    source = ImageSource((root,))
    for path in (f"{upwards}secret.png", f"sub/{upwards * 2}secret.png", f"{upwards * 9}etc/passwd", "/etc/passwd"):
        for address in read_images([path], root, Changes()):
            with pytest.raises(ImageError):
                source.fetch(address)


def test_what_lies_in_a_root_is_read(root: Path) -> None:
    for name in ("fine.png", "hard.png"):
        assert ImageSource((root,)).fetch((root / name).as_uri()) == picture()
        assert ImageSource((root,)).fetch(f"file://{root}/{quote('./' + name)}") == picture()
        assert [ImageSource((root,)).fetch(a) for a in read_images([name], root, Changes())] == [picture()]


def test_a_picture_is_named_by_its_product_alone(hostile: HostileShop) -> None:
    web = hostile.app.test_client()
    for number in ("-1", "99", "0x0", "1e3", "٣", "../../etc/passwd"):
        for version in ("", "../../x", "a:b:*", "\x00", "x" * 100):
            answer = web.get("/pictures/evil-1/96.webp", query_string={"n": number, "v": version})
            assert (answer.status_code, answer.mimetype) == (404, "image/svg+xml")
    for width in ("95", "0", "-96", "96.0", "99999999999999999999"):
        assert web.get(f"/pictures/evil-1/{width}.webp").status_code == 404
