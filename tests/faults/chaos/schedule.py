"""What happens to the shop, drawn from a seed: for each lane an endless series of operations, always the same one.

The operations of one lane follow each other, those of different lanes overlap. A seed so replays what was done and in
which order; how quickly the shop did it is up to the machine.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from indexer.rollouts.rollout import STEPS
from tests.faults.chaos import catalogue
from tests.faults.chaos.catalogue import Event

PRODUCTS, FOREIGN = 30, 12
_LATE, _REPEATED = 0.15, 0.1  # share of events that come later than newer ones; that come twice
_KILLED = (*STEPS["rebuild"], "prune", "end")  # steps before which a rollout's process may be killed


@dataclass(frozen=True)
class Operation:
    """One thing that happens to the shop.

    Attributes
    ----------
    pause : float
        Seconds after the operation before it in its lane.
    kind : str
        What is done: the name of a method of `operations.Operations`.
    arguments : dict
        Its arguments.
    """

    pause: float
    kind: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass
class _Draft:
    """Draws the events of a few products: late ones, repeated ones, and some that wait for their product."""

    rng: random.Random
    versions: dict[str, int] = field(default_factory=dict)
    late: list[Event] = field(default_factory=list)
    sent: list[Event] = field(default_factory=list)

    def batch(self) -> list[Event]:
        events = list[Event]()
        for _ in range(self.rng.randint(1, 6)):
            event = self._new()
            (self.late if self.rng.random() < _LATE else events).append(event)
            if self.sent and self.rng.random() < _REPEATED:
                events.append(self.rng.choice(self.sent))
        while self.late and self.rng.random() < 0.4:
            events.append(self.late.pop(self.rng.randrange(len(self.late))))
        self.sent = [*self.sent, *events][-50:]
        return events

    def _new(self) -> Event:
        # Some products change all the time, so that writers meet.
        product_id = f"p{min(self.rng.randrange(PRODUCTS), self.rng.randrange(PRODUCTS)):02d}"
        before = self.versions.get(product_id, 0)
        kind = self.rng.choices(("upsert", "update", "delete"), (45, 45, 10))[0] if before else "upsert"
        version = before if kind == "delete" and self.rng.random() < 0.3 else before + 1
        self.versions[product_id] = version
        if kind == "upsert":
            return upsert(product_id, version)
        if kind == "delete":
            return {"type": "delete", "id": product_id, "version": version}
        names = self.rng.sample(catalogue.FIELDS, self.rng.randint(1, 2))
        return {
            "type": "update",
            "id": product_id,
            "version": version,
            "fields": catalogue.values(product_id, version, names),
        }


def upsert(product_id: str, version: int) -> Event:
    """Make the event that writes a whole product."""
    product = {"id": product_id, "version": version, **catalogue.values(product_id, version)}
    return {"type": "upsert", "product": product}


def first_events() -> list[Event]:
    """Make the events of the products that the shop opens with. Their versions are older than any that follow."""
    return [upsert(f"p{number:02d}", 0) for number in range(PRODUCTS)]


def _events(rng: random.Random) -> Iterator[Operation]:
    draft = _Draft(rng)
    while True:
        yield Operation(rng.uniform(0.05, 0.5), "send", {"events": draft.batch()})


def _searches(rng: random.Random) -> Iterator[Operation]:
    kinds: Sequence[dict[str, Any]] = ({}, {"sort": "newest"}, {"sort": "price"}, {"q": "thing"})
    while True:
        like = {"like": f"p{rng.randrange(PRODUCTS):02d}"} if rng.random() < 0.3 else rng.choice(kinds)
        yield Operation(rng.uniform(0.05, 0.4), "search", {"size": rng.choice((5, 8, 13)), **like})


def _reads(rng: random.Random) -> Iterator[Operation]:
    while True:
        yield Operation(rng.uniform(0.05, 0.3), "read", {"product_id": f"p{rng.randrange(PRODUCTS):02d}"})


def _faults(rng: random.Random) -> Iterator[Operation]:
    draw: dict[str, Callable[[], dict[str, Any]]] = {
        "kill_child": dict,
        "kill_workers": dict,
        "pause_worker": lambda: {"worker": rng.randrange(2), "seconds": rng.uniform(1, 9)},  # a lease is 4 s
        "kill_redis": lambda: {"seconds": rng.uniform(0, 1.5)},
        "pause_redis": lambda: {"seconds": rng.uniform(0.5, 4)},
        "spoil_elasticsearch": lambda: {
            "how": rng.choice(("half", "cut", "down", "hang")),
            "seconds": rng.uniform(0.5, 4),
        },
    }
    while True:
        kind = rng.choices(list(draw), (20, 8, 20, 10, 10, 32))[0]
        yield Operation(rng.uniform(0.5, 4), kind, draw[kind]())


def _rollouts(rng: random.Random) -> Iterator[Operation]:
    while True:
        kind = rng.choices(("rebuild", "rollback", "prune", "abandon"), (60, 25, 7, 8))[0]
        killed = rng.choice(_KILLED) if kind in STEPS and rng.random() < 0.4 else ""
        yield Operation(rng.uniform(0.5, 4), "roll", {"kind": kind, "killed_before": killed})


def _rollouts_beside(rng: random.Random) -> Iterator[Operation]:
    """Draw what somebody else does at the same time: one of the two must give way."""
    for operation in _rollouts(rng):
        yield replace(operation, pause=rng.uniform(5, 20))


def _foreign(rng: random.Random) -> Iterator[Operation]:
    version = 0
    while True:
        version += 1
        what = rng.choices(("replace", "photo", "price", "delete"), (35, 25, 30, 10))[0]
        arguments = {"what": what, "product_id": f"f{rng.randrange(FOREIGN):02d}", "version": version}
        yield Operation(rng.uniform(0.1, 0.6), "write_foreign", arguments)


def _attaching(rng: random.Random) -> Iterator[Operation]:
    while True:
        yield Operation(rng.uniform(0, 2), "attach")
        for _ in range(rng.randint(2, 6)):
            yield Operation(rng.uniform(1, 4), "sweep")
        yield Operation(rng.uniform(1, 4), "detach")


LANES: dict[str, Callable[[random.Random], Iterator[Operation]]] = {
    "events": _events,
    "searches 1": _searches,
    "searches 2": _searches,
    "reads": _reads,
    "faults": _faults,
    "rollouts": _rollouts,
    "rollouts beside": _rollouts_beside,
    "foreign": _foreign,
    "attaching": _attaching,
}


def lane(name: str, seed: int) -> Iterator[Operation]:
    """Draw the operations of a lane."""
    return LANES[name](random.Random(f"{seed}/{name}"))
