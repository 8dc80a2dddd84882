"""What is kept of a shopper: what they looked at, their bag, their orders. One value in Redis, which expires."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, cast

import redis
from redis.client import Pipeline

from es_mappings.behaviour import Event, Kind

MAX_EVENTS, MAX_BAG, MAX_QUANTITY, MAX_ORDERS = 200, 50, 99, 20


@dataclass(frozen=True)
class Line:
    """A product of an order as it was when it was ordered."""

    product_id: str
    title: str
    quantity: int
    price: float | None
    currency: str | None


@dataclass(frozen=True)
class Order:
    """A sandbox order: nothing was charged, and nothing is sent."""

    number: str
    at: float
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Visitor:
    """A shopper's events, oldest first, bag (product id to quantity, in the order added) and orders."""

    events: tuple[Event, ...] = ()
    bag: dict[str, int] = field(default_factory=dict)
    orders: tuple[Order, ...] = ()

    def did(self, kind: Kind, product_id: str, now: float) -> Visitor:
        """Note an event; the oldest are dropped where they are too many."""
        return replace(self, events=(*self.events, Event(kind, product_id, now))[-MAX_EVENTS:])

    def with_in_bag(self, product_id: str, quantity: int, now: float) -> Visitor:
        """Put so many of a product into the bag; 0 takes it out. A full bag takes no other product."""
        bag = {i: n for i, n in self.bag.items() if i != product_id or quantity > 0}
        if quantity <= 0:
            # Who takes a product out again is less interested than a bag says; a view of it still counts.
            left = tuple(e for e in self.events if (e.kind, e.product_id) != ("cart", product_id))
            return replace(self, bag=bag, events=left)
        if product_id not in bag and len(bag) >= MAX_BAG:
            return self
        known = product_id in bag
        changed = replace(self, bag=bag | {product_id: min(quantity, MAX_QUANTITY)})
        return changed if known else changed.did("cart", product_id, now)

    def ordered(self, order: Order) -> Visitor:
        """Turn what was ordered from the bag into an order."""
        made = self
        for line in order.lines:
            made = made.did("order", line.product_id, order.at)
        bag = {i: n for i, n in self.bag.items() if i not in {line.product_id for line in order.lines}}
        return replace(made, bag=bag, orders=(*self.orders, order)[-MAX_ORDERS:])

    @property
    def owned(self) -> list[str]:
        """Products in the bag or ordered: nobody wants them recommended."""
        ordered = [line.product_id for order in self.orders for line in order.lines]
        return list(dict.fromkeys([*self.bag, *ordered]))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data, as it is kept and as the shopper may have it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Visitor:
        """Read plain data back."""
        orders = (Order(o["number"], o["at"], tuple(Line(**line) for line in o["lines"])) for o in data["orders"])
        return cls(tuple(Event(**event) for event in data["events"]), dict(data["bag"]), tuple(orders))


class Visitors:
    """Keeps visitors in Redis under random ids. Each expires so long after it was last changed."""

    def __init__(self, client: redis.Redis, seconds: int) -> None:
        self._client, self._seconds = client, seconds

    def read(self, visitor_id: str) -> Visitor:
        """Read what is kept; nothing of it where nothing is, or not any more."""
        return _visitor(cast("bytes | None", self._client.get(_key(visitor_id))))

    def change(self, visitor_id: str, change: Callable[[Visitor], Visitor]) -> Visitor:
        """Change what is kept. Two changes at once both count."""
        key = _key(visitor_id)

        made = Visitor()

        def work(commands: Pipeline) -> None:  # again from the start where another request was quicker
            nonlocal made
            made = change(_visitor(cast("bytes | None", commands.get(key))))
            commands.multi()
            commands.set(key, json.dumps(made.to_dict()), ex=self._seconds)

        self._client.transaction(work, key)
        return made

    def erase(self, visitor_id: str) -> None:
        """Erase all that is kept."""
        self._client.delete(_key(visitor_id))


def _visitor(value: bytes | None) -> Visitor:
    return Visitor.from_dict(json.loads(value)) if value else Visitor()


def _key(visitor_id: str) -> str:
    return f"visitor:{visitor_id}"
