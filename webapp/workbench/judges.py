"""What judging pairs and judging queries share: who judges, what is left to judge, and all judgements as a file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from flask import Response, abort
from pydantic import ValidationError

from indexer.relevance.golden import Judgement, QueryJudgement
from webapp.staff.login import staff_name

NO_STORE = {"Cache-Control": "no-store"}

Judged = TypeVar("Judged", Judgement, QueryJudgement)


@dataclass(frozen=True)
class Progress:
    """A judge's remaining pairs, in the order in which to judge them."""

    done: int
    left: list[tuple[str, str]]

    @property
    def total(self) -> int:
        """Number of all pairs."""
        return self.done + len(self.left)


def progress_of(judge: str, pools: Mapping[str, Sequence[str]], judged: Collection[tuple[str, str]]) -> Progress:
    """Return a judge's progress: topics in the common order, candidates shuffled for each judge to avoid hints.

    Parameters
    ----------
    pools : mapping of str to sequence of str
        An anchor or a query, to the ids of its candidates.
    judged : collection of (str, str)
        What the judge has judged: anchor or query, and candidate.
    """
    pairs = [
        (topic, candidate)
        for topic, candidates in pools.items()
        for candidate in sorted(candidates, key=lambda c: sha256(f"{judge}\n{topic}\n{c}".encode()).digest())
    ]
    left = [pair for pair in pairs if pair not in judged]
    return Progress(len(pairs) - len(left), left)


def judge_name() -> str:
    """Return the name of who is logged in, on pages that are for staff only."""
    name = staff_name()
    assert name is not None  # noqa: S101 - staff_only guarantees it
    return name


def read_judgement(model: type[Judged], fields: Mapping[str, Any]) -> Judged:
    """Read a judgement from the fields of a form, or end the request with what is wrong."""
    try:
        return model(**fields, judge=judge_name())
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        abort(400, f"{fault['loc'][0] if fault['loc'] else 'candidate'}: {fault['msg']}")


def golden_set(judgements: Iterable[Judgement | QueryJudgement], name: str) -> Response:
    """Return judgements as an answer: a golden set, with the name that browsers save it under."""
    lines = "".join(judgement.model_dump_json(exclude_none=True) + "\n" for judgement in judgements)
    headers = NO_STORE | {"Content-Disposition": f"attachment; filename={name}"}
    return Response(lines, headers=headers, content_type="application/jsonl; charset=utf-8")
