"""How far a shop is that is open before all its products are loaded, as shoppers see it."""

from __future__ import annotations

from flask import Blueprint, Flask, jsonify
from flask.typing import ResponseReturnValue

from webapp.languages import gettext
from webapp.services import services
from webapp.storefront.locales import number
from workers.queues.loading_progress import LoadingState

blueprint = Blueprint("loading", __name__)


def register(app: Flask) -> None:
    """Register `loading_state` and `loading_words` for templates."""
    app.context_processor(lambda: {"loading_state": services().loading.state, "loading_words": in_words})


@blueprint.get("/loading")
def progress() -> ResponseReturnValue:
    """Return how far loading is, for the script of an open page; 204 if nothing is being loaded."""
    state = services().loading.state()
    headers = {"Cache-Control": "no-store"}
    if state is None:
        return "", 204, headers
    answer = {"words": in_words(state), "share": state.share, "products": state.products, "compared": state.compared}
    return jsonify(answer), 200, headers


def in_words(state: LoadingState) -> str:
    """Return what shoppers read about a load."""
    total = max(state.total, state.products)
    counts = {"total": number(total), "products": number(state.products), "compared": number(state.compared)}
    if state.compared >= total > 0:
        return gettext("All %(total)s products are here. The shop is still learning from them.", **counts)
    if not state.compared:
        return gettext(
            "Still loading: %(products)s of %(total)s products are here, and none can be sorted by similarity yet.",
            **counts,
        )
    return gettext(
        "Still loading: %(products)s of %(total)s products are here, and %(compared)s can be sorted by similarity.",
        **counts,
    )
