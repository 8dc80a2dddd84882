"""The schedules: a seed replays its operations, and its events meet in every way that the shop must stand."""

from itertools import islice

import pytest

from tests.faults.chaos import catalogue, schedule
from tests.faults.chaos.operations import Operations


@pytest.mark.parametrize("lane", schedule.LANES)
def test_a_seed_replays_its_operations_and_another_one_draws_others(lane: str) -> None:
    drawn, again, other = (list(islice(schedule.lane(lane, seed), 200)) for seed in (7, 7, 8))
    assert drawn == again
    assert drawn != other
    assert all(hasattr(Operations, operation.kind) for operation in drawn)


def test_events_come_late_twice_and_for_deleted_products() -> None:
    sent = [event for op in islice(schedule.lane("events", 1), 300) for event in op.arguments["events"]]
    seen: dict[str, list[int]] = {}
    late = repeated = revived = 0
    deleted = set[str]()
    for event in sent:
        product, version = catalogue.product_of(event), catalogue.version_of(event)
        before = seen.setdefault(product, [])
        repeated += version in before
        late += bool(before) and version < max(before) and version not in before
        revived += event["type"] == "upsert" and product in deleted
        deleted = deleted | {product} if event["type"] == "delete" else deleted - {product}
        before.append(version)
    assert min(late, repeated, revived) > 20
    assert {event["type"] for event in sent} == {"upsert", "update", "delete"}


def test_every_fault_and_every_rollout_is_drawn() -> None:
    faults = list(islice(schedule.lane("faults", 2), 300))
    rollouts = list(islice(schedule.lane("rollouts", 2), 300))
    assert len({op.kind for op in faults}) == 6
    assert {op.arguments["how"] for op in faults if op.kind == "spoil_elasticsearch"} == {"half", "cut", "down", "hang"}
    assert {op.arguments["kind"] for op in rollouts} == {"rebuild", "rollback", "prune", "abandon"}
    assert any(op.arguments["killed_before"] for op in rollouts)


def test_values_name_the_event_that_set_them() -> None:
    document = catalogue.values("p1", 12) | catalogue.values("p1", 15, ("price", "images"))
    document["images"] = [f"file:///a/v3/{document['images'][0]}"]
    assert catalogue.field_versions(document) == {"title": 12, "brand": 12, "price": 15, "images": 15}


def test_the_newest_of_each_field_wins_in_whatever_order_events_arrive() -> None:
    upsert, late = schedule.upsert("p", 1), schedule.upsert("p", 3)
    price = {"type": "update", "id": "p", "version": 4, "fields": catalogue.values("p", 4, ("price",))}
    delete = {"type": "delete", "id": "p", "version": 3}
    newest = catalogue.newest([price, late, upsert])
    assert newest is not None
    assert catalogue.field_versions(newest) == {"title": 3, "brand": 3, "price": 4, "images": 3}
    assert catalogue.newest([delete, late, upsert]) is None
    assert catalogue.newest([schedule.upsert("p", 5), delete, upsert]) == schedule.upsert("p", 5)["product"]
