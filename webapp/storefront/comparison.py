"""Products side by side: the page that compares up to four, and the tray that collects them during a visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from search.errors import ParameterError
from search.parameters import SearchParameters
from webapp.languages import gettext
from webapp.services import services
from webapp.services.resilience import unless_outage
from webapp.storefront import behaviour, sheet
from webapp.storefront.behaviour import MAX_COMPARED
from webapp.storefront.links import Links, here, local_address, with_argument
from webapp.storefront.locales import money
from webapp.storefront.views import departments
from webapp.storefront.wording import label, value_label

blueprint = Blueprint("comparison", __name__, url_prefix="/compare")

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Cell:
    """What a product says in one row; `is_seen` if it was read off its picture."""

    text: str
    is_seen: bool = False


@dataclass(frozen=True)
class Row:
    """A row of the table: a cell for each product, and whether they differ."""

    name: str
    cells: list[Cell]

    @property
    def differs(self) -> bool:
        """Whether the products differ in it; what one of them doesn't say counts as different."""
        return len({cell.text.casefold() for cell in self.cells}) > 1


@blueprint.app_context_processor
def template_values() -> dict[str, Any]:
    """Return variables for all templates: the tray is on every page."""
    return {"tray": tray, "choose_url": choose_url, "max_compared": MAX_COMPARED}


def tray() -> list[dict[str, Any]]:
    """Return the chosen products that the shop still has; none while it can't be asked."""
    if "tray" not in g:
        ids = behaviour.compared()
        products: dict[str, dict[str, Any]] = unless_outage(lambda: services().navigation.products(ids), {})
        g.tray = [products[i] for i in ids if i in products] if ids else []
    chosen: list[dict[str, Any]] = g.tray
    return chosen


def choose_url(**changes: str | Sequence[str]) -> str:
    """Return the address that adds products (``add``) or removes them (``remove``), and leads back to this page."""
    if "choose_url" not in g:  # a page has dozens of them
        g.choose_url = url_for("comparison.choose", back=here())
    return f"{g.choose_url}&{urlencode(changes, doseq=True)}"


@blueprint.get("")
def show() -> ResponseReturnValue:
    """Compare the products of the address, or those chosen during the visit."""
    ids = list(dict.fromkeys(request.args.getlist("ids"))) or behaviour.compared()
    if len(ids) > MAX_COMPARED:
        raise ParameterError("ids", f"at most {MAX_COMPARED} products can be compared at once")
    found = services().navigation.products(ids) if ids else {}
    products = [found[i] for i in ids if i in found]
    table, only = rows(products), request.args.get("differing") == "true"
    links = Links(SearchParameters(like=tuple(behaviour.liked())))
    page = render_template(
        "storefront/compare.html",
        links=links,
        departments=departments(services().navigation.categories(), links),
        columns=[(product, _without(product["id"], products)) for product in products],
        rows=[row for row in table if row.differs or not only],
        alike=sum(not row.differs for row in table),
        missing=len(ids) - len(products),
        only_differing=only,
        other_view=url_for("comparison.show", ids=list(found), differing=None if only else "true"),
    )
    return page, 200, {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


@blueprint.get("/choose")
def choose() -> ResponseReturnValue:
    """Add products to those that are to be compared, or remove some, and go back to the page."""
    before, removed = behaviour.compared(), set(request.args.getlist("remove"))
    chosen = [i for i in dict.fromkeys([*before, *request.args.getlist("add")]) if i not in removed]
    is_seen = "prefetch" not in request.headers.get("Sec-Purpose", "")
    full = "full" if is_seen and not behaviour.remember_compared(chosen) else None
    back = with_argument(local_address(request.args.get("back", ""), "comparison.show"), "compare", full)
    answer = redirect(back, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def rows(products: Sequence[Fields]) -> list[Row]:
    """Return the table's rows: price, brand and stock, then each attribute that at least one product has."""
    attributes = [{row.name: row for row in sheet.rows(product)} for product in products]
    facts: dict[str, Callable[[Fields], str]] = {
        label("price"): _price,
        label("brand"): lambda product: product.get("brand") or "",
        gettext("Availability"): _availability,
    }
    table = [Row(name, [Cell(read(product)) for product in products]) for name, read in facts.items()]
    for name in dict.fromkeys(name for described in attributes for name in described):
        table.append(Row(label(name), [_cell(described.get(name)) for described in attributes]))
    return [row for row in table if any(cell.text for cell in row.cells)]


def _cell(row: sheet.Row | None) -> Cell:
    if row is None:
        return Cell("")
    values = row.value if isinstance(row.value, list) else [row.value]
    return Cell(", ".join(dict.fromkeys(value_label(value) for value in values)), row.confidence is not None)


def _availability(product: Fields) -> str:
    return gettext("Out of stock") if product.get("in_stock") is False else gettext("In stock")


def _price(product: Fields) -> str:
    return "" if product.get("price") is None else money(product["price"], product.get("currency"))


def _without(product_id: str, products: Sequence[Fields]) -> str:
    """Return the address that takes a product off the table, and out of the tray."""
    others = [product["id"] for product in products if product["id"] != product_id]
    back = url_for("comparison.show", ids=others)
    return url_for("comparison.choose", remove=product_id, back=back)
