import socket
from pathlib import Path

from evaluation.load.queues import listen_backlog
from tests.conftest import wait_until


def test_connections_that_nobody_accepts_are_counted() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(8)
        port = server.getsockname()[1]
        assert listen_backlog(port) == 0
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)):
            wait_until(lambda: listen_backlog(port) == 2, "two connections")


def test_a_port_or_a_table_that_is_not_there_is_unknown(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert listen_backlog(free.getsockname()[1]) is None
    assert listen_backlog(80, tmp_path / "none") is None
