"""The application factory. Nothing is read or connected before it is called."""

from __future__ import annotations

import redis
from flask import Flask

from indexer.elastic import connect
from indexer.images import ImageSource
from indexer.settings import Settings
from webapp import api, catalog_hook, errors, health, lab, ops, pictures, security, shop, staff
from webapp.anchors import AnchorReader
from webapp.cursors import Cursors
from webapp.search import ProductSearch


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
    app = Flask(__name__)
    security.sign_cookies(app, settings)
    app.json.sort_keys = False  # type: ignore[attr-defined]
    client = connect(settings)
    cursors = Cursors(app.config["SECRET_KEY"])
    search = ProductSearch(client, settings.index_name, AnchorReader(client, settings.index_name), cursors)
    cache = redis.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
    app.extensions["settings"] = settings
    app.extensions["search"] = search
    app.extensions["pictures"] = pictures.Pictures(search, ImageSource.from_settings(settings), cache)
    app.extensions["elasticsearch"], app.extensions["redis"] = client, cache
    for room in (shop, pictures, api, catalog_hook, health, staff, ops, lab):
        app.register_blueprint(room.blueprint)
    security.protect(app, settings)
    errors.register(app)
    return app
