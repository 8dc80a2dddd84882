"""A storefront of the faulty shop, as shoppers, senders of events, staff and probes see it during a fault."""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from flask.testing import FlaskClient
from pydantic import SecretStr
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer.settings import Settings
from tests.faults.shop import Event, FaultyShop
from tests.forms import csrf_token
from webapp import create_app

_STAFF, _PASSWORD = "ada", secrets.token_urlsafe(16)
_PAGES = (
    "/",
    "/search?q=picture",
    "/search?like={}",
    "/products/{}",
    "/bag",
    "/api/search?like={}",
    "/api/products/{}/similar",
)
_AT_ONCE = 4  # fewer than the storefront's capacity
_NO_LIMITS = {f"rate_limit_{kind}": "" for kind in ("pages", "writes", "photos", "logins")}


@dataclass(frozen=True)
class Visit:
    """What a shopper got.

    Attributes
    ----------
    statuses : dict of str to int
        Path to status.
    longest : float
        Seconds that the slowest page took.
    """

    statuses: dict[str, int]
    longest: float

    @property
    def refused(self) -> list[str]:
        """The pages that were answered with 503."""
        return [path for path, status in self.statuses.items() if status == 503]

    def __str__(self) -> str:
        served = len(self.statuses) - len(self.refused)
        return f"{served} of {len(self.statuses)} pages 200, the others 503, within {self.longest:.1f} s"


class Storefront:
    """The storefront of a faulty shop, in this process; its searches go through the shop's proxy if it has one."""

    def __init__(self, shop: FaultyShop) -> None:
        self._webhook = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
        settings = Settings(
            elasticsearch_url=shop.elasticsearch,
            redis_url=shop.server.url,
            index_name=shop.alias,
            image_roots=(shop.folder,),
            webhook_secret=SecretStr(self._webhook),
            secret_key=SecretStr(secrets.token_urlsafe(16)),
            staff=SecretStr(f"{_STAFF}:{_PASSWORD}"),
            request_seconds=2,
        ).model_copy(update=_NO_LIMITS)
        self.app = create_app(settings)
        self._shoppers = [self.app.test_client() for _ in _PAGES]  # each comes back
        self._staff = self.app.test_client()

    def visit(self, product_id: str) -> Visit:
        """Ask for each kind of page, and check that each is answered: with 200, or with 503 and when to come back."""
        paths = [path.format(product_id) for path in _PAGES]
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            answers = list(threads.map(self._get, self._shoppers, paths))
        for path in ("/livez", "/static/shop.css"):
            assert self._shoppers[0].get(path).status_code == 200, path
        return Visit(
            {path: status for path, (status, _) in zip(paths, answers, strict=True)},
            max(seconds for _, seconds in answers),
        )

    @staticmethod
    def _get(shopper: FlaskClient, path: str) -> tuple[int, float]:
        """Return status and seconds."""
        begun = time.monotonic()
        answer = shopper.get(path)
        assert answer.status_code in {200, 503}, (path, answer.text)
        if answer.status_code == 503:
            assert int(answer.headers["Retry-After"]) > 0, path
        return answer.status_code, time.monotonic() - begun

    def post(self, events: list[Event]) -> TestResponse:
        """Send events to the webhook."""
        body, name, now = json.dumps({"events": events}), f"msg_{secrets.token_hex(8)}", datetime.now(UTC)
        signature = Webhook(self._webhook).sign(name, now, body)
        headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        return self._staff.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")

    def log_in(self) -> None:
        """Log in as staff."""
        token = csrf_token(self._staff.get("/staff/login").text)
        self._staff.post("/staff/login", data={"csrf_token": token, "name": _STAFF, "password": _PASSWORD})

    def operations(self) -> str:
        """Return the text of the operations page, which is shown whatever is broken."""
        answer = self._staff.get("/ops")
        assert answer.status_code == 200, answer.text
        return re.sub(r"<[^>]+>", " ", answer.text)

    def up(self) -> dict[str, bool]:
        """Return which servers are up, by the metrics."""
        return {server: value == "1.0" for server, value in self._metric("lookalike_up", "server").items()}

    def failures(self) -> dict[str, float]:
        """Return the counts of failures, by reason."""
        return {reason: float(n) for reason, n in self._metric("lookalike_failures_total", "reason").items()}

    def from_memory(self) -> int:
        """Return how many listings and products were shown from memory."""
        return int(sum(float(n) for n in self._metric("lookalike_stale_total", "kind").values()))

    def _metric(self, name: str, label: str) -> dict[str, str]:
        answer = self._staff.get("/metrics")
        assert answer.status_code == 200, answer.text
        return dict(re.findall(rf'^{name}{{{label}="([^"]+)"}} (\S+)$', answer.text, re.MULTILINE))

    def healthz(self) -> tuple[int, dict[str, str]]:
        """Return what the probe says."""
        answer = self._staff.get("/healthz")
        return answer.status_code, answer.get_json()
