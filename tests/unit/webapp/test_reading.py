import pytest
from werkzeug.datastructures import MultiDict

from search.errors import ParameterError
from webapp.reading import page_parameters


def test_sliders_of_a_form_are_read_as_weights() -> None:
    arguments = MultiDict([("weight", "look:0.1"), ("weight-look", "0.5"), ("weight-color", "1")])
    assert page_parameters(arguments).weight == ("look:0.5", "color:1")
    with pytest.raises(ParameterError, match="weight"):
        page_parameters(MultiDict([("weight-look", "x")]))


def test_pages_pass_over_what_others_add_to_their_links() -> None:
    assert page_parameters(MultiDict([("utm_source", "mail"), ("q", "a")])).q == "a"
