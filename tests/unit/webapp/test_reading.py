import pytest
from werkzeug.datastructures import MultiDict

from search.errors import ParameterError
from webapp.reading import page_parameters, read_box


def test_sliders_of_a_form_are_read_as_weights() -> None:
    arguments = MultiDict([("weight", "look:0.1"), ("weight-look", "0.5"), ("weight-color", "1")])
    assert page_parameters(arguments).weight == ("look:0.5", "color:1")
    with pytest.raises(ParameterError, match="weight"):
        page_parameters(MultiDict([("weight-look", "x")]))


def test_the_ends_of_a_range_are_read_as_a_filter() -> None:
    sent = MultiDict([("filter", "color:red"), ("min-screen_size_in", "40"), ("max-screen_size_in", "")])
    assert page_parameters(sent).filter == ("color:red", "screen_size_in:40..")
    assert page_parameters(MultiDict([("min-ram_gb", ""), ("max-ram_gb", ""), ("min-color", "1")])).filter == ()
    with pytest.raises(ParameterError, match="is no range of numbers"):
        page_parameters(MultiDict([("max-weight_kg", "wide")]))


def test_pages_pass_over_what_others_add_to_their_links() -> None:
    assert page_parameters(MultiDict([("utm_source", "mail"), ("q", "a")])).q == "a"


def test_a_box_is_cut_off_at_the_edge_of_the_image() -> None:
    assert read_box(" ") is None
    assert read_box("0.25,0,0.5,1") == (0.25, 0.0, 0.5, 1.0)
    assert read_box("-1e-7,0.5,1,0.5000001") == (0.0, 0.5, 1.0, 0.5)


@pytest.mark.parametrize("text", ["1,2", "a,b,c,d", "0,0,0,1", "0,0,2,1", "nan,0,1,1", "0.5,0.5,0.6,0.1"])
def test_a_box_outside_the_image_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="box"):
        read_box(text)
