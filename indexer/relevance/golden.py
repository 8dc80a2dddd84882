"""Golden sets: pairs of products whose similarity was graded, by people or by labels."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import json
import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from indexer.catalog.products import Name, ProductId
from indexer.errors import GoldenSetError

MATCH = 2  # grades 2 and 3 (of 0 to 3) are matches
FIELDS = ("anchor", "candidate", "grade", "judge", "date")
_MAX_FAULTS = 5  # of a file, that one message lists

Grades = dict[str, dict[str, int]]
"""Anchor -> candidate -> grade: judgements of all judges, merged."""


class Judgement(BaseModel):
    """One judge's grade of how alike two products are.

    Attributes
    ----------
    anchor, candidate : str
        Ids of two different products.
    grade : int
        0 not alike, 1 a little, 2 alike, 3 all but the same.
    judge : str
        A person, or ``labels``.
    date : datetime.date, optional
        If a judge graded a pair several times, the newest grade counts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    anchor: ProductId
    candidate: ProductId
    grade: Annotated[int, Field(ge=0, le=3)]
    judge: Name = "unknown"
    date: dt.date | None = None

    @model_validator(mode="after")
    def _two(self) -> Judgement:
        if self.anchor == self.candidate:
            raise ValueError("anchor and candidate are the same product")
        return self


@dataclass(frozen=True)
class Split:
    """Two parts of a golden set: one to fit on, the other to measure on.

    Attributes
    ----------
    dropped : int
        Judgements in neither part, because anchor and candidate fall into different parts.
    """

    fit: list[Judgement] = field(default_factory=list)
    measure: list[Judgement] = field(default_factory=list)
    dropped: int = 0


def read_golden_set(path: Path) -> list[Judgement]:
    """Read judgements from JSON Lines, or from CSV (by the file's suffix) with the same names.

    Raises
    ------
    GoldenSetError
        The file can't be read, holds no judgement, or has invalid lines; the message names them.
    """
    judgements, faults = [], []
    try:
        for number, row in _rows(path):
            try:
                judgements.append(Judgement.model_validate(json.loads(row) if isinstance(row, str) else row))
            except (ValueError, RecursionError) as error:
                faults.append(f"line {number} is no judgement: {_why(error)}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise GoldenSetError(f"{path} can't be read: {error}") from error
    if faults:
        more = f"; and {len(faults) - _MAX_FAULTS:,} more" if len(faults) > _MAX_FAULTS else ""
        raise GoldenSetError(f"{path.name}: {'; '.join(faults[:_MAX_FAULTS])}{more}")
    if not judgements:
        raise GoldenSetError(f"{path.name} holds no judgement")
    return judgements


def write_golden_set(path: Path, judgements: Iterable[Judgement]) -> int:
    """Write judgements as JSON Lines, and return how many."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for judgement in judgements:
            file.write(judgement.model_dump_json(exclude_none=True) + "\n")
            written += 1
    return written


def newest(judgements: Iterable[Judgement]) -> dict[str, dict[tuple[str, str], int]]:
    """Return each judge's grades by (anchor, candidate): the newest of each pair, or the last of one day."""
    grades: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for judgement in sorted(judgements, key=lambda j: j.date or dt.date.min):
        grades[judgement.judge][judgement.anchor, judgement.candidate] = judgement.grade
    return dict(grades)


def merge(judgements: Iterable[Judgement]) -> Grades:
    """Merge the judges of each pair by the low median: of two grades the lower, because a match has to be agreed on."""
    grades: dict[tuple[str, str], list[int]] = defaultdict(list)
    for by_pair in newest(judgements).values():
        for pair, grade in by_pair.items():
            grades[pair].append(grade)
    merged: Grades = defaultdict(dict)
    for (anchor, candidate), pair_grades in grades.items():
        merged[anchor][candidate] = statistics.median_low(pair_grades)
    return dict(merged)


def products_of(judgements: Iterable[Judgement]) -> set[str]:
    """Return the ids of all anchors and candidates."""
    return {product for j in judgements for product in (j.anchor, j.candidate)}


def products_in(grades: Grades) -> set[str]:
    """Return the ids of all anchors and candidates."""
    return {product for anchor, candidates in grades.items() for product in (anchor, *candidates)}


def fraction(text: str) -> float:
    """Hash text to a number in [0, 1) that is the same on every machine, to assign products to a share."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) / 2**64


def split(
    judgements: Iterable[Judgement],
    *,
    by: Literal["anchor", "product"],
    share: float = 0.5,
    seed: str = "",
    groups: Mapping[str, str] | None = None,
) -> Split:
    """Split a golden set in two.

    A hash of the product's id decides the part, so that products stay in their part as the set grows.

    Parameters
    ----------
    by : {"anchor", "product"}
        ``anchor`` keeps every judgement, and the parts share candidates: enough to fit what only compares products.
        ``product`` puts every product into one part, for what is fitted on products; pairs across are dropped.
    share : float
        Share of anchors, or products, in `Split.fit`: 0 to 1, exclusive.
    seed : str
        Another seed makes another split.
    groups : mapping, optional
        Product -> group, such as its image's digest or its style; a group is never divided.

    Raises
    ------
    GoldenSetError
        A part would be empty.
    """
    known = groups or {}

    def fits(product: str) -> bool:
        return fraction(f"{seed}\n{known.get(product, product)}") < share

    parts = Split()
    dropped = 0
    for judgement in judgements:
        to_fit = fits(judgement.anchor)
        if by == "product" and fits(judgement.candidate) != to_fit:
            dropped += 1
        else:
            (parts.fit if to_fit else parts.measure).append(judgement)
    if not parts.fit or not parts.measure:
        raise GoldenSetError(f"A share of {share:g} leaves one part without a judgement")
    return Split(parts.fit, parts.measure, dropped)


def refuse_leakage(
    fit: Collection[str], measure: Collection[str], images: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Check that no measured product or image was fitted on.

    Parameters
    ----------
    fit, measure : collection of str
        Ids of the products of each part.
    images : mapping, optional
        Product -> digests of its images, because to a CNN the same image under another id is the same product.

    Raises
    ------
    GoldenSetError
        A product or an image is in both parts; the message names some.
    """
    both = sorted(set(fit) & set(measure))
    if both:
        raise GoldenSetError(f"{len(both):,} products are in both parts, the fitted and the measured: {_some(both)}")
    if images:
        fitted = {digest: product for product in fit for digest in images.get(product, ())}
        shared = [(p, fitted[digest]) for p in sorted(measure) for digest in images.get(p, ()) if digest in fitted]
        if shared:
            pairs = _some([f"{product} has the image of {other}" for product, other in shared])
            raise GoldenSetError(f"{len(shared):,} images of the measured part were fitted on: {pairs}")


def _rows(path: Path) -> Iterator[tuple[int, str | dict[str, Any]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        if path.suffix.lower() == ".csv":
            reader = csv.DictReader(file)
            for row in reader:
                yield reader.line_num, {name: cell for name, cell in row.items() if cell != ""}
        else:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _why(error: Exception) -> str:
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False)
        return ", ".join(f"{'.'.join(map(str, e['loc'])) or 'judgement'}: {e['msg'][:150]}" for e in faults[:3])
    return f"not JSON ({str(error)[:150]})"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
