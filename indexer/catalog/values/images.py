"""Addresses of images: complete, without blanks around them, encoded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from indexer.catalog.limits import IMAGE_ADDRESS, IMAGES
from indexer.catalog.values.changes import Changes
from indexer.catalog.values.json_values import clean_text

_SEVERAL = re.compile(r"\s*\|\s*|\s*[\n\r]\s*|\s*,\s*(?=https?:|//)|\s+(?=https?:)", re.IGNORECASE)
_KEYS = ("src", "url", "link", "href")  # of an image that is an object, as exports of shops write it
_SUPPORTED = {"http", "https", "file"}
_SHOWN = 200  # characters of an address that can't be fetched, such as a whole image in data:
_SAFE = "/?#[]@!$&'()*+,;=:%~-._|"  # RFC 3986; an address that is encoded already stays


def split_images(value: object) -> list[Any]:
    """Return images one by one: text is split at ``|``, at new lines, and between addresses at commas and blanks."""
    items = value if isinstance(value, list) else [value]
    return [
        one
        for item in items
        for one in (_SEVERAL.split(clean_text(item).strip()) if isinstance(item, str) else [item])
        if one
    ]


def read_address(address: str) -> str:
    """Return an address as it can be fetched: ``//cdn.shop`` is https, blanks and letters beyond ASCII are encoded.

    A relative path keeps its blanks: it is the name of a file.
    """
    text = clean_text(address).strip()
    if text.startswith("//"):
        text = f"https:{text}"
    elif text.casefold().startswith("www."):
        text = f"https://{text}"
    scheme = _scheme(text)
    if scheme in {"http", "https"}:
        return _encoded(text)
    if scheme and scheme not in _SUPPORTED:
        return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
    return text if scheme else text.replace("\\", "/")


def _encoded(text: str) -> str:
    try:
        parts = urlsplit(text)
        path, query = quote(parts.path.replace("\\", "/"), safe=_SAFE), quote(parts.query, safe=_SAFE)
        return urlunsplit((parts.scheme, parts.netloc, path, query, ""))
    except ValueError:  # the fetch says what is wrong with it
        return text


def _scheme(text: str) -> str:
    r"""Return the scheme of an address; that of ``C:\pictures`` is ``c``."""
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*):", text)
    return match[1].lower() if match else ""


def is_relative(address: str) -> bool:
    """Return whether an address is a path that is relative to something."""
    return not _scheme(address)


def absolute(address: str, folder: Path | None) -> str:
    """Return a relative path as an address below a folder; other addresses stay."""
    return address if folder is None or not address or _scheme(address) else (folder / address).as_uri()


def read_images(value: object, folder: Path | None, changes: Changes) -> Any:
    """Read a product's images; what can't be fetched stays, and the fetch names the reason at that image."""
    if not isinstance(value, str | dict | list):
        return value
    read = [_read(_source(image), folder, changes) for image in split_images(value)]
    kept = [image for image in read if image not in (None, "")]
    return changes.apply(f"more than {IMAGES} images cut", "images", lambda all_: all_[:IMAGES], kept)


def _source(image: object) -> object:
    return next((image[key] for key in _KEYS if image.get(key)), image) if isinstance(image, dict) else image


def _read(image: object, folder: Path | None, changes: Changes) -> object:
    if not isinstance(image, str):
        return image
    address = changes.apply("an image's address completed or encoded", "images", read_address, image)
    if (scheme := _scheme(address)) and scheme not in _SUPPORTED:
        changes.note("an image's address is neither http, https nor a file", "images", image, address)
    if len(address) > IMAGE_ADDRESS:
        changes.note("too long an image's address left out", "images", image, "")
        return ""
    return absolute(address, folder)
