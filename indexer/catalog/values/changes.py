"""What reading changed in a value, so that the report of a load can count and show it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from indexer.catalog.limits import EXACT

_SHOWN = 80  # characters of a value


@dataclass(frozen=True)
class Change:
    """One value that reading changed.

    Attributes
    ----------
    rule : str
        What was done, the same words for all values that it was done to.
    field : str
        The field, e.g. ``attributes.color``.
    before, after : str
        The value, shortened.
    """

    rule: str
    field: str
    before: str
    after: str


class Changes(list[Change]):
    """The changes of one product."""

    def note(self, rule: str, field: str, before: object, after: object) -> None:
        """Note a change."""
        self.append(Change(rule, field, _shown(before), _shown(after)))

    def apply(self, rule: str, field: str, read: Callable[[Any], Any], value: object) -> Any:
        """Return what a rule makes of a value, and note it if that is something else."""
        after = read(value)
        if type(after) is not type(value) or after != value:
            self.note(rule, field, value, after)
        return after


def _shown(value: object) -> str:
    if isinstance(value, dict | list):  # whose parts may be anything
        return f"{'a list' if isinstance(value, list) else 'an object'} of {len(value):,}"
    if isinstance(value, str):
        return repr(value) if len(value) <= _SHOWN else f"{value[:_SHOWN]!r}…"
    return "a long number" if isinstance(value, int) and abs(value) > EXACT else str(value)
