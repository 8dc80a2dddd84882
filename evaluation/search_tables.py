"""Tables of the search judged by a golden set: means, groups, and the page of each topic."""

from __future__ import annotations

from collections.abc import Mapping

from evaluation.asking import Answers
from evaluation.report import Table
from indexer.relevance.golden import Grades
from indexer.relevance.metrics import PerAnchor, interval

Scores = Mapping[str, PerAnchor]
"""Metric -> topic -> score."""

_SHOWN = 10  # grades of each page


def score_table(kind: str, scores: Scores, grades: Grades, answers: Answers) -> Table:
    """Tabulate the mean of each metric, and note how many of the first ten products are judged."""
    rows = [(metric.upper(), str(score := interval(by)), f"{score.anchors:,}") for metric, by in scores.items()]
    first = [product in grades[topic] for topic, products in answers.run.items() for product in products[:_SHOWN]]
    judged = f"{sum(first) / len(first):.0%} of the first ten products of each anchor are judged." if first else ""
    return Table(f"Scores: {kind}", ("Metric", "Mean (95%)", "Topics"), rows, judged if kind == "similarity" else "")


def group_table(kind: str, scores: Scores, groups: Mapping[str, str]) -> Table:
    """Tabulate the mean of each metric by group: an anchor's department, or the sort of query."""
    rows = []
    for group in sorted({groups[topic] for by in scores.values() for topic in by}):
        means = [_mean(by, groups, group) for by in scores.values()]
        count = max(sum(groups[topic] == group for topic in by) for by in scores.values())
        rows.append((group, f"{count:,}", *means))
    return Table(f"Groups: {kind}", ("Group", "Topics", *(metric.upper() for metric in scores)), rows)


def page_table(kind: str, scores: Scores, grades: Grades, answers: Answers) -> Table:
    """Tabulate the page of each topic, the worst first: how many products, and the grades of the first ten."""
    metric, by = next(iter(scores.items()))
    rows = []
    for topic in sorted(by, key=lambda topic: (by[topic], topic)):
        page = answers.first_pages[topic]
        shown = " ".join(str(grades[topic].get(product, "-")) for product in answers.run[topic][:_SHOWN])
        searched = "" if topic == f"q={page.keywords}" else page.keywords
        rows.append((topic, answers.groups[topic], searched, f"{page.total:,}", shown, f"{by[topic]:.2f}"))
    columns = ("Topic", "Group", "Searched as", "Products", "Grades of the first ten", metric.upper())
    return Table(f"Pages: {kind}", columns, rows, "A dash is a product that nobody judged.")


def aspect_table(scores: Scores, departments: Mapping[str, str], metric: str) -> Table:
    """Tabulate all aspects together and each alone, over all anchors and by department."""
    names = sorted(set(departments.values()))
    rows = [
        (aspect, str(interval(by)), *(_mean(by, departments, department) for department in names))
        for aspect, by in scores.items()
    ]
    return Table(f"{metric.upper()} by aspect", ("Aspects", "All", *names), rows)


def _mean(by_topic: PerAnchor, groups: Mapping[str, str], group: str) -> str:
    scores = {topic: score for topic, score in by_topic.items() if groups.get(topic) == group}
    return str(interval(scores)) if scores else "-"
