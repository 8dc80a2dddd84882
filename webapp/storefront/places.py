"""Where on a listing a product was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Team = Literal["", "a", "b"]
"""Whose pick a product of an interleaved page was; empty on others."""


@dataclass(frozen=True)
class Place:
    """A product's position in a listing, from 1, and on an interleaved page whose pick it is."""

    position: int
    team: Team = ""

    def __str__(self) -> str:
        """Return it as an address has it."""
        return f"{self.position}{self.team}"


NOWHERE = Place(0)
