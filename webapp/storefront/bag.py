"""The bag and a sandbox checkout, which charges nothing and sends nothing."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from search.parameters import SearchParameters
from search.recommended import Rail
from webapp.languages import gettext
from webapp.reading import product_or_404
from webapp.services import services
from webapp.services.resilience import stale_seconds
from webapp.services.visitors import MAX_BAG, MAX_QUANTITY, Line, Order, Visitor
from webapp.storefront import behaviour, query_events
from webapp.storefront.links import Links, local_address, with_argument
from webapp.storefront.rails import views
from webapp.storefront.variants import sizes_of
from webapp.storefront.views import departments

MISSING = "missing"  # parameter of a page that asks for what a form lacked

blueprint = Blueprint("bag", __name__, url_prefix="/bag")


@dataclass(frozen=True)
class BagLine:
    """A product in the bag; one that the shop no longer has is shown but not ordered."""

    product_id: str
    product: dict[str, Any] | None
    quantity: int
    size: str = ""

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
    rails = services().navigation.for_bag(behaviour.current_interests(), visitor.in_bag, visitor.owned)
    return _page("storefront/bag.html", rails, lines=lines, totals=_totals(lines), most=MAX_QUANTITY)


@blueprint.post("")
def change() -> ResponseReturnValue:
    """Set the quantity of a product in the bag, which removes it at 0, or add some (``add``)."""
    product_id, back = request.form.get("product_id", ""), request.form.get("back", "")
    added, size = "add" in request.form, request.form.get("size", "")
    quantity = _quantity(request.form.get("add" if added else "quantity", "1"))
    if not product_id and added:  # where each size is a product, and none was chosen
        return redirect(_back(back, "size"), 303)
    if quantity:
        offered = sizes_of(product_or_404(product_id))
        if len(offered) > 1 and not size:
            return redirect(_back(back, "size"), 303)
        if size and size not in offered:
            abort(
                400,
                gettext("size: this product doesn't come in '%(size)s'. Go back and choose one again.", size=size[:60]),
            )
        size = size or "".join(offered)
        bag = behaviour.visitor().bag
        if len(bag) >= MAX_BAG and all(item.key != (product_id, size) for item in bag):
            abort(409, gettext("A bag holds at most %(num)s different products.", num=MAX_BAG))
    now = time.time()
    is_new = product_id not in behaviour.visitor().in_bag
    behaviour.update(lambda v: (v.with_more if added else v.with_quantity)(product_id, quantity, now, size))
    if quantity and is_new:
        query_events.bagged(product_id, request.form.get(query_events.PARAMETER, ""))
    return redirect(_back(back), 303)


def _back(address: str, missing: str | None = None) -> str:
    """Return the page that a form was on, which asks for what was missing, or no longer."""
    return with_argument(local_address(address, "bag.show"), MISSING, missing)


@blueprint.post("/order")
def order() -> ResponseReturnValue:
    """Order what is in the bag."""
    before = behaviour.visitor()
    available = [line for line in _lines(before) if line.is_available]
    if not available:
        return redirect(url_for("bag.show"), 303)
    if stale_seconds() is not None:
        abort(503, gettext("Prices and stock can't be checked right now. Please order again in a moment."))
    new = Order(secrets.token_hex(4).upper(), time.time(), tuple(_ordered(line) for line in available))

    def place(v: Visitor) -> Visitor:
        # A second press orders nothing, because the bag no longer has the products.
        kept = {item.key for item in v.bag}
        return v.with_order(new) if all((line.product_id, line.size) in kept for line in new.lines) else v

    orders = behaviour.update(place).orders
    if new in orders:
        behaviour.count_order([line.product for line in available if line.product], before)
        query_events.ordered(line.product_id for line in available)
    number = orders[-1].number if orders else new.number
    return redirect(url_for("bag.ordered", number=number), 303)


@blueprint.get("/orders/<number>")
def ordered(number: str) -> ResponseReturnValue:
    """Show an order."""
    placed = next((o for o in behaviour.visitor().orders if o.number == number), None)
    if placed is None:
        abort(404, gettext("There is no such order, or it has been deleted."))
    rails = services().navigation.inspired(behaviour.current_interests(), behaviour.visitor().owned)
    return _page("storefront/ordered.html", rails, order=placed)


def _page(template: str, rails: list[Rail], **more: Any) -> ResponseReturnValue:
    links = Links(SearchParameters(like=tuple(behaviour.liked())))
    menu = departments(services().navigation.categories(), links)
    page = render_template(template, links=links, rails=views(rails, links), departments=menu, **more)
    return page, 200, {"Cache-Control": "no-store"}


def _quantity(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 4):
        abort(400, gettext("quantity: must be a whole number from 0 to %(most)s", most=MAX_QUANTITY))
    return min(int(text), MAX_QUANTITY)


def _lines(visitor: Visitor) -> list[BagLine]:
    products = services().navigation.products(visitor.in_bag)
    return [BagLine(i.product_id, products.get(i.product_id), i.quantity, i.size) for i in visitor.bag]


def _ordered(line: BagLine) -> Line:
    product = line.product or {}
    return Line(
        line.product_id, product["title"], line.quantity, product.get("price"), product.get("currency"), line.size
    )


def _totals(lines: list[BagLine]) -> list[dict[str, Any]]:
    """Add up what can be ordered, by currency, shaped like products for the `price` filter."""
    sums: dict[str, float] = {}
    for line in lines:
        if line.is_available and line.product and line.total is not None:
            currency = line.product.get("currency") or ""
            sums[currency] = round(sums.get(currency, 0.0) + line.total, 2)
    return [{"price": total, "currency": currency} for currency, total in sums.items()]
