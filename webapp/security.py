"""What keeps the shop safe whatever is sent to it: cookies, cross-site requests, headers, rates, hosts, proxies."""

from __future__ import annotations

import logging
import secrets
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, abort, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf.csrf import CSRFProtect
from limits import parse_many
from werkzeug.middleware.proxy_fix import ProxyFix

from indexer.errors import SettingsError
from indexer.images.decoding.decoding import MAX_BYTES
from indexer.settings import Settings

log = logging.getLogger(__name__)

MAX_BODY = MAX_BYTES + 2**20  # bytes of a request: a photograph and its form; a full batch of catalogue events is less
_MAX_FORM = 2**20  # bytes of a form's fields, photographs apart
_HSTS_SECONDS = 365 * 24 * 3600

# Constant, so that they stand here: no page has inline scripts or styles that would need a nonce, and Flask-Talisman,
# which sets the like, had its last release in 2023. `data:` and `blob:` pictures are the shopper's own photograph.
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

# Routes with a limit of their own. Probes must not be turned away, nor must catalogue events, which are signed.
_LIMITS = {
    "photo_pages.upload": "photos",
    "api.similar_to_image": "photos",
    "staff.check": "logins",
    "static": None,
    "health.healthz": None,
    "health.livez": None,
    "catalog_hook.events": None,
}


def sign_cookies(app: Flask, settings: Settings) -> None:
    """Set the key that cookies, forms and cursors are signed with, and whom cookies are sent to."""
    if settings.secret_key is None:
        log.warning("SECRET_KEY is not set: what one process signs, no other and no later one knows")
    key = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(32)
    app.config.update(
        SECRET_KEY=key,
        # Browsers take a cookie of that prefix from its own host alone, and only over TLS.
        SESSION_COOKIE_NAME="__Host-shop" if settings.tls else "shop",
        SESSION_COOKIE_SECURE=settings.tls,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.behaviour_days),
        SESSION_REFRESH_EACH_REQUEST=False,  # pictures and styles carry no cookie; pages renew it where it counts
        WTF_CSRF_TIME_LIMIT=None,  # a page that was left open overnight still works: the token ends with the session
    )


def protect(app: Flask, settings: Settings) -> None:
    """Set up all of it. Called once the routes are known.

    Raises
    ------
    SettingsError
        A rate limit can't be read.
    """
    app.config["MAX_CONTENT_LENGTH"], app.config["MAX_FORM_MEMORY_SIZE"] = MAX_BODY, _MAX_FORM
    app.debug = False  # whatever FLASK_DEBUG says: stack traces would leave
    app.config["TRUSTED_HOSTS"] = list(settings.trusted_hosts) or None
    if settings.proxies:
        hops = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    _limit_rates(app, settings)
    csrf = CSRFProtect(app)
    # Events are signed; for the JSON API see `refuse_other_sites`. Neither has a form to carry a token.
    for name in ("api", "catalog_hook"):
        csrf.exempt(app.blueprints[name])

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.tls:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={_HSTS_SECONDS}")
        return response


def refuse_other_sites(blueprint: Blueprint) -> None:
    """Let a blueprint take unsafe requests from this site's pages and from programs, not from other sites' pages.

    Browsers say where a request comes from (``Sec-Fetch-Site``, or ``Origin``), and pages can't change what they say.
    This is how an API without forms is kept from being called with a shopper's cookie (OWASP, Cross-Site Request
    Forgery Prevention, "Fetch Metadata headers").
    """

    @blueprint.before_request
    def check() -> None:
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site not in {None, "same-origin", "none"} or not (origin is None or _is_this_site(origin)):
            abort(403, "This address takes no requests from other sites' pages.")


def _is_this_site(origin: str) -> bool:
    try:
        return urlsplit(origin).netloc == request.host
    except ValueError:  # such as an IPv6 address that doesn't end
        return False


def _limit_rates(app: Flask, settings: Settings) -> None:
    limits = {kind: getattr(settings, f"rate_limit_{kind}").strip() for kind in ("pages", "writes", "photos", "logins")}
    for kind, limit in limits.items():
        try:
            parse_many(limit or "1/day")
        except ValueError as error:
            raise SettingsError(f"RATE_LIMIT_{kind.upper()}: {limit!r} is not a limit such as 60/minute") from error

    def limit_here() -> str:
        usual = "pages" if request.method in {"GET", "HEAD"} else "writes"
        kind = _LIMITS.get(request.endpoint or "", usual)
        return str(limits[kind]) if kind else ""

    Limiter(
        get_remote_address,
        app=app,
        default_limits=[limit_here],
        default_limits_exempt_when=lambda: not limit_here(),
        headers_enabled=True,
        key_prefix="rate",
        storage_uri=settings.redis_url,
        storage_options={"socket_connect_timeout": 1, "socket_timeout": 1},
        # While Redis is away, each process counts for itself.
        in_memory_fallback_enabled=True,
    )
