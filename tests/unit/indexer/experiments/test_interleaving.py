from collections import Counter

import pytest

from indexer.experiments.interleaving import team_draft

A = ["a1", "a2", "both", "a3", "a4"]
B = ["both", "b1", "a1", "b2", "b3"]


def test_no_product_is_twice_and_each_team_keeps_the_order_of_its_own() -> None:
    for seed in map(str, range(200)):
        picks = team_draft(A, B, 6, seed)
        ids = [p.product_id for p in picks]
        assert len(set(ids)) == len(ids) == 6
        for team, order in (("a", A), ("b", B)):
            own = [p.product_id for p in picks if p.team == team]
            assert own == [i for i in order if i in own]
            assert len(own) == 3


def test_each_team_picks_the_best_that_is_left() -> None:
    seed = next(s for s in map(str, range(99)) if [p.team for p in team_draft(A, B, 2, s)] == ["a", "b"])
    picks = team_draft(A, B, 4, seed)
    assert picks[:2] == [("a1", "a"), ("both", "b")]
    assert set(picks[2:]) == {("a2", "a"), ("b1", "b")}


def test_the_same_seed_makes_the_same_page_and_a_longer_one_begins_with_it() -> None:
    assert team_draft(A, B, 6, "visit") == team_draft(A, B, 6, "visit")
    assert team_draft(A, B, 6, "visit")[:4] == team_draft(A, B, 4, "visit")


def test_equal_orders_are_kept_and_credited_evenly() -> None:
    order = [f"p{n}" for n in range(24)]
    first = Counter[str]()
    for seed in map(str, range(1_000)):
        picks = team_draft(order, order, 24, seed)
        assert [p.product_id for p in picks] == order
        first[picks[0].team] += 1
    assert first["a"] == pytest.approx(500, abs=60)


def test_orders_that_end_give_all_they_have() -> None:
    picks = team_draft(["x", "y"], ["y", "x", "z"], 24, "s")
    assert {p.product_id for p in picks} == {"x", "y", "z"}
    assert team_draft([], ["z"], 24, "s") == [("z", "b")]
    assert team_draft([], [], 24, "s") == []
