"""What those who run the shop look at. It is wanted most while something is away, so each part stands by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import redis
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from indexer.elastic import indices
from indexer.elastic.dead_letters import DeadLetters
from indexer.errors import IndexStateError
from indexer.rollouts.state import StateStore
from indexer.settings import Settings
from webapp.served import SERVED
from webapp.staff.login import staff_name, staff_only
from workers.app import EMBEDDING, HOUSEKEEPING, INTERACTIVE, WRITING
from workers.dead_letters import again
from workers.errors import QueueError
from workers.queues.counters import LAG_BUCKETS, Counters
from workers.queues.embedding_queue import EmbeddingQueue
from workers.queues.event_queue import EventQueue

blueprint = Blueprint("ops", __name__, url_prefix="/ops")

log = logging.getLogger(__name__)

_LATEST = 20  # dead letters and failures that the page shows
_TOLD, _LONGEST = 3, 200  # faults told after letters were tried again, and characters of each: a cookie carries them

_AWAY = (TransportError, ApiError, redis.RedisError, IndexStateError)


@dataclass(frozen=True)
class Part:
    """A part of the page: what is known, or why nothing is."""

    known: Any
    fault: str = ""


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show the state of the shop."""
    settings: Settings = current_app.extensions["settings"]
    client, server = current_app.extensions["elasticsearch"], current_app.extensions["redis"]
    alias = settings.index_name
    quick = client.options(request_timeout=5, max_retries=0)
    page = render_template(
        "staff/ops.html",
        staff=staff_name(),
        alias=alias,
        index=_part(lambda: _index(quick, alias)),
        failures=_part(lambda: indices.failures(quick, alias, _LATEST)),
        rollout=_part(lambda: StateStore(quick, alias).read()),
        letters=_part(lambda: _letters(quick, alias)),
        queues=_part(lambda: _queues(server, settings)),
        counts=_part(lambda: _counts(Counters(server, alias).read())),
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.post("/letters")
@staff_only
def letters() -> ResponseReturnValue:
    """Try dead letters again, or drop them: one, or those that the page showed."""
    act, _, one = request.form.get("act", "").partition(" ")
    if act not in {"retry", "drop"}:
        abort(400, "act: must be retry or drop, of one dead letter or of those shown.")
    settings: Settings = current_app.extensions["settings"]
    held = DeadLetters(current_app.extensions["elasticsearch"], settings.index_name)
    chosen = held.get([one] if one else request.form.getlist("shown")[:_LATEST])
    if act == "drop":
        flash(f"Dropped {held.remove(chosen):,}.")
    else:
        try:
            count, faults = again(chosen, held, current_app.extensions["redis"], settings)
        except QueueError as error:
            abort(503, str(error))
        flash(f"Queued again: {count:,}.")
        for letter, why in faults[:_TOLD]:
            flash(f"{letter.product or letter.id} cannot be tried again as it is: {why[:_LONGEST]}")
        if len(faults) > _TOLD:
            flash(f"Nor can {len(faults) - _TOLD:,} others.")
    log.info("%s: %s of %d dead letters", staff_name(), act, len(chosen))
    return redirect(url_for("ops.overview", _anchor="ops-letters"), 303)


def _part(read: Callable[[], Any]) -> Part:
    try:
        return Part(read())
    except _AWAY as error:
        return Part(None, f"{type(error).__name__}: {error}"[:300])


def _index(client: Elasticsearch, alias: str) -> dict[str, Any]:
    return {
        "name": indices.live_index(client, alias),
        "space": indices.space_of(client, alias),
        "counts": indices.counts(client, alias),
    }


def _letters(client: Elasticsearch, alias: str) -> dict[str, Any]:
    letters = DeadLetters(client, alias)
    latest = letters.latest(_LATEST)  # refreshes: the count is of the same moment
    return {"count": letters.count(), "latest": latest}


def _queues(server: redis.Redis, settings: Settings) -> dict[str, Any]:
    events = EventQueue(server, settings.index_name, settings.queue_limit)
    products = EmbeddingQueue(server, settings.index_name)
    tasks = {queue: int(server.llen(queue)) for queue in (EMBEDDING, INTERACTIVE, WRITING, HOUSEKEEPING)}
    return {
        "depth": {"Events to write": events.depth(), "Products to embed": products.depth()}
        | {f"Tasks, {queue}": waiting for queue, waiting in tasks.items()},
        "age": events.age(),
    }


def _counts(held: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    served = labelled(held, SERVED)
    return {
        "lag": {share: lag_quantile(held, share) for share in (0.5, 0.95)},
        "served": {name: (int(n), n / sum(served.values())) for name, n in served.items()},
        "failures": labelled(held, "failures"),
        "recall": held.get(("recall", "")),
        "drift": held.get(("drift", "")),
    }


def labelled(held: Mapping[tuple[str, str], float], name: str) -> dict[str, float]:
    """Pick what is counted under one name, by label, the most first."""
    found = {label: value for (n, label), value in held.items() if n == name and value}
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def lag_quantile(held: Mapping[tuple[str, str], float], share: float) -> float | None:
    """Return the seconds within which a share of the events were written with their vector.

    Returns
    -------
    float or None
        The upper edge of the bucket that the quantile lies in; infinity beyond the last, None where nothing is counted.
    """
    buckets = [(edge, held.get(("lag_bucket", str(edge)), 0.0)) for edge in LAG_BUCKETS]
    buckets.append((float("inf"), held.get(("lag_bucket", "+Inf"), 0.0)))
    total, seen = sum(count for _, count in buckets), 0.0
    for edge, count in buckets:
        seen += count
        if total and seen >= share * total:
            return edge
    return None
