"""``lookalike diagnose``: a support bundle that says how a shop stands, and holds no secret and no shopper's data."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import click
from elastic_transport import TransportError
from elasticsearch import ApiError
from prometheus_client import generate_latest
from pydantic import SecretStr

from indexer.elastic.blocks import write_blocks
from indexer.elastic.capabilities import Capabilities
from indexer.elastic.dead_letters import DeadLetters
from indexer.elastic.load_reports import LoadReports
from indexer.elastic.product_index import ProductIndex
from indexer.errors import ProductSearchError
from indexer.settings import Settings
from workers import metrics
from workers.errors import QueueError
from workers.logs import cleaned
from workers.queues.connection import COMMAND
from workers.queues.handle import Queues

_HIDDEN = "(set, not shown)"
_LETTERS = 500  # dead letters whose reasons are counted
_LOADS = 5


@click.command()
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), help="Zip file to write; otherwise named after the time."
)
def main(out: Path | None) -> None:
    """Write a support bundle: versions, settings, servers, queues, metrics; no secrets, nothing of shoppers."""
    settings = Settings.from_environment()
    out = out or Path(f"lookalike-{datetime.now(UTC):%Y%m%d-%H%M%S}.zip")
    with Queues.open(settings, COMMAND) as queues:
        files = bundle(settings, ProductIndex.open(settings).within(seconds=10), queues)
    try:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            for name, text in files.items():
                file.writestr(name, text)
    except OSError as error:
        raise click.FileError(str(out), error.strerror or str(error)) from error
    click.echo(f"{out}: {', '.join(files)}. Read it before you send it.")


def bundle(settings: Settings, index: ProductIndex, queues: Queues) -> dict[str, str]:
    """Return the bundle's files by name; a part that can't be read says why."""
    parts: dict[str, Callable[[], Any]] = {
        "about.json": _about,
        "settings.json": lambda: _shown(settings),
        "elasticsearch.json": lambda: _elasticsearch(index),
        "indices.json": lambda: index.client.indices.get(index=_names(index), allow_no_indices=True).body,
        "shop.json": lambda: _shop(index),
        "redis.json": queues.server,
        "stalls.json": queues.stalls.read,
        "metrics.txt": lambda: generate_latest(metrics.registry(index, queues)).decode(),
    }
    secrets = sorted(_secrets(settings), key=len, reverse=True)
    return {name: _without(_text(read), secrets) for name, read in parts.items()}


def _text(read: Callable[[], Any]) -> str:
    try:
        part = read()
    except (TransportError, ApiError, ProductSearchError, QueueError) as error:
        part = {"error": str(error)}
    return cleaned(part if isinstance(part, str) else json.dumps(part, indent=1, default=str))


def _without(text: str, secrets: list[str]) -> str:
    """Return a text without secrets, wherever they got into it."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def _secrets(settings: Settings) -> Iterator[str]:
    """Yield what must not be in a bundle, as it is written and as JSON has it; a secret of lists, part by part."""
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            whole = value.get_secret_value()
            parts = [whole, *whole.split(","), *(part.partition(":")[2] for part in whole.split(",")), _password(whole)]
        elif name == "elasticsearch_url":
            parts = [_password(address) for address in value.split(",")]
        elif name == "redis_url":
            parts = [_password(value), value.partition("sentinel_password=")[2]]
        else:
            continue
        plain = {spelled for part in parts for spelled in (part, unquote(part)) if len(spelled) > 3}
        yield from plain | {json.dumps(secret)[1:-1] for secret in plain}


def _password(address: str) -> str:
    user, _, rest = urlsplit(address).netloc.rpartition("@")
    return user.partition(":")[2] if rest else ""


def _about() -> dict[str, Any]:
    installed = {dist.name: dist.version for dist in importlib.metadata.distributions()}
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "lookalike": installed.get("lookalike", "from its folder"),
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "packages": dict(sorted(installed.items())),
    }


def _shown(settings: Settings) -> dict[str, Any]:
    """Return the settings; of secrets only whether they are set, and addresses without passwords."""
    shown: dict[str, Any] = {}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        shown[name.upper()] = (_HIDDEN if value.get_secret_value() else "") if isinstance(value, SecretStr) else value
    shown["REDIS_URL"] = settings.redis_url.partition("?")[0]
    return shown


def _names(index: ProductIndex) -> str:
    return f"{index.alias},{index.alias}-*"


def _elasticsearch(index: ProductIndex) -> dict[str, Any]:
    client, info = index.client, index.client.info().body
    return {
        "info": info,
        "lacks": Capabilities.of(str(info["version"]["number"])).shortcomings(),
        "health": client.cluster.health().body,
        "indices": client.cat.indices(index=_names(index), format="json", bytes="b").body,
        "aliases": client.indices.get_alias(index=_names(index)).body,
        "write blocks": list(write_blocks(index)),
    }


def _shop(index: ProductIndex) -> dict[str, Any]:
    letters = DeadLetters(index)
    reasons = Counter(f"{letter.kind}: {letter.reason}" for letter in letters.latest(_LETTERS))
    return {
        "live": index.live(),
        "space": index.space(),
        "products": index.counts(),
        "dead letters": letters.count(),
        "their reasons": dict(reasons.most_common()),
        "last loads": LoadReports(index).latest(_LOADS),
    }
