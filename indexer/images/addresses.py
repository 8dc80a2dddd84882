"""Which hosts an image may come from: those with public addresses, and those that the settings name."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from indexer.errors import ImageError, ImageUnavailableError

Resolve = Callable[[str, int], Sequence[str]]  # host and port to addresses; raises OSError

_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
# What browsers read as an IPv4 address (WHATWG URL, "ends in a number"): 2130706433, 0x7f.1, 017.0.0.1.
_NUMERIC = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?")

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")  # RFC 4291; the rest is local, mapped, NAT64 or reserved
# Within it: protocol assignments with Teredo and ORCHID, documentation, 6to4.
_NOT_PUBLIC_V6 = tuple(map(ipaddress.IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# In addition to what Python's is_global excludes: 6to4 relays (RFC 7526), and networks that older Pythons don't know.
_NOT_PUBLIC_V4 = tuple(map(ipaddress.IPv4Network, ("192.88.99.0/24", "192.0.0.0/24", "100.64.0.0/10", "240.0.0.0/4")))


def is_public(address: str) -> bool:
    """Return whether an IP address is public and doesn't map or tunnel to another address."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC_V4)
    if ip.scope_id or ip not in _GLOBAL_UNICAST or any(ip in network for network in _NOT_PUBLIC_V6):
        return False
    is_isatap = (int(ip) >> 32) & 0xFCFFFFFF == 0x00005EFE  # RFC 5214: an IPv4 address in the interface's identifier
    return ip.is_global and not is_isatap


def check_name(host: str) -> None:
    """Refuse a host in an ambiguous notation, which different programs read differently.

    Raises
    ------
    ImageError
        The host is in Unicode, has escapes, or is a number in other than dotted decimal form.
    """
    try:
        if ":" in host and "%" not in host:
            ipaddress.IPv6Address(host)
        elif _NUMERIC.fullmatch(host):
            ipaddress.IPv4Address(host)
        elif not _NAME.fullmatch(host) or len(host) > 253:
            raise ValueError
    except ValueError as error:
        raise ImageError(
            f"the image's host {host[:80]!r} is ambiguous: write an ASCII name or a dotted decimal address"
        ) from error


def resolve(host: str, port: int) -> list[str]:
    """Return a host's addresses by the system's resolver, IPv4 first."""
    infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return sorted(dict.fromkeys(str(info[4][0]) for info in infos), key=lambda ip: ":" in ip)


@dataclass(frozen=True)
class AllowedHosts:
    """Decides which addresses may be connected to.

    Parameters
    ----------
    named : tuple of str
        Hosts (``cdn.internal``, or ``cdn.internal:8080`` for one port) that may have any address.
    resolve : callable
        Resolver of host names.
    """

    named: tuple[str, ...] = ()
    resolve: Resolve = resolve

    def addresses(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """Return the checked addresses of a host: connect to one of them, and don't resolve the name again.

        Raises
        ------
        ImageError
            The host has a private address and isn't named.
        ImageUnavailableError
            The name doesn't resolve, or not within ``seconds``.
        """
        addresses = self._resolve_within(host, port, seconds)
        named = {name.lower() for name in self.named}
        if not {host.lower().rstrip("."), f"{host.lower().rstrip('.')}:{port}"} & named and not all(
            map(is_public, addresses)
        ):
            raise ImageError(f"the image's host {host!r} has an address that isn't public; IMAGE_HOSTS can allow it")
        return addresses

    def _resolve_within(self, host: str, port: int, seconds: float) -> Sequence[str]:
        """Resolve in a thread, because the system's resolver takes no timeout."""
        results: list[Sequence[str] | Exception] = []

        def run() -> None:
            try:
                results.append(self.resolve(host, port))
            except (OSError, UnicodeError) as error:
                results.append(error)

        thread = threading.Thread(target=run, name="resolve", daemon=True)
        thread.start()
        thread.join(seconds)
        if not results:
            raise ImageUnavailableError(f"the image's host {host!r} wasn't resolved in time")
        if isinstance(results[0], Exception) or not results[0]:
            raise ImageUnavailableError(f"the image's host {host!r} isn't known")
        return results[0]
