"""Figures of clicks and pages, and their tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.report import Table


@dataclass(frozen=True)
class Click:
    """One click.

    Attributes
    ----------
    answered, ready : float
        Milliseconds until what it led to was on the screen, and until all pictures in view were.
    server, first_byte : float or None
        Milliseconds that the server took for the answer, as it says itself, and until the answer's first byte came;
        None if it doesn't say, or nothing was fetched.
    delay : float
        Milliseconds until the browser painted after the event at all (what INP is made of); 0 where the page was left.
    requests, bytes : int
        What was fetched for it, with its headers, and not from the browser's cache.
    """

    answered: float
    ready: float
    server: float | None
    first_byte: float | None
    delay: float
    requests: int
    bytes: int


@dataclass(frozen=True)
class Load:
    """One first visit of a page, without anything in the browser's cache.

    Attributes
    ----------
    first, largest : float
        Milliseconds until something, and until the largest text or picture, was on the screen (FCP, LCP).
    shift : float
        Cumulative layout shift.
    document : int
        Bytes of the page itself, compressed.
    """

    first: float
    largest: float
    shift: float
    requests: int
    bytes: int
    document: int


def clicks_table(clicks: Mapping[str, Sequence[Click]], goals: Mapping[str, float]) -> Table:
    """Tabulate the clicks of each kind; milliseconds."""
    columns = ("Click", "median", "p95", "goal", "pictures", "server", "first byte", "INP", "requests", "kB")
    rows = [
        (
            name,
            f"{_percentile([c.answered for c in made], 50):.0f}",
            f"{_percentile([c.answered for c in made], 95):.0f}",
            f"{goals[name]:.0f} {'met' if _percentile([c.answered for c in made], 50) <= goals[name] else 'MISSED'}",
            f"{_percentile([c.ready for c in made], 50):.0f}",
            _median([c.server for c in made]),
            _median([c.first_byte for c in made]),
            f"{_percentile([c.delay for c in made], 98):.0f}",
            f"{_percentile([c.requests for c in made], 50):.0f}",
            f"{_percentile([c.bytes for c in made], 50) / 1_000:.0f}",
        )
        for name, made in clicks.items()
    ]
    note = (
        "Milliseconds from the click to the frame that shows what it led to, and, as pictures, all pictures in view. "
        "INP: 98th percentile until the browser painted anything. Requests and kB: what the cache didn't have."
    )
    return Table("From the click to the screen", columns, rows, note)


def loads_table(loads: Mapping[str, Sequence[Load]]) -> Table:
    """Tabulate the first visits of each page: medians."""
    columns = ("Page", "FCP", "LCP", "CLS", "requests", "kB", "page kB")
    rows = [
        (
            name,
            f"{_percentile([load.first for load in made], 50):.0f}",
            f"{_percentile([load.largest for load in made], 50):.0f}",
            f"{max(load.shift for load in made):.3f}",
            f"{_percentile([load.requests for load in made], 50):.0f}",
            f"{_percentile([load.bytes for load in made], 50) / 1_000:.0f}",
            f"{_percentile([load.document for load in made], 50) / 1_000:.1f}",
        )
        for name, made in loads.items()
    ]
    return Table("A first visit, nothing cached", columns, rows, "Milliseconds; of CLS the most of all visits.")


def _percentile(values: Sequence[float], percent: float) -> float:
    return float(np.percentile(values, percent))


def _median(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{_percentile(known, 50):.0f}" if known else "-"
