"""What a check returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.faults.chaos.history import History


@dataclass(frozen=True)
class Violation:
    """Something that must not happen: the invariant's name, what was seen, and when."""

    invariant: str
    detail: str
    at: float

    def __str__(self) -> str:
        return f"{self.at:9.3f}  {self.invariant}: {self.detail}"


Check = Callable[[History], Iterator[Violation]]
