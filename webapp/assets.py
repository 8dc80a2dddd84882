"""Scripts and styles, each at an address that names its content, and answers compressed on their way out."""

from __future__ import annotations

import mimetypes
from hashlib import sha256
from pathlib import Path

from flask import Flask, Response, abort
from flask_compress import Compress

_FOLDER = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=60"


def register(app: Flask) -> None:
    """Serve the files of static/ below one digest of all of them, so that scripts import each other by relative names.

    A page that another version of the shop has sent gets the files of this version, but doesn't keep them.
    """
    files = {path.relative_to(_FOLDER).as_posix(): path.read_bytes() for path in sorted(_FOLDER.rglob("*.*"))}
    digest = sha256(repr(sorted(files.items())).encode()).hexdigest()[:12]

    def static(version: str, filename: str) -> Response:
        if filename not in files:
            abort(404)
        kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        caching = _FOREVER if version == digest else _BRIEFLY
        return Response(files[filename], headers={"Cache-Control": caching}, mimetype=kind)

    app.add_url_rule("/static/<version>/<path:filename>", "static", static)
    app.add_url_rule("/static/<filename>", "static", static, defaults={"version": ""})

    @app.url_defaults
    def current(endpoint: str, values: dict[str, str]) -> None:
        if endpoint == "static":
            values.setdefault("version", digest)


def compress(app: Flask) -> None:
    """Compress pages, JSON, scripts and styles by Brotli or gzip.

    A page has secrets (the token of its forms) besides what its address says, which compression could reveal to whoever
    has it fetched over and over (BREACH). Other sites can't: the cookie is ``SameSite=Lax``, so only a visible
    navigation of the whole tab carries it.
    """
    app.config.update(COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_STREAMS=False)
    app.config["COMPRESS_MIMETYPES"] = [
        "text/html",
        "text/css",
        "text/javascript",
        "text/plain",
        "application/json",
        "application/problem+json",
        "application/xml",
        "image/svg+xml",
    ]
    Compress(app)
