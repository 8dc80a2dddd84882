"""What shoppers may be answered."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tests.faults.chaos.checks.violation import Violation
from tests.faults.chaos.checks.writes import by_document
from tests.faults.chaos.history import History, Opened, ProductRead, RolledOut, Walk, Written

Fields = dict[str, int]


def requests_succeed_or_say_try_again(history: History) -> Iterator[Violation]:
    """A request is answered with 200, or with 503; a cursor may have expired with its index, a product be gone."""
    for walk in history.of(Walk):
        allowed = [{200, 503}, *([{200, 400, 503}] * len(walk.statuses))]
        for number, (status, expected) in enumerate(zip(walk.statuses, allowed, strict=False)):
            if status not in expected:
                detail = f"page {number + 1} of {walk.parameters}: {status}"
                yield Violation("requests succeed or say try again", detail, walk.ended)
    for read in history.of(ProductRead):
        if read.status not in {200, 404, 503}:
            yield Violation("requests succeed or say try again", f"{read.product}: {read.status}", read.ended)


def totals_equal_the_pages(history: History) -> Iterator[Violation]:
    """A listing has as many products as its total says, on every page the same total, and none twice."""
    for walk in history.of(Walk):
        totals = {total for total in walk.totals if total >= 0}
        if len(totals) > 1:
            detail = f"{walk.parameters} has totals {walk.totals}"
            yield Violation("totals equal the pages", detail, walk.ended)
        if twice := [i for i, count in Counter(i for i, _ in walk.hits).items() if count > 1]:
            yield Violation("totals equal the pages", f"{walk.parameters} shows {twice} twice", walk.ended)
        if walk.complete and len(walk.hits) not in totals:
            detail = f"{walk.parameters} has {len(walk.hits)} products of a total of {totals}"
            yield Violation("totals equal the pages", detail, walk.ended)


@dataclass(frozen=True)
class _Shown:
    """What a document's writes say about one hit: when it was first written so, and when it was surely replaced."""

    began: float
    replaced: float


def _shown(writes: Sequence[Written], fields: Fields) -> _Shown | None:
    same = [n for n, w in enumerate(writes) if w.state and not w.state.deleted and _agree(w.state.fields, fields)]
    if not same:
        return None
    replaced = [w.ended for w in writes[same[-1] + 1 :]]
    return _Shown(min(writes[n].began for n in same), min(replaced, default=math.inf))


def _finder(
    writes: Mapping[tuple[str, str], Sequence[Written]],
) -> Callable[[tuple[str, str], frozenset[tuple[str, int]]], _Shown | None]:
    """Return `_shown` of a document and its fields, each looked for once: thousands of listings show the same."""

    @cache
    def find(document: tuple[str, str], fields: frozenset[tuple[str, int]]) -> _Shown | None:
        return _shown(writes.get(document, ()), dict(fields))

    return find


def _agree(stored: Fields, shown: Fields) -> bool:
    return all(stored.get(name) == version for name, version in shown.items())


def listings_are_of_one_snapshot(history: History) -> Iterator[Violation]:
    """All hits of a listing existed at one moment, before its point in time was opened.

    A hit that was replaced before another one of the same listing was written is of an older moment. So is a product
    that is missing although it was written by then.
    """
    writes, opened = by_document(history), _opened(history)
    name = "every listing is of one snapshot"
    find = _finder(writes)
    for walk in history.of(Walk):
        if walk.point_in_time not in opened:
            continue
        shown = {i: find((walk.index, i), frozenset(fields.items())) for i, fields in walk.hits}
        known = {i: s for i, s in shown.items() if s}
        for i in set(shown) - set(known):
            yield Violation(name, f"{i} was never stored in {walk.index} as {dict(walk.hits)[i]}", walk.ended)
        latest = max((s.began for s in known.values()), default=-math.inf)
        if latest > opened[walk.point_in_time].ended:
            yield Violation(name, f"{walk.parameters} shows what was written after it was opened", walk.ended)
        for i in [i for i, s in known.items() if s.replaced < latest]:
            yield Violation(name, f"{i} of {walk.parameters} is older than other products there", walk.ended)
        if walk.complete and set(walk.parameters) == {"size"}:
            for i in _missing(writes, walk, latest):
                yield Violation(name, f"{i} is missing, although it was written before others", walk.ended)


def _missing(writes: dict[tuple[str, str], list[Written]], walk: Walk, moment: float) -> list[str]:
    """Return the products that existed for sure at a moment and weren't hidden since, but aren't in a listing."""
    shown, missing = {i for i, _ in walk.hits}, []
    for (index, product), found in writes.items():
        if index != walk.index or product in shown:
            continue
        before = [w for w in found if w.ended < moment]
        if not before:
            continue
        since = found[found.index(before[-1]) :]
        if all(w.state and not w.state.deleted for w in since if w.began < walk.ended):
            missing.append(product)
    return missing


def _opened(history: History) -> dict[str, Opened]:
    return {record.point_in_time: record for record in history.of(Opened)}


def shoppers_never_see_older_versions(history: History) -> Iterator[Violation]:
    """A listing shows no older version than another one showed before its point in time was opened.

    This holds within one index, and for what was seen before a rollout ended also in the index that it made live.
    """
    opened = _opened(history)
    walks = [walk for walk in history.of(Walk) if walk.point_in_time in opened]
    rollouts = [rollout for rollout in history.of(RolledOut) if rollout.outcome == "done" and rollout.index]
    records: list[Walk | RolledOut] = [*walks, *rollouts]
    past = deque(sorted(records, key=lambda record: record.ended))
    everything: dict[str, Fields] = {}
    seen: dict[str, dict[str, Fields]] = defaultdict(dict)  # what must be in an index, by product
    for walk in sorted(walks, key=lambda w: opened[w.point_in_time].began):
        while past and past[0].ended < opened[walk.point_in_time].began:
            record = past.popleft()
            if isinstance(record, Walk):
                _see(everything, record.hits)
                _see(seen[record.index], record.hits)
            else:
                _see(seen[record.index], everything.items())
        for product, fields in walk.hits:
            before = seen[walk.index].get(product, {})
            for name, version in fields.items():
                if version < before.get(name, -1):
                    detail = f"{name} of {product} in {walk.index} is {version}, and was {before[name]} before"
                    yield Violation("shoppers never see older versions", detail, walk.ended)


def _see(seen: dict[str, Fields], hits: Iterable[tuple[str, Fields]]) -> None:
    for product, fields in hits:
        before = seen.get(product, {})
        seen[product] = before | {name: max(v, before.get(name, -1)) for name, v in fields.items()}


def products_are_as_stored(history: History) -> Iterator[Violation]:
    """A product's page shows a state that it had in some index while it was read, or says that it is an earlier one."""
    writes, documents = by_document(history), defaultdict(list)
    for index, product in writes:
        documents[product].append((index, product))
    find = _finder(writes)
    for read in history.of(ProductRead):
        fresh, fields = read.status == 200 and not read.stale, frozenset(read.fields.items())
        if fresh and not any(_was_so(find(document, fields), read) for document in documents[read.product]):
            detail = f"{read.product} was shown as {read.fields}, which it was not then"
            yield Violation("products are as stored", detail, read.ended)


def _was_so(shown: _Shown | None, read: ProductRead) -> bool:
    return shown is not None and shown.began < read.ended and read.began < shown.replaced
