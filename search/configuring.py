"""Apply what is live to a request: the configuration says what the request leaves open, rules what applies to it."""

from __future__ import annotations

import datetime as dt

from pydantic import ValidationError

from es_mappings.configuration import Configuration
from es_mappings.effects import Effects
from es_mappings.rules import Occasion
from indexer.relevance.versions import Publication
from search.anchors import Anchors, category_of
from search.parameters import CONFIGURED, SearchParameters


def configured(parameters: SearchParameters, configuration: Configuration) -> SearchParameters:
    """Return parameters with the configuration's values where the request names none.

    They stay as they are where these values don't go together with what the request asks for, such as a rescore
    strategy with grouped variants.
    """
    said = configuration.model_fields_set
    values = {n: getattr(configuration, n) for n in CONFIGURED if n in said and n not in parameters.chosen}
    if not values:
        return parameters
    try:
        SearchParameters.model_validate({**parameters.model_dump(exclude_unset=True), **values})
    except ValidationError:
        return parameters
    return parameters.model_copy(update=values)


def effects_of(parameters: SearchParameters, anchors: Anchors, publication: Publication, day: dt.date) -> Effects:
    """Return what a publication's rules do to a request on a day; nothing where its configuration switches them off."""
    if not (publication.configuration.rules and publication.rules):
        return Effects()
    return Effects.of(publication.rules, occasion_of(parameters, anchors, publication, day))


def occasion_of(parameters: SearchParameters, anchors: Anchors, publication: Publication, day: dt.date) -> Occasion:
    """Return what decides which rules apply to a request."""
    likes = [anchors.products[a.id] for a in anchors.usable if a.weight > 0 and not a.is_text]
    return Occasion(
        words=parameters.q or parameters.text_anchor[0],
        category=parameters.category,
        likes_categories=tuple(dict.fromkeys(map(category_of, likes))),
        configuration=publication.configuration.name,
        day=day,
    )
