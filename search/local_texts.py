"""Embed the words of text queries in this process, for commands that run without workers."""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from indexer.errors import SpaceError
from indexer.settings import Settings
from search.query_vectors import QueryVector

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

log = logging.getLogger(__name__)


class LocalTexts:
    """Embeds words with models of its own, which are loaded for the first words."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def embed(self, words: str, space: str) -> QueryVector | None:
        """Return the vector of words in a vector space, or None if the space can't place words."""
        from indexer.embedding.text_queries import embed_text

        try:
            return embed_text(self._pipeline, words, space)
        except SpaceError as error:
            log.warning("%s", error)
            return None

    @cached_property
    def _pipeline(self) -> Pipeline:
        from indexer.embedding.pipeline import Pipeline

        return Pipeline.from_settings(self._settings)
