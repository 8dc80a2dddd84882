"""Ask a shop for what a golden set judges: products similar to each anchor, products for each keyword query."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evaluation.shops import Page, Parameters, Shop, pages
from indexer.cli.console import progress_bar
from indexer.errors import GoldenSetError
from indexer.relevance.golden import Grades, QueryJudgement
from indexer.relevance.metrics import PerAnchor, condensed, per_anchor
from search.syntax import write_anchor


@dataclass(frozen=True)
class Answers:
    """What the shop answered to the topics of one kind: anchors or queries.

    Attributes
    ----------
    run : dict
        Topic -> products, best first.
    groups : dict
        Topic -> the anchor's department, or the query's group.
    first_pages : dict
        Topic -> the first page.
    unknown : list of str
        Anchors that the shop doesn't know.
    """

    run: dict[str, list[str]] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    first_pages: dict[str, Page] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def put(self, topic: str, group: str, listing: Sequence[Page], depth: int) -> None:
        """Add the answer to a topic."""
        self.run[topic] = [product for page in listing for product in page.products][:depth]
        self.groups[topic], self.first_pages[topic] = group, listing[0]


def ask_anchors(
    shop: Shop, anchors: Iterable[str], parameters: Parameters, depth: int, *, in_category: bool = False
) -> Answers:
    """Sort the shop, or each anchor's top category, by similarity to each anchor.

    Raises
    ------
    GoldenSetError
        The shop refuses a parameter, doesn't answer, or knows none of the anchors.
    """
    answers = Answers()
    with progress_bar() as progress:
        for anchor in progress.track(list(anchors), description="Asking for similar products"):
            department = shop.department(anchor)
            category = [("category", department)] if in_category and department else []
            likes = [("like", write_anchor(anchor)), ("sort", "similar")]
            listing = list(pages(shop, [*likes, *category, *parameters], depth))
            if listing[0].strategy == "keywords":  # the anchor is gone, or has no vector
                answers.unknown.append(anchor)
            else:
                answers.put(anchor, department or "none", listing, depth)
    if not answers.run:
        raise GoldenSetError("The shop knows none of the golden set's anchors: is it another catalogue's?")
    return answers


def ask_queries(
    shop: Shop, queries: Iterable[QueryJudgement], parameters: Parameters, depth: int, *, hybrid: bool = False
) -> Answers:
    """Search for each keyword query.

    Parameters
    ----------
    hybrid : bool
        Whether the words also count as a text query; the parameter ``relevance`` says how much as keywords.

    Raises
    ------
    GoldenSetError
        The shop refuses a parameter, or doesn't answer.
    """
    answers = Answers()
    topics = {judgement.topic: judgement for judgement in queries}
    with progress_bar() as progress:
        for topic, query in progress.track(list(topics.items()), description="Asking for keywords"):
            words = [("q", query.query), *([("text", write_anchor(query.query))] if hybrid else [])]
            listing = list(pages(shop, [*words, *parameters], depth))
            answers.put(topic, query.group, listing, depth)
    return answers


def measure_anchors(answers: Answers, grades: Grades, metrics: Sequence[str]) -> dict[str, PerAnchor]:
    """Score the answers to anchors, by metric and anchor, without the products that nobody judged for the anchor."""
    known = {anchor: grades[anchor] for anchor in answers.run}
    run = condensed(known, answers.run)
    return {metric: per_anchor(known, run, metric) for metric in metrics}


def measure_queries(answers: Answers, grades: Grades, metrics: Sequence[str]) -> dict[str, PerAnchor]:
    """Score the answers to queries, by metric and topic; a product that nobody judged for the query is of grade 0."""
    return {metric: per_anchor(grades, answers.run, metric) for metric in metrics}
