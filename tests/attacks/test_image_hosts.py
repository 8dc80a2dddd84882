"""Server-side request forgery: no spelling of an address leads the fetching of images to where it must not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

import httpcore
import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.addresses import resolve
from indexer.images.fetching import ImageSource
from indexer.images.politeness import Politeness
from tests.faults.hostile_server import HostileServer, serving

# Names that a resolver of an attacker's answers with a private address; none of them is looked up outside.
NAMES = {
    "shop.test": ["127.0.0.1"],
    "localhost": ["127.0.0.1"], "localhost.": ["127.0.0.1"], "LOCALHOST": ["127.0.0.1"], "a.localhost": ["::1"],
    "127.0.0.1.wild.example": ["127.0.0.1"], "loop.example": ["127.0.0.1"], "loop6.example": ["::1"],
    "private.example": ["10.1.2.3"], "metadata.google.internal": ["169.254.169.254"], "meta.example": ["fd00:ec2::254"],
    "both.example": ["93.184.216.34", "127.0.0.1"], "both6.example": ["2606:2800:220:1:248:1893:25c8:1946", "::1"],
    "mapped.example": ["::ffff:10.0.0.1"], "nat64.example": ["64:ff9b::a9fe:a9fe"], "zero.example": ["0.0.0.0"],
    "scoped.example": ["fe80::1%1"], "teredo.example": ["2001:0:7f00:1::"], "sixtofour.example": ["2002:7f00:1::"],
    "multicast.example": ["224.0.0.1"], "cgnat.example": ["100.100.100.200"], "broadcast.example": ["255.255.255.255"],
}  # fmt: skip
PRIVATE = [
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "10.0.0.1", "10.255.255.255", "172.16.0.1",
    "172.31.255.255", "192.168.0.1", "169.254.169.254", "169.254.170.2", "100.64.0.1", "100.100.100.200", "192.0.0.192",
    "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "[::]", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:169.254.169.254]", "[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]", "[2001::1]", "[2001:db8::1]", "[fe80::1]", "[fec0::1]", "[fc00::1]", "[fd00:ec2::254]",
    "[ff02::1]", "[100::1]", "[5f00::1]", "[2a00:1450::5efe:7f00:1]", *(name for name in NAMES if name != "shop.test"),
]  # fmt: skip
AMBIGUOUS = [
    "2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.0.0.1", "0x7f.1", "0177.0.0.1", "0177.0.0.01",
    "127.1", "127.0.1", "10.1", "127.0.0.1.", "127.0.0.01", "127.0.0.0x1", "00127.0.0.1", "2852039166", "0xa9fea9fe",
    "169.254.43518", "4294967295", "4294967296", "256.0.0.1", "1.1.1.1.1", "0", "0x", "[::1%25lo]", "[fe80::1%25eth0]",
    "[127.0.0.1]", "[v1.x]", "127.0.0.1%00.example", "127.0.0.1%2eexample", "%31%32%37.0.0.1", "localhost%23",
    "127\u30020\u30020\u30021", "\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.\u24ea.\u24ea.\u2460",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3", "127.0.0.1\u00ad", "xn--", "a..example",
    ".example",
    "-a.example", "a b.example", "a_b .example", "127.0.0.1\\.example", "127.0.0.1;.example", "a" * 64 + ".example",
    "a." * 130 + "example", "shop.test,127.0.0.1", "{127.0.0.1}", "127。0。0。1", "",
]  # fmt: skip
# Everything else of an address: who logs in, ports, schemes, control characters.
WRONG = [
    "http://shop.test@127.0.0.1/", "http://a:b@shop.test/", "http://@shop.test/", "http://127.0.0.1#@shop.test/",
    "http://127.0.0.1?@shop.test/", "http://127.0.0.1\\@shop.test/", "http://127.0.0.1 @shop.test/",
    "http://127.0.0.1:80\\@shop.test:80/", "http://shop.test:80@127.0.0.1/", "http://shop.test%40127.0.0.1/",
    "http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/", "http://127.0.0.1:8a/",
    "http://127.0.0.1:\u0668\u0660/", "http://127.0.0.1: 80/", "http:///127.0.0.1/", "http:127.0.0.1/",
    "http:/127.0.0.1/", "http:\\\\127.0.0.1/", "//127.0.0.1/", "\\\\127.0.0.1\\share\\x.png", "http://",
    "https://[", "http://]/", "http://[::1/", "ftp://127.0.0.1/", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1/",
    "ldap://127.0.0.1/", "tftp://127.0.0.1/", "sftp://127.0.0.1/", "jar:http://127.0.0.1!/", "netdoc:///etc/passwd",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "http+unix://%2fvar%2frun%2fdocker.sock/", "unix:/tmp/x",
    "blob:http://127.0.0.1/", "view-source:http://127.0.0.1/", "url:http://127.0.0.1/", " http://127.0.0.1/",
    "http ://127.0.0.1/", "ht\ttp://127.0.0.1/", "http://127.0.0.1\r\nHost: shop.test/", "http://127.0.0.1\x00/",
    "http://127.0.0.1/\r\nX: y", "file://127.0.0.1/etc/passwd", "file:////127.0.0.1/share/x.png", "http://\x7f/",
]  # fmt: skip


class Recorder(httpcore.SyncBackend):
    """Connects to the hostile server alone, and records what else was to be connected to."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connected: list[tuple[str, int]] = []

    def connect_tcp(self, host: str, port: int, *args: object, **kwargs: object) -> httpcore.NetworkStream:
        if (host, port) == ("127.0.0.1", self.port):
            return super().connect_tcp(host, port, *args, **kwargs)  # type: ignore[arg-type]
        self.connected.append((host, port))
        raise httpcore.ConnectError("a test connects to nothing else")


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with serving() as server:
        yield server


def _resolved(host: str, port: int) -> Sequence[str]:
    return NAMES.get(host) or NAMES.get(host.lower().rstrip(".")) or resolve(host, port)


@pytest.fixture(scope="module")
def opened(server: HostileServer) -> tuple[ImageSource, Recorder]:
    """Return a source of images that trusts one host at one port, and what it connects to besides."""
    source = ImageSource((), (f"shop.test:{server.port}",), 60.0, resolve=_resolved, politeness=Politeness(rate=1e6))
    recorder = Recorder(server.port)
    source._pool._network_backend._system = recorder  # type: ignore[attr-defined]
    return source, recorder


@pytest.fixture
def images(opened: tuple[ImageSource, Recorder]) -> Iterator[tuple[ImageSource, Recorder]]:
    """Return the same, which has connected to nothing yet."""
    yield opened
    opened[1].connected.clear()


def _refused(images: tuple[ImageSource, Recorder], address: str, why: str) -> None:
    source, recorder = images
    with pytest.raises(ImageError, match=why) as refusal:
        source.fetch(address)
    assert not isinstance(refusal.value, ImageUnavailableError), "it can't become right by itself"
    assert not recorder.connected


@pytest.mark.parametrize("host", PRIVATE)
def test_no_private_address_is_reached(images: tuple[ImageSource, Recorder], server: HostileServer, host: str) -> None:
    for scheme, port in (("http", ""), ("https", ""), ("http", ":6379"), ("HTTP", f":{server.port}")):
        _refused(images, f"{scheme}://{host}{port}/x.png", "isn't public|is ambiguous|can't be read")


@pytest.mark.parametrize("host", AMBIGUOUS)
def test_no_host_is_read_in_two_ways(images: tuple[ImageSource, Recorder], host: str) -> None:
    for port in ("", ":80"):
        _refused(images, f"http://{host}{port}/x.png", "is ambiguous|can't be read|isn't public")


@pytest.mark.parametrize("address", WRONG, ids=repr)
def test_no_other_part_of_an_address_leads_elsewhere(images: tuple[ImageSource, Recorder], address: str) -> None:
    _refused(images, address, ".")


@pytest.mark.parametrize(
    "address", [*(f"http://{host}:6379/x.png" for host in PRIVATE + AMBIGUOUS[:40]), *WRONG], ids=repr
)
def test_no_redirect_leads_there(images: tuple[ImageSource, Recorder], server: HostileServer, address: str) -> None:
    asked = len(server.asked)
    with pytest.raises(ImageError):
        images[0].fetch(server.address(f"to?{quote(address, safe='')}"))
    # Relative ones stay with the server, which has nothing at that path; none is asked for elsewhere.
    assert not images[1].connected
    assert all(path.startswith(("to?", "to/")) or "fine" not in path for path in server.asked[asked:])


def test_a_trusted_host_is_trusted_at_its_port_alone(
    images: tuple[ImageSource, Recorder], server: HostileServer
) -> None:
    assert images[0].fetch(server.address("fine"))
    for port in (22, 80, 6379, 9200, server.port + 1):
        _refused(images, f"http://shop.test:{port}/x.png", "isn't public")


def test_a_name_is_resolved_once_for_check_and_connection(server: HostileServer) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"], ["93.184.216.34"], ["127.0.0.1"]])
    source = ImageSource((), (), 60.0, resolve=lambda host, port: next(answers))
    source._pool._network_backend._system = recorder = Recorder(server.port)  # type: ignore[attr-defined]
    asked = len(server.asked)
    for _ in range(4):
        with pytest.raises(ImageError):
            source.fetch(server.address("fine", "rebinding.example"))
    assert set(recorder.connected) == {("93.184.216.34", server.port)}
    assert len(server.asked) == asked


def test_an_address_adds_no_header(images: tuple[ImageSource, Recorder], server: HostileServer) -> None:
    for part in ("%0d%0aX-Added:%20y", "%E5%98%8A%E5%98%8DX-Added:y", "?a=%0aX-Added:y", "\u010d\u010aX-Added:y"):
        with pytest.raises(ImageError):
            images[0].fetch(server.address(f"missing{part}"))
    assert not any("\nx-added" in head for head in server.heads)
