"""Which addresses are public, and which hosts may have private ones."""

import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.addresses import AllowedHosts, is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450::1"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "100.127.9.9",
        "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "239.255.255.250",
        "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd12::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:93.184.216.34", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2001::7f00:1", "2001:db8::1", "2001:10::1", "3fff::1", "100::1", "5f00::1", "2a00:1450::5efe:7f00:1",
        "2a00:1450::200:5efe:a00:1", "fe80::1%lo",
    ],
)  # fmt: skip
def test_not_public(address: str) -> None:
    assert not is_public(address)


def _answer(*addresses: str) -> AllowedHosts:
    return AllowedHosts(("Inner.example", "ported.example:8080"), lambda host, port: list(addresses))


def test_one_private_address_is_enough_to_refuse() -> None:
    assert _answer("1.1.1.1").addresses("cdn.example", 443, 1) == ["1.1.1.1"]
    with pytest.raises(ImageError, match="isn't public; IMAGE_HOSTS"):
        _answer("1.1.1.1", "10.0.0.1").addresses("cdn.example", 443, 1)


def test_named_hosts_may_have_any_address_but_only_at_their_port() -> None:
    hosts = _answer("10.0.0.1")
    assert hosts.addresses("inner.example", 443, 1)
    assert hosts.addresses("INNER.example.", 1, 1)
    assert hosts.addresses("ported.example", 8080, 1)
    for host, port in (("ported.example", 80), ("sub.inner.example", 443), ("inner.example.evil.example", 443)):
        with pytest.raises(ImageError, match="isn't public"):
            hosts.addresses(host, port, 1)


def test_names_that_do_not_resolve() -> None:
    def fail(host: str, port: int) -> list[str]:
        raise OSError(host)

    with pytest.raises(ImageUnavailableError, match="isn't known"):
        AllowedHosts((), fail).addresses("nowhere.example", 80, 1)
    with pytest.raises(ImageUnavailableError, match="isn't known"):
        _answer().addresses("empty.example", 80, 1)
