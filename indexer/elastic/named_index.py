"""An index that a person names to be searched instead of the live one: one of the shop's, by its name or an alias."""

from __future__ import annotations

from typing import Any

from elasticsearch import NotFoundError

from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError


def index_named(index: ProductIndex, name: str) -> str:
    """Return the shop's product index of a name: live, kept to roll back to, or being built.

    Parameters
    ----------
    name : str
        That of the index, or of an alias that leads to it alone.

    Raises
    ------
    RelevanceError
        It is none of the shop's, or an alias of several.
    """
    versions = index.versions()
    found = [name] if name in versions else [version for version, aliases in versions.items() if name in aliases]
    if len(found) == 1:
        return found[0]
    if found:
        raise RelevanceError(f"index: {name!r} leads to several indices: {', '.join(found)}; name one of them")
    known = ", ".join(f"{v} (live)" if index.alias in aliases else v for v, aliases in versions.items())
    raise RelevanceError(f"index: {name!r} is no product index of this shop; there are: {known or 'none'}")


def check_serves(index: ProductIndex, name: str) -> None:
    """Check that an index can serve shoppers in the live one's place: fields, analysis and aspects are the same.

    Raises
    ------
    RelevanceError
        It can't, or is none of the shop's (`index_named`).
    """
    named, live = index_named(index, name), index.live()
    if named != live and (differing := _differing(_described(index, named), _described(index, live))):
        raise RelevanceError(
            f"index: {named} has another mapping than {live}, which is live ({', '.join(differing)}); "
            "it can be compared, but not published"
        )


def _described(index: ProductIndex, name: str) -> dict[str, Any]:
    try:
        mapping = index.client.indices.get_mapping(index=name)[name]["mappings"]
        settings = index.client.indices.get_settings(index=name)[name]["settings"]["index"]
    except NotFoundError as error:
        raise RelevanceError(f"index: {name} was deleted just now") from error
    fields = {f"field {field}": options for field, options in mapping.get("properties", {}).items()}
    return {**fields, "aspects": mapping.get("_meta", {}).get("aspects"), "analysis": settings.get("analysis")}


def _differing(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return sorted(part for part in {*one, *other} if one.get(part) != other.get(part))
