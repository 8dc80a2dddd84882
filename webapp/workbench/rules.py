"""The workbench's rules: the list, and the page on which one is edited by fields and by its products."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.rules import Rule
from indexer.catalog.documents import today
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance import editing, rule_texts
from indexer.relevance.conflicts import conflicts, new_conflicts
from indexer.relevance.editing import NotPublishedError
from indexer.relevance.faults import Fault, InvalidRuleError
from indexer.relevance.rule_checks import problems
from indexer.relevance.versions import Publication, Version
from search.errors import ParameterError
from webapp.reading import page_parameters
from webapp.services import services
from webapp.staff.login import needs_level, staff_author, staff_level, staff_only
from webapp.workbench import filter_suggestions
from webapp.workbench.rule_form import RuleForm, by_input
from webapp.workbench.rule_preview import Preview, preview

blueprint = Blueprint("rules", __name__, url_prefix="/workbench/rules")

_NO_STORE = {"Cache-Control": "no-store"}
_ACTIONS = {"check": "edit", "save": "edit", "delete": "edit", "publish": "publish", "withdraw": "publish"}
_TRY = ("q", "category", "like")  # parameters of the page that is previewed, in fields with the prefix try_


@dataclass(frozen=True)
class _Edit:
    """What the page of one rule shows.

    Attributes
    ----------
    name : str
        Of the rule, as it is saved; ``new`` for one that isn't.
    seen : int
        Number of the version that the fields began with.
    faults : tuple of Fault
        What is wrong.
    problem : str
        What else keeps it from being kept.
    theirs : Version or None
        What somebody else saved meanwhile.
    saved : int
        Number of the version, where it was saved but not published.
    """

    name: str
    form: RuleForm
    seen: int = 0
    faults: tuple[Fault, ...] = ()
    problem: str = ""
    theirs: Version | None = None
    saved: int = 0
    is_right: bool = False

    @property
    def is_refused(self) -> bool:
        return bool(self.faults or self.problem)


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """List the rules: when, what, days, whether they are live, and what doesn't go together."""
    store = services().publications
    live = store.live()
    rows = _listed(live, store.all(Rule))
    named = [i for row in rows for i in (*(pin.id for pin in row["rule"].then.pin), *row["rule"].then.hide_ids)]
    products = services().navigation.current.products(list(dict.fromkeys(named))) if named else {}
    titles = {product_id: product["title"] for product_id, product in products.items()}
    page = render_template(
        "workbench/rules.html",
        rows=rows,
        titles=titles,
        gone={
            i for row in rows if row["is_live"] for i in (pin.id for pin in row["rule"].then.pin) if i not in products
        },
        conflicts=conflicts(live.rules),
        live=live,
        level=staff_level(),
        today=today(),
        texts=rule_texts,
    )
    return page, 200, _NO_STORE


@blueprint.get("/<name>")
@staff_only
def edit(name: str) -> ResponseReturnValue:
    """Show a rule to be edited; ``new`` begins one, for the search that ``query`` or ``category`` names."""
    store = services().publications
    versions, wanted = store.versions(Rule, name), request.args.get("version", type=int)
    newest = versions[0].number if versions else 0
    if name == "new":
        return _page(_Edit(name, RuleForm.begin(request.args.get("query", ""), request.args.get("category", ""))))
    shown = next((v.value for v in versions if v.value and wanted in (None, v.number)), None)
    shown = shown or next((rule for rule in store.live().rules if rule.name == name and wanted is None), None)
    if not isinstance(shown, Rule):
        abort(404, f"There is no rule {name!r}.")
    return _page(_Edit(name, RuleForm.of(shown), newest))


@blueprint.post("/<name>")
@staff_only
def change(name: str) -> ResponseReturnValue:
    """Arrange, check, save or publish what the fields hold; on a fault show it where it is, and leave all as it was."""
    form, seen = RuleForm.read(request.form), request.form.get("seen", 0, int)
    if command := request.form.get("do", ""):
        return _page(_Edit(name, form.arranged(command).named(), seen))
    action = request.form.get("action", "")
    if action not in _ACTIONS:
        abort(400, f"action: must be {', '.join(_ACTIONS)}.")
    needs_level(_ACTIONS[action])
    now = _Edit(name, form, seen)
    try:
        return _act(action, now)
    except InvalidRuleError as error:
        return _page(replace(now, faults=tuple(error.faults)))
    except NotPublishedError as error:
        kept = error.version
        return _page(replace(now, name=kept.name, seen=kept.number, saved=kept.number, problem=str(error)))
    except EditConflictError as error:
        return _page(_with_theirs(now, str(error)))
    except RelevanceError as error:
        return _page(replace(now, problem=str(error)))


@blueprint.post("/<name>/switch")
@staff_only
def switch(name: str) -> ResponseReturnValue:
    """Make the saved state of a rule live, or take it out of what is live."""
    needs_level("publish")
    store, turn = services().publications, request.form.get("turn")
    if turn not in {"on", "off"}:
        abort(400, "turn: must be on or off.")
    try:
        if turn == "off":
            editing.withdraw(store, name, staff_author())
            return redirect(url_for("rules.overview"), 303)
        rule, newest = store.get(Rule, name), store.versions(Rule, name)[0].number
        if found := problems(services().index, rule, store.live().rules):
            return _page(_Edit(name, RuleForm.of(rule), newest, tuple(found)))
        editing.publish(store, rule, staff_author(), f"{name} turned on")
    except RelevanceError as error:
        abort(409, f"{error}.")
    return redirect(url_for("rules.overview"), 303)


def _act(action: str, now: _Edit) -> ResponseReturnValue:
    store = services().publications
    if action == "withdraw":
        editing.withdraw(store, now.name, staff_author())
        return redirect(url_for("rules.overview"), 303)
    if action == "delete":
        store.delete(Rule, now.name, staff_author(), expected=now.seen)
        return redirect(url_for("rules.overview"), 303)
    rule = now.form.rule()
    found = problems(services().index, rule, store.live().rules, anyway=bool(request.form.get("anyway")))
    if found or action == "check":
        return _page(replace(now, faults=tuple(found), is_right=not found))
    note, expected = request.form.get("note", "").strip()[:200], now.seen if now.name == rule.name else 0
    is_published = action == "publish"
    editing.keep(store, rule, staff_author(), note, expected=expected, is_published=is_published)
    tried = {f"try_{name}": value for name in _TRY if (value := request.form.get(f"try_{name}", ""))}
    answer = urlencode({"kept": "published" if is_published else "saved", **tried})
    return redirect(f"{url_for('rules.edit', name=rule.name)}?{answer}", 303)


def _with_theirs(now: _Edit, problem: str) -> _Edit:
    """Return what to show where somebody else saved the same rule: what differs, and that state as the one seen."""
    name = now.name if now.name != "new" else str(now.form.get("name"))
    versions = services().publications.versions(Rule, name)
    if now.name == "new" or not versions or versions[0].number == now.seen:
        return replace(now, problem=problem)
    return replace(now, problem=problem, theirs=versions[0], seen=versions[0].number)


def _page(now: _Edit) -> ResponseReturnValue:
    store = services().publications
    live, rule = store.live(), now.form.shown()
    seen, problem = _previewed(now, live, rule)
    theirs = now.theirs.value if now.theirs and isinstance(now.theirs.value, Rule) else None
    context: dict[str, Any] = {
        "now": now,
        "form": now.form,
        "faults": by_input(now.faults),
        "versions": [] if now.name == "new" else store.versions(Rule, now.name),
        "is_live": any(other.name == now.name for other in live.rules),
        "conflicts": new_conflicts(rule, live.rules) if rule and not now.faults else [],
        "differences": rule_texts.differences(theirs, rule) if now.theirs and rule else [],
        "preview": seen,
        "preview_problem": problem,
        "products": _products(now.form),
        "categories": [value.value for value in services().navigation.categories()],
        "filters": filter_suggestions.of_rules(services().navigation.current.whole_shop.read()),
        "configurations": [version.name for version in store.all(Configuration)] or [DEFAULT.name],
        "level": staff_level(),
        "tried": _tried(now.form),
    }
    # A check that finds something has done what it was asked for.
    is_refused = now.is_refused and request.form.get("action") != "check"
    return render_template("workbench/rule.html", **context), 422 if is_refused else 200, _NO_STORE


def _previewed(now: _Edit, live: Publication, rule: Rule | None) -> tuple[Preview | None, str]:
    """Return what the rule does to a page, or why that can't be shown."""
    try:
        tried = page_parameters(MultiDict((name, value) for name, value in _tried(now.form).items() if value))
        return preview(services().navigation.current, live, rule, tried), ""
    except ParameterError as error:
        return None, str(error)


def _tried(form: RuleForm) -> dict[str, str]:
    """Return the parameters of the page that is previewed: those asked for, else what the rule itself is for."""
    given = {name: request.values.get(f"try_{name}", "").strip() for name in _TRY}
    if not any(given.values()):
        given |= {"q": form.get("words"), "category": form.get("category")}
    return given


def _products(form: RuleForm) -> dict[str, dict[str, Any]]:
    """Return the products that the fields name."""
    arrangement = form.arrangement
    ids = [i for i in dict.fromkeys([*arrangement.pins, *arrangement.hidden]) if 0 < len(i.encode()) <= 512]
    return services().navigation.current.products(ids) if ids else {}


def _listed(live: Publication, saved: list[Version]) -> list[dict[str, Any]]:
    """Return all rules, live and saved ones, with their state."""
    by_name, published = {version.name: version for version in saved}, {rule.name: rule for rule in live.rules}
    rows = []
    for name in sorted({*by_name, *published}):
        version = by_name.get(name)
        newest, is_live = version.value if version else None, name in published
        rows.append({
            "name": name,
            "rule": published.get(name) or newest,
            "version": version,
            "is_live": is_live,
            "has_draft": is_live and version is not None and newest != published[name],
        })  # fmt: skip
    return [row for row in rows if isinstance(row["rule"], Rule)]
