import datetime as dt
from pathlib import Path

import pytest

from indexer.errors import GoldenSetError
from indexer.relevance.golden import (
    Judgement,
    merge,
    products_of,
    read_golden_set,
    refuse_leakage,
    split,
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


MANY = [Judgement(anchor=f"p{i}", candidate=f"p{j}", grade=(i + j) % 4) for i in range(40) for j in range(40) if i != j]


def test_a_split_by_anchor_keeps_every_judgement() -> None:
    parts = split(MANY, by="anchor", share=0.3)
    assert len(parts.fit) + len(parts.measure) == len(MANY)
    assert not {j.anchor for j in parts.fit} & {j.anchor for j in parts.measure}
    assert 4 < len({j.anchor for j in parts.fit}) < 20
    assert parts == split(MANY, by="anchor", share=0.3)
    assert parts != split(MANY, by="anchor", share=0.3, seed="another")


def test_a_split_by_product_keeps_groups_together() -> None:
    groups = {f"p{i}": f"picture {i // 2}" for i in range(40)}
    parts = split(MANY, by="product", groups=groups)
    fit, measure = products_of(parts.fit), products_of(parts.measure)
    assert len(parts.fit) + len(parts.measure) + parts.dropped == len(MANY)
    refuse_leakage(fit, measure, {product: [group] for product, group in groups.items()})
    torn = split(MANY, by="product")
    with pytest.raises(GoldenSetError, match="images of the measured part were fitted on: p"):
        refuse_leakage(products_of(torn.fit), products_of(torn.measure), {p: [g] for p, g in groups.items()})


def test_a_split_leaves_no_part_empty() -> None:
    with pytest.raises(GoldenSetError, match="leaves one part without"):
        split(SET, by="anchor")


def test_a_product_in_both_parts_is_refused() -> None:
    with pytest.raises(GoldenSetError, match="1 products are in both parts, the fitted and the measured: b"):
        refuse_leakage({"a", "b"}, {"b", "c"})
