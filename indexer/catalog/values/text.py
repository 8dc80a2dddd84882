"""Text: what a shopper reads, without the markup, entities and control characters that exports carry along."""

from __future__ import annotations

import html
import re
from functools import partial
from typing import Any

import nh3

from indexer.catalog.values.changes import Changes
from indexer.catalog.values.json_values import clean_text

# Elements that start a new line; their tags are kept until the text is taken out, so that words don't run together.
_BLOCKS = (
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main"
)
_BLOCKS += " nav ol p pre section table tbody td tfoot th thead tr ul"
_INLINE = "a abbr acronym b base bdi bdo big body button canvas caption center cite code col colgroup data datalist del"
_INLINE += " details dfn dialog em embed fieldset font form frame frameset head html i iframe img input ins kbd label"
_INLINE += (
    " legend link map mark math meta meter noscript object optgroup option output param picture progress q s samp"
)
_INLINE += " script select small source span strike strong style sub summary sup svg template textarea time title tt u"
_INLINE += " var video wbr"
_DROPPED = {"script", "style", "template", "iframe", "object", "svg", "math", "textarea", "select", "title"}
_NAMES = "|".join(sorted({*_BLOCKS.split(), *_INLINE.split()}, key=len, reverse=True))

_TAG = rf"/?(?:{_NAMES})(?=[\s/>]|$)[^<>]*(?:>|$)"
_MARKUP = re.compile(rf"<(?:{_TAG}|!--|!doctype|!\[CDATA\[)|&(?:#\d+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
_NO_MARKUP = re.compile(rf"<(?!{_TAG}|!--|!doctype)", re.IGNORECASE)  # as in "size <M" and "I <3 it"
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|$)", re.IGNORECASE | re.DOTALL)
_BLOCK = re.compile(r"</?[a-z][a-z0-9]*>")
_AMPERSANDS = re.compile(r"&(?:amp;)+", re.IGNORECASE)
_ROUNDS = 8  # markup that was escaped twice is frequent, more often is an attack
_CONTROLS = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def plain_text(text: str) -> str:
    """Return the text that a browser would show: no tags, no scripts, no entities.

    Text without markup stays as it is. Markup that was escaped, even more than once, is markup.
    """
    for _ in range(_ROUNDS):
        if not _MARKUP.search(text):
            return text
        text = _without_markup(text)
    return _MARKUP.sub(" ", text).strip()


def _without_markup(text: str) -> str:
    text = _CDATA.sub(r"\1", _AMPERSANDS.sub("&", text))
    cleaned = nh3.clean(
        _NO_MARKUP.sub("&lt;", text),
        tags=set(_BLOCKS.split()),
        clean_content_tags=_DROPPED,
        attributes={},
        generic_attribute_prefixes=set(),
        link_rel=None,
    )
    lines = (" ".join(line.split()) for line in html.unescape(_BLOCK.sub("\n", cleaned)).split("\n"))
    return clean_text("\n".join(line for line in lines if line))


def without_controls(text: str) -> str:
    """Take out control characters and halves of surrogate pairs; new lines and tabs stay."""
    return _CONTROLS.sub("", clean_text(text))


def cut(text: str, length: int) -> str:
    """Cut text that is longer than ``length`` characters, at a word if one ends near, and mark the place."""
    if len(text) <= length:
        return text
    shorter = text[: length - 1]
    words = shorter.rsplit(None, 1)[0]
    return f"{(words if len(words) > length * 0.8 else shorter).rstrip()}…"


def is_empty(value: object) -> bool:
    """Return whether a value is as good as none: null, blank text, or a list or an object without items."""
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def as_text(value: object) -> object:
    """Return a number as text: ``5001``, not ``5001.0``. Anything else stays."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)
    return str(value) if value.bit_length() < 1_024 else value


def read_text(value: object, field: str, length: int, changes: Changes, *, lines: bool = False) -> Any:
    """Read text as a shopper should see it: numbers as text, no markup, not too long; one line unless ``lines``."""
    value = changes.apply("a number taken as text", field, as_text, value)
    if not isinstance(value, str):
        return value
    text = changes.apply("control characters removed", field, without_controls, value)
    text = changes.apply("HTML turned into text", field, plain_text, text)
    text = text.strip() if lines else " ".join(text.split())
    return changes.apply("text cut", field, partial(cut, length=length), text)
