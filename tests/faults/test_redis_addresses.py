"""Redis by TLS with a password, and by Sentinel, whose master may change while the shop is open."""

from __future__ import annotations

import secrets
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import redis
import yaml
from celery import Celery
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter

from demo.processes import tied
from demo.services.process import free_port
from demo.services.redis import arguments, find_binary
from indexer.settings import Settings
from tests.certificates import make_certificate
from tests.conftest import wait_until
from workers import app
from workers.errors import RedisUnavailableError
from workers.queues.event_queue import Entry
from workers.queues.handle import Queues
from workers.redis_address import RedisAddress

PASSWORD = "p@ss:word/1"
QUOTED = "p%40ss%3Aword%2F1"


@contextmanager
def _redis(folder: Path, port: int, *more: str, sentinel: bool = False) -> Iterator[subprocess.Popen[bytes]]:
    folder.mkdir()
    options = arguments(folder, port, appendonly=False)
    if sentinel:
        (folder / "sentinel.conf").write_text("\n".join(["bind 127.0.0.1", f"port {port}", *more]) + "\n")
        options = [str(folder / "sentinel.conf"), "--sentinel"]
    command = tied([str(find_binary(lambda _: None)), *options, *([] if sentinel else more)])
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        wait_until(lambda: _listens(port), f"Redis on {port}")
        yield process
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class _TlsFront(socketserver.ThreadingTCPServer):
    """Takes TLS off the connections to a port, as stunnel does."""

    daemon_threads = True

    def __init__(self, certificate: Path, port: int) -> None:
        self.upstream = port
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate)
        super().__init__(("127.0.0.1", 0), _Front)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Front(socketserver.BaseRequestHandler):
    server: _TlsFront

    def handle(self) -> None:
        try:
            with (
                self.server.context.wrap_socket(self.request, server_side=True) as secure,
                socket.create_connection(("127.0.0.1", self.server.upstream)) as plain,
            ):
                threading.Thread(target=_copy, args=(plain, secure), daemon=True).start()
                _copy(secure, plain)
        except OSError:  # the client doesn't trust the certificate, or doesn't speak TLS
            return


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


def _works(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check that queues, Celery and the rate limiter reach Redis."""
    monkeypatch.setenv("REDIS_URL", url)
    settings = Settings.from_environment()
    with Queues.open(settings) as queues:
        queues.ping()
        before = queues.events.depth()
        queues.events.add([Entry({"id": "a"}, secrets.token_hex(4), 0.0)])
        assert queues.events.depth() == before + 1
    with Celery("test", set_as_current=False) as celery:
        celery.conf.update(app.configuration())
        with celery.connection_for_write() as connection, connection.SimpleQueue("probe") as queue:
            queue.put({"sent": 1})
            assert queue.get(timeout=60).payload == {"sent": 1}
    storage, options = RedisAddress(settings.redis_url).limits()
    limiter = FixedWindowRateLimiter(storage_from_string(storage, **options))
    one_an_hour, client = parse("1/hour"), secrets.token_hex(4)
    assert [limiter.hit(one_an_hour, client) for _ in range(2)] == [True, False]


def test_everything_reaches_redis_by_tls_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority, certificate = make_certificate(tmp_path)
    port = free_port()
    with _redis(tmp_path / "redis", port, "--requirepass", PASSWORD), _TlsFront(certificate, port) as front:
        address = f"rediss://:{QUOTED}@localhost:{front.server_address[1]}/0"
        _works(f"{address}?ssl_ca_certs={authority}", monkeypatch)
        for url in (address, f"{address.replace(QUOTED, 'wrong')}?ssl_ca_certs={authority}"):
            with Queues.open(Settings(redis_url=url)) as queues, pytest.raises(RedisUnavailableError):
                queues.counters.read()
        front.shutdown()


def test_everything_follows_the_master_that_sentinels_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    master, replica, sentinel = free_port(), free_port(), free_port()
    secret = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
    rules = (
        f"sentinel monitor shop 127.0.0.1 {master} 1", f"sentinel auth-pass shop {PASSWORD}",
        "sentinel down-after-milliseconds shop 1000", "sentinel failover-timeout shop 5000",
    )  # fmt: skip
    with ExitStack() as stack:
        first = stack.enter_context(_redis(tmp_path / "master", master, *secret))
        follow = ("--replicaof", "127.0.0.1", str(master))
        stack.enter_context(_redis(tmp_path / "replica", replica, *secret, *follow))
        stack.enter_context(_redis(tmp_path / "sentinel", sentinel, *rules, sentinel=True))
        known = stack.enter_context(redis.Redis(port=sentinel, decode_responses=True))
        wait_until(lambda: known.sentinel_master("shop")["num-slaves"] == 1, "a replica that the sentinel knows")
        url = f"redis+sentinel://:{QUOTED}@127.0.0.1:{sentinel}/shop/1"
        _works(url, monkeypatch)
        first.kill()
        wait_until(lambda: known.sentinel_get_master_addr_by_name("shop")[1] == replica, "another master")
        _works(url, monkeypatch)


ROOT = Path(__file__).resolve().parents[2]
ACL = ROOT / "deploy" / "redis" / "users.acl"
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["redis"]


def test_the_shops_user_may_do_what_it_needs_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    users, port = tmp_path / "users.acl", free_port()
    users.write_text(ACL.read_text().replace("PASSWORD", "secret-of-shop"))
    with _redis(tmp_path / "redis", port, "--aclfile", str(users)):
        _works(f"redis://shop:secret-of-shop@127.0.0.1:{port}/0", monkeypatch)
        with redis.Redis(port=port, username="shop", password="secret-of-shop") as shop:
            for command in (
                "CONFIG GET dir", "FLUSHALL", "KEYS *", "DEBUG JMAP", "MODULE LIST", "SHUTDOWN", "ACL LIST",
                "REPLICAOF NO ONE", "MONITOR", "MIGRATE h 1 k 0 1", "SAVE",
            ):  # fmt: skip
                with pytest.raises(redis.exceptions.NoPermissionError):
                    shop.execute_command(*command.split())
        with redis.Redis(port=port) as nobody, pytest.raises(redis.exceptions.AuthenticationError):
            nobody.ping()


def test_compose_starts_redis_with_the_shops_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, home, port = tmp_path / "redis_password", tmp_path / "home", free_port()
    secret.write_text(PASSWORD)
    home.mkdir()
    [script] = COMPOSE["command"]
    for theirs, ours in {
        "$$": "$",
        "/run/secrets/redis_password": str(secret),
        "/etc/redis/users.acl": str(ACL),
        "/run/redis": str(tmp_path),
        "docker-entrypoint.sh redis-server": f"{find_binary(print)} --port {port} --bind 127.0.0.1 --dir {home}",
    }.items():
        script = script.replace(theirs, ours)
    process = subprocess.Popen(tied([*COMPOSE["entrypoint"], script]), stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), f"Redis on {port}")
        monkeypatch.setenv("REDIS_URL", f"redis://shop@127.0.0.1:{port}/0")
        monkeypatch.setenv("REDIS_PASSWORD", PASSWORD)
        with Queues.open(Settings.from_environment()) as queues:
            queues.ping()
        with redis.Redis(port=port) as nobody, pytest.raises(redis.exceptions.AuthenticationError):
            nobody.ping()
        assert PASSWORD not in (tmp_path / "users.acl").read_text()
    finally:
        process.kill()
        process.wait()
