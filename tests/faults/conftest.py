"""How much the fault tests do: `make test` a part of it, `make test-faults` all (FAULTS=full)."""

import os
from collections.abc import Callable

import pytest


@pytest.fixture(scope="session")
def count() -> Callable[[int, int], int]:
    """Choose between the number of a quick run and that of a full one."""
    return lambda quick, full: full if os.environ.get("FAULTS") == "full" else quick


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure past pytest's capture, so that each run shows what it measured."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", flush=True)  # noqa: T201

    return say
