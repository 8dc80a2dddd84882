"""The bag and a sandbox checkout, which charges nothing and sends nothing."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from search.parameters import SearchParameters
from search.rails import Rail
from webapp.reading import product_or_404
from webapp.services import services
from webapp.services.resilience import stale_seconds
from webapp.services.visitors import MAX_BAG, MAX_QUANTITY, Line, Order, Visitor
from webapp.storefront import behaviour
from webapp.storefront.links import Links, local_address
from webapp.storefront.rails import views
from webapp.storefront.views import departments

blueprint = Blueprint("bag", __name__, url_prefix="/bag")


@dataclass(frozen=True)
class BagLine:
    """A product in the bag; one that the shop no longer has is shown but not ordered."""

    product_id: str
    product: dict[str, Any] | None
    quantity: int

    @property
    def is_available(self) -> bool:
        """Whether it can be ordered."""
        return self.product is not None and self.product.get("in_stock") is not False

    @property
    def total(self) -> float | None:
        """Price of the whole line."""
        price = (self.product or {}).get("price")
        return None if price is None else round(price * self.quantity, 2)


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Show the bag, and rails of what goes with it."""
    visitor = behaviour.visitor()
    lines = _lines(visitor)
    rails = services().navigation.for_bag(behaviour.current_interests(), list(visitor.bag), visitor.owned)
    return _page("storefront/bag.html", rails, lines=lines, totals=_totals(lines), most=MAX_QUANTITY)


@blueprint.post("")
def change() -> ResponseReturnValue:
    """Add a product to the bag, change its quantity, or remove it."""
    product_id = request.form.get("product_id", "")
    quantity = _quantity(request.form.get("quantity", "1"))
    before = behaviour.visitor()
    if quantity:
        product_or_404(product_id)
        if product_id not in before.bag and len(before.bag) >= MAX_BAG:
            abort(409, f"A bag holds at most {MAX_BAG} different products.")
    now = time.time()
    behaviour.update(lambda v: v.with_quantity(product_id, quantity, now))
    return redirect(local_address(request.form.get("back", ""), "bag.show"), 303)


@blueprint.post("/order")
def order() -> ResponseReturnValue:
    """Order what is in the bag."""
    available = [line for line in _lines(behaviour.visitor()) if line.is_available]
    if not available:
        return redirect(url_for("bag.show"), 303)
    if stale_seconds() is not None:
        abort(503, "Prices and stock can't be checked right now. Please order again in a moment.")
    new = Order(secrets.token_hex(4).upper(), time.time(), tuple(_ordered(line) for line in available))

    def place(v: Visitor) -> Visitor:
        # A second press orders nothing, because the bag no longer has the products.
        return v.with_order(new) if all(line.product_id in v.bag for line in new.lines) else v

    orders = behaviour.update(place).orders
    number = orders[-1].number if orders else new.number
    return redirect(url_for("bag.ordered", number=number), 303)


@blueprint.get("/orders/<number>")
def ordered(number: str) -> ResponseReturnValue:
    """Show an order."""
    placed = next((o for o in behaviour.visitor().orders if o.number == number), None)
    if placed is None:
        abort(404, "There is no such order, or it has been deleted.")
    rails = services().navigation.inspired(behaviour.current_interests(), behaviour.visitor().owned)
    return _page("storefront/ordered.html", rails, order=placed)


def _page(template: str, rails: list[Rail], **more: Any) -> ResponseReturnValue:
    links = Links(SearchParameters())
    menu = departments(services().navigation.categories(), links)
    page = render_template(template, links=links, rails=views(rails, links), departments=menu, **more)
    return page, 200, {"Cache-Control": "no-store"}


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        abort(400, f"quantity: must be a whole number from 0 to {MAX_QUANTITY}")
    return min(int(text), MAX_QUANTITY)


def _lines(visitor: Visitor) -> list[BagLine]:
    products = services().navigation.products(list(visitor.bag))
    return [BagLine(i, products.get(i), quantity) for i, quantity in visitor.bag.items()]


def _ordered(line: BagLine) -> Line:
    product = line.product or {}
    return Line(line.product_id, product["title"], line.quantity, product.get("price"), product.get("currency"))


def _totals(lines: list[BagLine]) -> list[dict[str, Any]]:
    """Add up what can be ordered, by currency, shaped like products for the `price` filter."""
    sums: dict[str, float] = {}
    for line in lines:
        if line.is_available and line.product and line.total is not None:
            currency = line.product.get("currency") or ""
            sums[currency] = round(sums.get(currency, 0.0) + line.total, 2)
    return [{"price": total, "currency": currency} for currency, total in sums.items()]
