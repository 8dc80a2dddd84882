"""The web app's services: opened once by the factory, and returned to views by `services()`."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Flask, current_app

from indexer.catalog.feeds.mapping import Mapping, read_mapping
from indexer.elastic.product_index import ProductIndex
from indexer.images.decoder import Decoder
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from webapp.services.photos import Photos
from webapp.services.resilience import ResilientNavigation
from webapp.services.staff_sessions import StaffSessions
from webapp.services.thumbnails import Thumbnails
from webapp.services.visitors import Visitors
from workers.queues.connection import PAGE
from workers.queues.counters import SERVED, STALE, BufferedCounter
from workers.queues.handle import Queues

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

    @classmethod
    def open(cls, settings: Settings, secret_key: str) -> Services:
        """Open the services from the settings. Nothing is sent yet.

        Parameters
        ----------
        secret_key : str
            Signs the cursors of listings.
        """
        index, queues = ProductIndex.open(settings), Queues.open(settings, PAGE)
        source = ImageSource.from_settings(settings)
        photos = Photos(queues, settings.photo_minutes, Decoder.for_photos(settings.photo_seconds))
        served = BufferedCounter(queues.counters, SERVED)
        stale, searches = BufferedCounter(queues.counters, STALE), queues.searches
        navigation = ResilientNavigation(
            Navigation(index, Cursors(secret_key), photos, served.count, searches.count, searches.read),
            60 * settings.stale_minutes,
            stale.count,
        )
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
        )

    def register(self, app: Flask) -> None:
        """Register them with an application, for its views."""
        app.extensions[_NAME] = self


def services() -> Services:
    """Return the services of the application that handles the request."""
    registered: Services = current_app.extensions[_NAME]
    return registered
