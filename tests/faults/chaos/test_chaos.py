"""A shop that is disturbed at random keeps its word; one with a planted fault is found out.

`make chaos` goes on for an hour.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.chaos.checks import violations
from tests.faults.chaos.history import AliasRead, History, ProductRead, RolledOut, Walk, Written
from tests.faults.shop import FULL

SEED = 2768  # begins with a rebuild that no fault cuts off
PLANTED = {
    "version,source,swap": {
        "versions never go back",
        "no deleted product returns",
        "no vector of another space or of an older picture",
        "aliases are never half-swapped",
    },
}

pytestmark = pytest.mark.timeout(3_600 if FULL else 1_200)


@pytest.fixture
def disturb(servers: dict[str, str], tmp_path: Path) -> Callable[..., tuple[int, str, History]]:
    """Run the command, and return its exit code, its report and the history."""

    def run(*options: str) -> tuple[int, str, History]:
        # The waits of a quick run, also among full ones: more happens in less time.
        environment = {**os.environ, **servers, "FAULTS": ""}
        command = [sys.executable, "-m", "tests.faults.chaos.run", "--seed", str(SEED), "--folder", str(tmp_path)]
        done = subprocess.run(
            [*command, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, History.read(tmp_path / str(SEED) / "history.jsonl")

    return run


def test_a_shop_that_is_disturbed_at_random_keeps_its_word(
    disturb: Callable[..., tuple[int, str, History]], figure: Callable[[str], None]
) -> None:
    code, report, history = disturb("--quick", "--seconds", "900" if FULL else "15")
    assert code == 0, report
    figure(report[report.index("Operations") :])
    assert {r.kind for r in history.of(RolledOut) if r.outcome == "done"} >= {"rebuild", "rollback"}
    assert all(history.of(kind) for kind in (AliasRead, ProductRead, Written))
    assert any(walk.complete and walk.point_in_time for walk in history.of(Walk))


@pytest.mark.parametrize("bugs", PLANTED)
def test_a_planted_fault_is_found(bugs: str, disturb: Callable[..., tuple[int, str, History]]) -> None:
    code, report, history = disturb("--quick", "--seconds", "0", "--bugs", bugs)
    assert code == 1, report
    assert {violation.invariant for violation in violations(history)} >= PLANTED[bugs], report
