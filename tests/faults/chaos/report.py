"""What a run prints at its end. ``python -m tests.faults.chaos.report FILE`` checks the history of an earlier run."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.chaos.checks import Violation, violations
from tests.faults.chaos.history import (
    Accepted,
    AliasRead,
    ForeignRead,
    History,
    Performed,
    ProductRead,
    RolledOut,
    Walk,
    Written,
)

_SHOWN = 20  # violations of each invariant


def report(history: History, found: Sequence[Violation]) -> str:
    """Return what was done and checked, and every violation."""
    kinds = Counter(operation.kind for operation in history.of(Performed))
    statuses = Counter(status for walk in history.of(Walk) for status in walk.statuses)
    outcomes = Counter(f"{r.kind} {r.outcome.partition(':')[0][:60]}" for r in history.of(RolledOut))
    lines = [
        "Operations: " + ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items())),
        "Rollouts: " + ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(outcomes.items())),
        f"Events accepted: {len(history.of(Accepted)):,}; writes to product indices: {len(history.of(Written)):,}",
        f"Reads checked: {len(history.of(Walk)):,} listings ({sum(len(w.hits) for w in history.of(Walk)):,} hits), "
        f"{len(history.of(ProductRead)):,} products, {len(history.of(AliasRead)):,} of the alias, "
        f"{len(history.of(ForeignRead)):,} documents of the attached index",
        "Pages by status: " + ", ".join(f"{status} {count:,}" for status, count in sorted(statuses.items())),
        f"Violations: {len(found)}",
    ]
    for name, count in Counter(violation.invariant for violation in found).items():
        shown = [str(violation) for violation in found if violation.invariant == name][:_SHOWN]
        lines += [f"  {name}: {count}", *(f"    {line}" for line in shown)]
    return "\n".join(lines)


if __name__ == "__main__":
    _history = History.read(Path(sys.argv[1]))
    print(report(_history, violations(_history)))  # noqa: T201
