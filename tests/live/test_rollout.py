"""Rebuild and rollback on a live Elasticsearch lose nothing, whatever is written and whichever process dies."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch

from indexer.catalog import documents
from indexer.elastic import loading, write_targets
from indexer.errors import IndexStateError
from indexer.rollouts.comparing import Thresholds, different
from indexer.rollouts.rollout import STEPS, Rollout, prune
from indexer.rollouts.state import StateStore
from indexer.rollouts.steps import Options, Watch
from indexer.settings import Settings
from tests.live.rolling import RollingShop

PRODUCTS = 60


class Crash(BaseException):
    """Stops a run in the tests: nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> RollingShop:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(PRODUCTS)
    return shop


def rollout(shop: RollingShop, options: Options | None = None, step: Callable[[str], None] = lambda _: None) -> Rollout:
    pipeline = shop.pipeline()
    return Rollout(shop.index, lambda: pipeline, options, Watch(step=step))


def test_a_rebuild_makes_the_same_products_and_vectors_in_a_new_index(shop: RollingShop) -> None:
    before, old = shop.products(), shop.index.live()
    name = rollout(shop).rebuild()
    assert name != old
    assert shop.index.live() == name
    assert shop.products() == before
    assert [m.seen for m in shop.models] == [[], []]  # nothing was embedded


def test_a_rebuild_fills_in_the_numbers_that_an_older_mapping_lacks(shop: RollingShop) -> None:
    shop.write(shop.upsert(1, 2, attributes={"weight_kg": "1.5"}), shop.upsert(2, 2, attributes={"weight_kg": "heavy"}))
    shop.embed()
    forget = {"source": "ctx._source.remove('numbers')"}
    shop.client.update_by_query(index=shop.alias, script=forget, query={"match_all": {}}, refresh=True)
    within = {"range": {"numbers.weight_kg": {"gte": 1, "lte": 2}}}
    assert shop.client.count(index=shop.alias, query=within)["count"] == 0
    name = rollout(shop).rebuild()
    hits = shop.client.search(index=name, query=within)["hits"]["hits"]
    assert [(hit["_id"], hit["_source"]["numbers"]) for hit in hits] == [("p-00001", {"weight_kg": 1.5})]


def test_a_refit_makes_other_vectors_from_stored_activations(shop: RollingShop) -> None:
    old, space = shop.index.live(), shop.index.space()
    shop.write(*(shop.upsert(n) for n in range(PRODUCTS, PRODUCTS + 20)))
    shop.embed()
    rollout(shop, Options(refit=True)).rebuild()
    [made] = shop.spaces()
    assert made == shop.index.space() != space
    assert shop.spaces(old) == {space}
    assert [m.seen for m in shop.models] == [[], []]


def test_another_model_embeds_the_images_again(shop: RollingShop) -> None:
    space, pipeline = shop.index.space(), shop.pipeline("two")
    Rollout(shop.index, lambda: pipeline).rebuild()
    assert shop.spaces() == {shop.index.space()} != {space}
    assert sum(shop.models[0].seen) == PRODUCTS
    # Workers that still have the old model report it, and the products they skip stay pending.
    shop.write(shop.upsert(PRODUCTS))
    with pytest.raises(Exception, match="lookalike rebuild"):
        shop.embed("one")


@pytest.mark.parametrize("step", [*STEPS["rebuild"], "prune", "end"])
def test_a_rebuild_that_dies_before_any_step_can_be_continued(shop: RollingShop, step: str) -> None:
    def die(name: str) -> None:
        if name == step:
            raise Crash

    options = Options(refit=True)
    with pytest.raises(Crash):
        rollout(shop, options, die).rebuild()
    shop.write(shop.upsert(1, 2, title="Changed"), shop.delete(2, 2), shop.upsert(PRODUCTS))
    shop.embed()
    begun = StateStore(shop.index).read().running
    name = rollout(shop, options).rebuild()
    assert begun is not None
    assert begun.new_index == name
    products = shop.products()
    assert products["p-00001"]["title"] == "Changed"
    assert set(products) >= {"p-00001", f"p-{PRODUCTS:05d}"}
    assert "p-00002" not in products
    assert shop.spaces() == {shop.index.space()}
    assert len(shop.index.versions()) == 2


def test_writes_during_a_rebuild_go_to_both_indices(shop: RollingShop) -> None:
    written = iter(range(1_100, 2_000))

    def write(_: str) -> None:
        number = next(written)
        shop.write(
            shop.upsert(number), shop.upsert(number % PRODUCTS, 2, price=number), shop.delete(30 + number % 20, 3)
        )
        shop.embed()

    old = shop.index.live()
    name = rollout(shop, Options(refit=True), write).rebuild()
    shop.write(shop.upsert(3_000), shop.delete(3, 9))
    shop.embed()
    assert different(shop.index.at(old), shop.index.at(name)) == []
    assert different(shop.index.at(name), shop.index.at(old)) == []
    assert shop.spaces(old).isdisjoint(shop.spaces(name))
    assert None not in shop.spaces(old) | shop.spaces(name)


def test_a_writer_with_stale_write_targets_loses_nothing(shop: RollingShop, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve, stale = write_targets.resolve, write_targets.resolve(shop.index)
    name = rollout(shop).rebuild()
    answers = iter([stale])
    monkeypatch.setattr(write_targets, "resolve", lambda *a: next(answers, None) or resolve(*a))
    loading.apply_events(shop.index, [shop.upsert(5_000)])
    assert "p-05000" in shop.products(name)
    assert stale.live in shop.index.versions()
    assert "p-05000" in shop.products(stale.live)


def test_changes_that_the_new_index_missed_are_carried_over(shop: RollingShop) -> None:
    """Write past the new index at every step up to the swap, as if it had refused the writes."""
    numbers = iter(range(7_000, 8_000))

    def write_past(_: str) -> None:
        event = shop.upsert(next(numbers))
        targets = write_targets.resolve(shop.index)
        [failure] = write_targets.write_to(
            shop.index, targets.writes[targets.live], [documents.upsert("", event.product)]
        )
        assert failure is None

    steps = iter(STEPS["rebuild"])
    name = rollout(shop, step=lambda s: write_past(s) if next(steps, "") in STEPS["rebuild"][:7] else None).rebuild()
    assert {f"p-0700{n}" for n in range(7)} <= set(shop.products(name))


def test_a_delete_that_reached_the_indices_at_different_times_is_no_difference(shop: RollingShop) -> None:
    """A worker died after it wrote a delete to the live index; the one that took over wrote it to both."""

    def delete(step: str) -> None:
        if step != "compare":
            return
        targets = write_targets.resolve(shop.index)
        write_targets.write_to(shop.index, targets.writes[targets.live], [documents.delete("", shop.delete(5, 2))])
        time.sleep(0.01)
        shop.write(shop.delete(5, 2))

    old, new = shop.index.live(), rollout(shop, step=delete).rebuild()
    assert different(shop.index.at(old), shop.index.at(new)) == []
    shop.write(shop.upsert(5, 1))
    assert "p-00005" not in shop.products(new)  # its tombstone is there, too


def test_a_rollback_includes_everything_written_since(shop: RollingShop) -> None:
    old, space = shop.index.live(), shop.index.space()
    new = rollout(shop, Options(refit=True)).rebuild()
    shop.write(shop.upsert(4, 2, title="Since"), shop.upsert(4_000), shop.delete(5, 2))
    shop.embed()
    assert rollout(shop).rollback() == old
    products = shop.products()
    assert products["p-00004"]["title"] == "Since"
    assert "p-04000" in products
    assert "p-00005" not in products
    assert shop.spaces() == {space}
    assert rollout(shop).rollback() == new  # and forward again
    assert different(shop.index.at(new), shop.index.at(old)) == []


def test_a_worse_index_is_only_swapped_in_on_request(shop: RollingShop) -> None:
    live = shop.index.live()
    thresholds = Thresholds(overlap=1.01)
    with pytest.raises(IndexStateError, match="is not swapped in: of the top 24 only"):
        rollout(shop, Options(refit=True, thresholds=thresholds)).rebuild()
    assert shop.index.live() == live
    with pytest.raises(IndexStateError, match="another mapping, other models or options"):
        rollout(shop).rebuild()
    assert rollout(shop, Options(refit=True, thresholds=thresholds, anyway=True)).rebuild() != live


def test_an_abandoned_rebuild_leaves_nothing_behind(shop: RollingShop) -> None:
    live = shop.index.live()

    def die(name: str) -> None:
        if name == "compare":
            raise Crash

    with pytest.raises(Crash):
        rollout(shop, step=die).rebuild()
    assert len(write_targets.resolve(shop.index).writes) == 2
    assert rollout(shop).abandon() is not None
    assert rollout(shop).abandon() is None
    assert list(shop.index.versions()) == [live]
    with pytest.raises(IndexStateError, match="No index is kept"):
        rollout(shop).rollback()


def test_a_run_stops_when_another_takes_over(shop: RollingShop) -> None:
    def take_over(name: str) -> None:
        if name == "fit":
            rollout(shop).rebuild()

    with pytest.raises(IndexStateError, match="taken this rollout over"):
        rollout(shop, step=take_over).rebuild()
    assert len(shop.products()) == PRODUCTS


def test_the_kept_index_is_pruned_on_request_and_older_ones_automatically(shop: RollingShop) -> None:
    first = shop.index.live()
    second, third = rollout(shop).rebuild(), rollout(shop).rebuild()
    assert list(shop.index.versions()) == [second, third]
    assert prune(shop.index) == [second]
    assert list(write_targets.resolve(shop.index).writes) == [third]
    assert first not in shop.index.versions()


def test_a_kept_index_that_was_closed_stops_neither_writes_nor_a_prune(shop: RollingShop) -> None:
    kept, live = shop.index.live(), rollout(shop).rebuild()
    shop.client.indices.close(index=kept)
    shop.write(shop.upsert(4, 2, title="Since"))
    shop.embed()
    assert shop.products(live)["p-00004"]["title"] == "Since"
    assert prune(shop.index) == [kept]
    shop.write(shop.upsert(4, 3, title="Later"))
    assert shop.products(live)["p-00004"]["title"] == "Later"


def test_only_targets_of_the_live_generation_take_writes(shop: RollingShop) -> None:
    kept, live = shop.index.live(), rollout(shop).rebuild()
    write_targets.retarget(shop.index, [live])
    shop.client.indices.put_alias(index=kept, name=write_targets.write_alias(kept, 1))  # as an older version left it
    assert list(write_targets.resolve(shop.index).writes) == [live]
