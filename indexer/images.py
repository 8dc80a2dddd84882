"""Fetch and decode images nobody vouches for. The only place that opens one."""

from __future__ import annotations

import hashlib
import io
import ipaddress
import socket
import stat
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx
from PIL import Image, ImageOps, UnidentifiedImageError

from indexer.errors import ImageError
from indexer.settings import Settings

MAX_BYTES = 20 * 2**20
MAX_PIXELS = 50_000_000
MAX_REDIRECTS = 3
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")


def digest(data: bytes) -> str:
    """Name an image by the SHA-256 of its bytes: the key of the Image Vector Store."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class ImageSource:
    """Where images may come from, and how long fetching one may take."""

    roots: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    timeout: float = 10.0

    @classmethod
    def from_settings(cls, settings: Settings) -> ImageSource:
        """Take roots, hosts and time-out from the settings."""
        roots = tuple(root.resolve() for root in settings.image_roots)
        return cls(roots, settings.image_hosts, settings.image_timeout)

    def fetch(self, address: str) -> bytes:
        """Fetch an image's bytes.

        Parameters
        ----------
        address : str
            An ``http``, ``https`` or ``file`` URL.

        Raises
        ------
        ImageError
            The address isn't allowed, doesn't answer in time, or gives more than 20 MiB.
        """
        try:
            parts = urlsplit(address)
        except ValueError as error:
            raise ImageError(f"the image's address can't be read: {error}") from error
        if parts.scheme == "file":
            return self._read(Path(unquote(parts.path)))
        if parts.scheme in {"http", "https"}:
            return self._download(address)
        raise ImageError(f"images come from http, https or file addresses, not from {parts.scheme or 'a bare path'!r}")

    def _read(self, path: Path) -> bytes:
        try:
            real = path.resolve(strict=True)
            if not any(real.is_relative_to(root) for root in self.roots):
                raise ImageError("the image lies outside the folders that IMAGE_ROOTS names")
            status = real.stat()
            if not stat.S_ISREG(status.st_mode):
                raise ImageError("the image is not a regular file")
            if status.st_size > MAX_BYTES:
                raise ImageError(f"the image is larger than {MAX_BYTES >> 20} MiB")
            return real.read_bytes()
        except FileNotFoundError as error:
            raise ImageError("there is no image file at that path") from error
        except (OSError, ValueError) as error:
            raise ImageError(f"the image file can't be read: {type(error).__name__}") from error

    def _download(self, address: str) -> bytes:
        deadline = time.monotonic() + self.timeout
        try:
            with httpx.Client(timeout=self.timeout, headers={"user-agent": "lookalike-indexer"}) as client:
                url = httpx.URL(address)
                for _ in range(MAX_REDIRECTS + 1):
                    self._check_host(url.host)
                    with client.stream("GET", url) as response:
                        if response.next_request is None:
                            return _body(response, deadline)
                        url = response.next_request.url
                raise ImageError(f"the image's address redirects more than {MAX_REDIRECTS} times")
        except httpx.InvalidURL as error:
            raise ImageError(f"the image's address can't be read: {error}") from error
        except httpx.HTTPError as error:
            raise ImageError(f"the image can't be fetched: {error or type(error).__name__}") from error

    def _check_host(self, host: str) -> None:
        if host in self.hosts:
            return
        try:
            found = {info[4][0] for info in socket.getaddrinfo(host, None)}
        except (OSError, UnicodeError) as error:
            raise ImageError(f"the image's host {host!r} isn't known") from error
        if not all(ipaddress.ip_address(str(ip).partition("%")[0]).is_global for ip in found):
            raise ImageError(f"the image's host {host!r} has an address that isn't public; IMAGE_HOSTS can allow it")


def _body(response: httpx.Response, deadline: float) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise ImageError(f"the image's server answered {response.status_code}")
    data = bytearray()
    for chunk in response.iter_bytes():
        data += chunk
        if len(data) > MAX_BYTES:
            raise ImageError(f"the image is larger than {MAX_BYTES >> 20} MiB")
        if time.monotonic() > deadline:
            raise ImageError("the image's server is too slow")
    return bytes(data)


def decode(data: bytes, *, least_side: int = 0) -> Image.Image:
    """Decode an image to upright RGB.

    Parameters
    ----------
    data : bytes
        The file; its content, not a name, decides the format.
    least_side : int
        Pixels that the shorter side must keep; a JPEG that is larger is decoded at a reduced scale (at least twice
        this size, so that resampling afterwards sees enough). 0 decodes in full.

    Raises
    ------
    ImageError
        Not an image, broken, in a format that isn't allowed, or above 50 megapixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            if image.width * image.height > MAX_PIXELS:
                raise ImageError(f"the image has more than {MAX_PIXELS // 10**6} megapixels")
            if least_side and image.format == "JPEG":
                image.draft("RGB", (2 * least_side, 2 * least_side))
            return _rgb(ImageOps.exif_transpose(image))
    except UnidentifiedImageError as error:
        raise ImageError("the file is not an image, or not of a format that is taken") from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise ImageError(f"the image has more than {MAX_PIXELS // 10**6} megapixels") from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError, MemoryError) as error:
        # What Pillow's decoders are known to raise on damaged files.
        raise ImageError(f"the image is broken: {error}") from error


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode in {"I;16", "I;16B", "I;16L", "I"}:
        image = image.point(lambda value: value / 256).convert("L")
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(white, image).convert("RGB")
    return image.convert("RGB")
