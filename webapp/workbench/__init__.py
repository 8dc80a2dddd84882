"""The workbench, where staff change and compare relevance, judge similarity, settle disputed attributes, and so on."""

from __future__ import annotations

from flask_openapi3 import OpenAPI

from webapp.workbench import (
    compare,
    disputes,
    experiments,
    judging,
    placeholders,
    queries,
    query_judging,
    relevance,
    rules,
    rules_api,
    synonyms,
)


def register(app: OpenAPI) -> None:
    """Register the pages of this package."""
    pages = (judging, query_judging, disputes, placeholders, relevance, compare, queries, experiments, rules, synonyms)
    for module in pages:
        app.register_blueprint(module.blueprint)
    app.register_api(rules_api.blueprint)
