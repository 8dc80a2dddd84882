"""HTTP headers of requests for images: who asks, and what single hosts want besides, such as a token."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from indexer.errors import SettingsError
from indexer.settings import USER_AGENT

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, 5.6.2)
_VALUE = re.compile(r"[\x20-\x7e]*")
# What the connection itself decides.
_OURS = {"accept-encoding", "connection", "content-length", "host", "te", "transfer-encoding", "upgrade"}


@dataclass(frozen=True)
class RequestHeaders:
    """The headers of requests for images.

    Attributes
    ----------
    user_agent : str
        The ``User-Agent`` of all requests.
    by_host : mapping
        ``host`` or ``host:port``, in lower case, to the headers that this host gets, and no other it redirects to.
    """

    user_agent: str = USER_AGENT
    by_host: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, host: str, port: int | None) -> dict[str, str]:
        """Return the headers of a request to a host."""
        common = {"accept": "image/*", "accept-encoding": "identity", "user-agent": self.user_agent}
        return common | dict(self.by_host.get(host, {})) | dict(self.by_host.get(f"{host}:{port}", {}))


def read_headers(path: Path) -> dict[str, dict[str, str]]:
    """Read a file of headers by host: ``["cdn.example"]``, and a line ``authorization = "Bearer ..."`` for each.

    Raises
    ------
    SettingsError
        Names the file, and the host and header at fault.
    """
    try:
        hosts = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"IMAGE_HEADERS: {path} can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"IMAGE_HEADERS: {path} is not TOML: {error}") from error
    return {host.lower(): _checked(path, host, headers) for host, headers in hosts.items()}


def _checked(path: Path, host: str, headers: object) -> dict[str, str]:
    if not isinstance(headers, dict):
        raise SettingsError(f'IMAGE_HEADERS: {path} has no table for {host!r}: write ["{host}"] above its headers')
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise SettingsError(f"IMAGE_HEADERS: {path}, {host}: {name!r} is no header that can be set")
        if not isinstance(value, str) or not _VALUE.fullmatch(value):
            raise SettingsError(f"IMAGE_HEADERS: {path}, {host}: the value of {name} must be printable ASCII text")
    return {name.lower(): value for name, value in headers.items()}
