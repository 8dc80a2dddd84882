import datetime as dt
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.clicks.judging import judge
from indexer.errors import GoldenSetError
from indexer.relevance.golden import Judgement, QueryJudgement, read_judgements, write_golden_set
from indexer.relevance.interactions import Interaction

DAY = dt.date(2026, 11, 28)


def _row(topic: str, product: str, position: int, impressions: int, clicks: int, **more: int) -> Interaction:
    query, like = ("", topic[5:]) if topic.startswith("like:") else (topic, "")
    return Interaction(DAY, query, product, position, impressions, clicks, like=like, **more)


ROWS = [
    _row("midi dress", "a", 1, 500, 20),
    _row("midi dress", "b", 2, 500, 60),
    _row("midi dress", "a", 2, 500, 10),
    _row("midi dress", "b", 1, 500, 120),
    _row("like:a", "b", 1, 400, 10),
    _row("like:a", "c", 2, 400, 60, carts=10),
    _row("like:a", "b", 2, 400, 6),
]


def test_words_become_judged_queries_and_likes_judged_pairs(tmp_path: Path) -> None:
    judged = judge(ROWS, date=DAY)
    assert [(j.topic, j.candidate, j.grade) for j in judged.judgements] == [
        ("a", "c", 3),
        ("a", "b", 0),
        ("q=midi dress", "b", 2),
        ("q=midi dress", "a", 0),
    ]
    assert {type(j) for j in judged.judgements} == {Judgement, QueryJudgement}
    assert judged.graded.bias.examination[1] == pytest.approx(0.5, abs=0.01)
    write_golden_set(file := tmp_path / "clicks.jsonl", judged.judgements)
    assert read_judgements(file) == judged.judgements


def test_days_add_up() -> None:
    halves = [
        replace(r, day=day, impressions=r.impressions // 2, clicks=r.clicks // 2, carts=r.carts // 2)
        for r in ROWS
        for day in (DAY, DAY - dt.timedelta(1))
    ]
    together, apart = judge(ROWS), judge(halves)
    assert [e.ratio for e in apart.evidence] == pytest.approx([e.ratio for e in together.evidence], rel=1e-6)


def test_what_the_format_refuses_is_left_out_alone() -> None:
    judged = judge([*ROWS, _row("x" * 300, "a", 1, 1_000, 100), _row("like:b", "b", 1, 1_000, 100)])
    assert judged.invalid == 2
    assert len(judged.judgements) == 4


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no listing was counted"),
        ([Interaction(DAY, "", "a", 1, 9, 9)], "no listing was counted"),
        ([_row("dress", "a", 1, 10, 1), _row("dress", "b", 2, 10, 0)], "none of 2 products has evidence enough"),
    ],
)
def test_without_evidence_there_is_no_golden_set(rows: list[Interaction], message: str) -> None:
    with pytest.raises(GoldenSetError, match=message):
        judge(rows)
