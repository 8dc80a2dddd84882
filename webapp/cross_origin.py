"""What pages of other origins may load: the widget, the listing that it shows, and its pictures; without cookies."""

from __future__ import annotations

from flask import Flask, Response, request

from indexer.settings import Settings

WIDGET = "widget.js"
_LISTING = "api.similar"


def register(app: Flask, settings: Settings) -> None:
    """Let the pages of WIDGET_ORIGINS show the widget; without the setting, nobody's.

    Call it after `security.protect`, whose headers give way to these.
    """
    origins = set(settings.widget_origins)
    if not origins:
        return

    @app.after_request
    def allow(response: Response) -> Response:
        is_widget = request.endpoint == "static" and (request.view_args or {}).get("filename") == WIDGET
        if not (is_widget or request.endpoint == _LISTING or request.blueprint == "pictures"):
            return response
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if request.endpoint == _LISTING:
            response.vary.add("Origin")
            origin = request.headers.get("Origin")
            if origin in origins:
                response.headers["Access-Control-Allow-Origin"] = origin
        return response
