"""Rules for programs of staff who are logged in: the same checks and messages as on the pages."""

from __future__ import annotations

from flask import Response, abort, jsonify, request
from flask_openapi3 import APIBlueprint, Tag
from pydantic import BaseModel, ConfigDict, Field

from es_mappings.rules import Rule
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance import editing
from indexer.relevance.conflicts import conflicts
from indexer.relevance.editing import NotPublishedError
from indexer.relevance.faults import Fault
from indexer.relevance.rule_checks import problems as rule_problems
from indexer.relevance.rule_texts import days_text, then_texts, when_text
from webapp.api.description import problems
from webapp.errors import faulty, problem
from webapp.reading import require_json
from webapp.services import services
from webapp.staff.login import needs_level, staff_author, staff_name

_STAFF = Tag(name="Workbench", description="For staff who are logged in (`/staff/login`).")
blueprint = APIBlueprint(
    "rules_api", __name__, url_prefix="/api/workbench/rules", abp_tags=[_STAFF], abp_responses=problems(401)
)


class RulePath(BaseModel):
    """The path of a rule."""

    name: str = Field(min_length=1, max_length=64, description="The rule's name.")


class Keeping(BaseModel):
    """How a rule is saved."""

    model_config = ConfigDict(extra="forbid")

    seen: int | None = Field(
        None, ge=0, le=2**31 - 1, description="Number of the version that it began with, 0 for a new rule."
    )
    publish: bool = Field(False, description="Whether it goes live, too.")
    anyway: bool = Field(False, description="Whether it is kept in spite of conflicts and doubts.")
    note: str = Field("", max_length=200, description="Why, for the history.")


class RuleAnswer(BaseModel):
    """A rule."""

    name: str
    rule: Rule = Field(description="As it is saved; as it is live if it isn't saved.")
    live: Rule | None = Field(description="As it is live; null if it isn't.")
    version: int = Field(description="Number of the saved state; 0 if it is only live.")
    author: str
    at: str
    note: str
    when: str = Field(description="In plain words.")
    days: str
    then: list[str]


class RulesAnswer(BaseModel):
    """All rules, and what doesn't go together among those that are live."""

    rules: list[RuleAnswer]
    conflicts: list[str]
    publication: int = Field(description="Number of what is live.")


@blueprint.before_request
def _for_staff() -> None:
    """Refuse whoever isn't logged in, may not change anything, or sends what a form of another site could send."""
    if staff_name() is None:
        abort(401, "Log in at /staff/login, and send its cookie.")
    if request.method not in {"GET", "HEAD"}:
        needs_level("edit")
    if request.method == "PUT":
        require_json()


@blueprint.get("", responses={200: RulesAnswer})
def rules() -> Response:
    """List the rules, saved and live ones."""
    live = services().publications.live()
    clashes = list(map(str, conflicts(live.rules)))
    answer = RulesAnswer(rules=list(_answers().values()), conflicts=clashes, publication=live.number)
    return jsonify(answer.model_dump(mode="json"))


@blueprint.get("/<name>", responses={200: RuleAnswer, **problems(404)})
def rule(path: RulePath) -> Response:
    """Return one rule."""
    return _shown(path.name)


@blueprint.put("/<name>", responses={200: RuleAnswer, **problems(403, 409, 415, 422)})
def put(path: RulePath, query: Keeping, body: Rule) -> Response:
    """Save a rule as a draft, or save and publish it.

    409 if somebody else saved it meanwhile, or if it is saved but could not be published; 422 with `faults`, each with
    its `field`, for what nobody can want, such as a pin of a product that is gone. Then nothing has changed.
    """
    if query.publish:
        needs_level("publish")
    if body.name != path.name:
        return faulty([Fault("name", f"must be {path.name}, as in the address")], 422)
    store = services().publications
    if found := rule_problems(services().index, body, store.live().rules, anyway=query.anyway):
        return faulty(found, 422)
    try:
        editing.keep(store, body, staff_author(), query.note, expected=query.seen, is_published=query.publish)
    except NotPublishedError as error:
        detail = f"Saved as version {error.version.number}, but not published: {error}."
        return problem(409, "Conflict", detail, version=error.version.number)
    except EditConflictError as error:
        return problem(409, "Conflict", f"Nothing is saved: {error}.", version=_version(path.name))
    return _shown(path.name)


@blueprint.delete("/<name>", responses={204: None, **problems(403, 404, 409)})
def delete(path: RulePath) -> tuple[str, int]:
    """Take a rule out of what is live, and delete it; its versions stay."""
    store = services().publications
    is_live = any(other.name == path.name for other in store.live().rules)
    if is_live:
        needs_level("publish")
    elif not any(version.name == path.name for version in store.all(Rule)):
        abort(404, f"There is no rule {path.name!r}.")
    try:
        if is_live:
            editing.withdraw(store, path.name, staff_author())
        if any(version.name == path.name for version in store.all(Rule)):
            store.delete(Rule, path.name, staff_author())
    except RelevanceError as error:
        abort(409, f"{error}.")
    return "", 204


def _shown(name: str) -> Response:
    answer = _answers().get(name)
    if answer is None:
        abort(404, f"There is no rule {name!r}.")
    return jsonify(answer.model_dump(mode="json"))


def _version(name: str) -> int:
    return next((version.number for version in services().publications.versions(Rule, name)), 0)


def _answers() -> dict[str, RuleAnswer]:
    """Return all rules by name."""
    store = services().publications
    live = {rule.name: rule for rule in store.live().rules}
    saved = {version.name: version for version in store.all(Rule)}
    answers = {}
    for name in sorted({*live, *saved}):
        version = saved.get(name)
        rule = version.value if version and isinstance(version.value, Rule) else live.get(name)
        if rule is None:  # written by another version of the code
            continue
        answers[name] = RuleAnswer(
            name=name,
            rule=rule,
            live=live.get(name),
            version=version.number if version else 0,
            author=version.author if version else "",
            at=version.at if version else "",
            note=version.note if version else "",
            when=when_text(rule.when),
            days=days_text(rule.when),
            then=then_texts(rule.then),
        )
    return answers
