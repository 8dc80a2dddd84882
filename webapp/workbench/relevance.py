"""The workbench: what is live, saved configurations, rules and query sets, their history, and forms to change them."""

from __future__ import annotations

import difflib
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.checks.trying import try_configuration
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance import editing, toml_files
from indexer.relevance.editing import NotPublishedError, keep
from indexer.relevance.query_sets import QuerySet
from indexer.relevance.rule_checks import problems as rule_problems
from indexer.relevance.versions import Version
from webapp.services import services
from webapp.staff.login import needs_level, staff_author, staff_level, staff_only
from webapp.workbench import configuration_help

blueprint = Blueprint("relevance", __name__, url_prefix="/workbench")

Saved = Configuration | Rule | QuerySet

TITLES = {"configurations": "configuration", "rules": "rule", "query-sets": "query set"}
KINDS: dict[str, type[Saved]] = {"configurations": Configuration, "rules": Rule, "query-sets": QuerySet}
_NO_STORE = {"Cache-Control": "no-store"}
_HISTORY = 50  # publications that are shown
_EXAMPLES = {
    "configurations": configuration_help.beginning(),
    "rules": 'version = 1\nname = "my-rule"\n\n[when]\nwords = ""\n\n[then]\nbanner = ""\n',
    "query-sets": 'version = 1\nname = "my-queries"\n\n[[queries]]\nq = ""\nlike = []\nfilter = []\n',
}


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """Show what is live, what is saved, and who published what."""
    store = services().publications
    page = render_template(
        "workbench/relevance.html",
        live=store.live(),
        configurations=store.all(Configuration),
        rules=store.all(Rule),
        query_sets=store.all(QuerySet),
        history=store.history(_HISTORY),
        level=staff_level(),
    )
    return page, 200, _NO_STORE


@blueprint.get("/<kind>/<name>/file", endpoint="file")
@blueprint.get("/<any(configurations, 'query-sets'):kind>/<name>")
@staff_only
def edit(kind: str, name: str) -> ResponseReturnValue:
    """Show a configuration or rule to be edited, with its versions; ``new`` begins one."""
    versions = services().publications.versions(_model(kind), name)
    wanted = request.args.get("version", type=int)
    shown = next((v for v in versions if v.value and wanted in (None, v.number)), None)
    if shown and shown.value:
        text = toml_files.write(shown.value)
    elif name == "new":
        text = _EXAMPLES[kind]
    elif kind == "configurations" and name in ("live", "default"):
        text = toml_files.write(services().publications.configuration(name))
    else:
        abort(404, f"There is no such entry of {kind}: {name!r}.")
    return _form(kind, name, text, versions, versions[0].number if versions else 0)


@blueprint.post("/<kind>/<name>/file", endpoint="change_file")
@blueprint.post("/<any(configurations, 'query-sets'):kind>/<name>")
@staff_only
def change(kind: str, name: str) -> ResponseReturnValue:
    """Check, save or publish what a form holds; on a fault show the form again, and leave what is live alone."""
    action = _action(kind)
    text, seen = request.form.get("text", ""), request.form.get("seen", 0, int)
    versions = services().publications.versions(_model(kind), name)
    try:
        if action == "withdraw":
            return _withdraw(kind, name)
        value = toml_files.read(text, _model(kind))
        problems = _problems(value)
        if action == "check" or problems:
            return _form(kind, name, text, versions, seen, problems=problems, is_right=not problems)
        return _keep(kind, value, name, seen, is_published=action == "publish")
    except NotPublishedError as error:
        kept = error.version
        versions = services().publications.versions(_model(kind), kept.name)
        return _form(kind, kept.name, text, versions, kept.number, problems=[str(error)], saved=kept.number)
    except EditConflictError as error:
        versions = services().publications.versions(_model(kind), name)
        newest = versions[0].number if versions else seen
        diff = _diff(versions, text) if newest != seen else ""
        return _form(kind, name, text, versions, newest, problems=[str(error)], diff=diff)
    except RelevanceError as error:
        return _form(kind, name, text, versions, seen, problems=[str(error)])


@blueprint.post("/undo")
@staff_only
def undo() -> ResponseReturnValue:
    """Make live again what was live before."""
    needs_level("publish")
    try:
        services().publications.undo(staff_author(), expected=request.form.get("number", type=int))
    except RelevanceError as error:
        abort(409, f"{error}.")
    return redirect(url_for("relevance.overview"), 303)


def _action(kind: str) -> str:
    """Return what the form asks for, if the member of staff may do it."""
    action = request.form.get("action", "")
    if action not in {"check", "save", "publish", "withdraw"}:
        abort(400, "action: must be check, save, publish or withdraw.")
    if action in {"publish", "withdraw"}:
        needs_level("publish")
        if kind == "query-sets":
            abort(400, "action: query sets are saved, never published.")
    return action


def _keep(kind: str, value: Saved, name: str, seen: int, *, is_published: bool) -> ResponseReturnValue:
    note, expected = request.form.get("note", "").strip()[:200], seen if name == value.name else 0
    keep(services().publications, value, staff_author(), note, expected=expected, is_published=is_published)
    if is_published:
        return redirect(url_for("relevance.overview"), 303)
    return redirect(f"{_address(kind, value.name)}?kept=saved", 303)


def _withdraw(kind: str, name: str) -> ResponseReturnValue:
    if kind != "rules":
        raise RelevanceError("only rules are withdrawn; publish another configuration instead")
    editing.withdraw(services().publications, name, staff_author())
    return redirect(url_for("relevance.overview"), 303)


def _problems(value: Saved) -> list[str]:
    """Return what keeps a configuration or rule from being kept: what checks find, and conflicts not agreed to."""
    index = services().index
    if isinstance(value, Configuration):
        return [str(finding) for finding in try_configuration(index, value)]
    if isinstance(value, QuerySet):
        return []
    live = services().publications.live().rules
    return list(map(str, rule_problems(index, value, live, anyway=bool(request.form.get("anyway")))))


def _form(
    kind: str,
    name: str,
    text: str,
    versions: list[Version],
    seen: int,
    *,
    problems: list[str] | None = None,
    is_right: bool = False,
    diff: str = "",
    saved: int = 0,
) -> ResponseReturnValue:
    context: dict[str, Any] = {"kind": kind, "name": name, "text": text, "versions": versions, "seen": seen}
    live = services().publications.live()
    live_names = {"configurations": [live.configuration.name], "rules": [rule.name for rule in live.rules]}
    context |= {"is_live": name in live_names.get(kind, ()), "address": _address(kind, name)}
    context |= {"problems": problems or [], "is_right": is_right, "diff": diff, "level": staff_level()}
    context["title"] = f"New {TITLES[kind]}" if name == "new" else name
    context["fields"] = configuration_help.fields() if kind == "configurations" else []
    context["saved"] = saved  # number of the version, where it could not be published
    # A check that finds something has done what it was asked for.
    refused = bool(problems) and request.form.get("action") != "check"
    return render_template("workbench/edit.html", **context), 422 if refused else 200, _NO_STORE


def _address(kind: str, name: str) -> str:
    """Return where something is edited as a file."""
    return url_for("relevance.file" if kind == "rules" else "relevance.edit", kind=kind, name=name)


def _diff(versions: list[Version], text: str) -> str:
    """Return what differs between the newest version and what was about to be saved."""
    newest = toml_files.write(versions[0].value) if versions[0].value else ""
    names = f"version {versions[0].number} by {versions[0].author}", "yours"
    return "\n".join(difflib.unified_diff(newest.splitlines(), text.splitlines(), *names, lineterm=""))


def _model(kind: str) -> type[Saved]:
    if kind not in KINDS:
        abort(404)
    return KINDS[kind]
