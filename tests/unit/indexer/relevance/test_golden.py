import datetime as dt
from pathlib import Path

import pytest

from indexer.errors import GoldenSetError
from indexer.relevance.golden import (
    Judgement,
    QueryJudgement,
    merge,
    products_of,
    read_golden_set,
    read_judgements,
    write_golden_set,
)

SET = [
    Judgement(anchor="a", candidate="b", grade=3, judge="ann", date=dt.date(2026, 5, 1)),
    Judgement(anchor="a", candidate="c", grade=0),
]


def test_a_written_golden_set_is_read_again(tmp_path: Path) -> None:
    assert write_golden_set(tmp_path / "golden.jsonl", SET) == 2
    assert read_golden_set(tmp_path / "golden.jsonl") == SET
    assert (tmp_path / "golden.jsonl").read_text().splitlines()[1] == (
        '{"anchor":"a","candidate":"c","grade":0,"judge":"unknown"}'
    )


def test_csv_is_read(tmp_path: Path) -> None:
    file = tmp_path / "golden.csv"
    file.write_text("anchor,candidate,grade,judge,date\na,b,3,ann,2026-05-01\na,c,0,,\n")
    assert read_golden_set(file) == SET


def test_every_bad_line_is_named(tmp_path: Path) -> None:
    file = tmp_path / "golden.jsonl"
    file.write_text(
        '{"anchor": "a", "candidate": "b", "grade": 3}\n\n{"anchor": "a", "candidate": "b", "grade": 9}\n'
        '{"anchor": "a"\n'
        '{"anchor": "a", "candidate": "a", "grade": 1}\n{"anchor": "a", "candidate": "b", "grade": 1, "mood": "fine"}\n'
    )
    with pytest.raises(GoldenSetError) as raised:
        read_golden_set(file)
    assert str(raised.value).split("; ") == [
        "golden.jsonl: line 3 is no judgement: grade: Input should be less than or equal to 3",
        "line 4 is no judgement: not JSON (Expecting ',' delimiter: line 2 column 1 (char 15))",
        "line 5 is no judgement: judgement: Value error, anchor and candidate are the same product",
        "line 6 is no judgement: mood: Extra inputs are not permitted",
    ]


@pytest.mark.parametrize(("content", "why"), [(b"", "holds no judgement"), (b"\xff\xfe\xfa", "can't be read")])
def test_a_file_without_judgements_is_refused(tmp_path: Path, content: bytes, why: str) -> None:
    (tmp_path / "golden.jsonl").write_bytes(content)
    with pytest.raises(GoldenSetError, match=why):
        read_golden_set(tmp_path / "golden.jsonl")


def test_judges_are_merged_by_the_median_of_their_newest_grades() -> None:
    def by(judge: str, grade: int, day: int, candidate: str = "b") -> Judgement:
        return Judgement(anchor="a", candidate=candidate, grade=grade, judge=judge, date=dt.date(2026, 5, day))

    judgements = [by("ann", 3, 2), by("ann", 0, 1), by("bob", 2, 1), by("cy", 3, 1), by("ann", 2, 1, "c")]
    assert merge(judgements) == {"a": {"b": 3, "c": 2}}
    assert merge([by("ann", 3, 1), by("bob", 1, 1)]) == {"a": {"b": 1}}


QUERIES = [
    QueryJudgement(query="red dress", candidate="b", grade=3, group="typo"),
    QueryJudgement(query="red dress", candidate="c", grade=1, judge="ann"),
]


def test_queries_and_anchors_are_judged_in_one_file(tmp_path: Path) -> None:
    file = tmp_path / "golden.jsonl"
    write_golden_set(file, [*SET, *QUERIES])
    assert read_judgements(file) == [*SET, *QUERIES]
    assert read_golden_set(file) == SET  # what is fitted on pairs of products leaves queries out
    assert merge(read_judgements(file)) == {"a": {"b": 3, "c": 0}, "q=red dress": {"b": 3, "c": 1}}
    assert products_of(QUERIES) == {"b", "c"}


def test_queries_are_read_from_csv(tmp_path: Path) -> None:
    file = tmp_path / "golden.csv"
    file.write_text("query,candidate,grade,group\n red dress ,b,3,typo\n,c,1,\n")
    with pytest.raises(GoldenSetError, match="line 3 is no judgement: anchor: Field required"):
        read_judgements(file)
    file.write_text("query,candidate,grade,group\n red dress ,b,3,typo\n")
    assert read_judgements(file) == QUERIES[:1]


def test_a_file_of_queries_is_refused_where_products_are_compared(tmp_path: Path) -> None:
    write_golden_set(tmp_path / "golden.jsonl", QUERIES)
    with pytest.raises(GoldenSetError, match="judges keyword queries only"):
        read_golden_set(tmp_path / "golden.jsonl")
