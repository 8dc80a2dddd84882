"""The access log: what was asked for and how it went, without what says who asked for what.

Queries stay out, because likes, words and the tokens of photographs are in them; so do referrers and browsers' names.
"""

from __future__ import annotations

import ipaddress
import logging
import re
import time
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote

from flask import Flask, Response, g, request

from indexer.settings import Settings

log = logging.getLogger(__name__)

AddressStyle = Literal["short", "full", "none"]

_PREFIX = {4: 24, 6: 48}  # bits of an address that are kept: a network of hundreds of subscribers
_PRIVATE = {"bag.ordered"}  # endpoints whose path names something of one shopper's
_MAX_PATH = 200  # characters of a path

_QUERY = re.compile(r"\?[^\s'\"]+")
_CLIENT = re.compile(r"(?<=\bip=)\S+?(?=:?(?:\s|$))")


def shortened(address: str | None, style: AddressStyle = "short") -> str:
    """Return a client's address as logs may have it; ``-`` for none, and for what is no address."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "-"
    if style == "none":
        return "-"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if style == "full":
        return str(ip)
    return str(ipaddress.ip_network((ip.packed, _PREFIX[ip.version]), strict=False).network_address)


class PrivacyFilter(logging.Filter):
    """Cuts queries, and shortens addresses, in what gunicorn says about single requests."""

    def __init__(self, style: AddressStyle) -> None:
        super().__init__()
        self._style = style

    def filter(self, record: logging.LogRecord) -> bool:
        """Clean a record; none is dropped."""
        message = _QUERY.sub("?...", record.getMessage())
        record.msg, record.args = _CLIENT.sub(lambda match: shortened(match[0], self._style), message), None
        return True


def register(app: Flask, settings: Settings, observe: Callable[[float, int], None] = lambda *_: None) -> None:
    """Log each request when it is answered.

    Parameters
    ----------
    observe : callable, optional
        Called with the seconds that each request took, and its status.
    """

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        observe(seconds, response.status_code)
        response.headers["Server-Timing"] = f"app;dur={1_000 * seconds:.1f}"  # for the tools of browsers
        fields = {
            "method": request.method,
            "path": _path(),
            "status": response.status_code,
            "milliseconds": round(1_000 * seconds),
            "address": shortened(request.remote_addr, settings.log_addresses),
        }
        log.info("%s %s %d, %d ms, from %s", *fields.values(), extra=fields)
        return response


def _path() -> str:
    """Return the path without its query, or the rule of one that names something of the shopper's."""
    if request.endpoint in _PRIVATE and request.url_rule:
        return request.url_rule.rule
    return quote(request.path[:_MAX_PATH])  # a line break would forge a line
