"""Fetch images from the addresses and folders that the settings allow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

import httpcore
import httpx

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images import transport
from indexer.images.addresses import AllowedHosts, Resolve, check_name, resolve
from indexer.images.decoder import Decoder
from indexer.images.files import read_file
from indexer.images.headers import RequestHeaders, read_headers
from indexer.images.politeness import Politeness
from indexer.images.responses import Fetched, Validators, pause, read_response
from indexer.settings import Settings

MAX_REDIRECTS = 3
_MAX_ADDRESS = 8_000  # characters


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
    headers : RequestHeaders, optional
        Of all requests, and of those to single hosts.
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
        headers: RequestHeaders | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self.decoder = decoder or Decoder()
        self._roots, self._timeout, self._proxy = roots, timeout, proxy
        self._headers = headers or RequestHeaders()
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
            headers=RequestHeaders(
                settings.image_user_agent, read_headers(settings.image_headers) if settings.image_headers else {}
            ),
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
        pool, left = self._pool, self._timeout  # a new pool loads certificates before the time starts
        for _ in range(MAX_REDIRECTS + 1):
            host = _checked_host(url)
            with self._politeness.turn(host):
                outcome, left = self._request(pool, url, host, known, left)
            if isinstance(outcome, Fetched):
                return outcome
            _split(outcome)
            url = url.join(outcome)
        raise ImageError(f"the image's address redirects more than {MAX_REDIRECTS} times")

    def _request(
        self, pool: httpcore.ConnectionPool, url: httpx.URL, host: str, known: Validators, seconds: float
    ) -> tuple[Fetched | str, float]:
        """Send one request; return the image or where it redirects to, and the seconds that are left."""
        with transport.exchange(seconds) as exchange:
            try:
                return self._exchange(pool, url, host, known, exchange), exchange.left()
            except httpcore.TimeoutException as error:
                self._politeness.unanswered(host)
                raise ImageUnavailableError("the image's server is too slow") from error
            except (httpcore.NetworkError, httpcore.ProxyError) as error:
                self._politeness.unanswered(host)
                raise ImageUnavailableError(f"the image can't be fetched: {error or type(error).__name__}") from error
            except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
                if exchange.closed:
                    self._politeness.unanswered(host)
                    raise ImageUnavailableError("the image's server broke off its answer") from error
                raise ImageError(f"the image's server breaks the HTTP protocol: {error}") from error

    def _exchange(
        self, pool: httpcore.ConnectionPool, url: httpx.URL, host: str, known: Validators, exchange: transport.Exchange
    ) -> Fetched | str:
        try:
            return self._send(pool, url, host, known)
        except (httpcore.NetworkError, httpcore.ProtocolError):
            if not exchange.was_stale:
                raise
            return self._send(pool, url, host, known)  # a GET may be repeated (RFC 9110, 9.2.2)

    def _send(self, pool: httpcore.ConnectionPool, url: httpx.URL, host: str, known: Validators) -> Fetched | str:
        wanted = [*self._headers.of(host, url.port).items(), *known.headers.items()]
        with pool.stream("GET", _for_httpcore(url), headers=wanted) as response:
            headers = _headers(response)
            self._politeness.answered(host, pause(response.status, headers))
            return read_response(response, headers, conditional=bool(known.headers))


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
    if url.port is not None and not 0 < url.port < 2**16:
        raise ImageError(f"the image's address has the port {url.port}, which can't be")
    host = url.raw_host.decode("ascii")
    check_name(host)
    return host


def _for_httpcore(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _headers(response: httpcore.Response) -> Mapping[str, str]:
    return httpx.Headers(response.headers)
