"""Three Elasticsearch nodes on this machine."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch

from demo.services import process
from demo.services.elasticsearch import Member, start_embedded
from demo.services.process import free_port
from demo.services.service import Service, load_state
from tests.conftest import wait_until

NAMES = ("one", "two", "three")
_HEAP = "512m"


class Cluster:
    """Three nodes that a test starts, stops and kills by their number."""

    def __init__(self, folder: Path) -> None:
        self._folders = [folder / name for name in NAMES]
        for node in self._folders:
            node.mkdir(parents=True)
        self._ports, self._transport = [free_port() for _ in NAMES], [free_port() for _ in NAMES]
        self._services: dict[int, Service] = {}

    @property
    def url(self) -> str:
        """Addresses of all nodes, as `ELASTICSEARCH_URL` has them."""
        return ",".join(f"http://127.0.0.1:{port}" for port in self._ports)

    def start_all(self) -> None:
        """Start all nodes; they answer once most of them run."""
        self.start_again(*range(len(NAMES)))

    def start_again(self, *numbers: int) -> None:
        """Start nodes that were killed together: none of them answers before most of the cluster runs."""
        with ThreadPoolExecutor() as threads:
            list(threads.map(self.start, numbers))

    def start(self, number: int) -> None:
        """Start a node, and wait until it answers."""
        member = Member(NAMES[number], self._ports[number], self._transport[number], NAMES, self._transport)
        self._services[number] = start_embedded(self._folders[number], _HEAP, lambda _: None, member)

    def stop(self, number: int) -> None:
        """Stop a node in order."""
        self._services.pop(number).stop()

    def kill(self, *numbers: int) -> None:
        """Kill nodes, as when their machines lose power at once."""
        for number in numbers:
            state = load_state(self._folders[number])
            assert state
            for member in process.members(state.pid, state.created):
                member.send_signal(signal.SIGKILL)
        for number in numbers:
            self.stop(number)

    def end(self) -> None:
        """Stop the nodes that run."""
        for number in list(self._services):
            self.stop(number)

    def wait_until_green(self, client: Elasticsearch) -> None:
        """Wait until each shard of the shop has all its copies."""

        def green() -> bool:
            try:
                health = client.cluster.health(level="cluster")
            except (ApiError, TransportError):
                return False
            return bool(health["status"] == "green" and health["number_of_nodes"] == len(NAMES))

        wait_until(green, "all copies of all shards", lambda: client.cat.shards(format="json").body)
