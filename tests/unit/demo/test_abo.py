"""Amazon Berkeley Objects: a small fixture with the data set's layout, from a server of this test."""

from __future__ import annotations

import gzip
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from demo.abo import product_of, read_abo
from indexer.catalog.feeds.reading import read_catalog
from indexer.errors import CatalogError

IMAGES = {"main": "14/14fe8812.jpg", "other": "a1/a1b2c3d4.jpg", "gone": "ff/ffffffff.jpg", "out": "../../out.jpg"}


def _listing(item_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "item_id": item_id,
        "domain_name": "amazon.com",
        "item_name": [{"language_tag": "de_DE", "value": "Stuhl"}, {"language_tag": "en_US", "value": " A chair "}],
        "bullet_point": [{"language_tag": "en_US", "value": "Solid."}, {"language_tag": "en_US", "value": "Blue."}],
        "brand": [{"language_tag": "en_US", "value": "Rivet"}],
        "color": [{"language_tag": "en_US", "value": "Navy sky", "standardized_values": ["Blue"]}],
        "material": [{"language_tag": "en_US", "value": "Oak"}],
        "product_type": [{"value": "CHAIR"}],
        "node": [{"node_id": 1, "node_name": "/Categories/Furniture/Chairs"}],
        "main_image_id": "main",
        "other_image_id": ["other", "gone", "out"],
        **changes,
    }


CHAIR = {
    "id": "B01",
    "title": "A chair",
    "description": "Solid. Blue.",
    "category": ["Furniture", "Chair"],
    "attributes": {"color": "blue", "material": "oak"},
    "images": ["images/small/14/14fe8812.jpg", "images/small/a1/a1b2c3d4.jpg"],
    "version": 1,
    "brand": "Rivet",
}


class _Handler(SimpleHTTPRequestHandler):
    """Serves the fixture, with ranges as S3 does; interrupts files in `interrupted` once, halfway."""

    requests: Counter[str]
    ranges: list[str]
    interrupted: set[str]

    def do_GET(self) -> None:
        self.requests[self.path] += 1
        path = Path(self.translate_path(self.path))
        if not path.is_file():
            self.send_error(403)
            return
        data, begin = path.read_bytes(), 0
        if requested := self.headers.get("Range"):
            self.ranges.append(requested)
            begin = int(requested.removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        if self.path in self.interrupted:
            self.interrupted.remove(self.path)
            self.wfile.write(data[: len(data) // 2])
            self.wfile.flush()
            self.close_connection = True
            return
        self.wfile.write(data[begin:])

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def bucket(tmp_path: Path) -> Path:
    """The data set, with three listings in its first file."""
    folder = tmp_path / "bucket"
    listings = [
        _listing("B01"),
        _listing("B01", domain_name="amazon.co.uk"),
        _listing("B02", item_name=[{"language_tag": "fr_FR", "value": "Chaise"}]),
        _listing("B03", main_image_id="nowhere"),
    ]
    _gzip(folder / "listings/metadata/listings_0.json.gz", "".join(json.dumps(each) + "\n" for each in listings))
    _gzip(folder / "listings/metadata/listings_1.json.gz", json.dumps(_listing("B04")) + "\n")
    rows = "".join(f"{name},100,100,{path}\n" for name, path in IMAGES.items())
    _gzip(folder / "images/metadata/images.csv.gz", "image_id,height,width,path\n" + rows)
    for name in ("main", "other"):
        file = folder / "images/small" / IMAGES[name]
        file.parent.mkdir(parents=True)
        Image.new("RGB", (8, 8), {"main": "red", "other": "blue"}[name]).save(file)
    return folder


@pytest.fixture
def server(bucket: Path) -> Iterator[tuple[str, type[_Handler]]]:
    """The server's address, and the handler that counts its requests."""
    handler = type("Handler", (_Handler,), {"requests": Counter(), "ranges": [], "interrupted": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: handler(*args, directory=str(bucket)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()


def _gzip(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(text.encode())
    path.write_bytes(buffer.getvalue())


def _nothing(*_: object) -> None:
    pass


def test_a_part_becomes_a_catalogue(server: tuple[str, type[_Handler]], tmp_path: Path) -> None:
    address, handler = server
    steps: list[tuple[str, int, int]] = []
    file = read_abo(tmp_path / "abo", 2, address=address, progress=lambda *step: steps.append(step))
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert lines == [CHAIR, {**CHAIR, "id": "B04"}]
    assert all(
        isinstance(product, object) and not isinstance(product, CatalogError) for _, product in read_catalog(file)
    )
    assert (tmp_path / "abo" / CHAIR["images"][0]).is_file()  # type: ignore[index]
    assert steps[-1] == ("Downloading images", 3, 3)
    assert "/listings/metadata/listings_2.json.gz" not in handler.requests


def test_no_more_is_downloaded_than_needed(server: tuple[str, type[_Handler]], tmp_path: Path) -> None:
    address, handler = server
    read_abo(tmp_path / "abo", 1, address=address, progress=_nothing)
    assert "/listings/metadata/listings_1.json.gz" not in handler.requests
    before = handler.requests.total()
    read_abo(tmp_path / "abo", 1, address=address, progress=_nothing)
    assert handler.requests.total() == before


def test_an_interrupted_download_resumes(server: tuple[str, type[_Handler]], tmp_path: Path) -> None:
    address, handler = server
    handler.interrupted = {"/listings/metadata/listings_0.json.gz"}
    file = read_abo(tmp_path / "abo", 1, address=address, progress=_nothing)
    assert json.loads(file.read_text()) == CHAIR
    assert len(handler.ranges) == 1
    assert handler.ranges[0] != "bytes=0-"


def test_a_broken_file_is_refused_by_name(server: tuple[str, type[_Handler]], bucket: Path, tmp_path: Path) -> None:
    listings = bucket / "listings/metadata/listings_0.json.gz"
    listings.write_bytes(listings.read_bytes()[:-5])
    with pytest.raises(
        CatalogError, match=r"http://127.*listings_0\.json\.gz can't be downloaded: it is not a complete gzip file"
    ):
        read_abo(tmp_path / "abo", 1, address=server[0], progress=_nothing)
    assert not list((tmp_path / "abo").glob("catalog*"))


def test_invalid_listings_are_left_out() -> None:
    paths = {"main": "14/14fe8812.jpg"}
    assert product_of(_listing("B01", item_name=None), paths) is None
    assert product_of(_listing("B01", main_image_id=None), paths) is None
    odd = product_of(_listing("B01", color="blue", node=[None], brand=[{}], product_type=["x"], material=[3]), paths)
    assert odd is not None
    assert (odd["attributes"], odd["category"], "brand" in odd) == ({}, [], False)
