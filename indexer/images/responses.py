"""What an image's server answered: the image, where it is instead, or why there is none."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import httpcore

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoding.decoding import MAX_BYTES

_TOO_LARGE = f"the image is larger than {MAX_BYTES >> 20} MiB"
_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {408, 425, 429, *range(500, 600)}


@dataclass(frozen=True)
class Validators:
    """An image's validators (RFC 9110, 8.8): sent back to the server, they ask whether the image changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a conditional request."""
        headers = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in headers.items() if value}

    def updated(self, newer: Validators) -> Validators:
        """Return these with what a 304 response changes; it may repeat only some of them (RFC 9110, 15.4.5)."""
        return Validators(newer.etag or self.etag, newer.last_modified or self.last_modified)


@dataclass(frozen=True)
class Fetched:
    """An image's bytes, or None if the server answered that they haven't changed."""

    data: bytes | None
    validators: Validators


def pause(status: int, headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which a busy server wants the next request, if it says."""
    seconds = headers.get("retry-after", "") if status in _BUSY else ""
    return float(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else None


def read_response(response: httpcore.Response, headers: Mapping[str, str], *, conditional: bool) -> Fetched | str:
    """Return the image, or the address that the server redirects to.

    Parameters
    ----------
    conditional : bool
        Whether validators were sent, so that 304 is an answer.

    Raises
    ------
    ImageError
        The server has no image of at most 20 MiB there.
    ImageUnavailableError
        It is busy.
    """
    status = response.status
    if status in _REDIRECTS and "location" in headers:
        return headers["location"]
    validators = Validators(*(_short(headers.get(name)) for name in ("etag", "last-modified")))
    if status == 304 and conditional:
        return Fetched(None, validators)
    if status != 200:
        error = ImageUnavailableError if status in _BUSY else ImageError
        raise error(f"the image's server answered {status}")
    length = headers.get("content-length", "")
    if length.isdigit() and int(length) > MAX_BYTES:
        raise ImageError(_TOO_LARGE)
    return Fetched(_body(response.iter_stream(), headers), validators)


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= 500 and value.isprintable() else None


def _body(chunks: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
    """Read a body, decompressed if the server compressed it, up to the size that an image may have."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "deflate"}:
        raise ImageError(f"the image's server compresses its answer as {encoding[:80]!r}, unasked")
    # 47: zlib or gzip, 32 KiB window
    unpack = zlib.decompressobj(wbits=47) if encoding in {"gzip", "deflate"} else None
    data, received = bytearray(), 0
    try:
        for chunk in chunks:
            received += len(chunk)
            data += unpack.decompress(chunk, MAX_BYTES + 1 - len(data)) if unpack else chunk
            if max(len(data), received) > MAX_BYTES:
                raise ImageError(_TOO_LARGE)
    except zlib.error as error:
        raise ImageError("the image's server compresses its answer wrongly") from error
    if unpack and not unpack.eof:
        raise ImageUnavailableError("the image's server broke off its compressed answer")
    return bytes(data)
