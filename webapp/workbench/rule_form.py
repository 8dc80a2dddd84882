"""The fields of a rule as its page has them: read from a form, arranged by its buttons, with faults where they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flask import abort
from werkzeug.datastructures import MultiDict

from es_mappings.rules import MAX_PINS, Rule
from indexer.relevance.arranging import Arrangement
from indexer.relevance.faults import Fault, InvalidRuleError, read_rule
from indexer.relevance.versions import plain

_WHEN = ("words", "match", "category", "likes_category", "starts", "ends", "configuration")
_LISTS = ("hide", "hide_ids", "filter")  # several fields, of one entry or more a line
_TEXTS = ("redirect", "banner")
_UNNAMED = "this-rule"  # the name of one that has none yet, in previews
_MOST_ROWS = 200  # of one kind that a form is read for; a rule has fewer


@dataclass(frozen=True)
class RuleForm:
    """What the fields hold, as plain data that `Rule` reads; it may be wrong.

    Attributes
    ----------
    values : dict
        Without what is empty.
    """

    values: Mapping[str, Any]

    @classmethod
    def of(cls, rule: Rule) -> RuleForm:
        """Return the fields of a rule."""
        return cls(plain(rule))

    @classmethod
    def begin(cls, words: str, category: str) -> RuleForm:
        """Return the fields of a new rule for a search."""
        return cls({"when": _without_empty({"words": words, "category": category}), "then": {}}).named()

    def named(self) -> RuleForm:
        """Return the fields with a name, by default made of what the rule is for; it stays empty if that isn't said."""
        if self.get("name"):
            return self
        text = self.get("words") or self.get("category") or self.get("likes_category")
        name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-")
        return RuleForm({**self.values, **_without_empty({"name": name})})

    @classmethod
    def read(cls, form: MultiDict[str, str]) -> RuleForm:
        """Read the fields of a form."""
        when = {name: form.get(name, "").strip() for name in _WHEN}
        then: dict[str, Any] = {name: form.get(name, "").strip() for name in _TEXTS}
        then |= {name: [line.strip() for line in _lines(form, name) if line.strip()] for name in _LISTS}
        then["pin"] = _rows(form, id="pin_id", position="pin_position")
        then["boost"] = _rows(form, filter="boost_filter", factor="boost_factor")
        top = {name: form.get(name, "").strip() for name in ("name", "priority")}
        return cls({**_without_empty(top), "when": _without_empty(when), "then": _without_empty(then)})

    def rule(self) -> Rule:
        """Return the rule.

        Raises
        ------
        InvalidRuleError
            A field is wrong.
        """
        return read_rule({"name": "", **self.values})

    def shown(self) -> Rule | None:
        """Return the rule to be previewed, whatever its name; None while a field is wrong, or it does nothing."""
        for name in (self.get("name"), _UNNAMED):
            with suppress(InvalidRuleError):
                return read_rule({**self.values, "name": name})
        return None

    def get(self, field: str, otherwise: Any = "") -> Any:
        """Return what a field holds, by its name in the form."""
        when, then = self.values.get("when", {}), self.values.get("then", {})
        return next((part[field] for part in (self.values, when, then) if field in part), otherwise)

    def lines(self, field: str) -> str:
        """Return the text of a field that has one entry a line."""
        return "\n".join(self.get(field, ()))

    @property
    def arrangement(self) -> Arrangement:
        """Its pins and hidden products; rows that can't be read are left out."""
        pins: dict[str, int] = {}
        for pin in self.get("pin", ()):
            with suppress(KeyError, ValueError):
                pins[str(pin["id"])] = int(pin["position"])
        return Arrangement(pins, tuple(self.get("hide_ids", ())))

    def arranged(self, command: str) -> RuleForm:
        """Do what a button of a product says: ``place:FROM:TO:ID``, ``unpin:::ID``, ``hide:::ID`` or ``show:::ID``."""
        verb, _, rest = command.partition(":")
        before, _, rest = rest.partition(":")
        to, _, product_id = rest.partition(":")
        after = self.arrangement
        match verb:
            case "place" if to.isdecimal() and product_id:
                after = after.place(product_id, int(to[:6]), int(before[:6]) if before.isdecimal() else None)
            case "unpin" | "hide" | "show" if product_id:
                after = getattr(after, verb)(product_id)
            case "preview":
                return self
            case _:
                abort(400, "do: must be preview, place:FROM:TO:ID, unpin:::ID, hide:::ID or show:::ID.")
        pins = [{"id": product, "position": position} for product, position in after.pins.items()]
        then = {**self.values.get("then", {}), "pin": pins[: MAX_PINS + 1], "hide_ids": list(after.hidden)}
        return RuleForm({**self.values, "then": _without_empty(then)})


def input_of(fault: Fault) -> str:
    """Return the id of the input that a fault is shown at."""
    match fault.field.split("."):
        case ["then", ("pin" | "boost" | "hide" | "filter") as name, number, *_]:
            return f"{name}-{number}"
        case ["when"]:  # its first day is after the last one
            return "ends"
        case ["when" | "then", name, *_]:
            return name
        case [name, *_] if name:
            return name
    return "form"


def by_input(faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    """Return faults by the input that they are shown at."""
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(input_of(fault), []).append(fault)
    return found


def _lines(form: MultiDict[str, str], name: str) -> Iterator[str]:
    for text in form.getlist(name)[:_MOST_ROWS]:
        yield from text.splitlines()


def _rows(form: MultiDict[str, str], **names: str) -> list[dict[str, str]]:
    columns = [form.getlist(name)[:_MOST_ROWS] for name in names.values()]
    rows = [dict(zip(names, (text.strip() for text in row), strict=True)) for row in zip(*columns, strict=False)]
    key = next(iter(names))
    return [_without_empty(row) for row in rows if row[key]]


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", [], ())}
