"""The web app's services: opened once by the factory, and returned to views by `services()`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import Flask, current_app

from indexer.activations.placeholders import Placeholders
from indexer.catalog.feeds.mapping import Mapping, read_mapping
from indexer.elastic.product_index import ProductIndex
from indexer.images.decoder import Decoder
from indexer.images.fetching import ImageSource
from indexer.relevance.interaction_log import InteractionLog
from indexer.relevance.publications import Publications
from indexer.relevance.query_judgements import QueryJudgementStore
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.sitemaps import Sitemaps
from search.variants import Variants
from search.whole_facets import WholeFacets
from webapp.services.comparisons import Comparisons
from webapp.services.loading import Loading
from webapp.services.photos import Photos
from webapp.services.query_ids import QueryIds
from webapp.services.query_log import QueryLog
from webapp.services.resilience import ResilientNavigation
from webapp.services.staff_sessions import StaffSessions
from webapp.services.text_queries import TextQueries
from webapp.services.thumbnails import Thumbnails
from webapp.services.visitors import Visitors
from workers.queues.connection import PAGE
from workers.queues.counters import SERVED, STALE, BufferedCounter
from workers.queues.handle import Queues
from workers.queues.latencies import ELASTICSEARCH, SEARCHES

_NAME = "services"


@dataclass(frozen=True)
class Services:
    """The services of one application; all are safe for threads.

    Attributes
    ----------
    navigation : ResilientNavigation
        Searches, products and rails.
    thumbnails : Thumbnails
        Pictures of products.
    photos : Photos
        Shoppers' photographs.
    visitors : Visitors
        What is remembered about shoppers.
    mapping : Mapping or None
        What the names in catalogue events mean, if they are not ours.
    staff_sessions : StaffSessions
        Who is logged in to the staff pages.
    placeholders : Placeholders
        What staff decided about pictures that say "no image".
    publications : Publications
        Configurations and rules, and what is live of them.
    whole_facets : WholeFacets
        The facets of listings without their filters.
    sitemaps : Sitemaps
        The ids of all products, in pages.
    comparisons : Comparisons
        What many searches show under several configurations.
    query_judgements : QueryJudgementStore
        What judges said of products of keyword queries.
    query_ids : QueryIds
        Ids of sessions and queries.
    query_log : QueryLog
        Sends what shoppers ask and do to be recorded.
    interactions : InteractionLog
        What was recorded of it.
    variants : Variants
        The products of a style.
    loading : Loading
        Whether the shop is still being loaded.
    """

    settings: Settings
    index: ProductIndex
    queues: Queues
    navigation: ResilientNavigation
    thumbnails: Thumbnails
    photos: Photos
    visitors: Visitors
    mapping: Mapping | None
    staff_sessions: StaffSessions
    placeholders: Placeholders
    publications: Publications
    whole_facets: WholeFacets
    sitemaps: Sitemaps
    comparisons: Comparisons
    query_judgements: QueryJudgementStore
    query_ids: QueryIds
    query_log: QueryLog
    interactions: InteractionLog
    variants: Variants
    loading: Loading

    @classmethod
    def open(cls, settings: Settings, secret_key: str) -> Services:
        """Open the services from the settings. Nothing is sent yet.

        Parameters
        ----------
        secret_key : str
            Signs the cursors of listings, and ids of queries.
        """
        queues = Queues.open(settings, PAGE)
        observe = queues.latencies.observe
        index = ProductIndex.open(settings, lambda operation, seconds: observe(ELASTICSEARCH, seconds, operation))
        source = ImageSource.from_settings(settings)
        photos = Photos(queues, settings.photo_minutes, Decoder.for_photos(settings.photo_seconds))
        served, stale = (BufferedCounter(partial(queues.counters.count_labels, name)) for name in (SERVED, STALE))
        searches = BufferedCounter(queues.searches.add)
        shop = Navigation(
            index,
            Cursors(secret_key),
            photos,
            served.count,
            searches.count,
            queues.searches.read,
            TextQueries(queues, settings.index_name),
            queues.co_purchases,
        )
        navigation = ResilientNavigation(shop, 60 * settings.stale_minutes, stale.count, partial(observe, SEARCHES))
        return cls(
            settings=settings,
            index=index,
            queues=queues,
            navigation=navigation,
            thumbnails=Thumbnails(navigation, source, queues.values),
            photos=photos,
            visitors=Visitors(queues.values, settings.behaviour_days),
            mapping=read_mapping(settings.catalog_mapping) if settings.catalog_mapping else None,
            staff_sessions=StaffSessions(queues.values),
            placeholders=Placeholders(index),
            publications=Publications(index),
            whole_facets=WholeFacets(index),
            sitemaps=Sitemaps(index),
            comparisons=Comparisons(queues.values, settings.index_name, shop.synonyms.digest),
            query_judgements=QueryJudgementStore(index),
            query_ids=QueryIds(secret_key),
            query_log=QueryLog.of(queues),
            interactions=InteractionLog(index),
            variants=Variants(index),
            loading=Loading(queues.loading),
        )

    def register(self, app: Flask) -> None:
        """Register them with an application, for its views."""
        app.extensions[_NAME] = self


def services() -> Services:
    """Return the services of the application that handles the request."""
    registered: Services = current_app.extensions[_NAME]
    return registered
