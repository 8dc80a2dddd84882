"""The staff login. `staff_only` guards the staff pages."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from hashlib import sha256
from typing import ParamSpec

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from webapp.services import services
from webapp.storefront.links import here, local_address
from workers.errors import RedisUnavailableError

log = logging.getLogger(__name__)
blueprint = Blueprint("staff", __name__, url_prefix="/staff")

_SECONDS = 12 * 3600  # a login lasts a working day at most; without a request, IDLE_SECONDS of staff_sessions.py

_NO_SESSION = ""  # id of a login made while Redis was down

P = ParamSpec("P")


def staff_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Guard a view: redirect to the login, and back afterwards, unless a member of staff is logged in.

    Whoever may only look (`LEVELS`) sends no forms.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if staff_name() is not None:
            if request.method not in {"GET", "HEAD"}:
                needs_level("edit")
            return view(*args, **kwargs)
        if request.method != "GET":
            abort(401, "You are no longer logged in. Log in, and try again.")
        return redirect(url_for("staff.login", to=here()), 303)

    return guarded


LEVELS = ("view", "edit", "publish")
"""What staff may do; each level may do what those before it may."""


def needs_level(level: str) -> None:
    """End the request with 403 unless the logged-in member of staff has a level."""
    if LEVELS.index(staff_level()) < LEVELS.index(level):
        abort(403, f"You may {staff_level()} here; to {level}, ask whoever runs the shop (STAFF_LEVELS).")


def staff_level() -> str:
    """Return the level of the logged-in member of staff; `publish` where STAFF_LEVELS doesn't name one."""
    pairs = (pair.strip().rpartition(":") for pair in services().settings.staff_levels.split(",") if pair.strip())
    return {name: level for name, _, level in pairs}.get(staff_name() or "", LEVELS[-1])


def staff_name() -> str | None:
    """Return the name of the logged-in member of staff, or None."""
    if "staff_name" not in g:
        g.staff_name = _name_in_cookie()
    name: str | None = g.staff_name
    return name


def staff_author() -> str:
    """Return the name of the logged-in member of staff, in a view that `staff_only` guards."""
    name = staff_name()
    assert name is not None  # noqa: S101 - staff_only guarantees it
    return name


def _name_in_cookie() -> str | None:
    match session.get("staff"):
        case [str(name), int(since), str(proof), str(session_id)]:
            is_current = 0 <= time.time() - since < _SECONDS
            proofs = _proofs()
            # Changing a password ends the logins made with it.
            is_right = is_current and name in proofs and hmac.compare_digest(proofs[name], proof)
            return name if is_right and _is_active(session_id) else None
    return None


def _is_active(session_id: str) -> bool:
    """Return whether a session has ended neither by a logout nor by its idle time.

    While Redis is down, nobody knows which have ended, so none is trusted. Staff who log in meanwhile have no session:
    their login lasts until Redis is back.
    """
    sessions = services().staff_sessions
    try:
        if session_id == _NO_SESSION:  # a Redis without memory extends sessions, but begins none
            sessions.end(sessions.begin(_NO_SESSION))
            return False
        return sessions.renew(session_id)
    except RedisUnavailableError:
        return session_id == _NO_SESSION


@blueprint.get("/login")
def login() -> ResponseReturnValue:
    """Ask for name and password."""
    _must_be_open()
    return _form(200)


@blueprint.post("/login")
def check() -> ResponseReturnValue:
    """Check name and password."""
    _must_be_open()
    name, password = request.form.get("name", ""), request.form.get("password", "")
    if not _is_right(name, password):
        return _form(401, wrong=True)
    with suppress(RedisUnavailableError):
        _log_out()
    try:
        session_id = services().staff_sessions.begin(name)
    except RedisUnavailableError as error:
        log.warning("%s logs in without a session: %s", name, error)
        session_id = _NO_SESSION
    session["staff"] = [name, int(time.time()), _proofs()[name], session_id]
    session.permanent = True
    return redirect(local_address(request.form.get("to", ""), "ops.overview"), 303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the login, also where its cookie was copied to."""
    try:
        _log_out()
    except RedisUnavailableError as error:
        log.warning("a login could not be ended: %s", error)
        abort(
            503,
            "You are logged out in this browser. Redis is down, so a copy of its cookie works again once Redis is "
            "back, until it has been idle for an hour.",
        )
    return redirect(url_for("shop.home"), 303)


def _log_out() -> None:
    """End the login of this cookie, if it has one, and let its forms expire: the next page gets a new token."""
    login = session.pop("staff", None)
    session.pop(current_app.config["WTF_CSRF_FIELD_NAME"], None)
    if login:
        services().staff_sessions.end(login[-1])


def _form(status: int, *, wrong: bool = False) -> ResponseReturnValue:
    to = local_address(request.values.get("to", ""), "ops.overview")
    page = render_template(
        "staff/login.html", to=to, wrong=wrong, name=request.form.get("name", ""), without_redis=_redis_is_down()
    )
    return page, status, {"Cache-Control": "no-store"}


def _redis_is_down() -> bool:
    try:
        services().queues.ping()
    except RedisUnavailableError:
        return True
    return False


def _must_be_open() -> None:
    if not _credentials():
        abort(404, "This shop has no login for staff: STAFF is not set.")


def _is_right(name: str, password: str) -> bool:
    """Check name and password in constant time: compare digests of equal length, with every known pair."""
    attempt = _digest(name) + _digest(password)
    matches = [hmac.compare_digest(attempt, _digest(n) + _digest(p)) for n, p in _credentials().items()]
    return any(matches)


def _proofs() -> dict[str, str]:
    """Return the token that a login with each name carries; it does not reveal the password."""
    key = str(current_app.secret_key).encode()
    return {n: hmac.new(key, f"{n}:{p}".encode(), sha256).hexdigest()[:32] for n, p in _credentials().items()}


def _credentials() -> dict[str, str]:
    staff = services().settings.staff
    pairs = staff.get_secret_value().split(",") if staff else []
    return {name: password for name, _, password in (pair.partition(":") for pair in pairs)}


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
