"""Each invariant: a history that keeps it has no violation, and each way to break it is named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.chaos import schedule
from tests.faults.chaos.checks import CHECKS, violations
from tests.faults.chaos.history import (
    Accepted,
    AliasesChanged,
    AliasRead,
    Final,
    FinalForeign,
    ForeignRead,
    ForeignWritten,
    History,
    IndexSpace,
    Opened,
    ProductRead,
    Record,
    RolledOut,
    State,
    Stuck,
    Walk,
    Written,
)

_SWAP = [{"remove": {"index": "i1", "alias": "shop"}}, {"add": {"index": "i2", "alias": "shop"}}]


def _state(version: int, *, deleted: bool = False, **changed: Any) -> State:
    fields = dict.fromkeys(("title", "brand", "price", "images"), version) | changed
    return State(version, deleted, {} if deleted else fields, "s", "done", "space", "s", None if deleted else True)


def _written(seq_no: int, state: State | None, *, product: str = "p", index: str = "i1", at: float = -1.0) -> Written:
    began = float(seq_no) if at < 0 else at
    return Written(began, began + 0.5, index, product, seq_no, "upsert", state)


def _walk(began: float, hits: dict[str, int], *, index: str = "i1", **changed: Any) -> list[Record]:
    opened = f"pit {began}"
    found = [(product, {"title": version}) for product, version in hits.items()]
    walk = Walk(began, began + 0.2, {"size": 5}, [200], [len(hits)], found, complete=True, index=index,
                point_in_time=opened)  # fmt: skip
    return [Opened(began, began + 0.1, opened), replace(walk, **changed)]


def _final(product: str, state: State) -> Final:
    return Final(90, 91, "i1", product, state)


_FOREIGN = ForeignRead(3, 3.1, "f", 2, "f-v2.png", "f-v2.png", fits=True)

# What a shop does right: a product changes, is deleted and comes back; another stays as it is.
GOOD: tuple[Record, ...] = (
    *(Accepted(0, 0.1, schedule.upsert(product, 1)) for product in ("p", "q")),
    Accepted(1, 1.1, {"type": "update", "id": "p", "version": 2, "fields": {"price": 2.0}}),
    Accepted(3, 3.1, {"type": "delete", "id": "p", "version": 3}),
    Accepted(4, 4.1, schedule.upsert("p", 4)),
    IndexSpace(0, 0.1, "i1", "space"),
    _written(0, _state(1), at=0.2),
    _written(1, _state(1), product="q", at=0.3),
    _written(2, _state(1, price=2)),
    *_walk(2.8, {"p": 1, "q": 1}),
    ProductRead(2.9, 3.0, "p", 200, {"title": 1, "price": 2}),
    _written(3, _state(3, deleted=True), at=3.2),
    *_walk(3.8, {"q": 1}),
    ProductRead(3.9, 4.0, "p", 404),
    _written(4, _state(4), at=4.2),
    *_walk(5, {"p": 4, "q": 1}),
    AliasRead(5, 5.1, 200, ["i1"], ["i1"]),
    AliasesChanged(6, 6.1, _SWAP, 200),
    RolledOut(5, 7, "rebuild", "done", "i2"),
    _written(1, _state(4), index="i2", at=6),
    _written(2, _state(1), index="i2", product="q", at=6),
    *_walk(8, {"p": 4, "q": 1}, index="i2"),
    ForeignWritten(1, 1.1, "f", 1, "f-v1.png"),
    ForeignWritten(2, 2.1, "f", 2, "f-v2.png"),
    _FOREIGN,
    ForeignWritten(4, 4.1, "f", None),
    _final("p", _state(4)),
    _final("q", _state(1)),
    FinalForeign(90, 91, True, _FOREIGN),
    FinalForeign(92, 93, False, replace(_FOREIGN, embedded_picture="", fits=None)),
)  # fmt: skip


def _history(*records: Record) -> History:
    history = History()
    for record in (*GOOD, *records):
        history.add(record)
    return history


def _without(kind: type[Record], **values: Any) -> list[Record]:
    return [r for r in GOOD if not (isinstance(r, kind) and all(getattr(r, n) == v for n, v in values.items()))]


def test_a_good_history_has_no_violation() -> None:
    assert violations(_history()) == []


BAD: dict[str, Sequence[Record]] = {
    "versions never go back: upsert set version of p in i1 to 2 after 4": [_written(9, _state(2))],
    "versions never go back: upsert set price of p in i1 to 3 after 4": [_written(9, _state(4, price=3))],
    "no deleted product returns: upsert brought p of version 3": [_written(9, _state(3))],
    "older picture: upsert left p of version 9 in i1 a vector that isn't its picture's": [
        _written(9, replace(_state(9), fits=False))
    ],
    "another space or of an older picture: upsert left p of version 9 in i1 a vector of other, not of space": [
        _written(9, replace(_state(9), space="other"))
    ],
    "that counts as done, but is of another source": [_written(9, replace(_state(9), embedded_source="old"))],
    "requests succeed or say try again: page 1 of {'size': 5}: 500": _walk(9, {}, statuses=[500], complete=False),
    "requests succeed or say try again: page 1 of {'size': 5}: 400": _walk(9, {}, statuses=[400], complete=False),
    "requests succeed or say try again: p: 500": [ProductRead(9, 9.1, "p", 500)],
    "totals equal the pages: {'size': 5} has 2 products of a total of {3}": _walk(9, {"p": 4, "q": 1}, totals=[3]),
    "totals equal the pages: {'size': 5} has totals [2, 1]": _walk(9, {"p": 4, "q": 1}, totals=[2, 1]),
    "totals equal the pages: {'size': 5} shows ['p'] twice": [
        Walk(9, 9.1, {"size": 5}, [200], [2], [("p", {"title": 4})] * 2, complete=True)
    ],
    "every listing is of one snapshot: p was never stored in i1 as {'title': 7}": _walk(9, {"p": 7, "q": 1}),
    "every listing is of one snapshot: {'size': 5} shows what was written after it was opened": [
        *_walk(9, {"p": 9, "q": 1}, ended=12.0), _written(9, _state(9), at=10.0)
    ],
    "every listing is of one snapshot: p of {'size': 5} is older than other products there": [
        *_walk(20, {"p": 4, "q": 12}),
        _written(11, _state(11), product="p"), _written(12, _state(12), product="q"),
    ],
    "every listing is of one snapshot: p is missing, although it was written before others": [
        *_walk(20, {"q": 12}), _written(12, _state(12), product="q"),
    ],
    "shoppers never see older versions: title of p in i1 is 1, and was 4 before": _walk(9, {"p": 1, "q": 1}),
    "shoppers never see older versions: title of p in i2 is 1, and was 4 before": _walk(9, {"p": 1}, index="i2"),
    "products are as stored: p was shown as {'title': 1}": [ProductRead(9, 9.1, "p", 200, {"title": 1})],
    "never half-swapped: status 404, it leads to []": [AliasRead(9, 9.1, 404, [], [])],
    "never half-swapped: status 200, it leads to ['i1', 'i2']": [AliasRead(9, 9.1, 200, ["i1", "i2"], ["i1"])],
    "never half-swapped: a search found products of []": [AliasRead(9, 9.1, 200, ["i1"], [])],
    "never half-swapped: a search showed 1 deleted": [AliasRead(9, 9.1, 200, ["i1"], ["i1"], 1)],
    "never half-swapped: one request did no more than ['remove']": [AliasesChanged(9, 9.1, _SWAP[:1], 200)],
    "owners' documents stay theirs: f is 1, f-v1.png, not [2]": [
        replace(_FOREIGN, version=1, picture="f-v1.png")
    ],
    "owners' documents stay theirs: f is 2, f-v2.png, not [None]": [replace(_FOREIGN, began=9, ended=9.1)],
    "owners' documents stay theirs: the vector of f is not that of f-v2.png": [replace(_FOREIGN, fits=False)],
    "nothing accepted is lost: p in i1 is {'title': 4, 'brand': 4, 'price': 4, 'images': 4}, not": [
        Accepted(5, 5.1, {"type": "update", "id": "p", "version": 5, "fields": {"title": "Thing v5"}})
    ],
    "nothing accepted is lost: r in i1 is gone": [Accepted(5, 5.1, schedule.upsert("r", 1))],
    "nothing accepted is lost: q in i1 is back, of version 1": [
        Accepted(5, 5.1, {"type": "delete", "id": "q", "version": 1})
    ],
    "nothing accepted is lost: p in i1 has no vector of its picture (pending)": [
        _final("p", replace(_state(4), status="pending", fits=None))
    ],
    "nothing accepted is lost: x in i1 is of no event": [_final("x", _state(1))],
    "comes to its end: the last rebuild": [Stuck(9, 9.1, "the last rebuild")],
    "comes to its end: f, attached, has no vector of its picture": [
        FinalForeign(90, 91, True, replace(_FOREIGN, embedded_picture="f-v1.png"))
    ],
    "comes to its end: f, detached, keeps our part": [FinalForeign(90, 91, False, _FOREIGN)],
}  # fmt: skip


@pytest.mark.parametrize("named", BAD)
def test_each_way_to_break_an_invariant_is_named(named: str) -> None:
    found = [str(violation) for violation in violations(_history(*BAD[named]))]
    assert any(named in violation for violation in found), found


def test_every_invariant_has_a_history_that_breaks_it() -> None:
    broken = {violation.invariant for records in BAD.values() for violation in violations(_history(*records))}
    assert len(broken) == len(CHECKS)


def test_what_a_run_wrote_is_read_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("history") / "history.jsonl"
    history = History(file)
    for record in GOOD:
        history.add(record)
    history.close()
    assert [type(record) for record in History.read(file)] == [type(record) for record in GOOD]
    assert violations(History.read(file)) == []
    assert History.read(file).of(Written)[0] == history.of(Written)[0]
