"""What a rule says, in plain words. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from es_mappings.rules import Boost, Pin, Rule, Then, When

_SHOWN = 3  # products or filters of one kind that are named


def when_text(when: When) -> str:
    """Return when a rule applies, without its days: ``the search has “summer dress”, in Dresses``."""
    return ", ".join(_conditions(when)) or "always"


def days_text(when: When) -> str:
    """Return the days of a rule: ``1 June 2026 to 31 August 2026``."""
    days = [f"{day.day} {day:%B %Y}" if day else "" for day in (when.starts, when.ends)]
    match days:
        case ["", ""]:
            return "any day"
        case [starts, ""]:
            return f"from {starts}"
        case ["", ends]:
            return f"until {ends}"
    return " to ".join(days)


def then_texts(then: Then, titles: Mapping[str, str] | None = None) -> list[str]:
    """Return what a rule does, one text an effect: ``pin Midi dress at 1``.

    Parameters
    ----------
    titles : dict, optional
        Product id to title; products without one are named by id.
    """
    return list(_effects(then, titles or {}))


def differences(theirs: Rule | None, mine: Rule) -> list[tuple[str, str, str]]:
    """Return what differs between two states of a rule: field, theirs, mine."""
    before, after = _fields(theirs), _fields(mine)
    return [(name, before.get(name, ""), text) for name, text in after.items() if text != before.get(name, "")]


def _conditions(when: When) -> Iterator[str]:
    if when.words:
        yield f"the search {'is' if when.match == 'exact' else 'has'} “{when.words}”"
    if when.category:
        yield f"in {when.category}"
    if when.likes_category:
        yield f"something of {when.likes_category} is liked"
    if when.configuration:
        yield f"{when.configuration} is live"


def _effects(then: Then, titles: Mapping[str, str]) -> Iterator[str]:
    pins = [_pin_text(pin, titles) for pin in sorted(then.pin, key=lambda pin: pin.position)]
    if pins:
        yield f"pin {_some(pins)}"
    if then.hide:
        yield f"hide {_some(then.hide)}"
    if then.hide_ids:
        yield f"hide {_some([titles.get(i, i) for i in then.hide_ids])}"
    yield from map(_boost_text, then.boost)
    if then.filter:
        yield f"show only {_some(then.filter)}"
    if then.redirect:
        yield f"lead to {then.redirect}"
    if then.banner:
        yield f"say “{then.banner}”"


def _pin_text(pin: Pin, titles: Mapping[str, str]) -> str:
    return f"{titles.get(pin.id, pin.id)} at {pin.position}"


def _boost_text(boost: Boost) -> str:
    return f"{'raise' if boost.factor >= 1 else 'bury'} {boost.filter} (by {boost.factor:g})"


def _some(texts: Sequence[str]) -> str:
    more = len(texts) - _SHOWN
    return ", ".join(texts[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _fields(rule: Rule | None) -> dict[str, str]:
    if rule is None:
        return {}
    then, when = rule.then, rule.when
    return {
        "When": when_text(when),
        "Days": days_text(when),
        "Pin": ", ".join(f"{pin.id} at {pin.position}" for pin in then.pin),
        "Hide": ", ".join((*then.hide, *then.hide_ids)),
        "Boost or bury": ", ".join(map(_boost_text, then.boost)),
        "Show only": ", ".join(then.filter),
        "Lead to": then.redirect,
        "Banner": then.banner,
        "Priority": str(rule.priority),
    }
