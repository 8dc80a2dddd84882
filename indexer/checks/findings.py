"""Findings: what is wrong and where, read from Elasticsearch's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal

from elasticsearch import ApiError

from es_mappings import scripts

Json = Mapping[str, Any]

# What a difference between the live index and es_mappings/ needs, from the least to the most.
Needs = Literal["nothing", "reload", "rebuild"]
NEEDS: dict[Needs, str] = {
    "nothing": "nothing",
    "reload": "the PUT, then a reload: `lookalike load` the catalogue again",
    "rebuild": "a new index: `lookalike rebuild` builds it while the live one serves",
}

_CUT = " ..."  # at the end of a script that Elasticsearch has truncated


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    place : str
        Where to look: a file with line and column, or what was sent.
    problem : str
        What is wrong there.
    needs : str
        What brings the live index in line, where it differs from es_mappings/.
    """

    place: str
    problem: str
    needs: Needs = "nothing"

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def script_names() -> list[str]:
    """Return the names of the scripts under ``es_mappings/painless/``, as `scripts.source` takes them."""
    entries = files("es_mappings").joinpath("painless").iterdir()
    return sorted(entry.name.removesuffix(".painless") for entry in entries if entry.name.endswith(".painless"))


def read_error(error: ApiError, place: str) -> list[Finding]:
    """Turn a refused request into findings; scripts that fail are located by file, line and column."""
    body = error.body if isinstance(error.body, dict) else {}
    return read_body(body, place) or [Finding(place, str(error))]


def read_body(body: object, place: str) -> list[Finding]:
    """Turn the body of an error, or a part of an answer that contains one, into findings."""
    scripted = [_locate(exception, place) for exception in _script_exceptions(body)]
    if scripted:
        return list(dict.fromkeys(scripted))
    reason = _reason(body)
    return [Finding(place, reason)] if reason else []


def _script_exceptions(body: object) -> Iterator[Json]:
    if isinstance(body, Mapping):
        if body.get("type") == "script_exception":
            yield body
            return
        # The root cause is repeated further in, together with its own cause.
        children: list[object] = [value for key, value in body.items() if key != "root_cause"]
    else:
        children = list(body) if isinstance(body, list) else []
    for child in children:
        yield from _script_exceptions(child)


def _locate(exception: Json, place: str) -> Finding:
    """Find the file a script came from by its text, because Elasticsearch doesn't know its name."""
    cause = exception.get("caused_by") or {}
    problem = f"{exception.get('reason', 'script error')}: {cause.get('reason') or cause.get('type', 'no cause given')}"
    name = next((name for name in script_names() if _is_of(exception, scripts.whole(name))), None)
    if name is None:
        return Finding(place, problem)
    offset = (exception.get("position") or {}).get("offset")
    return Finding(_file(name) if offset is None else _place(name, offset), problem)


def _place(name: str, offset: int) -> str:
    """Return the file, line and column of an offset in a script as it is sent."""
    (part, text), *rest = scripts.parts(name)
    for following in rest:
        if offset >= len(text):
            offset -= len(text)
            part, text = following
    before = text[:offset]
    return f"{_file(part)}:{before.count(chr(10)) + 1}:{offset - before.rfind(chr(10))}"


def _file(name: str) -> str:
    return f"es_mappings/painless/{name}.painless"


def _is_of(exception: Json, text: str) -> bool:
    """Return whether an exception is of this script: compile errors have all of its text, runtime errors a line."""
    excerpt, position = str(exception.get("script", "")), exception.get("position") or {}
    if excerpt == text:
        return True
    if not excerpt.endswith(_CUT) or not text.startswith(excerpt.removesuffix(_CUT)):
        return False
    statement = text[position.get("start", 0) : position.get("end", 0)].strip()
    return any(statement in line for line in exception.get("script_stack", []))


def _reason(body: object) -> str:
    """Return the innermost reason, because the outer ones only say that something failed."""
    if isinstance(body, list):
        return "; ".join(dict.fromkeys(filter(None, map(_reason, body))))
    if not isinstance(body, Mapping):
        return body if isinstance(body, str) else ""
    for inner in ("error", "caused_by", "root_cause", "failures", "reason"):
        if body.get(inner):
            return _reason(body[inner])
    return ""
