"""A storefront of the faulty shop, as shoppers, senders of events, staff and probes see it during a fault."""

from __future__ import annotations

import json
import re
import secrets
import time
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import SecretStr
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from indexer.settings import Settings
from tests.faults.shop import Event, FaultyShop
from webapp import create_app

_STAFF, _PASSWORD = "ada", secrets.token_urlsafe(16)
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
    """The storefront of a faulty shop, in this process; its searches go through the shop's proxy."""

    def __init__(self, shop: FaultyShop) -> None:
        self._webhook = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
        settings = Settings(
            elasticsearch_url=shop.proxy.url,
            redis_url=shop.server.url,
            index_name=shop.alias,
            image_roots=(shop.folder,),
            webhook_secret=SecretStr(self._webhook),
            secret_key=SecretStr(secrets.token_urlsafe(16)),
            staff=SecretStr(f"{_STAFF}:{_PASSWORD}"),
            request_seconds=2,
        ).model_copy(update=_NO_LIMITS)
        self._app = create_app(settings)
        self._shopper, self._staff = self._app.test_client(), self._app.test_client()

    def visit(self, product_id: str) -> Visit:
        """Ask for each kind of page, and check that each is answered: with 200, or with 503 and when to come back."""
        statuses, longest = {}, 0.0
        for path in (
            "/",
            "/search?q=picture",
            f"/search?like={product_id}",
            f"/products/{product_id}",
            "/bag",
            f"/api/search?like={product_id}",
            f"/api/products/{product_id}/similar",
        ):
            begun = time.monotonic()
            answer = self._shopper.get(path)
            longest = max(longest, time.monotonic() - begun)
            statuses[path] = answer.status_code
            assert answer.status_code in {200, 503}, (path, answer.text)
            if answer.status_code == 503:
                assert int(answer.headers["Retry-After"]) > 0, path
        for path in ("/livez", "/static/shop.css"):
            assert self._shopper.get(path).status_code == 200, path
        return Visit(statuses, longest)

    def post(self, events: list[Event]) -> TestResponse:
        """Send events to the webhook."""
        body, name, now = json.dumps({"events": events}), f"msg_{secrets.token_hex(8)}", datetime.now(UTC)
        signature = Webhook(self._webhook).sign(name, now, body)
        headers = {"webhook-id": name, "webhook-timestamp": str(int(now.timestamp())), "webhook-signature": signature}
        return self._shopper.post("/api/catalog/events", data=body, headers=headers, content_type="application/json")

    def log_in(self) -> None:
        """Log in as staff."""
        token = _token(self._staff.get("/staff/login").text)
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

    def _metric(self, name: str, label: str) -> dict[str, str]:
        answer = self._shopper.get("/metrics")
        assert answer.status_code == 200, answer.text
        return dict(re.findall(rf'^{name}{{{label}="([^"]+)"}} (\S+)$', answer.text, re.MULTILINE))

    def healthz(self) -> tuple[int, dict[str, str]]:
        """Return what the probe says."""
        answer = self._shopper.get("/healthz")
        return answer.status_code, answer.get_json()


def _token(page: str) -> str:
    match = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert match, page
    return match[1]
