"""What the alias may lead to."""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.chaos.checks.violation import Violation
from tests.faults.chaos.history import AliasesChanged, AliasRead, History


def aliases_are_never_half_swapped(history: History) -> Iterator[Violation]:
    """The alias leads to exactly one index at any time, and hides what is deleted; one request moves it."""
    name = "aliases are never half-swapped"
    for read in history.of(AliasRead):
        if read.status != 200 or len(read.indices) != 1:
            yield Violation(name, f"status {read.status}, it leads to {read.indices}", read.ended)
        elif len(read.hits_of) != 1:
            yield Violation(name, f"a search found products of {read.hits_of}", read.ended)
        elif read.shown_deleted:
            yield Violation(name, f"a search showed {read.shown_deleted} deleted products", read.ended)
    for change in history.of(AliasesChanged):
        moved = [(kind, body["alias"]) for action in change.actions for kind, body in action.items()]
        for alias in {alias for _, alias in moved if not _is_write_alias(alias)}:
            kinds = sorted(kind for kind, moved_alias in moved if moved_alias == alias)
            if kinds != ["add", "remove"]:
                yield Violation(name, f"one request did no more than {kinds} to {alias}", change.ended)


def _is_write_alias(alias: str) -> bool:
    return alias.rpartition("-w")[2].isdigit()
