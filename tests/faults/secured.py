"""An Elasticsearch with security enabled, to test privileges on a real one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import httpx

from demo.services import elasticsearch
from demo.services.distribution import Distribution
from demo.services.service import Service

USER, PASSWORD = "admin", "a-test-password"
# bcrypt of PASSWORD: the file realm takes no plain one, and no tool to make it is needed.
_HASH = "$2a$10$abcdefghijklmnopqrstuuPnP8I1SA0VpYHV5bIX8v.4Wr9Cz2W.2"


@contextmanager
def secured_elasticsearch(folder: Path) -> Iterator[Service]:
    """Start an Elasticsearch with a superuser in its file realm, and stop it at the end."""
    write = elasticsearch._write_folders

    def write_folders(home: Path, options: Mapping[str, str], distribution: Distribution, heap: str) -> None:
        write(home, {**options, "xpack.security.enabled": "true"}, distribution, heap)
        (home / "config" / "users").write_text(f"{USER}:{_HASH}\n")
        (home / "config" / "users_roles").write_text(f"superuser:{USER}\n")

    def ready(url: str) -> str | None:
        try:
            health = client.get(f"{url}/_cluster/health")
        except httpx.TransportError:
            return None
        return "with security" if health.status_code == 200 else None

    folder.mkdir(parents=True, exist_ok=True)
    with (
        httpx.Client(auth=(USER, PASSWORD), timeout=60, trust_env=False) as client,
        mock.patch.object(elasticsearch, "_write_folders", write_folders),
        mock.patch.object(elasticsearch, "elasticsearch_ready", ready),
    ):
        service = elasticsearch.start_embedded(folder, "512m", lambda _: None)
    try:
        yield service
    finally:
        service.stop()
