"""Protection against hostile requests: cookies, cross-site requests, headers, rate limits, hosts, proxies."""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import logging
import secrets
import time
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, request
from flask_limiter import Limiter
from flask_wtf.csrf import CSRFError, CSRFProtect
from limits import parse_many
from limits.errors import StorageError
from werkzeug.exceptions import TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix

from indexer.errors import SettingsError
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.settings import Settings
from webapp.languages import gettext
from workers.redis_address import RedisAddress

log = logging.getLogger(__name__)

MAX_BODY = (
    MAX_BYTES + 2**20
)  # bytes of a request: a photograph and its form; a full batch of catalogue events is smaller
_MAX_FORM = 2**20  # bytes of a form's fields without photographs
_RATES = "rates"  # key of the limiter and its limits among an application's extensions
_HSTS_SECONDS = 365 * 24 * 3600

# Constant headers need no library: no page has inline scripts or styles that would need a nonce, and Flask-Talisman was
# last released in 2023. `data:` and `blob:` allow pictures of the shopper's own photograph.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), browsing-topics=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# Routes with a rate limit of their own; None: no limit, or one that the view applies by `count_request`.
_LIMITS = {
    "photo_pages.upload": "photos",
    "api.similar_to_image": "photos",
    "staff.check": "logins",
    "pictures.picture": "pictures",
    "pictures.best": "pictures",
    "static": None,
    "health.healthz": None,
    "health.livez": None,
    "catalog_hook.events": None,
}


class _FormProtection(CSRFProtect):  # type: ignore[misc]
    def protect(self, *, apply_exemptions: bool = False) -> None:
        try:
            super().protect(apply_exemptions)
        except ValueError as error:  # over TLS, of a Referer that is no address
            raise CSRFError("The referrer can't be read.") from error


def sign_cookies(app: Flask, settings: Settings) -> None:
    """Configure the key that signs cookies, forms and cursors, and the attributes of cookies."""
    if settings.secret_key is None:
        log.warning("SECRET_KEY is not set: cookies, forms and cursors are valid only within this process")
    key = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(32)
    app.config.update(
        SECRET_KEY=key,
        # Browsers accept a cookie with this prefix only from its own host and over TLS.
        SESSION_COOKIE_NAME="__Host-shop" if settings.tls else "shop",
        SESSION_COOKIE_SECURE=settings.tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.behaviour_days),
        SESSION_REFRESH_EACH_REQUEST=False,  # pictures and styles set no cookie; pages renew it explicitly
        WTF_CSRF_TIME_LIMIT=None,  # a page left open overnight still works: the token expires with the session
    )


def protect(app: Flask, settings: Settings) -> None:
    """Set up all protection. Call it after the routes are registered.

    Raises
    ------
    SettingsError
        A rate limit cannot be parsed.
    """
    app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY, _MAX_FORM
    app.debug = False  # even if FLASK_DEBUG is set, because it exposes stack traces
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts) or None
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_prefix=hops
        )
    _limit_rates(app, settings)
    _refuse_other_sites(app)
    csrf = _FormProtection(app)
    # Neither has forms that carry a token: events are signed, and the JSON API refuses other sites.
    for name in ("api", "catalog_hook", "rules_api"):
        csrf.exempt(app.blueprints[name])

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.tls:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_HSTS_SECONDS}")
        # Any page may show what a visitor likes or bagged: caches that others share must not keep it.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


def _refuse_other_sites(app: Flask) -> None:
    """Refuse unsafe requests that come from other sites' pages, even with a valid token.

    Browsers send a request's origin (``Sec-Fetch-Site`` or ``Origin``), which pages cannot change. This keeps other
    sites from calling an API without forms with a shopper's cookie, and is a second lock on forms (OWASP, Cross-Site
    Request Forgery Prevention, "Fetch Metadata headers"). Catalogue events are signed, and not sent by browsers.
    """

    @app.before_request
    def check() -> None:
        if request.method in {"GET", "HEAD", "OPTIONS"} or request.blueprint == "catalog_hook":
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site not in {None, "same-origin", "none"} or not (origin is None or _is_this_site(origin)):
            abort(403, gettext("This address does not accept requests from other sites' pages."))


def _is_this_site(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # e.g. an unclosed IPv6 address
        return False


def count_request(kind: str) -> None:
    """Count this request against a limit that applies only to what the view found it to be.

    Not counted while Redis is down, when the views that use this answer 503 anyway.

    Parameters
    ----------
    kind : str
        Name of the limit, as in the setting ``RATE_LIMIT_{kind}``.

    Raises
    ------
    TooManyRequests
        The client's address has sent too many.
    """
    limiter, limits = current_app.extensions[_RATES]
    try:
        for limit in parse_many(limits[kind]) if limits[kind] else ():
            counted = (kind, _client())
            if not limiter.limiter.hit(limit, *counted):
                reset = limiter.limiter.get_window_stats(limit, *counted).reset_time
                raise TooManyRequests(f"{limit} allowed", retry_after=max(1, round(reset - time.time())))
    except StorageError as error:
        log.warning("requests are not counted: %s", error)


def _client() -> str:
    """Return what a client's requests are counted under: a keyed digest, so that Redis holds no addresses.

    An IPv6 client is the network of 64 bits that one subscriber has.
    """
    address = request.remote_addr or ""
    with contextlib.suppress(ValueError):  # a socket file, or what a trusted proxy made up
        ip = ipaddress.ip_address(address)
        address = str(ipaddress.ip_network((ip, 64), strict=False)) if ip.version == 6 else address
    return hmac.digest(str(current_app.secret_key).encode(), address.encode(), "sha256").hex()[:32]


def _limits(settings: Settings) -> dict[str, str]:
    """Return the limits by kind; empty: none."""
    names = [name for name in Settings.model_fields if name.startswith("rate_limit_")]
    limits = {name.removeprefix("rate_limit_"): getattr(settings, name).strip() for name in names}
    for kind, limit in limits.items():
        try:
            parse_many(limit or "1/day")
        except ValueError as error:
            raise SettingsError(f"RATE_LIMIT_{kind.upper()}: {limit!r} is not a limit such as 60/minute") from error
    return limits


def _limit_rates(app: Flask, settings: Settings) -> None:
    limits = _limits(settings)

    def limit_here() -> str:
        default = "pages" if request.method in {"GET", "HEAD"} else "writes"
        kind = _LIMITS.get(request.endpoint or "", default)
        return str(limits[kind]) if kind else ""

    storage, storage_options = RedisAddress(settings.redis_url).limits()
    limiter = Limiter(
        _client,
        app=app,
        default_limits=[limit_here],
        default_limits_exempt_when=lambda: not limit_here(),
        headers_enabled=True,
        key_prefix="rate",
        storage_uri=storage,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1, "wrap_exceptions": True, **storage_options},
        # While Redis is down, each process counts by itself.
        in_memory_fallback_enabled=True,
        # A request that finds Redis down at the same moment as another is not counted; otherwise it would fail.
        swallow_errors=True,
    )
    app.extensions[_RATES] = limiter, limits
