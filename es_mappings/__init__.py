"""The Elasticsearch contract: mappings, queries and score scripts.

The search team's room. Everything here is pure: parameters go in, plain dicts for Elasticsearch come out. Nothing in
it opens a connection, and it imports nothing else of this project.
"""

from es_mappings.layout import Aspect, Layout
from es_mappings.queries import Anchor, Filters, Page, browse, search_page, sort_by_similar

__all__ = ["Anchor", "Aspect", "Filters", "Layout", "Page", "browse", "search_page", "sort_by_similar"]
