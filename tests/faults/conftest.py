"""Fixtures of the fault tests: the sizes of quick and full runs, and one shop whose servers may be killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.faults.shop import FULL, FaultyShop
from tests.faults.visits import Storefront

PRODUCTS = 2_000 if FULL else 24


@pytest.fixture(scope="session")
def count() -> Callable[[int, int], int]:
    """Choose between the number of a quick run and that of a full one."""
    return lambda quick, full: full if FULL else quick


@pytest.fixture
def figure(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a figure past pytest's capture, so that each run shows what it measured."""

    def say(line: str) -> None:
        with capsys.disabled():
            print(f"\n  {line}", flush=True)  # noqa: T201

    return say


@pytest.fixture(scope="package")
def faulty_shop(servers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyShop]:
    """Start the shop that the tests share, because starting its workers takes longer than a test."""
    shop = FaultyShop(servers["ELASTICSEARCH_URL"], tmp_path_factory.mktemp("faults"))
    yield shop
    shop.end()


@pytest.fixture
def faulty(faulty_shop: FaultyShop) -> FaultyShop:
    """Return the shop, empty and running, with new products to load."""
    faulty_shop.begin(PRODUCTS)
    return faulty_shop


@pytest.fixture(scope="package")
def shared_storefront(faulty_shop: FaultyShop) -> Storefront:
    """Open one storefront for all tests: after each fault it must serve the next."""
    return Storefront(faulty_shop)


@pytest.fixture
def faulty_storefront(faulty: FaultyShop, shared_storefront: Storefront) -> Storefront:
    """Return the storefront of the faulty shop, with staff logged in."""
    assert faulty.server.is_up()
    shared_storefront.log_in()
    return shared_storefront
