"""What the rules that apply to a search do to it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from es_mappings.facet_types import Query
from es_mappings.rules import Boost, Occasion, Rule, clause_of, in_order


@dataclass(frozen=True)
class Effects:
    """What the rules that apply to a search do to it; empty if none applies.

    Attributes
    ----------
    rules : tuple of Rule
        Those that apply, the first of which win.
    """

    rules: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, rules: Sequence[Rule], occasion: Occasion) -> Effects:
        """Return what those of the rules do that apply to a search."""
        return cls(tuple(rule for rule in in_order(rules) if rule.when.holds(occasion)))

    @property
    def pins(self) -> dict[str, tuple[int, str]]:
        """Id of each pinned product to its position and the rule's name, by position.

        Of two rules that pin a product or take a position, the first counts.
        """
        pins: dict[str, tuple[int, str]] = {}
        taken: set[int] = set()
        for rule in self.rules:
            for pin in rule.then.pin:
                if pin.id not in pins and pin.position not in taken and pin.id not in self.hidden_ids:
                    pins[pin.id] = (pin.position, rule.name)
                    taken.add(pin.position)
        return dict(sorted(pins.items(), key=lambda item: item[1][0]))

    @property
    def hidden_ids(self) -> tuple[str, ...]:
        """Ids of the products that are hidden one by one."""
        return tuple(dict.fromkeys(i for rule in self.rules for i in rule.then.hide_ids))

    @property
    def clauses(self) -> list[Query]:
        """The filter clauses of the query: what must match, and what must not."""
        wanted = [clause_of(text) for rule in self.rules for text in rule.then.filter]
        hidden = [clause_of(text) for rule in self.rules for text in rule.then.hide]
        if self.hidden_ids:
            hidden.append({"ids": {"values": list(self.hidden_ids)}})
        return [*wanted, *([{"bool": {"must_not": hidden}}] if hidden else [])]

    @property
    def boosts(self) -> list[tuple[Boost, str]]:
        """The boosts, each with its rule's name."""
        return [(boost, rule.name) for rule in self.rules for boost in rule.then.boost]

    @property
    def redirect(self) -> str:
        """Where the storefront leads instead; empty for nowhere."""
        return next((rule.then.redirect for rule in self.rules if rule.then.redirect), "")

    @property
    def banners(self) -> list[str]:
        """Texts above the listing."""
        return [rule.then.banner for rule in self.rules if rule.then.banner]


def boosted(query: Query, boosts: Sequence[tuple[Boost, str]]) -> Query:
    """Multiply the score of a query by the factors of the boosts whose filter a product matches.

    The rules' names are those of the named queries, so that each hit says which rules moved it.
    """
    functions = [
        {"filter": {"bool": {"filter": [clause_of(boost.filter)], "_name": rule}}, "weight": boost.factor}
        for boost, rule in boosts
    ]
    return {
        "function_score": {
            "query": query,
            "functions": functions,
            "score_mode": "multiply",
            "boost_mode": "multiply",
        }
    }
