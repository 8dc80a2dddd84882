"""XML: RSS, Atom and other feeds with an element per product.

Each element is parsed on its own: a bad one harms only itself, and a DOCTYPE is never read, so that no entity expands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, TextIO
from xml.parsers import expat

from indexer.catalog.feeds.files import MAX_ROW, cut_off, damaged, is_damaged
from indexer.catalog.feeds.rows import Row, Rows
from indexer.errors import CatalogError

_BLOCK = 65_536
_MAX_HEAD = 16 * 1_048_576  # characters before the first element; feeds begin with all categories of a shop
_ELEMENT = re.compile(r"<(?:\w+:)?(item|entry|product|offer|shopitem)(?=[\s>/])", re.IGNORECASE)
_CDATA = re.compile(r"(<!\[CDATA\[.*?\]\]>)", re.DOTALL)
_AMPERSAND = re.compile(r"&(?:(#\d+|#x[0-9a-fA-F]+|amp|lt|gt|quot|apos)(?=;)|(\w+;))?")


def rows(text: TextIO) -> Rows:
    """Read the elements of the name that the file has first: item, entry, product, offer or shopitem.

    Columns are the names of an element's children, without prefix; those with one, such as ``g:id``, come first.
    Children that name what they say, ``<param name="Color">red</param>``, are one column ``param``, an object.
    """
    head, name = _head(text)
    for number, fragment in _fragments(head, text, name):
        yield number, _row(fragment)


def _head(text: TextIO) -> tuple[str, str]:
    """Read as far as the first product, and return what was read and the name of its element."""
    head = ""
    while len(head) < _MAX_HEAD and (block := text.read(_BLOCK)):
        begin = max(0, len(head) - 100)  # a tag may begin in the block before
        head += block
        if element := _ELEMENT.search(head, begin):
            return head, element.group(1)
    raise CatalogError("no element is an item, entry, product, offer or shopitem: not a feed of products")


def _blocks(head: str, text: TextIO) -> Iterator[str]:
    """Return what was read, and read on in blocks that end with a tag, so that none is cut in two."""
    rest = head
    while block := text.read(_BLOCK):
        rest += block
        end = rest.rfind(">") + 1 or (len(rest) if len(rest) > MAX_ROW else 0)
        yield rest[:end]
        rest = rest[end:]
    yield rest


def _fragments(head: str, text: TextIO, name: str) -> Iterator[tuple[int, str]]:
    """Split a file into the elements of a name, each with its line; of one that is too long, the beginning.

    An empty one at the end means that the element around them is not closed.
    """
    tag = rf"(?:\w+:)?{name}"
    tokens = re.compile(
        rf"<!--|-->|<!\[CDATA\[|\]\]>|<!ENTITY|<{tag}\s[^<>]*/>|<{tag}(?=[\s>])|</{tag}\s*>", re.IGNORECASE
    )
    nesting, number, line, fragment = _Nesting(), 1, 1, ""
    is_closed = False  # what is around the elements, after the last of them
    for block in _blocks(head, text):
        begin = end = 0
        for token in tokens.finditer(block):
            turn = nesting.turn(token.group())
            if turn > 0:
                begin, line = token.start(), number + block.count("\n", 0, token.start())
            elif turn < 0:
                end, is_closed = token.end(), False
                yield line, fragment + block[begin:end]
                fragment = ""
        if nesting.depth:
            fragment = (fragment + block[begin:])[:MAX_ROW]
        else:
            is_closed = is_closed or "</" in block[end:]
        number += block.count("\n")
    if nesting.depth:
        yield line, fragment
    elif not is_closed and not _is_first(name, head):
        yield number, ""


def _is_first(name: str, head: str) -> bool:
    """Return whether a file begins with an element of a name, so that none is around it."""
    first = re.search(r"<(?:\w+:)?(\w+)", head)
    return first is not None and first[1] == name


class _Nesting:
    """Where in the nesting of elements of one name, comments and CDATA sections a text is."""

    def __init__(self) -> None:
        self.depth = 0
        self._closing = ""

    def turn(self, token: str) -> int:
        """Return 1 where an outermost element begins, -1 where it ends, otherwise 0."""
        if self._closing or token in {"-->", "]]>"}:
            self._closing = "" if token == self._closing else self._closing
        elif token.startswith("<!"):
            if token.upper() == "<!ENTITY" and not self.depth:
                raise CatalogError("the file declares entities, which feeds don't need; remove its <!ENTITY ...>")
            self._closing = {"<!--": "-->", "<![CDATA[": "]]>"}.get(token, "")
        elif token.startswith("</"):
            self.depth -= 1
            if self.depth < 0:  # closed without having been opened
                self.depth = 0
                return 0
            return -1 if self.depth == 0 else 0
        elif not token.endswith("/>"):
            self.depth += 1
            return int(self.depth == 1)
        return 0


def _row(fragment: str) -> Row | CatalogError:
    if not fragment:
        return cut_off()
    if len(fragment) >= MAX_ROW:
        return CatalogError(f"the element is longer than {MAX_ROW:,} characters", "too long")
    if is_damaged(fragment):
        return damaged()
    try:
        return _parsed(fragment)
    except (expat.ExpatError, ValueError):  # ValueError: a lone surrogate
        try:
            return _parsed(_with_ampersands(fragment))
        except (expat.ExpatError, ValueError) as error:
            return CatalogError(f"not XML: {error}")


def _with_ampersands(fragment: str) -> str:
    """Escape ampersands that stand alone, and resolve the entities that HTML has and XML lacks, outside CDATA."""

    def escaped(match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        character = html5.get(match[2] or "")
        return character if character and character not in "<&" else "&amp;" + (match[2] or "")

    parts = _CDATA.split(fragment)
    parts[::2] = [_AMPERSAND.sub(escaped, part) for part in parts[::2]]
    return "".join(parts)


def _parsed(fragment: str) -> Row:
    """Return the children of an element, by name: texts, or objects where they have children of their own."""
    stack: list[tuple[dict[str, Any], list[str]]] = []
    plain: Row = {}

    def start(_name: str, attributes: dict[str, str]) -> None:
        stack.append((dict(attributes), []))

    def end(name: str) -> None:
        children, pieces = stack.pop()
        text = "".join(pieces).strip()
        if not stack:
            plain.update({key: value for key, value in children.items() if not key.startswith("xmlns")})
            return
        prefix, _, local = name.rpartition(":")
        holder = stack[-1][0] if prefix or len(stack) > 1 else plain
        if pair := _pair(children, text):
            _add_named(holder, local, *pair)
        else:
            _add(holder, local, text or children)

    def characters(data: str) -> None:
        stack[-1][1].append(data)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    parser.Parse(fragment, True)
    return plain


def _pair(children: dict[str, Any], text: str) -> tuple[str, str] | None:
    """Return name and value of an element that has both, as feeds write attributes of a product."""
    if text and (name := children.get("name")) and isinstance(name, str):
        return name, " ".join(filter(None, [text, children.get("unit")]))
    names = {child.upper(): value for child, value in children.items()}
    name, value = names.get("PARAM_NAME"), names.get("VAL")  # Heureka's
    return (name, value) if isinstance(name, str) and isinstance(value, str) else None


def _add_named(row: Row, column: str, name: str, value: str) -> None:
    """Add a value to the object of a column, or to the list of one that has values without a name, too."""
    pairs = row.setdefault(column, {})
    if isinstance(pairs, dict):
        _add(pairs, name, value)
    else:
        _add(row, column, value)


def _add(row: Row, name: str, value: Any) -> None:
    """Set a column, or extend its list where the element is repeated."""
    row[name] = value if name not in row else [*(row[name] if isinstance(row[name], list) else [row[name]]), value]
