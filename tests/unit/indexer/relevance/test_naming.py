"""How people name what is saved."""

import pytest

from indexer.errors import RelevanceError
from indexer.relevance.naming import read_name


def test_a_name_is_that_of_the_newest_version_or_of_one_by_number() -> None:
    assert read_name("summer") == ("summer", None)
    assert read_name("summer@12") == ("summer", 12)


@pytest.mark.parametrize("text", ["summer@", "summer@last", "summer@-1", "summer@²", "summer@" + "9" * 5_000])
def test_what_follows_the_name_must_be_a_number(text: str) -> None:
    with pytest.raises(RelevanceError, match="is not NAME or NAME@NUMBER"):
        read_name(text)
