"""A server that hangs is asked by probes alone, and again by everybody once a probe is answered."""

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
    """What would be sent by the transport below; each time-outs."""
    options: list[dict[str, object]] = []

    def time_out(_: Transport, method: str, target: str, **given: object) -> TransportApiResponse:
        options.append(given)
        raise ConnectionTimeout("hangs")

    monkeypatch.setattr(Transport, "perform_request", time_out)
    return options


def _transport() -> BoundedTransport:
    return BoundedTransport([NodeConfig("http", "localhost", 9200)])


def test_a_request_is_tried_once_within_what_is_left(sent: list[dict[str, object]]) -> None:
    with deadlines.within(1.5), pytest.raises(ConnectionTimeout):
        _transport().perform_request("GET", "/", request_timeout=30)
    [options] = sent
    assert 0 < float(str(options["request_timeout"])) <= 1.5
    assert options["max_retries"] == 0


def test_without_a_deadline_the_client_is_as_patient_as_it_was_made(sent: list[dict[str, object]]) -> None:
    with pytest.raises(ConnectionTimeout):
        _transport().perform_request("GET", "/", request_timeout=30)
    assert sent == [{"request_timeout": 30}]


def test_a_server_that_hangs_is_not_asked_any_more(sent: list[dict[str, object]]) -> None:
    transport = _transport()
    for _ in range(FAILURES):
        with deadlines.within(1), pytest.raises(ConnectionTimeout):
            transport.perform_request("GET", "/")
    with deadlines.within(1), pytest.raises(BreakerOpenError):
        transport.perform_request("GET", "/")
    assert len(sent) == FAILURES


def test_a_request_that_came_too_late_says_nothing_of_the_server(sent: list[dict[str, object]]) -> None:
    transport = _transport()
    for _ in range(FAILURES + 1):
        with deadlines.within(0.05), pytest.raises(ConnectionTimeout):
            transport.perform_request("GET", "/")
    assert not transport.breaker.is_open
