"""Pictures that say "no image": what people decided about pictures that many products share."""

from __future__ import annotations

from typing import Any

KIND = "placeholders"  # in the index's name

# Fields of a product that show its picture and where it belongs.
EXAMPLE = ["id", "title", "images", "category_path", "embedding.image_digest"]

Query = dict[str, Any]


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of decisions; a document's ``_id`` is the SHA-256 of the picture's bytes."""
    return {
        "dynamic": "strict",
        "properties": {
            "placeholder": {"type": "boolean"},  # or a picture that products really share
            "by": {"type": "keyword"},
            "at": {"type": "date"},
        },
    }


def shared_pictures(min_styles: int, size: int) -> Query:
    """Build the search for pictures that products of many styles share, with where those products belong.

    Parameters
    ----------
    min_styles : int
        Products at least; variants of one style share pictures, so fewer of them are counted as styles.
    size : int
        Pictures at most, those of most products first.
    """
    within: Query = {
        "styles": {"cardinality": {"field": "style"}},
        # A path without a slash is a top category.
        "categories": {"terms": {"field": "category_path", "size": 5, "include": "[^/]+"}},
        "example": {"top_hits": {"size": 1, "_source": EXAMPLE}},
    }
    by_digest = {"field": "embedding.image_digest", "size": size, "min_doc_count": min_styles}
    return {"size": 0, "track_total_hits": False, "aggs": {"pictures": {"terms": by_digest, "aggs": within}}}


def with_picture(digest: str) -> Query:
    """Match the products that have a picture as one of theirs, or had it before it was confirmed as a placeholder."""
    nested = {"path": "pictures", "query": {"term": {"pictures.image_digest": digest}}}
    return {
        "bool": {
            "should": [
                {"term": {"embedding.image_digest": digest}},
                {"nested": nested},
                {"term": {"embedding.placeholders": digest}},
            ]
        }
    }
