"""Golden sets: pairs of products whose likeness somebody, or a label, has graded."""

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
_SHOWN = 5  # faults of a file that one message names

Grades = dict[str, dict[str, int]]
"""Anchor -> candidate -> grade: judgements without who judged."""


class Judgement(BaseModel):
    """How alike one judge calls two products.

    Attributes
    ----------
    anchor, candidate : str
        Ids of products; two different ones.
    grade : int
        0 not at all, 1 a little, 2 alike, 3 all but the same.
    judge : str
        A person, or ``labels``.
    date : datetime.date, optional
        Of a judge's several grades for a pair the newest counts.
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
    """Two parts of a golden set: what is fitted on the one is measured on the other.

    Attributes
    ----------
    dropped : int
        Judgements of neither part: their anchor lies on one side, their candidate on the other.
    """

    fit: list[Judgement] = field(default_factory=list)
    measure: list[Judgement] = field(default_factory=list)
    dropped: int = 0


def read_golden_set(path: Path) -> list[Judgement]:
    """Read judgements: JSON Lines, or (by its suffix) CSV with the same names.

    Raises
    ------
    GoldenSetError
        The file can't be read, holds no judgement, or lines of it can't be used; names them.
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
        more = f"; and {len(faults) - _SHOWN:,} more" if len(faults) > _SHOWN else ""
        raise GoldenSetError(f"{path.name}: {'; '.join(faults[:_SHOWN])}{more}")
    if not judgements:
        raise GoldenSetError(f"{path.name} holds no judgement")
    return judgements


def write_golden_set(path: Path, judgements: Iterable[Judgement]) -> int:
    """Write judgements as JSON Lines; give how many."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for judgement in judgements:
            file.write(judgement.model_dump_json(exclude_none=True) + "\n")
            written += 1
    return written


def newest(judgements: Iterable[Judgement]) -> dict[str, dict[tuple[str, str], int]]:
    """Return each judge's grades by (anchor, candidate); of several for a pair the newest, of one day the last."""
    grades: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for judgement in sorted(judgements, key=lambda j: j.date or dt.date.min):
        grades[judgement.judge][judgement.anchor, judgement.candidate] = judgement.grade
    return dict(grades)


def merge(judgements: Iterable[Judgement]) -> Grades:
    """Merge the judges of each pair: the median grade; of two judges the lower, as a match has to be agreed on."""
    grades: dict[tuple[str, str], list[int]] = defaultdict(list)
    for own in newest(judgements).values():
        for pair, grade in own.items():
            grades[pair].append(grade)
    merged: Grades = defaultdict(dict)
    for (anchor, candidate), given in grades.items():
        merged[anchor][candidate] = statistics.median_low(given)
    return dict(merged)


def products_of(judgements: Iterable[Judgement]) -> set[str]:
    """Return the ids of all products that are judged, or judged against."""
    return {product for j in judgements for product in (j.anchor, j.candidate)}


def products_in(grades: Grades) -> set[str]:
    """Return the ids of all products that are judged, or judged against."""
    return {product for anchor, own in grades.items() for product in (anchor, *own)}


def fraction(text: str) -> float:
    """Hash text to a number in [0, 1), the same on every machine: below a share of products, above the rest."""
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

    A side is decided by a hash of the product's id, so that a set that grows keeps its sides.

    Parameters
    ----------
    by : {"anchor", "product"}
        ``anchor`` keeps every judgement, and the parts share candidates: enough where products are only compared.
        ``product`` puts every product on one side, for what is fitted on products; pairs across are dropped.
    share : float
        Of anchors, or products, that `Split.fit` gets: 0 to 1, exclusive.
    seed : str
        Another one gives another split.
    groups : mapping, optional
        Product -> group, such as its image's digest or its style; a group is never torn apart.

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
        side = fits(judgement.anchor)
        if by == "product" and fits(judgement.candidate) != side:
            dropped += 1
        else:
            (parts.fit if side else parts.measure).append(judgement)
    if not parts.fit or not parts.measure:
        raise GoldenSetError(f"A share of {share:g} leaves one part without a judgement")
    return Split(parts.fit, parts.measure, dropped)


def refuse_leakage(
    fit: Collection[str], measure: Collection[str], images: Mapping[str, Iterable[str]] | None = None
) -> None:
    """Make sure that what is measured was not seen while fitting.

    Parameters
    ----------
    fit, measure : collection of str
        Ids of the products of either part.
    images : mapping, optional
        Product -> digests of its images: the same picture under another id is the same product to a CNN.

    Raises
    ------
    GoldenSetError
        A product, or an image, is in both parts; names some.
    """
    both = sorted(set(fit) & set(measure))
    if both:
        raise GoldenSetError(
            f"{len(both):,} products are in the part that is fitted on and in the measured one: {_some(both)}"
        )
    if images:
        seen = {digest: product for product in fit for digest in images.get(product, ())}
        shared = [(p, seen[digest]) for p in sorted(measure) for digest in images.get(p, ()) if digest in seen]
        if shared:
            pairs = _some([f"{ours} shows the image of {theirs}" for ours, theirs in shared])
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
