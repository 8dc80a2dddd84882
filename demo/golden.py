"""A golden set from the truth of the rendered catalogue: grades by how many visible attributes two products share."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path
from typing import Any

from indexer.golden import Judgement

_CANDIDATES = 30  # judged for each anchor: a third each: alike, of its kind, any


def judge_by_truth(truth: Path, *, anchors: int = 150, seed: int = 7) -> list[Judgement]:
    """Judge pairs of rendered products.

    Parameters
    ----------
    truth : Path
        The catalogue's ``truth.jsonl``.
    """
    products = [json.loads(line) for line in truth.read_text().splitlines()]
    draw = random.Random(seed)  # noqa: S311 - the same set for the same seed, no secret
    today = dt.datetime.now(dt.UTC).date()
    judgements = []
    for anchor in draw.sample(products, min(anchors, len(products))):
        own_kind = [p for p in products if p["kind"] == anchor["kind"] and p is not anchor]
        close = sorted(own_kind, key=lambda p: -shared(anchor, p))[: _CANDIDATES // 3]
        candidates = (
            close
            + draw.sample(own_kind, min(_CANDIDATES // 3, len(own_kind)))
            + draw.sample(products, _CANDIDATES // 3)
        )
        for candidate in {c["id"]: c for c in candidates if c is not anchor}.values():
            pair = {"anchor": anchor["id"], "candidate": candidate["id"], "grade": grade(anchor, candidate)}
            judgements.append(Judgement(**pair, judge="labels", date=today))
    return judgements


def grade(anchor: dict[str, Any], candidate: dict[str, Any]) -> int:
    """Grade a pair 0 to 3: of another kind 0; of one kind by the share of visible attributes that agree."""
    if anchor["kind"] != candidate["kind"]:
        return 0
    share = shared(anchor, candidate)
    return 3 if share >= 0.7 else 2 if share >= 0.45 else 1 if share >= 0.25 else 0


def shared(anchor: dict[str, Any], candidate: dict[str, Any]) -> float:
    """Share of the anchor's visible attributes whose value the candidate has too."""
    names = anchor["visual"]
    if not names:
        return 0.0
    mine, its = anchor["attributes"], candidate["attributes"]
    agreeing = [n for n in names if mine.get(n) is not None and mine.get(n) == its.get(n)]
    return len(agreeing) / len(names)
