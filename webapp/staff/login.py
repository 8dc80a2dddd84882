"""The login of those who run the shop. Pages for them are guarded by `staff_only`."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from typing import ParamSpec

from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from webapp.services import services
from webapp.storefront.links import local_address

blueprint = Blueprint("staff", __name__, url_prefix="/staff")

_SECONDS = 12 * 3600  # a login lasts a working day

P = ParamSpec("P")


def staff_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Guard a view: whoever isn't logged in is sent to the login, and comes back afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if staff_name() is not None:
            return view(*args, **kwargs)
        if request.method != "GET":
            abort(401, "You are no longer logged in. Log in, and try again.")
        return redirect(url_for("staff.login", to=request.full_path.rstrip("?")), 303)

    return guarded


def staff_name() -> str | None:
    """Return the name of who is logged in; None where nobody is."""
    match session.get("staff"):
        case [str(name), int(since), str(proof)]:
            is_current = 0 <= time.time() - since < _SECONDS
            known = _proofs()
            # A password that was changed ends the logins made with it.
            return name if is_current and name in known and hmac.compare_digest(known[name], proof) else None
    return None


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
    session["staff"] = [name, int(time.time()), _proofs()[name]]
    session.permanent = True
    return redirect(local_address(request.form.get("to", ""), "ops.overview"), 303)


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End the login."""
    session.pop("staff", None)
    return redirect(url_for("shop.home"), 303)


def _form(status: int, *, wrong: bool = False) -> ResponseReturnValue:
    to = local_address(request.values.get("to", ""), "ops.overview")
    page = render_template("staff/login.html", to=to, wrong=wrong, name=request.form.get("name", ""))
    return page, status, {"Cache-Control": "no-store"}


def _must_be_open() -> None:
    if not _credentials():
        abort(404, "This shop has no login for staff: STAFF is not set.")


def _is_right(name: str, password: str) -> bool:
    """Compare with every pair, and compare digests, which are of one length: the time it takes reveals nothing."""
    given = _digest(name) + _digest(password)
    matches = [hmac.compare_digest(given, _digest(n) + _digest(p)) for n, p in _credentials().items()]
    return any(matches)


def _proofs() -> dict[str, str]:
    """Return for each name what a login of it carries: it says nothing about the password."""
    key = str(current_app.secret_key).encode()
    return {n: hmac.new(key, f"{n}:{p}".encode(), sha256).hexdigest()[:32] for n, p in _credentials().items()}


def _credentials() -> dict[str, str]:
    staff = services().settings.staff
    pairs = staff.get_secret_value().split(",") if staff else []
    return {name: password for name, _, password in (pair.partition(":") for pair in pairs)}


def _digest(text: str) -> bytes:
    return sha256(text.encode()).digest()
