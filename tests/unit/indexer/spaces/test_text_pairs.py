from indexer.spaces.text_pairs import captions
from indexer.vectorizers.base import ProductFields


def test_captions_are_the_catalogues_own_words() -> None:
    attributes = {"color": "red", "heel_cm": 5.0, "lined": True, "belted": False, "sizes": ["S", "M"]}
    product = ProductFields("Ada", category=("Shoes", "High heels"), attributes=attributes)
    written = " ".join(captions([product] * 40))
    assert {"red", "heel cm 5", "lined", "shoes", "high heels"} <= {w for w in PHRASES if w in written}
    assert "belted" not in written
    assert captions([ProductFields("Only a title")]) == ["only a title"]


PHRASES = ("red", "heel cm 5", "lined", "shoes", "high heels")
