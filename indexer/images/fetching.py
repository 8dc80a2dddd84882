"""Fetch images from where the settings allow, and nowhere else."""

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
    """What a server said of the version it gave (RFC 9110, 8.8): sent back, they ask whether it changed."""

    etag: str | None = None
    last_modified: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a conditional request."""
        sent = {"if-none-match": self.etag, "if-modified-since": self.last_modified}
        return {name: value for name, value in sent.items() if value}

    def renewed(self, said: Validators) -> Validators:
        """Take over what an answer of 304 says; it need not say all of it again (RFC 9110, 15.4.5)."""
        return Validators(said.etag or self.etag, said.last_modified or self.last_modified)


@dataclass(frozen=True)
class Fetched:
    """An image's bytes, or None where the server says that they are those it gave before."""

    data: bytes | None
    validators: Validators


class ImageSource:
    """Where images may come from, and what decodes them. Thread-safe; keeps connections, so make one a process.

    Parameters
    ----------
    roots : tuple of Path
        Folders from which files may be read.
    hosts : tuple of str
        Hosts, or ``host:port``, that images may come from besides those with public addresses.
    timeout : float
        Seconds that one fetch may take in all: resolving, connecting, redirects, headers and body. Waiting for a turn
        at the host isn't counted.
    decoder : Decoder, optional
    politeness : Politeness, optional
    proxy : str, optional
        Address of an HTTP proxy that all fetches go through; it then decides what may be reached.
    resolve : callable
        How names become addresses.
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
        """Make the source that the settings describe."""
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
            The address isn't allowed, or doesn't give an image of at most 20 MiB.
        ImageUnavailableError
            It doesn't just now: its server is away, busy or too slow.
        """
        data = self.fetch_if_changed(address, Validators()).data
        if data is None:
            raise ImageError("the image's server answered 304, unasked")
        return data

    def fetch_if_changed(self, address: str, known: Validators) -> Fetched:
        """Fetch an image unless it is the one that these validators came with; errors as those of `fetch`."""
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
            host = _checked(url)
            with self._politeness.turn(host):
                found, left = self._ask(url, host, known, left)
            if isinstance(found, Fetched):
                return found
            _split(found)
            url = url.join(found)
        raise ImageError(f"the image's address redirects more than {MAX_REDIRECTS} times")

    def _ask(self, url: httpx.URL, host: str, known: Validators, seconds: float) -> tuple[Fetched | str, float]:
        """Send one request; give the image or where to look for it, and the seconds that are left."""
        try:
            with (
                transport.deadline(seconds) as left,
                self._pool.stream("GET", _for_httpcore(url), headers=_request_headers(known)) as response,
            ):
                headers = _headers(response)
                self._politeness.answered(host, _pause(response.status, headers))
                return _outcome(response, headers, asked=bool(known.headers)), left()
        except httpcore.TimeoutException as error:
            self._politeness.unanswered(host)
            raise ImageUnavailableError("the image's server is too slow") from error
        except (httpcore.NetworkError, httpcore.ProxyError) as error:
            self._politeness.unanswered(host)
            raise ImageUnavailableError(f"the image can't be fetched: {error or type(error).__name__}") from error
        except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
            raise ImageError(f"the image's server doesn't speak HTTP as it should: {error}") from error


def _split(address: str) -> SplitResult:
    """Take an address apart; one whose host is in Unicode is refused before a library makes ASCII of it."""
    parts = urlsplit(address)
    if not parts.netloc.isascii():
        raise ImageError(f"the image's host {parts.netloc[:80]!r} isn't written plainly: write it in ASCII (xn--...)")
    return parts


def _checked(url: httpx.URL) -> str:
    """Refuse what an image's address shouldn't hold; give the host."""
    if url.scheme not in {"http", "https"}:
        raise ImageError(f"the image's address leads to a {url.scheme!r} address")
    if url.userinfo:
        raise ImageError("the image's address holds a name or password; take them out")
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
    """Read for how many seconds a busy server wants to be left alone."""
    asked = headers.get("retry-after", "") if status in _BUSY else ""
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else None


def _outcome(response: httpcore.Response, headers: Mapping[str, str], *, asked: bool) -> Fetched | str:
    status = response.status
    if status in _REDIRECTS and "location" in headers:
        return headers["location"]
    validators = Validators(*(_short(headers.get(name)) for name in ("etag", "last-modified")))
    if status == 304 and asked:
        return Fetched(None, validators)
    if status != 200:
        error = ImageUnavailableError if status in _BUSY else ImageError
        raise error(f"the image's server answered {status}")
    said = headers.get("content-length", "")
    if said.isdigit() and int(said) > MAX_BYTES:
        raise ImageError(_TOO_LARGE)
    return Fetched(_body(response.iter_stream(), headers), validators)


def _short(value: str | None) -> str | None:
    return value if value and len(value) <= 500 and value.isprintable() else None


def _body(chunks: Iterable[bytes], headers: Mapping[str, str]) -> bytes:
    """Read a body, unpacked where the server packed it unasked; never more of it than an image may have."""
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"identity", "", "gzip", "deflate"}:
        raise ImageError(f"the image's server packs its answer as {encoding[:80]!r}, unasked")
    unpack = (
        zlib.decompressobj(wbits=47) if encoding in {"gzip", "deflate"} else None
    )  # 47: zlib or gzip, 32 KiB window
    data, received = bytearray(), 0
    try:
        for chunk in chunks:
            received += len(chunk)
            data += unpack.decompress(chunk, MAX_BYTES + 1 - len(data)) if unpack else chunk
            if max(len(data), received) > MAX_BYTES:
                raise ImageError(_TOO_LARGE)
    except zlib.error as error:
        raise ImageError("the image's server packs its answer wrongly") from error
    if unpack and not unpack.eof:
        raise ImageError("the image's server broke off its packed answer")
    return bytes(data)
