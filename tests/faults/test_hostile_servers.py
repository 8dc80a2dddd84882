"""Servers that are slow, endless, lying or pointing elsewhere: each fetch ends in time, with a reason."""

import resource
import socketserver
import threading
import time
from collections.abc import Callable, Iterator

import httpcore
import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.fetching import ImageSource
from indexer.images.politeness import Politeness
from indexer.images.responses import Validators
from tests.faults.hostile_server import IMAGE, HostileServer, serving


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def _source(timeout: float = 60.0, **options: object) -> ImageSource:
    def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    return ImageSource((), ("shop.test",), timeout, **{"resolve": resolve, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["fine", "packed", "to-fine", "versioned"])
def test_honest_answers_are_fetched(server: HostileServer, path: str) -> None:
    assert _source().fetch(server.address(path)) == IMAGE


@pytest.mark.parametrize(
    ("path", "error", "why"),
    [
        ("silent", ImageUnavailableError, "too slow"),
        ("slow-head", ImageUnavailableError, "too slow"),
        ("slow-body", ImageUnavailableError, "too slow"),
        ("endless-body", ImageError, "larger than 20 MiB"),
        ("endless-chunks", ImageError, "larger than 20 MiB"),
        ("endless-head", ImageError, "breaks the HTTP protocol"),
        ("says-too-much", ImageUnavailableError, "broke off"),
        ("early-close", ImageUnavailableError, "broke off"),
        ("closes-in-head", ImageUnavailableError, "broke off"),
        ("closes-in-body", ImageUnavailableError, "broke off"),
        ("closes-in-chunk", ImageUnavailableError, "broke off"),
        ("resets", ImageUnavailableError, "can't be fetched|broke off"),
        ("resets-in-body", ImageUnavailableError, "can't be fetched|broke off"),
        ("origin-down", ImageUnavailableError, "answered 521"),
        ("says-huge", ImageError, "larger than 20 MiB"),
        ("says-negative", ImageError, "breaks the HTTP protocol"),
        ("gzip-bomb", ImageError, "larger than 20 MiB"),
        ("gzip-broken", ImageUnavailableError, "broke off"),
        ("brotli", ImageError, "compresses its answer as 'br'"),
        ("garbage", ImageError, "breaks the HTTP protocol"),
        ("missing", ImageError, "answered 404"),
        ("unasked-304", ImageError, "answered 304"),
        ("busy", ImageUnavailableError, "answered 503"),
        ("to-loopback", ImageError, "isn't public"),
        ("to-metadata", ImageError, "isn't public"),
        ("to-decimal", ImageError, "is ambiguous"),
        ("to-unicode", ImageError, "is ambiguous|isn't public"),
        ("to-userinfo", ImageError, "holds a name or password"),
        ("to-file", ImageError, "leads to a 'file' address"),
        ("to-itself", ImageError, "redirects more than 3 times"),
        ("to-nowhere", ImageError, "can't be read"),
    ],
)
def test_hostile_answers_end_in_time_with_a_reason(
    server: HostileServer, path: str, error: type[ImageError], why: str, figure: Callable[[str], None]
) -> None:
    begun, asked = time.monotonic(), len(server.asked)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    source = _literal(1.0 if why == "too slow" else 60.0)
    with pytest.raises(error, match=why) as caught:
        source.fetch(server.address(path))
    assert caught.type is error  # what is permanent is not tried again
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    figure(f"{path}: {time.monotonic() - begun:.1f} s, {grown:.0f} MiB more at most: {caught.value}")
    assert "fine" not in server.asked[asked:]
    assert grown < 150
    if path == "to-itself":
        assert len(server.asked) - asked == 4


def _literal(timeout: float) -> ImageSource:
    """Resolve literal addresses as themselves, as the system does."""
    return _source(timeout, resolve=lambda host, port: [host] if host[0].isdigit() else ["127.0.0.1"])


def test_a_body_beyond_its_length_is_not_read_as_the_next_answer(server: HostileServer) -> None:
    source = _source()
    assert source.fetch(server.address("says-too-little")) == IMAGE[:10]
    assert source.fetch(server.address("fine")) == IMAGE


def test_a_resolver_that_changes_its_mind_reaches_nothing(server: HostileServer) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    source = _source(resolve=lambda host, port: next(answers))
    connected: list[str] = []

    class Recorder(httpcore.SyncBackend):
        def connect_tcp(self, host: str, *args: object, **kwargs: object) -> httpcore.NetworkStream:
            connected.append(host)
            raise httpcore.ConnectError("a test reaches no public address")

    source._pool._network_backend._system = Recorder()  # type: ignore[attr-defined]
    asked = len(server.asked)
    with pytest.raises(ImageUnavailableError, match="can't be fetched"):
        source.fetch(server.address("fine", "rebinding.test"))
    assert connected == ["93.184.216.34"]  # the address that was checked; the name was not resolved again
    with pytest.raises(ImageError, match="isn't public"):
        source.fetch(server.address("fine", "rebinding.test"))
    assert len(connected) == 1
    assert len(server.asked) == asked


def test_a_hanging_resolver_is_abandoned(server: HostileServer) -> None:
    woken = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        woken.wait(20)
        return ["127.0.0.1"]

    with pytest.raises(ImageUnavailableError, match="wasn't resolved in time"):
        _source(3.0, resolve=hang).fetch(server.address("fine"))
    woken.set()


def test_proxies_of_the_environment_are_ignored(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert _source().fetch(server.address("fine")) == IMAGE


def test_a_proxy_of_the_settings_is_used(server: HostileServer) -> None:
    source = _source(proxy=f"http://127.0.0.1:{server.port}")
    with pytest.raises(ImageError, match="answered 404"):
        source.fetch("http://far.example/missing")


def test_connections_are_reused_and_cookies_are_not_stored(server: HostileServer) -> None:
    source, before = _source(), server.connections
    for _ in range(5):
        assert source.fetch(server.address("kept")) == IMAGE
    assert server.connections == before + 1
    assert not any("cookie" in head or "authorization" in head for head in server.heads)
    assert all(f"host: shop.test:{server.port}" in head for head in server.heads[-5:])


def test_a_connection_that_ends_as_a_request_arrives_costs_no_image(server: HostileServer) -> None:
    source, before = _source(), server.connections
    for _ in range(3):
        assert source.fetch(server.address("kept-until-the-next")) == IMAGE
    assert server.connections == before + 3


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_a_tls_handshake_that_breaks_off_is_transient(answer: bytes) -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(10_000)
            self.request.sendall(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as unready:
        threading.Thread(target=unready.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        with pytest.raises(ImageUnavailableError, match="can't be fetched"):
            _source().fetch(f"https://shop.test:{unready.server_address[1]}/x")
        unready.shutdown()


def test_an_image_that_did_not_change_is_not_sent_again(server: HostileServer) -> None:
    source = _source()
    first = source.fetch_if_changed(server.address("versioned"), Validators())
    assert (first.data, first.validators.etag) == (IMAGE, '"v1"')
    assert source.fetch_if_changed(server.address("versioned"), first.validators).data is None
    assert source.fetch_if_changed(server.address("versioned"), Validators('"v0"')).data == IMAGE


def test_a_host_that_asks_for_a_pause_gets_it(server: HostileServer) -> None:
    source = _source()
    with pytest.raises(ImageUnavailableError, match="answered 503"):
        source.fetch(server.address("busy"))
    asked = len(server.asked)
    with pytest.raises(ImageUnavailableError, match="it is paused"):
        source.fetch(server.address("fine"))
    assert len(server.asked) == asked


def test_a_host_that_never_answers_is_paused(server: HostileServer) -> None:
    source = _source(0.2)
    for _ in range(5):
        with pytest.raises(ImageUnavailableError, match="too slow"):
            source.fetch(server.address("silent"))
    with pytest.raises(ImageUnavailableError, match="it is paused"):
        source.fetch(server.address("fine"))


def test_one_host_gets_few_requests_at_a_time(server: HostileServer) -> None:
    politeness, most, now = Politeness(concurrency=3, rate=1_000), 0, 0
    lock, full = threading.Lock(), threading.Event()

    def ask() -> None:
        nonlocal most, now
        with politeness.turn("shop.test"):
            with lock:
                now += 1
                most = max(most, now)
                if now == 3:
                    full.set()
            full.wait()
            with lock:
                now -= 1

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3
