"""The page for a search by photograph, which leads to a listing like any other."""

from __future__ import annotations

import logging

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage, MultiDict

from indexer.errors import IndexStateError
from indexer.images.decoding.decoding import FORMATS
from search.errors import ParameterError
from search.notices import marked
from search.parameters import SearchParameters
from webapp.errors import RETRY_AFTER
from webapp.languages import SOURCE, current, gettext
from webapp.reading import page_parameters, read_box
from webapp.services import services
from webapp.storefront.links import Links
from webapp.storefront.photo_regions import best
from webapp.storefront.views import departments
from workers.interactive import EmbeddingServiceError

log = logging.getLogger(__name__)
blueprint = Blueprint("photo_pages", __name__)

_NOTHING_CHOSEN = "no photograph was chosen"
_UNAVAILABLE = marked("Photo search is not available right now. Please try again in a moment.")
_TOO_EARLY = marked(
    "The shop is still being loaded, and photographs cannot be compared yet. Please try again in a minute."
)


@blueprint.get("/photo")
def form() -> ResponseReturnValue:
    """Ask for a photograph; the filters in the URL stay."""
    return _form(page_parameters(request.args))


@blueprint.post("/photo")
def upload() -> ResponseReturnValue:
    """Accept a photograph, and redirect to similar products."""
    fields = MultiDict((n, v) for n, v in request.form.items(multi=True) if n in SearchParameters.model_fields)
    parameters = page_parameters(fields)
    try:
        taken = services().photos.take(_file().read(), read_box(request.form.get("box", "")))
    except ParameterError as error:
        return _form(parameters, _wrong(error), 400)
    except EmbeddingServiceError as error:
        log.warning("a photograph was not embedded: %s", error)
        return _form(parameters, gettext(_UNAVAILABLE), 503, {"Retry-After": RETRY_AFTER})
    except IndexStateError:  # there is no vector space yet
        return _form(parameters, gettext(_TOO_EARLY), 503, {"Retry-After": RETRY_AFTER})
    return redirect(Links(parameters).listing(photo=best(taken, parameters).token, sort=None), 303)


def _wrong(error: ParameterError) -> str:
    """Write what is wrong with a photograph; what the decoder says of its file is for programmers, and in English."""
    if error.detail == _NOTHING_CHOSEN:
        return gettext("No photograph was chosen.")
    if error.parameter == "image" and current() != SOURCE:
        return gettext("This photograph can't be read. Please choose another one, such as a JPEG of at most 20 MB.")
    return f"{error.detail[:1].upper()}{error.detail[1:]}."


def _file() -> FileStorage:
    """Return the uploaded file; the camera has a field of its own."""
    for name in ("image", "camera"):
        file = request.files.get(name)
        if file and file.filename:
            return file
    raise ParameterError("image", _NOTHING_CHOSEN)


def _form(
    parameters: SearchParameters, wrong: str = "", status: int = 200, headers: dict[str, str] | None = None
) -> ResponseReturnValue:
    links = Links(parameters.model_copy(update={"photo": "", "cursor": ""}))
    page = render_template(
        "storefront/photo.html",
        links=links,
        departments=departments(services().navigation.categories(), links),
        wrong=wrong,
        formats=", ".join(FORMATS),
        minutes=services().settings.photo_minutes,
    )
    return page, status, headers or {}
