"""What is remembered about a shopper: views, bag and orders, in a single value that expires."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from pydantic import TypeAdapter

from es_mappings.behaviour import Event, Kind
from workers.queues import keys
from workers.queues.reading import json_object
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

MAX_EVENTS, MAX_BAG, MAX_QUANTITY, MAX_ORDERS = 200, 50, 99, 20


@dataclass(frozen=True)
class Line:
    """A product of an order, as it was at the time of the order."""

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
        """Return the visitor with one more event; beyond MAX_EVENTS the oldest are dropped."""
        return replace(self, events=(*self.events, Event(kind, product_id, now))[-MAX_EVENTS:])

    def with_quantity(self, product_id: str, quantity: int, now: float) -> Visitor:
        """Return the visitor with this quantity of a product in the bag; 0 removes it."""
        bag = {i: n for i, n in self.bag.items() if i != product_id or quantity > 0}
        if quantity <= 0:
            # A product removed from the bag no longer counts as one in it; its views still count.
            events = tuple(e for e in self.events if (e.kind, e.product_id) != ("cart", product_id))
            return replace(self, bag=bag, events=events)
        if product_id not in bag and len(bag) >= MAX_BAG:  # the bag is full
            return self
        known = product_id in bag
        changed = replace(self, bag=bag | {product_id: min(quantity, MAX_QUANTITY)})
        return changed if known else changed.with_event("cart", product_id, now)

    def with_order(self, order: Order) -> Visitor:
        """Return the visitor with an order added and its products removed from the bag."""
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
        """Return everything as plain data, as it is stored and as the shopper can download it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Visitor:
        """Read plain data back.

        Raises
        ------
        ValueError
            It isn't what `to_dict` returns.
        """
        return _VISITOR.validate_python(data)


_VISITOR = TypeAdapter(Visitor)


class Visitors:
    """Stores visitors under random ids, each for a number of days after its last change.

    Every method raises `RedisUnavailableError` while Redis is down.
    """

    def __init__(self, values: ExpiringValues, days: int) -> None:
        self._values, self._seconds = values, days * 86_400

    def read(self, visitor_id: str) -> Visitor:
        """Return a visitor, empty if nothing is remembered."""
        return _visitor(self._values.get(keys.visitor(visitor_id)))

    def change(self, visitor_id: str, change: Callable[[Visitor], Visitor]) -> Visitor:
        """Change a visitor atomically, and return the result."""
        changed = Visitor()

        def changed_value(value: bytes | None) -> str:
            nonlocal changed
            changed = change(_visitor(value))
            return json.dumps(changed.to_dict())

        self._values.update(keys.visitor(visitor_id), changed_value, self._seconds)
        return changed

    def erase(self, visitor_id: str) -> None:
        """Erase everything that is remembered about a visitor."""
        self._values.delete(keys.visitor(visitor_id))


def _visitor(value: bytes | None) -> Visitor:
    stored = json_object(value)
    try:
        return Visitor() if stored is None else Visitor.from_dict(stored)
    except ValueError:  # its message would log what the shopper did
        log.warning("what is kept of a visitor can't be read; the visitor begins anew")
        return Visitor()
