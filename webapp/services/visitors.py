"""What is remembered of a shopper: what they looked at, their bag, their orders. One value, which expires."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from es_mappings.behaviour import Event, Kind
from workers.queues import keys
from workers.queues.values import ExpiringValues

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

    def with_event(self, kind: Kind, product_id: str, now: float) -> Visitor:
        """Return the visitor with one event more; of too many, the oldest are dropped."""
        return replace(self, events=(*self.events, Event(kind, product_id, now))[-MAX_EVENTS:])

    def with_quantity(self, product_id: str, quantity: int, now: float) -> Visitor:
        """Return the visitor with that many of a product in the bag; 0 takes it out."""
        bag = {i: n for i, n in self.bag.items() if i != product_id or quantity > 0}
        if quantity <= 0:
            # Taken out again, a product interests less than one in the bag; a view of it still counts.
            events = tuple(e for e in self.events if (e.kind, e.product_id) != ("cart", product_id))
            return replace(self, bag=bag, events=events)
        if product_id not in bag and len(bag) >= MAX_BAG:  # a full bag takes no other product
            return self
        known = product_id in bag
        changed = replace(self, bag=bag | {product_id: min(quantity, MAX_QUANTITY)})
        return changed if known else changed.with_event("cart", product_id, now)

    def with_order(self, order: Order) -> Visitor:
        """Return the visitor with an order, and what was ordered no longer in the bag."""
        visitor = self
        for line in order.lines:
            visitor = visitor.with_event("order", line.product_id, order.at)
        bag = {i: n for i, n in self.bag.items() if i not in {line.product_id for line in order.lines}}
        return replace(visitor, bag=bag, orders=(*self.orders, order)[-MAX_ORDERS:])

    @property
    def owned(self) -> list[str]:
        """Products in the bag or ordered, which are not recommended again."""
        ordered = [line.product_id for order in self.orders for line in order.lines]
        return list(dict.fromkeys([*self.bag, *ordered]))

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data, as it is stored and as the shopper may download it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Visitor:
        """Read plain data back."""
        orders = (Order(o["number"], o["at"], tuple(Line(**line) for line in o["lines"])) for o in data["orders"])
        return cls(tuple(Event(**event) for event in data["events"]), dict(data["bag"]), tuple(orders))


class Visitors:
    """Keeps visitors under random ids. Each is forgotten so many days after it was last changed.

    Every method raises `RedisUnavailableError` while Redis is away.
    """

    def __init__(self, values: ExpiringValues, days: int) -> None:
        self._values, self._seconds = values, days * 86_400

    def read(self, visitor_id: str) -> Visitor:
        """Return a visitor; an empty one where nothing is remembered, or not any more."""
        return _visitor(self._values.get(keys.visitor(visitor_id)))

    def change(self, visitor_id: str, change: Callable[[Visitor], Visitor]) -> Visitor:
        """Change what is remembered, and return it. Of two changes at once, both count."""
        changed = Visitor()

        def changed_value(value: bytes | None) -> str:
            nonlocal changed
            changed = change(_visitor(value))
            return json.dumps(changed.to_dict())

        self._values.update(keys.visitor(visitor_id), changed_value, self._seconds)
        return changed

    def erase(self, visitor_id: str) -> None:
        """Erase all that is remembered."""
        self._values.delete(keys.visitor(visitor_id))


def _visitor(value: bytes | None) -> Visitor:
    return Visitor.from_dict(json.loads(value)) if value else Visitor()
