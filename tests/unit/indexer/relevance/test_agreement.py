import pytest

from indexer.relevance.agreement import PairOfJudges, agreement, differences
from indexer.relevance.golden import Judgement, QueryJudgement


def _by(judge: str, grades: str) -> list[Judgement]:
    return [
        Judgement(anchor="a", candidate=f"c{i}", grade=int(grade), judge=judge)
        for i, grade in enumerate(grades)
        if grade != "-"
    ]


def test_cohens_kappa_by_hand() -> None:
    # Grades 0 and 3 only, so squared weights are plain kappa: observed 3/4; by chance (2*3 + 2*1)/16 = 1/2.
    found = agreement(_by("ann", "3300") + _by("bob", "3330"))
    assert found.pairs == (PairOfJudges("ann", "bob", 4, (3 / 4 - 1 / 2) / (1 / 2), 3 / 4),)
    # Coincidences: 3-3 four, 0-0 two, 3-0 and 0-3 one each, of 8: alpha = 1 - 7 * (2 / 8) / (2 * 5 * 3 / 8)
    assert found.alpha == pytest.approx(1 - 7 * 2 / (2 * 5 * 3))


def test_judges_who_agree() -> None:
    found = agreement(_by("ann", "0123") + _by("bob", "01-3") + _by("cy", "--23"))
    assert found.judges == ("ann", "bob", "cy")
    assert found.shared == 4
    assert found.alpha == pytest.approx(1)
    assert [(p.first, p.second, p.pairs) for p in found.pairs] == [
        ("ann", "bob", 3),
        ("ann", "cy", 2),
        ("bob", "cy", 1),
    ]


def test_nothing_to_compare() -> None:
    assert agreement(_by("ann", "0123")).alpha is None
    assert agreement([]).shared == 0
    same = agreement(_by("ann", "33") + _by("bob", "33"))
    assert (same.alpha, same.pairs[0].kappa, same.pairs[0].equal) == (None, None, 1.0)


def test_where_judges_differ_most_comes_first() -> None:
    def graded(judge: str, candidate: str, grade: int) -> QueryJudgement:
        return QueryJudgement(query="dress", candidate=candidate, grade=grade, judge=judge)

    judgements = [
        graded("ada", "a", 3),
        graded("ada", "b", 0),
        graded("bob", "b", 2),
        graded("ada", "c", 0),
        graded("bob", "c", 3),
        graded("ada", "d", 0),
        graded("bob", "d", 3),
        graded("ada", "d", 3),  # changed her mind
    ]
    found = differences(judgements)
    assert [(d.candidate, d.spread, [j.judge for j in d.judgements]) for d in found] == [
        ("c", 3, ["bob", "ada"]),
        ("b", 2, ["bob", "ada"]),
    ]
