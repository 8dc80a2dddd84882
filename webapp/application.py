"""The application factory. Nothing is read or connected before it is called."""

from __future__ import annotations

import redis
from flask import Flask

from indexer.elastic.product_index import ProductIndex
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from webapp import errors, photos, security
from webapp.api import catalog_hook, health
from webapp.api import routes as api
from webapp.api.description import described_app
from webapp.served import Served
from webapp.staff import login as staff
from webapp.staff import ops
from webapp.storefront import bag, behaviour, photo_pages, pictures
from webapp.storefront import pages as shop
from webapp.workbench import disputes
from webapp.workbench import judging as lab
from workers.queues.counters import Counters


def create_app(settings: Settings | None = None) -> Flask:
    """Make the application.

    Parameters
    ----------
    settings : Settings, optional
        By default those of the environment.

    Raises
    ------
    SettingsError
        A setting is wrong.
    """
    settings = settings or Settings.from_environment()
    app = described_app(__name__)
    security.sign_cookies(app, settings)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    index = ProductIndex.open(settings)
    client = index.client
    cursors = Cursors(app.config["SECRET_KEY"])
    cache = redis.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
    source = ImageSource.from_settings(settings)
    kept = photos.Photos(cache, settings.photo_minutes * 60, source.decoder)
    served = Served(Counters(cache, settings.index_name))
    search = Navigation(index, cursors, kept, served.count)
    app.extensions["settings"] = settings
    app.extensions["search"] = search
    app.extensions["pictures"] = pictures.Pictures(search, source, cache)
    app.extensions["photos"] = kept
    app.extensions["elasticsearch"], app.extensions["redis"] = client, cache
    for room in (shop, pictures, lab, disputes, staff, ops, bag, photo_pages):
        app.register_blueprint(room.blueprint)
    for described in (api, catalog_hook, health):
        app.register_api(described.blueprint)
    behaviour.register(app, cache, settings)
    security.protect(app, settings)
    errors.register(app)
    return app
