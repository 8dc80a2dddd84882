"""A server that hangs gets only probes, until one of them is answered."""

import pytest
from elastic_transport import ConnectionTimeout, NodeConfig, Transport, TransportApiResponse

from indexer import deadlines
from indexer.elastic.breaker import FAILURES, BoundedTransport, Breaker, BreakerOpenError


class _Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_failures_in_a_row_and_closes_with_a_probe() -> None:
    clock = _Clock()
    breaker = Breaker(clock)
    for success in [False] * (FAILURES - 1) + [True] + [False] * FAILURES:
        breaker.admit()
        breaker.record(success=success)
    with pytest.raises(BreakerOpenError):
        breaker.admit()
    clock.now = 1.5
    breaker.admit()  # the probe ...
    with pytest.raises(BreakerOpenError):
        breaker.admit()  # ... one only
    breaker.record(success=False)
    clock.now = 3.0
    breaker.admit()
    breaker.record(success=True)
    breaker.admit()
    breaker.admit()
    assert not breaker.is_open


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """Record the options of each request to the underlying transport, which times out."""
    requests: list[dict[str, object]] = []

    def time_out(_: Transport, method: str, target: str, **options: object) -> TransportApiResponse:
        requests.append(options)
        raise ConnectionTimeout("hangs")

    monkeypatch.setattr(Transport, "perform_request", time_out)
    return requests


def _transport() -> BoundedTransport:
    return BoundedTransport([NodeConfig("http", "localhost", 9200)])


def test_a_request_is_tried_once_within_its_deadline(sent: list[dict[str, object]]) -> None:
    with deadlines.within(1.5), pytest.raises(ConnectionTimeout):
        _transport().perform_request("GET", "/", request_timeout=30)
    [options] = sent
    assert 0 < float(str(options["request_timeout"])) <= 1.5
    assert options["max_retries"] == 0


def test_without_a_deadline_the_clients_own_timeout_applies(sent: list[dict[str, object]]) -> None:
    with pytest.raises(ConnectionTimeout):
        _transport().perform_request("GET", "/", request_timeout=30)
    assert sent == [{"request_timeout": 30}]


def test_a_server_that_hangs_gets_no_more_requests(sent: list[dict[str, object]]) -> None:
    transport = _transport()
    for _ in range(FAILURES):
        with deadlines.within(1), pytest.raises(ConnectionTimeout):
            transport.perform_request("GET", "/")
    with deadlines.within(1), pytest.raises(BreakerOpenError):
        transport.perform_request("GET", "/")
    assert len(sent) == FAILURES


def test_a_request_with_little_time_left_does_not_count_as_a_failure(sent: list[dict[str, object]]) -> None:
    transport = _transport()
    for _ in range(FAILURES + 1):
        with deadlines.within(0.05), pytest.raises(ConnectionTimeout):
            transport.perform_request("GET", "/")
    assert not transport.breaker.is_open
