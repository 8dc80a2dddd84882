"""Fetch images from where the settings allow, and nowhere else."""

from __future__ import annotations

import ipaddress
import socket
import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import httpx

from indexer.errors import ImageError
from indexer.images.decoder import Decoder
from indexer.images.decoding import MAX_BYTES
from indexer.settings import Settings

MAX_REDIRECTS = 3


@dataclass(frozen=True)
class ImageSource:
    """Where images may come from, how long fetching one may take, and what decodes them."""

    roots: tuple[Path, ...] = ()
    hosts: tuple[str, ...] = ()
    timeout: float = 10.0
    decoder: Decoder = field(default_factory=Decoder, compare=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> ImageSource:
        """Take roots, hosts, time-out and number of decoders from the settings."""
        roots = tuple(root.resolve() for root in settings.image_roots)
        return cls(roots, settings.image_hosts, settings.image_timeout, Decoder(settings.image_decoders))

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
