"""A proxy to Elasticsearch that records what is written to a shop's product indices, whatever becomes of the answer."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from es_mappings import scripts
from tests.faults.chaos import catalogue
from tests.faults.chaos.history import AliasesChanged, History, Opened, State, Written
from tests.faults.servers import SpoilingProxy, _items

_SCRIPTS = ("upsert", "update", "delete", "embed", "attribute")


class RecordingProxy(SpoilingProxy):
    """Records writes with the documents that they leave, aliases that change, and points in time that are opened.

    Elasticsearch returns the document that an update leaves, with its sequence number, if the update says
    ``"_source": true``: the proxy adds that. What is written whole is in the request. So each index's history
    is complete and in order, without a change to what is tested.
    """

    def __init__(self, upstream: str, alias: str, history: History, fits: Callable[[str, str, str], bool]) -> None:
        self._alias, self._history, self._fits = alias, history, fits
        self._names = {scripts.whole(f"product_{name}"): name for name in _SCRIPTS}
        self._names[scripts.source("product_carry")] = "carry"
        super().__init__(upstream)
        # Clients that are killed reset their connections; that needs no traceback.
        setattr(self._server, "handle_error", lambda *_: None)  # noqa: B010 - mypy

    def heal(self) -> None:
        """Pass everything on again, also what was held back."""
        self.spoil = ""
        self.released.set()
        self.released = threading.Event()

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        began, place = time.monotonic(), path.partition("?")[0]
        written = _ask_for_states(body) if place.endswith("_bulk") else None
        answer = super()._forward(method, path, headers, written[0] if written else body)
        if written and answer.status_code == 200:
            for sent, item in zip(written[1], answer.json()["items"], strict=True):
                self._record(began, sent, item)
        elif place == f"/{self._alias}/_pit" and answer.status_code == 200:
            self._history.add(Opened(began, time.monotonic(), answer.json()["id"]))
        elif place == "/_aliases":
            actions = json.loads(body)["actions"]
            self._history.add(AliasesChanged(began, time.monotonic(), actions, answer.status_code))
        return answer

    def _record(self, began: float, sent: dict[str, Any], item: dict[str, Any]) -> None:
        [(kind, outcome)] = item.items()
        changed = outcome.get("result") in {"created", "updated", "deleted"}
        if not changed or not outcome["_index"].startswith(f"{self._alias}-2"):  # a year: stores have a name there
            return
        document = outcome["get"]["_source"] if kind == "update" else sent  # of a removed one, empty
        name = self._names.get(sent["script"]["source"], "an unknown script") if kind == "update" else kind
        state = self.state(document) if document else None
        ended, seq_no = time.monotonic(), outcome["_seq_no"]
        self._history.add(Written(began, ended, outcome["_index"], outcome["_id"], seq_no, name, state))

    def state(self, document: dict[str, Any]) -> State:
        """Return what is recorded of a product's document."""
        embedding, fits = document.get("embedding") or {}, None
        if "vector" in document:
            picture = (document.get("images") or [""])[0].rpartition("/")[2]
            fits = self._fits(document["vector"], embedding.get("space", ""), picture)
        return State(
            document.get("version", -1),
            "deleted_at" in document,
            catalogue.field_versions(document),
            document.get("source", ""),
            embedding.get("status", ""),
            embedding.get("space", ""),
            embedding.get("source", ""),
            fits,
        )


def _ask_for_states(body: bytes) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a bulk request whose updates by script return their documents, and what is sent of each item."""
    parts, sent = [], list[dict[str, Any]]()
    for lines, (kind, address) in _items(body):
        action = json.loads(lines.partition(b"\n")[2]) if kind != "delete" else {}
        sent.append(action)
        if kind != "update" or "script" not in action:
            parts.append(lines)
            continue
        address.pop("_source", None)  # a part of the document, which the whole one includes
        parts += [json.dumps(line).encode() + b"\n" for line in ({kind: address}, {**action, "_source": True})]
    return b"".join(parts), sent
