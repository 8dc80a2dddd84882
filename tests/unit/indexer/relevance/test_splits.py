import pytest

from indexer.errors import GoldenSetError
from indexer.relevance.golden import Judgement, QueryJudgement, products_of
from indexer.relevance.splits import refuse_leakage, split

MANY = [Judgement(anchor=f"p{i}", candidate=f"p{j}", grade=(i + j) % 4) for i in range(40) for j in range(40) if i != j]


def test_a_split_by_anchor_keeps_every_judgement() -> None:
    parts = split(MANY, by="anchor", share=0.3)
    assert len(parts.fit) + len(parts.measure) == len(MANY)
    assert not {j.topic for j in parts.fit} & {j.topic for j in parts.measure}
    assert 4 < len({j.topic for j in parts.fit}) < 20
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
        split(MANY[:1], by="anchor")


def test_a_product_in_both_parts_is_refused() -> None:
    with pytest.raises(GoldenSetError, match="1 products are in both parts, the fitted and the measured: b"):
        refuse_leakage({"a", "b"}, {"b", "c"})


def test_queries_stay_whole_or_lose_nothing() -> None:
    queries = [QueryJudgement(query=f"q{i}", candidate=f"p{j}", grade=3) for i in range(20) for j in range(20)]
    by_query, by_product = split(queries, by="anchor"), split(queries, by="product")
    assert not {j.topic for j in by_query.fit} & {j.topic for j in by_query.measure}
    assert not products_of(by_product.fit) & products_of(by_product.measure)
    assert by_query.dropped == by_product.dropped == 0
