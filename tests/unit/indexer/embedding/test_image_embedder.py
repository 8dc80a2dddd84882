"""Images as shops and phones make them: the default models make a sensible vector of each, or report an error."""

import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from demo.catalogue import render_catalogue
from es_mappings.layout import Vector
from indexer.activations.activation_store import Activations
from indexer.embedding.image_embedder import Embedded, ImageEmbedder
from indexer.errors import ImageError
from indexer.images.decoder import Decoder
from indexer.images.fetching import ImageSource
from indexer.images.responses import Fetched, Validators
from indexer.settings import Settings
from indexer.vectorizers import cnn
from indexer.vectorizers.base import ImageVectorizer
from indexer.vectorizers.color import ColorVectorizer
from indexer.vectorizers.preprocessing import LEAST_SIDE
from tests.images import encode

Vectors = dict[str, NDArray[np.float32]]
Embed = Callable[[bytes], Vectors]


@pytest.fixture(scope="module")
def models() -> Mapping[str, ImageVectorizer]:
    """Load every default image model."""
    return {**cnn.load(Settings()), "color": ColorVectorizer()}


@pytest.fixture(scope="module")
def embed(models: Mapping[str, ImageVectorizer]) -> Iterator[Embed]:
    """Embed a file as the pipeline does: its unit vectors by aspect, each checked."""
    with Decoder(1) as decoder:

        def run(data: bytes) -> Vectors:
            image, vectors = decoder.decode(data, least_side=LEAST_SIDE), {}
            for aspect, model in models.items():
                row = np.asarray(model([image]))
                assert row.shape == (1, model.dims), aspect
                assert np.isfinite(row).all(), aspect
                assert row.any(), aspect
                vectors[aspect] = row[0] / np.linalg.norm(row[0])
            return vectors

        yield run


@pytest.fixture(scope="module")
def dress(tmp_path_factory: pytest.TempPathFactory) -> Image.Image:
    """Render a picture with light, shadow and texture, different in each corner."""
    folder: Path = tmp_path_factory.mktemp("catalogue")
    render_catalogue(folder, products=4, seed=11)
    image = Image.open(sorted(folder.rglob("*.jp*g"))[0]).convert("RGB")
    return image.resize((600, 800), Image.Resampling.LANCZOS)


@pytest.fixture(scope="module")
def plain(embed: Embed, dress: Image.Image) -> Vectors:
    """Embed the picture as it should be."""
    return embed(encode(dress, "PNG"))


def _agree(one: Vectors, other: Vectors, at_least: float) -> None:
    cosines = {aspect: float(one[aspect] @ other[aspect]) for aspect in one}
    assert min(cosines.values()) >= at_least, cosines


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cameras_orientation_does_not_change_the_vector(
    embed: Embed, dress: Image.Image, plain: Vectors, orientation: int
) -> None:
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]  # Image.Transpose that the tag undoes
    stored = dress if inverse is None else dress.transpose(Image.Transpose(inverse))
    exif = Image.Exif()
    exif[0x0112] = orientation
    _agree(embed(encode(stored, "JPEG", exif=exif, quality=92, subsampling=0)), plain, 0.99)


def _sixteen_bits(image: Image.Image) -> bytes:
    """Write a PNG of sixteen bits per channel, which Pillow reads but doesn't write."""
    pixels = np.asarray(image).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *image.size, 16, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _animated(image: Image.Image, form: str, **options: object) -> bytes:
    later = [image.rotate(90), Image.new("RGB", image.size, "black")]
    return encode(image, form, save_all=True, append_images=later, duration=100, **options)


def _cut_out(image: Image.Image) -> bytes:
    """Write the picture with an invisible margin: black, but transparent."""
    wide = Image.new("RGBA", (image.width, image.height), (0, 0, 0, 0))
    wide.paste(image)
    return encode(wide, "PNG")


# The same picture in other formats, with the least cosine to the original.
SAME: dict[str, tuple[Callable[[Image.Image], bytes], float]] = {
    "progressive": (lambda i: encode(i, "JPEG", quality=92, progressive=True), 0.98),
    "cmyk": (lambda i: encode(i.convert("CMYK"), "JPEG", quality=95), 0.95),  # Pillow writes it inverted, as Adobe does
    "16 bits": (_sixteen_bits, 0.999),
    "alpha": (_cut_out, 0.999),
    "palette": (lambda i: encode(i.quantize(256), "PNG"), 0.9),
    "animated gif": (lambda i: _animated(i.quantize(256).convert("RGB"), "GIF"), 0.9),
    "animated webp": (lambda i: _animated(i, "WEBP", lossless=True), 0.999),
    "webp": (lambda i: encode(i, "WEBP", quality=90), 0.95),
    "avif": (lambda i: encode(i, "AVIF", quality=90, speed=9), 0.95),
    "tiff": (lambda i: encode(i, "TIFF", compression="tiff_lzw"), 0.999),
    "bmp": (lambda i: encode(i, "BMP"), 0.999),
}


@pytest.mark.parametrize("form", SAME)
def test_a_files_format_hardly_changes_its_vector(embed: Embed, dress: Image.Image, plain: Vectors, form: str) -> None:
    make, at_least = SAME[form]
    _agree(embed(make(dress)), plain, at_least)


def test_adobes_inverted_cmyk_is_not_read_as_a_negative(embed: Embed, dress: Image.Image, plain: Vectors) -> None:
    data = encode(dress.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in data
    negative = embed(encode(Image.eval(dress, lambda value: 255 - value), "PNG"))
    for aspect, vector in embed(data).items():
        assert float(vector @ plain[aspect]) > float(vector @ negative[aspect])


def test_grey_keeps_the_look(embed: Embed, dress: Image.Image, plain: Vectors) -> None:
    eight, sixteen = dress.convert("L"), dress.convert("L").convert("I").point(lambda value: value * 257)
    grey = embed(encode(eight, "PNG"))
    assert float(grey["look"] @ plain["look"]) > 0.5
    _agree(embed(encode(sixteen.convert("I;16"), "PNG")), grey, 0.999)
    _agree(embed(encode(eight.convert("LA"), "PNG")), grey, 0.999)


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (20_000, 10), (10, 20_000), (65_535, 1)])
def test_tiny_and_very_wide_pictures_have_vectors(embed: Embed, size: tuple[int, int]) -> None:
    embed(encode(Image.new("RGB", size, (200, 10, 10)), "PNG"))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(60), "HEIC"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(60), "HEIC"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (encode(Image.new("1", (65_536, 1)), "PNG"), "65,535 pixels wide"),
    ],
)
def test_unsupported_files_are_refused_with_the_reason(embed: Embed, data: bytes, why: str) -> None:
    with pytest.raises(ImageError, match=why):
        embed(data)


class _Source:
    """Serves an image's address as its bytes, and prepares its last digit."""

    def __init__(self) -> None:
        self.decoder = self

    def fetch_if_changed(self, address: str, known: Validators) -> Fetched:
        del known
        return Fetched(address.encode(), Validators())

    def prepare(self, data: bytes, preparations: tuple[object, ...], *, least_side: int) -> list[Vector]:
        del preparations, least_side
        return [np.array([int(data[-1:])], np.float32)]


class _Model:
    preparation = None

    def run(self, prepared: Sequence[Vector]) -> dict[str, Vector]:
        rows = np.concatenate(prepared)
        with np.errstate(divide="ignore"):
            return {"look": np.stack([1 / rows, rows], axis=1)}


class _Vectorizer:
    model = _Model()


class _Store:
    def __init__(self) -> None:
        self.rows: dict[str, Activations] = {}

    def get(self, digests: Sequence[str]) -> dict[str, Activations]:
        return {digest: self.rows[digest] for digest in digests if digest in self.rows}

    def put(self, activations: Mapping[str, Activations]) -> dict[str, Activations]:
        self.rows.update(activations)
        return dict(activations)


def test_one_image_whose_activations_are_no_numbers_harms_only_itself() -> None:
    store = _Store()
    embed = ImageEmbedder(
        cast("ImageSource", _Source()), {"look": cast("ImageVectorizer", _Vectorizer())}, store, batch_size=8
    )
    embedded = embed(["https://shop.example/2", "https://shop.example/0", "https://shop.example/4"], {})
    looks = {a[-1]: e.activations["look"].tolist() for a, e in embedded.items() if isinstance(e, Embedded)}
    assert looks == {"2": [0.5, 2.0], "4": [0.25, 4.0]}
    error = embedded["https://shop.example/0"]
    assert isinstance(error, ImageError)
    assert "aren't finite numbers" in str(error)
    assert len(store.rows) == 2
