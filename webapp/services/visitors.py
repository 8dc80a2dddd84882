"""What is remembered about a shopper: views, bag, orders and wish lists, in a single value that expires."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Annotated, Any

from pydantic import BeforeValidator, TypeAdapter

from es_mappings.behaviour import Event, Kind
from workers.queues import keys
from workers.queues.reading import json_object
from workers.queues.values import ExpiringValues

log = logging.getLogger(__name__)

MAX_EVENTS, MAX_BAG, MAX_QUANTITY, MAX_ORDERS = 200, 50, 99, 20
MAX_LISTS, MAX_LISTED, MAX_NAME = 20, 50, 60  # wish lists, products of each, characters of a name


@dataclass(frozen=True)
class BagItem:
    """A product in the bag, in the chosen size if it has any."""

    product_id: str
    quantity: int
    size: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What distinguishes it from the others in the bag."""
        return self.product_id, self.size


@dataclass(frozen=True)
class Line:
    """A product of an order, as it was at the time of the order."""

    product_id: str
    title: str
    quantity: int
    price: float | None
    currency: str | None
    size: str = ""


@dataclass(frozen=True)
class Order:
    """A sandbox order: nothing was charged, and nothing is sent."""

    number: str
    at: float
    lines: tuple[Line, ...]


def _items(bag: object) -> object:
    """Read a bag of earlier versions, which had a quantity for each product id."""
    return [{"product_id": i, "quantity": n} for i, n in bag.items()] if isinstance(bag, dict) else bag


Bag = Annotated[tuple[BagItem, ...], BeforeValidator(_items)]


@dataclass(frozen=True)
class Visitor:
    """A shopper's events, oldest first, bag, orders, and wish lists by name."""

    events: tuple[Event, ...] = ()
    bag: Bag = ()
    orders: tuple[Order, ...] = ()
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def with_listed(self, name: str, product_ids: Iterable[str]) -> Visitor:
        """Return the visitor with products added to a wish list, which is made if there is none of this name."""
        if name not in self.lists and len(self.lists) >= MAX_LISTS:
            return self
        merged = tuple(dict.fromkeys([*self.lists.get(name, ()), *product_ids]))[:MAX_LISTED]
        return replace(self, lists=self.lists | {name: merged})

    def without_list(self, name: str) -> Visitor:
        """Return the visitor without a wish list."""
        return replace(self, lists={n: ids for n, ids in self.lists.items() if n != name})

    def with_event(self, kind: Kind, product_id: str, now: float) -> Visitor:
        """Return the visitor with one more event; beyond MAX_EVENTS the oldest are dropped."""
        return replace(self, events=(*self.events, Event(kind, product_id, now))[-MAX_EVENTS:])

    def with_quantity(self, product_id: str, quantity: int, now: float, size: str = "") -> Visitor:
        """Return the visitor with this quantity of a product, in one size, in the bag; 0 removes it."""
        item = BagItem(product_id, min(quantity, MAX_QUANTITY), size)
        others = tuple(other for other in self.bag if other.key != item.key)
        if quantity <= 0:
            # A product removed from the bag no longer counts as one in it; its views still count.
            is_gone = all(other.product_id != product_id for other in others)
            events = tuple(e for e in self.events if not is_gone or (e.kind, e.product_id) != ("cart", product_id))
            return replace(self, bag=others, events=events)
        if len(others) == len(self.bag):
            if len(self.bag) >= MAX_BAG:
                return self
            changed = replace(self, bag=(*self.bag, item))
            return changed if self.pieces(product_id) else changed.with_event("cart", product_id, now)
        return replace(self, bag=tuple(item if other.key == item.key else other for other in self.bag))

    def with_more(self, product_id: str, quantity: int, now: float, size: str = "") -> Visitor:
        """Return the visitor with so many more of a product in the bag."""
        present = sum(item.quantity for item in self.bag if item.key == (product_id, size))
        return self.with_quantity(product_id, present + quantity, now, size)

    def with_order(self, order: Order) -> Visitor:
        """Return the visitor with an order added and what it has removed from the bag."""
        visitor = self
        for line in order.lines:
            visitor = visitor.with_event("order", line.product_id, order.at)
        ordered = {(line.product_id, line.size) for line in order.lines}
        bag = tuple(item for item in self.bag if item.key not in ordered)
        return replace(visitor, bag=bag, orders=(*self.orders, order)[-MAX_ORDERS:])

    def pieces(self, *product_ids: str) -> int:
        """Return how many pieces are in the bag: of some products, or of all."""
        return sum(item.quantity for item in self.bag if item.product_id in product_ids or not product_ids)

    @property
    def in_bag(self) -> list[str]:
        """The products in the bag, each once."""
        return list(dict.fromkeys(item.product_id for item in self.bag))

    @property
    def owned(self) -> list[str]:
        """Products in the bag or ordered, which are not recommended again."""
        ordered = [line.product_id for order in self.orders for line in order.lines]
        return list(dict.fromkeys([*self.in_bag, *ordered]))

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
