"""The Elasticsearch contract: mappings, queries and score scripts.

The search team's room. Everything here is pure: parameters go in, plain dicts for Elasticsearch come out. Nothing in
it opens a connection, and it imports nothing else of this project.
"""

from es_mappings.anchors import Anchor
from es_mappings.exchanges import with_part
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords
from es_mappings.layout import Aspect, Layout
from es_mappings.planner import Plan, Thresholds, plan
from es_mappings.queries import Page, browse, search_page, sort_by_similar

__all__ = [
    "Anchor", "Aspect", "Filters", "Keywords", "Layout", "Page", "Plan", "Thresholds", "browse", "plan", "search_page",
    "sort_by_similar", "with_part",
]  # fmt: skip
