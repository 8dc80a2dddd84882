"""The application factory. Nothing is read or connected before it is called."""

from __future__ import annotations

import secrets

import redis
from flask import Flask

from indexer.elastic import connect
from indexer.images import ImageSource
from indexer.settings import Settings
from webapp import api, catalog_hook, errors, health, pictures, shop
from webapp.anchors import AnchorReader
from webapp.cursors import Cursors
from webapp.search import ProductSearch

_MAX_BODY = 8 * 2**20  # bytes of a request: a full batch of catalogue events


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
    app.config["MAX_CONTENT_LENGTH"] = _MAX_BODY
    app.json.sort_keys = False  # type: ignore[attr-defined]
    client = connect(settings)
    key = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(32)
    search = ProductSearch(client, settings.index_name, AnchorReader(client, settings.index_name), Cursors(key))
    cache = redis.Redis.from_url(settings.redis_url, socket_timeout=1, socket_connect_timeout=1)
    app.extensions["settings"] = settings
    app.extensions["search"] = search
    app.extensions["pictures"] = pictures.Pictures(search, ImageSource.from_settings(settings), cache)
    app.extensions["elasticsearch"], app.extensions["redis"] = client, cache
    for room in (shop, pictures, api, catalog_hook, health):
        app.register_blueprint(room.blueprint)
    errors.register(app)
    return app
