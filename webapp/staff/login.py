"""The staff login. `staff_only` guards the staff pages."""

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
    """Guard a view: redirect to the login, and back afterwards, unless a member of staff is logged in."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if staff_name() is not None:
            return view(*args, **kwargs)
        if request.method != "GET":
            abort(401, "You are no longer logged in. Log in, and try again.")
        return redirect(url_for("staff.login", to=request.full_path.rstrip("?")), 303)

    return guarded


def staff_name() -> str | None:
    """Return the name of the logged-in member of staff, or None."""
    match session.get("staff"):
        case [str(name), int(since), str(proof)]:
            is_current = 0 <= time.time() - since < _SECONDS
            proofs = _proofs()
            # Changing a password ends the logins made with it.
            return name if is_current and name in proofs and hmac.compare_digest(proofs[name], proof) else None
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
