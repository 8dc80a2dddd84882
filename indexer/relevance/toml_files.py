"""Configurations, rules and query sets as TOML files, to be reviewed in git. Faults are named with their line."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.errors import RelevanceError
from indexer.relevance.faults import field_of, message_of
from indexer.relevance.query_sets import QuerySet
from indexer.relevance.versions import Named, plain

_HEADER = re.compile(r"\s*(\[\[?)([^\[\]]+)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w-]+)\s*(?=[=.])""")
_QUOTES = ("'''", '"""')
_NOT_LITERAL = re.compile(r"'''|[\x00-\x08\x0b-\x1f\x7f]")  # what a literal text of several lines can't hold
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]+")

Path_ = tuple[str | int, ...]


def read_file(path: Path, model: type[Named]) -> Named:
    """Read a file as `read` does, with its name in errors.

    Raises
    ------
    RelevanceError
        It can't be read.
    """
    try:
        return read(path.read_text(encoding="utf-8"), model)
    except (OSError, UnicodeDecodeError) as error:
        raise RelevanceError(f"{path} can't be read: {error}") from error
    except RelevanceError as error:
        raise RelevanceError(f"{path}, {error}") from error


def read(text: str, model: type[Named]) -> Named:
    """Read a configuration, a rule or a query set.

    Raises
    ------
    RelevanceError
        It is no TOML, of another version, or has an unknown field or a wrong value; the message names the line.
    """
    try:
        values = tomllib.loads(text)
    except RecursionError as error:
        raise RelevanceError("arrays or tables are nested too deeply") from error
    except ValueError as error:  # also of a number of thousands of digits
        raise RelevanceError(_placed(str(error))) from error
    try:
        return cast("Named", model.model_validate(values))
    except ValidationError as error:
        raise RelevanceError(
            "; ".join(_fault(text, dict(fault)) for fault in error.errors(include_url=False))
        ) from error


def write(value: Configuration | Rule | QuerySet) -> str:
    """Write a configuration, a rule or a query set as `read` reads it: one line a field, tables after them."""
    return "\n".join(_lines(plain(value), "")).strip() + "\n"


def _placed(message: str) -> str:
    """Put the line first: tomllib says ``reason (at line 3, column 5)``."""
    found = re.fullmatch(r"(.*) \(at (line \d+), column \d+\)", message, re.DOTALL)
    return f'{found[2]}: not TOML, such as name = "value": {found[1]}' if found else f"not TOML: {message}"


def _fault(text: str, fault: dict[str, Any]) -> str:
    path: Path_ = tuple(fault["loc"])
    places = dict(_places(text))
    known = next((path[:end] for end in range(len(path), 0, -1) if path[:end] in places), ())
    where = f"line {places[known]}: " if known else ""
    name, message = field_of(fault), message_of(fault)
    return f"{where}{name}: {message}" if name else f"{where}{message}"


def _places(text: str) -> Iterator[tuple[Path_, int]]:
    """Iterate over the fields of a TOML text and their lines, counted from 1."""
    table: Path_ = ()
    counts: dict[Path_, int] = {}
    quote = ""
    for number, line in enumerate(text.split("\n"), 1):
        if quote:  # inside a text of several lines
            quote = "" if quote in line else quote
            continue
        if header := _HEADER.match(line):
            table = tuple(_name(part) for part in header[2].split("."))
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            table = _inside_arrays(table, counts)
            yield table, number
        elif key := _KEY.match(line):
            yield (*table, _name(key[1])), number
            quote = next((q for q in _QUOTES if line.count(q) == 1), "")


def _inside_arrays(table: Path_, counts: Mapping[Path_, int]) -> Path_:
    """Return the path of a table with the number of each array's element it lies in."""
    path: Path_ = ()
    for place, part in enumerate(table):
        path = (*path, part)
        of_array = counts.get(tuple(p for p in path if isinstance(p, str)))
        following = table[place + 1] if place + 1 < len(table) else None
        if of_array is not None and isinstance(part, str) and not isinstance(following, int):
            path = (*path, of_array)
    return path


def _name(text: str) -> str:
    return text.strip().strip("\"'")


def _lines(values: Mapping[str, Any], table: str) -> Iterator[str]:
    nested = {name: value for name, value in values.items() if _is_table(value)}
    for name, value in values.items():
        if name not in nested:
            yield f"{_key(name)} = {_value(value)}"
    for name, value in nested.items():
        below = f"{table}.{_key(name)}" if table else _key(name)
        for element in value if isinstance(value, list) else [value]:
            yield f"\n[[{below}]]" if isinstance(value, list) else f"\n[{below}]"
            yield from _lines(element, below)


def _is_table(value: object) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and bool(value) and isinstance(value[0], Mapping))


def _key(name: str) -> str:
    return name if _PLAIN_KEY.fullmatch(name) else _value(name)


def _value(value: object) -> str:
    if isinstance(value, str) and "\n" in value and not _NOT_LITERAL.search(value):
        return f"'''\n{value}'''"  # a script, as it is
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    # JSON's texts, numbers and truth values are TOML's, but for one control character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
