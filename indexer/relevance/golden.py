"""Golden sets: products graded for an anchor or for a keyword query, by people or by labels."""

from __future__ import annotations

import csv
import datetime as dt
import json
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from indexer.catalog.products import Name, ProductId
from indexer.errors import GoldenSetError

MATCH = 2  # grades 2 and 3 (of 0 to 3) are matches
_MAX_FAULTS = 5  # of a file, that one message lists

Grades = dict[str, dict[str, int]]
"""Topic, an anchor or a query -> candidate -> grade: judgements of all judges, merged."""


Grade = Annotated[int, Field(ge=0, le=3)]


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
    grade: Grade
    judge: Name = "unknown"
    date: dt.date | None = None

    @property
    def topic(self) -> str:
        """What the candidate is judged for."""
        return self.anchor

    @property
    def products(self) -> tuple[str, ...]:
        """Ids of the products that it compares."""
        return self.anchor, self.candidate

    @model_validator(mode="after")
    def _two(self) -> Judgement:
        if self.anchor == self.candidate:
            raise ValueError("anchor and candidate are the same product")
        return self


class QueryJudgement(BaseModel):
    """One judge's grade of how well a product answers a keyword query.

    Attributes
    ----------
    query : str
        The words, as a shopper types them.
    candidate : str
        Id of the product.
    grade : int
        0 not what is asked for, 1 a little, 2 mostly, 3 exactly.
    group : str
        What sort of query it is, such as ``typo``: reports also measure each group alone.
    note : str, optional
        Why, in the judge's words.
    judge, date
        As in `Judgement`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    candidate: ProductId
    grade: Grade
    group: Name = "queries"
    note: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] | None = None
    judge: Name = "unknown"
    date: dt.date | None = None

    @property
    def topic(self) -> str:
        """What the candidate is judged for; no product's id in a saved file of scores."""
        return f"q={self.query}"

    @property
    def products(self) -> tuple[str, ...]:
        """Id of the product."""
        return (self.candidate,)


AnyJudgement = Judgement | QueryJudgement


def read_golden_set(path: Path) -> list[Judgement]:
    """Read the judgements of two products from a file, as `read_judgements` does, and leave out those of queries.

    Raises
    ------
    GoldenSetError
        As for `read_judgements`, or there are judgements of queries only.
    """
    pairs = [judgement for judgement in read_judgements(path) if isinstance(judgement, Judgement)]
    if not pairs:
        raise GoldenSetError(f"{path.name} judges keyword queries only; this needs judgements of two products")
    return pairs


def read_judgements(path: Path) -> list[AnyJudgement]:
    """Read judgements from JSON Lines, or from CSV (by the file's suffix) with the same names.

    Raises
    ------
    GoldenSetError
        The file can't be read, holds no judgement, or has invalid lines; the message names them.
    """
    judgements: list[AnyJudgement] = []
    faults = []
    try:
        for number, row in _rows(path):
            try:
                judgements.append(_read(json.loads(row) if isinstance(row, str) else row))
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


def write_golden_set(path: Path, judgements: Iterable[AnyJudgement]) -> int:
    """Write judgements as JSON Lines, and return how many."""
    written = 0
    with path.open("w", encoding="utf-8") as file:
        for judgement in judgements:
            file.write(judgement.model_dump_json(exclude_none=True) + "\n")
            written += 1
    return written


def newest(judgements: Iterable[AnyJudgement]) -> dict[str, dict[tuple[str, str], int]]:
    """Return each judge's grades by (topic, candidate): the newest of each pair, or the last of one day."""
    grades: dict[str, dict[tuple[str, str], int]] = defaultdict(dict)
    for judgement in sorted(judgements, key=lambda j: j.date or dt.date.min):
        grades[judgement.judge][judgement.topic, judgement.candidate] = judgement.grade
    return dict(grades)


def merge(judgements: Iterable[AnyJudgement]) -> Grades:
    """Merge the judges of each pair by the low median: of two grades the lower, because a match has to be agreed on."""
    grades: dict[tuple[str, str], list[int]] = defaultdict(list)
    for by_pair in newest(judgements).values():
        for pair, grade in by_pair.items():
            grades[pair].append(grade)
    merged: Grades = defaultdict(dict)
    for (topic, candidate), pair_grades in grades.items():
        merged[topic][candidate] = statistics.median_low(pair_grades)
    return dict(merged)


def products_of(judgements: Iterable[AnyJudgement]) -> set[str]:
    """Return the ids of all anchors and candidates."""
    return {product for judgement in judgements for product in judgement.products}


def products_in(grades: Grades) -> set[str]:
    """Return the ids of all anchors and candidates."""
    return {product for anchor, candidates in grades.items() for product in (anchor, *candidates)}


def _read(row: Any) -> AnyJudgement:
    model = QueryJudgement if isinstance(row, dict) and "query" in row else Judgement
    return model.model_validate(row)


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
