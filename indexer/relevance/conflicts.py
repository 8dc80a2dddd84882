"""What rules want that can't all be had. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from urllib.parse import parse_qs, urlsplit

from es_mappings.effects import Effects
from es_mappings.rules import Occasion, Rule, comparable_words, in_order
from indexer.catalog.documents import today
from indexer.relevance.faults import Fault

_MAX_STEPS = 10  # of redirects


def conflicts(rules: Sequence[Rule]) -> list[Fault]:
    """Return what rules want that can't all be had, where two of them may apply to one search."""
    found = [
        fault for one, other in combinations(in_order(rules), 2) if _may_meet(one, other) for fault in _of(one, other)
    ]
    return found + list(_redirect_loops(rules))


def new_conflicts(rule: Rule, live: Sequence[Rule]) -> list[Fault]:
    """Return the conflicts that there would be with a rule in its newest state, and aren't yet."""
    known = conflicts(live)
    after = conflicts([*(other for other in live if other.name != rule.name), rule])
    return [conflict for conflict in after if conflict not in known]


def _may_meet(one: Rule, other: Rule) -> bool:
    a, b = one.when, other.when
    apart = (a.starts and b.ends and b.ends < a.starts) or (b.starts and a.ends and a.ends < b.starts)
    others = a.configuration and b.configuration and a.configuration != b.configuration
    categories = a.category and b.category and not _nested(a.category, b.category)
    exact = a.match == b.match == "exact" and a.words and b.words
    words = exact and comparable_words(a.words) != comparable_words(b.words)
    return not (apart or others or categories or words)


def _nested(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _of(one: Rule, other: Rule) -> Iterator[Fault]:
    for field, text in (*_pin_conflicts(one, other), *_other_conflicts(one, other)):
        yield Fault(f"then.{field}", f"{one.name} and {other.name}{text}", (one.name, other.name), is_doubt=True)


def _pin_conflicts(one: Rule, other: Rule) -> Iterator[tuple[str, str]]:
    places, hidden = {p.position: p.id for p in one.then.pin}, {*one.then.hide_ids, *other.then.hide_ids}
    for pin in other.then.pin:
        if pin.position in places and places[pin.position] != pin.id:
            yield "pin", f" pin different products at position {pin.position}: that of {one.name} counts"
    for product_id in sorted({p.id for rule in (one, other) for p in rule.then.pin} & hidden):
        yield "pin", f": {product_id} is pinned by one, hidden by the other, and stays hidden"


def _other_conflicts(one: Rule, other: Rule) -> Iterator[tuple[str, str]]:
    if one.then.redirect and other.then.redirect and one.then.redirect != other.then.redirect:
        yield "redirect", f" lead to different pages: {one.then.redirect} counts"
    factors = {boost.filter: boost.factor for boost in one.then.boost}
    for boost in other.then.boost:
        if boost.filter in factors and (factors[boost.filter] > 1) != (boost.factor > 1):
            yield "boost", f": one raises {boost.filter}, the other lowers it; both factors count"
    for text in sorted({*one.then.filter} & {*other.then.hide} | {*other.then.filter} & {*one.then.hide}):
        yield "filter", f": one shows only {text}, the other hides it, so nothing is left"


def _redirect_loops(rules: Sequence[Rule]) -> Iterator[Fault]:
    for rule in rules:
        address, seen = rule.then.redirect, [rule.name]
        for _ in range(_MAX_STEPS):
            following = _next_redirect(rules, rule, address)
            if following is None:
                break
            seen.append(following.name)
            if following.name in seen[:-1]:
                text = f"{' -> '.join(seen)}: the redirects lead in a circle"
                yield Fault("then.redirect", text, tuple(dict.fromkeys(seen)))
                break
            address = following.then.redirect


def _next_redirect(rules: Sequence[Rule], first: Rule, address: str) -> Rule | None:
    """Return the rule that leads on from an address, to which the first one led; likes come along."""
    parts = urlsplit(address)
    if parts.netloc or parts.path != "/search":
        return None
    query = parse_qs(parts.query)
    words, category = (query.get(name, [""])[0] for name in ("q", "category"))
    likes = (first.when.likes_category,) if first.when.likes_category else ()
    occasion = Occasion(words, category, likes, first.when.configuration, first.when.starts or today())
    return next((rule for rule in Effects.of(rules, occasion).rules if rule.then.redirect), None)
