"""Which part of a photograph is searched with first."""

from indexer.settings import Settings
from search.parameters import SearchParameters
from webapp import create_app
from webapp.services.photos import Part, TakenPhoto
from webapp.storefront.photo_regions import best


def test_an_uploaded_photograph_is_kept_while_elasticsearch_is_down() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    whole, region = Part("w" * 32, None), Part("r" * 32, (0.1, 0.1, 0.5, 0.5))
    with app.test_request_context():
        assert best(TakenPhoto(1.0, (whole, region)), SearchParameters()) == whole
