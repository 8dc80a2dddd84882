"""What counts as a good exchange, on products of known attributes."""

from evaluation.exchanges import outcome
from evaluation.shops import Page, Parameters

PRODUCTS = {
    name: {"visual": ["color", "sleeve"], "attributes": {"color": color, "sleeve": sleeve}}
    for name, color, sleeve in (("a", "red", "short"), ("b", "red", "long"), ("c", "blue", "long"), ("d", "red", "cap"))
}


class Shop:
    name = "fake"

    def page(self, parameters: Parameters) -> Page:
        names = dict(parameters)
        listed = ["b", "laptop"] if "but" in names else ["b", "c"] if "filter" in names else ["d"]
        return Page(listed, "exact", None, len(listed), "")

    def department(self, product_id: str) -> str:
        return product_id


def test_an_exchange_is_judged_by_the_new_value_and_by_what_should_stay() -> None:
    found = outcome(Shop(), PRODUCTS, "a", "sleeve", "long")
    assert found.has_value == 0.5, "a product of another kind hasn't it"
    assert (found.agrees, found.filtered, found.plain) == (0.5, 0.5, 1.0)
    assert found.best == 0.5
