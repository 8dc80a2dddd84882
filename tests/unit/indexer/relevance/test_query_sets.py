import pytest
from pydantic import ValidationError

from indexer.errors import RelevanceError
from indexer.relevance import toml_files
from indexer.relevance.query_sets import QuerySet, SavedQuery, of_words

FULL = QuerySet(
    name="summer",
    queries=(
        SavedQuery(q="midi dress", like=("d1", "d2^0.5"), dislike=("d3",), filter=("color:red",)),
        SavedQuery(category="Dresses/Midi dresses"),
        SavedQuery(q="50 % “off”"),
    ),
)


def test_a_query_set_is_read_as_it_was_written() -> None:
    assert toml_files.read(toml_files.write(FULL), QuerySet) == FULL


def test_a_query_is_written_in_one_line() -> None:
    assert [str(query) for query in FULL.queries] == [
        "midi dress like=d1 like=d2^0.5 dislike=d3 filter=color:red",
        "category=Dresses/Midi dresses",
        "50 % “off”",
    ]


def test_a_set_gains_the_queries_it_lacks() -> None:
    more = FULL.with_queries(of_words(["50 % “off”", "coat", "coat"]))
    assert more.queries == (*FULL.queries, SavedQuery(q="coat"))


def test_a_set_has_at_most_two_hundred_queries() -> None:
    with pytest.raises(RelevanceError, match="'summer': 203 queries are more than 200"):
        FULL.with_queries(of_words(f"query {n}" for n in range(200)))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('version = 1\nname = "s"\n', "queries: Field required"),
        ('version = 1\nname = "s"\nqueries = []\n', "line 3: queries: .*at least 1"),
        ('version = 1\nname = "s"\n\n[[queries]]\nfilter = ["color:red"]\n', "line 4: queries.0: a query needs words"),
        ('version = 1\nname = "s"\n\n[[queries]]\nq = "a"\nfilter = ["red"]\n', "line 6: queries.0.filter.0: "),
        ('version = 1\nname = "s"\n\n[[queries]]\nq = "a"\nwords = "b"\n', "line 6: queries.0.words: there is no such"),
        ('version = 1\nname = "s"\n\n[[queries]]\nq = "a"\n\n[[queries]]\nq = "a"\n', "queries: 'a' is in it twice"),
        ('version = 2\nname = "s"\n\n[[queries]]\nq = "a"\n', "line 1: version: is of version 2"),
    ],
)
def test_faults_name_line_and_field(text: str, fault: str) -> None:
    with pytest.raises(RelevanceError, match=fault):
        toml_files.read(text, QuerySet)


def test_words_that_are_too_long_are_named() -> None:
    with pytest.raises(RelevanceError, match=r"queries: 'zzz.*at most 200"):
        of_words(["z" * 201])
    with pytest.raises(ValidationError, match="a query needs words"):
        SavedQuery()
