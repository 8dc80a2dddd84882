"""Fetch images from the addresses and folders that the settings allow."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore
import httpx

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images import transport
from indexer.images.addresses import AllowedHosts, Resolve, check_name, resolve
from indexer.images.decoder import Decoder
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.images.files import read_file
from indexer.images.politeness import Politeness
from indexer.settings import Settings

MAX_REDIRECTS = 3
_MAX_ADDRESS = 8_000  # characters
_TOO_LARGE = f"the image is larger than {MAX_BYTES >> 20} MiB"
_REDIRECTS = {301, 302, 303, 307, 308}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_HEADERS = {"accept": "image/*", "accept-encoding": "identity", "user-agent": "lookalike-indexer"}


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


class ImageSource:
    """Fetches images from where they may come from. Thread-safe; keeps connections, so make one per process.

    Parameters
    ----------
    roots : tuple of Path
        Folders from which files may be read.
    hosts : tuple of str
        Hosts, or ``host:port``, that may have private addresses.
    timeout : float
        Seconds that one fetch may take in total: resolving, connecting, redirects, headers and body. The wait for a
        turn at the host isn't counted.
    decoder : Decoder, optional
    politeness : Politeness, optional
    proxy : str, optional
        Address of an HTTP proxy for all fetches; it then decides what can be reached.
    resolve : callable
        Resolver of host names.
    """

    def __init__(
        self,
        roots: tuple[Path, ...] = (),
        hosts: tuple[str, ...] = (),
        timeout: float = 10.0,
        *,
        decoder: Decoder | None = None,
        politeness: Politeness | None = None,
        proxy: str | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self.decoder = decoder or Decoder()
        self._roots, self._timeout, self._proxy = roots, timeout, proxy
        self._hosts, self._politeness = AllowedHosts(hosts, resolve), politeness or Politeness()

    @classmethod
    def from_settings(cls, settings: Settings) -> ImageSource:
        """Build the source that the settings describe."""
        return cls(
            tuple(root.absolute() for root in settings.image_roots),
            settings.image_hosts,
            settings.image_timeout,
            decoder=Decoder(settings.image_decoders),
            politeness=Politeness(settings.image_host_concurrency, settings.image_host_rate),
            proxy=settings.image_proxy.get_secret_value() if settings.image_proxy else None,
        )

    def fetch(self, address: str) -> bytes:
        """Fetch an image's bytes.

        Parameters
        ----------
        address : str
            An ``http``, ``https`` or ``file`` URL.

        Raises
        ------
        ImageError
            The address isn't allowed, or isn't that of an image of at most 20 MiB.
        ImageUnavailableError
            The server is down, busy or too slow.
        """
        data = self.fetch_if_changed(address, Validators()).data
        if data is None:
            raise ImageError("the image's server answered 304, unasked")
        return data

    def fetch_if_changed(self, address: str, known: Validators) -> Fetched:
        """Fetch an image if it changed since these validators were sent; raises what `fetch` raises."""
        if len(address) > _MAX_ADDRESS:
            raise ImageError(f"the image's address has more than {_MAX_ADDRESS:,} characters")
        try:
            parts = _split(address)
            if parts.scheme == "file":
                return Fetched(self._read(parts.netloc, parts.path), Validators())
            if parts.scheme not in {"http", "https"}:
                scheme = parts.scheme or "a bare path"
                raise ImageError(f"images come from http, https or file addresses, not from {scheme!r}")
            return self._download(httpx.URL(address), known)
        except (ValueError, httpx.InvalidURL) as error:
            raise ImageError(f"the image's address can't be read: {error}") from error

    def _read(self, host: str, path: str) -> bytes:
        if host not in {"", "localhost"}:
            raise ImageError("file addresses name no other machine")
        return read_file(Path(unquote(path)), self._roots)

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        return transport.connection_pool(self._hosts, self._proxy)

    def _download(self, url: httpx.URL, known: Validators) -> Fetched:
        left = self._timeout
        for _ in range(MAX_REDIRECTS + 1):
            host = _checked_host(url)
            with self._politeness.turn(host):
                outcome, left = self._request(url, host, known, left)
            if isinstance(outcome, Fetched):
                return outcome
            _split(outcome)
            url = url.join(outcome)
        raise ImageError(f"the image's address redirects more than {MAX_REDIRECTS} times")

    def _request(self, url: httpx.URL, host: str, known: Validators, seconds: float) -> tuple[Fetched | str, float]:
        """Send one request; return the image or where it redirects to, and the seconds that are left."""
        try:
            with (
                transport.deadline(seconds) as left,
                self._pool.stream("GET", _for_httpcore(url), headers=_request_headers(known)) as response,
            ):
                headers = _headers(response)
                self._politeness.answered(host, _pause(response.status, headers))
                return _outcome(response, headers, conditional=bool(known.headers)), left()
        except httpcore.TimeoutException as error:
            self._politeness.unanswered(host)
            raise ImageUnavailableError("the image's server is too slow") from error
        except (httpcore.NetworkError, httpcore.ProxyError) as error:
            self._politeness.unanswered(host)
            raise ImageUnavailableError(f"the image can't be fetched: {error or type(error).__name__}") from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise ImageError(f"the image's server breaks the HTTP protocol: {error}") from error


def _split(address: str) -> SplitResult:
    """Split an address; a Unicode host is refused before a library converts it to ASCII."""
    parts = urlsplit(address)
    if not parts.netloc.isascii():
        raise ImageError(f"the image's host {parts.netloc[:80]!r} is ambiguous: write it in ASCII (xn--...)")
    return parts


def _checked_host(url: httpx.URL) -> str:
    """Return an address's host, if the address is one that an image may have."""
    if url.scheme not in {"http", "https"}:
        raise ImageError(f"the image's address leads to a {url.scheme!r} address")
    if url.userinfo:
        raise ImageError("the image's address holds a name or password; remove them")
    host = url.raw_host.decode("ascii")
    check_name(host)
    return host


def _for_httpcore(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _request_headers(known: Validators) -> list[tuple[bytes | str, bytes | str]]:
    return [*_HEADERS.items(), *known.headers.items()]


def _headers(response: httpcore.Response) -> Mapping[str, str]:
    return httpx.Headers(response.headers)


def _pause(status: int, headers: Mapping[str, str]) -> float | None:
    """Return the seconds after which a busy server wants the next request, if it says."""
    seconds = headers.get("retry-after", "") if status in _BUSY else ""
    return float(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 9 else None


def _outcome(response: httpcore.Response, headers: Mapping[str, str], *, conditional: bool) -> Fetched | str:
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
        raise ImageError("the image's server broke off its compressed answer")
    return bytes(data)
