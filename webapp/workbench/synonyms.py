"""The workbench's synonyms: the list, its history, and what a change would do to searches before it is saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from indexer import synonyms as store
from indexer.errors import CatalogError, EditConflictError, RelevanceError
from indexer.relevance.query_sets import MAX_QUERIES, QuerySet, SavedQuery, of_words
from indexer.synonyms import Rule
from search.cursors import Cursors
from search.errors import ParameterError
from search.listing import Listing
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.synonym_preview import SynonymEffects, effects
from search.synonyms import DraftSynonyms
from search.syntax import MAX_WORDS_LENGTH
from webapp.services import services
from webapp.staff.login import needs_level, staff_author, staff_level, staff_only

blueprint = Blueprint("synonyms", __name__, url_prefix="/workbench/synonyms")

_NO_STORE = {"Cache-Control": "no-store"}
_LISTED, _CHANGES = 200, 20  # rules and changes that are shown
_MAX_TEXT = 1_000  # characters of a rule that is read


@dataclass(frozen=True)
class _Edit:
    """A change that somebody is about to make.

    Attributes
    ----------
    old, text : str
        The rule as it is, and as it should be; empty for none.
    queries : tuple of str
        Searches that it is tried on.
    set : str
        Name of a query set that it is tried on, too.
    """

    old: str
    text: str
    queries: tuple[str, ...] = ()
    set: str = ""

    @classmethod
    def read(cls) -> _Edit:
        """Read it from the request."""
        values = request.values
        lines = (" ".join(line.split())[:MAX_WORDS_LENGTH] for line in values.get("queries", "").splitlines())
        queries = tuple(dict.fromkeys(line for line in lines if line))[:MAX_QUERIES]
        old, text = (values.get(name, "").strip()[:_MAX_TEXT] for name in ("old", "rule"))
        return cls(old, text, queries, values.get("set", ""))

    def rules(self) -> tuple[Rule | None, Rule | None]:
        """Return the rule as it is, and as it should be.

        Raises
        ------
        CatalogError
            One of them is no rule.
        """
        old, new = (Rule.parse(text) if text else None for text in (self.old, self.text))
        return old, new


@blueprint.get("")
@staff_only
def overview() -> ResponseReturnValue:
    """List the synonyms that have some words, and who changed what; ``words`` begins a new one."""
    rules, wanted = store.read(services().index), " ".join(request.args.get("find", "").lower().split())
    found = [rule for rule in rules if wanted in str(rule)]
    page = render_template(
        "workbench/synonyms.html",
        rules=found[:_LISTED],
        found=len(found),
        total=len(rules),
        wanted=wanted,
        words=request.args.get("words", "")[:_MAX_TEXT],
        history=store.history(services().index).latest(_CHANGES),
        level=staff_level(),
    )
    return page, 200, _NO_STORE


@blueprint.get("/change")
@staff_only
def edit() -> ResponseReturnValue:
    """Show a rule to be added, changed or removed, and what that would do to searches."""
    return _page(_Edit.read())


@blueprint.post("/change")
@staff_only
def change() -> ResponseReturnValue:
    """Save a rule, or remove it; shoppers get it within five seconds."""
    needs_level("publish")
    now, action, index = _Edit.read(), request.form.get("action", ""), services().index
    if action not in {"save", "remove"}:
        abort(400, "action: must be save or remove.")
    try:
        old, new = now.rules()
        new, note = None if action == "remove" else new, request.form.get("note", "").strip()[:200]
        if old:
            store.replace_rule(index, old, new, author=staff_author(), note=note)
        elif new:
            store.change(index, [new], author=staff_author(), note=note)
        else:
            return _page(now, "write the words first")
    except (CatalogError, EditConflictError) as error:
        return _page(now, str(error))
    return redirect(url_for("synonyms.overview", kept=action), 303)


@blueprint.post("/undo")
@staff_only
def undo() -> ResponseReturnValue:
    """Undo the newest change."""
    needs_level("publish")
    try:
        store.undo(services().index, request.form.get("number", 0, int), author=staff_author())
    except EditConflictError as error:
        abort(409, f"{error}.")
    return redirect(url_for("synonyms.overview", kept="undo"), 303)


def _page(now: _Edit, problem: str = "") -> ResponseReturnValue:
    rules, shown, old, new = store.read(services().index), None, None, None
    tried: list[SavedQuery] = []
    try:
        old, new = now.rules()
        if old or new:
            tried = _tried(now, old, new)
            shown = _effects(tried, rules, [rule for rule in rules if rule != old] + ([new] if new else []))
    except (CatalogError, RelevanceError, ParameterError) as error:
        problem = problem or str(error)
    context: dict[str, Any] = {"now": now, "problem": problem, "effects": shown, "level": staff_level()}
    words = {word for rule in (old, new) if rule for word in rule.words}
    context["related"] = [r for r in rules if r not in (old, new) and words & {*r.words, *r.meant}]
    context["is_known"] = new is not None and new in rules and new != old
    context["tried"] = len(tried)
    context["sets"] = [version.name for version in services().publications.all(QuerySet)]
    return render_template("workbench/synonym.html", **context), 422 if problem else 200, _NO_STORE


def _tried(now: _Edit, *rules: Rule | None) -> list[SavedQuery]:
    """Return the searches that a change is tried on: those chosen, else its own words and the most frequent ones."""
    if now.set:
        saved = services().publications.get(QuerySet, now.set).queries
        return list(dict.fromkeys([*saved, *of_words(now.queries)]))[:MAX_QUERIES]
    own = [word for rule in rules if rule for word in (*rule.words, *rule.meant)]
    return of_words((now.queries or [*own, *services().queues.searches.read()])[:MAX_QUERIES])


def _effects(queries: Sequence[SavedQuery], before: Sequence[Rule], after: Sequence[Rule]) -> SynonymEffects:
    live = services().publications.live()

    def by(rules: Sequence[Rule]) -> Any:
        # It reads one page a query, so no page leads on from it and its cursors need no secret.
        navigation = Navigation(services().index, Cursors("preview"), synonyms=DraftSynonyms(rules))

        def search(parameters: SearchParameters) -> Listing:
            return navigation.preview(parameters, live)

        return search

    return effects(queries, before, after, by(before), by(after))
