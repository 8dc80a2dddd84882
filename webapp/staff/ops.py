"""The operations page. It is needed most while a server is down, so each part is read separately."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError
from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from indexer.catalog.currencies import Rates
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from indexer.errors import IndexStateError
from indexer.rollouts.state import StateStore
from webapp.reading import product_or_404
from webapp.services import services
from webapp.staff.login import staff_name, staff_only
from workers.app import QUEUES
from workers.dead_letters import requeue
from workers.errors import QueueError, RedisUnavailableError
from workers.queues.counters import LAG_BUCKETS, SERVED
from workers.queues.handle import Queues

blueprint = Blueprint("ops", __name__, url_prefix="/ops")

log = logging.getLogger(__name__)

_LATEST = 20  # dead letters and failures that the page shows
_LOADS = 10  # reports that the page shows
_FAULTS, _LONGEST = 3, 200  # faults shown after a retry and characters of each, as they travel in a cookie

_UNAVAILABLE = (TransportError, ApiError, RedisUnavailableError, IndexStateError)


@dataclass(frozen=True)
class Part:
    """A part of the page: its data, or the reason why it is missing."""

    data: Any
    fault: str = ""


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show the state of the shop."""
    index, queues = services().index.within(seconds=5), services().queues
    page = render_template(
        "staff/ops.html",
        alias=index.alias,
        index=_part(lambda: _index(index)),
        failures=_part(lambda: index.failures(_LATEST)),
        rollout=_part(lambda: StateStore(index).read()),
        letters=_part(lambda: _letters(index)),
        loads=_part(lambda: LoadReports(index).latest(_LOADS)),
        loading=_part(queues.loading.read),
        queues=_part(lambda: _queues(queues)),
        counts=_part(lambda: _counts(queues.counters.read())),
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/products/<path:product_id>.json")
@staff_only
def product(product_id: str) -> ResponseReturnValue:
    """Return the whole document of a product, without its vectors: what the API keeps from shoppers."""
    fields = product_or_404(product_id)
    return (
        jsonify({name: value for name, value in fields.items() if name != "pictures"}),
        200,
        {"Cache-Control": "no-store"},
    )


@blueprint.post("/letters")
@staff_only
def letters() -> ResponseReturnValue:
    """Retry or drop dead letters: one, or all that the page shows."""
    act, _, one = request.form.get("act", "").partition(" ")
    if act not in {"retry", "drop"}:
        abort(400, "act: must be retry or drop, for one dead letter or for all shown.")
    store = DeadLetters(services().index)
    chosen = store.get([one] if one else request.form.getlist("shown")[:_LATEST])
    if act == "drop":
        flash(f"Dropped {store.remove(chosen):,}.")
    else:
        try:
            rates = Rates.from_settings(services().settings)
            count, faults = requeue(chosen, store, services().queues, rates)
        except QueueError as error:
            abort(503, str(error))
        flash(f"Queued again: {count:,}.")
        for letter, why in faults[:_FAULTS]:
            flash(f"{letter.product or letter.id} cannot be retried as it is: {why[:_LONGEST]}")
        if len(faults) > _FAULTS:
            flash(f"Nor can {len(faults) - _FAULTS:,} others.")
    log.info("%s: %s of %d dead letters", staff_name(), act, len(chosen))
    return redirect(url_for("ops.overview", _anchor="ops-letters"), 303)


def _part(read: Callable[[], Any]) -> Part:
    try:
        return Part(read())
    except _UNAVAILABLE as error:
        return Part(None, f"{type(error).__name__}: {error}"[:300])


def _index(index: ProductIndex) -> dict[str, Any]:
    return {"name": index.live(), "space": index.space(), "counts": index.counts()}


def _letters(index: ProductIndex) -> dict[str, Any]:
    letters = DeadLetters(index)
    latest = letters.latest(_LATEST)  # refreshes the index, so that the count fits
    return {"count": letters.count(), "latest": latest}


def _queues(queues: Queues) -> dict[str, Any]:
    return {
        "depth": {"Events to write": queues.events.depth(), "Products to embed": queues.embedding.depth()}
        | {f"Tasks, {name}": queues.tasks.depth(name) for name in QUEUES},
        "age": queues.events.age(),
        "stalls": queues.stalls.read(),
    }


def _counts(counts: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    served = labelled(counts, SERVED)
    return {
        "lag": {share: lag_quantile(counts, share) for share in (0.5, 0.95)},
        "served": {name: (int(n), n / sum(served.values())) for name, n in served.items()},
        "failures": labelled(counts, "failures"),
        "recall": counts.get(("recall", "")),
        "drift": counts.get(("drift", "")),
    }


def labelled(counts: Mapping[tuple[str, str], float], name: str) -> dict[str, float]:
    """Return the counts of one name by label, highest first."""
    by_label = {label: value for (n, label), value in counts.items() if n == name and value}
    return dict(sorted(by_label.items(), key=lambda item: -item[1]))


def lag_quantile(counts: Mapping[tuple[str, str], float], share: float) -> float | None:
    """Return the seconds within which a given share of the events were written with their vectors.

    Returns
    -------
    float or None
        Upper edge of the bucket that holds the quantile: infinity beyond the last one, None without counts.
    """
    buckets = [(edge, counts.get(("lag_bucket", str(edge)), 0.0)) for edge in LAG_BUCKETS]
    buckets.append((float("inf"), counts.get(("lag_bucket", "+Inf"), 0.0)))
    total, seen = sum(count for _, count in buckets), 0.0
    for edge, count in buckets:
        seen += count
        if total and seen >= share * total:
            return edge
    return None
