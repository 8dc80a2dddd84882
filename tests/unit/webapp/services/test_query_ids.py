import re

from search.parameters import SearchParameters
from webapp.services.query_ids import QueryIds

NOON = 1_795_867_200.0  # 28 November 2026, 12:00 UTC
IDS = QueryIds("a secret of this test, long enough")
PATTERN = r"\d{8}-[A-Za-z0-9_-]{8,80}"  # of `indexer.relevance.ubi.Id`


def test_a_query_keeps_its_id_through_paging_likes_filters_and_sorting() -> None:
    session = IDS.session(NOON)
    asked = SearchParameters(q="red dress")
    same = SearchParameters(q=" Red   dress ", like=("a",), filter=("color:red",), sort="price", cursor="c", size=12)
    assert IDS.query(session, asked) == IDS.query(session, same)
    others = [{"q": "red gown"}, {"q": "red dress", "category": "Toys"}, {"text": "red dress"}]
    ids = {IDS.query(session, SearchParameters.model_validate(other)) for other in others}
    assert len(ids | {IDS.query(session, asked)}) == 4


def test_of_a_page_without_words_the_likes_are_the_query() -> None:
    session = IDS.session(NOON)
    one, two = SearchParameters(like=("a",)), SearchParameters(like=("a^2",), filter=("color:red",))
    assert IDS.query(session, one) == IDS.query(session, two)
    assert IDS.query(session, one) != IDS.query(session, SearchParameters(like=("b",)))


def test_another_session_s_query_has_another_id() -> None:
    one, other = IDS.session(NOON), IDS.session(NOON)
    asked = SearchParameters(q="red dress")
    assert one != other
    assert IDS.query(one, asked) != IDS.query(other, asked)
    assert IDS.is_issued(IDS.query(one, asked), one)
    assert not IDS.is_issued(IDS.query(one, asked), other)


def test_only_this_shop_issues_ids() -> None:
    session = IDS.session(NOON)
    query_id = IDS.query(session, SearchParameters(q="red dress"))
    for forged in ("", "x", query_id[:-1], query_id[:-1] + "é", query_id.replace("2026", "2025"), query_id + "A"):
        assert not IDS.is_issued(forged, session)
    assert not QueryIds("another secret, just as long").is_issued(query_id, session)


def test_a_program_without_cookies_gets_an_id_a_query_and_a_session_of_its_own() -> None:
    one, other = IDS.anonymous(NOON), IDS.anonymous(NOON)
    assert one != other
    assert IDS.is_issued(one, "")
    assert IDS.session_of(one) == IDS.session_of(one) != IDS.session_of(other)


def test_ids_begin_with_the_day_and_are_as_messages_take_them() -> None:
    session = IDS.session(NOON)
    ids = [
        session,
        IDS.query(session, SearchParameters(q="a")),
        IDS.anonymous(NOON),
        IDS.session_of(IDS.anonymous(NOON)),
    ]
    assert all(found.startswith("20261128-") and re.fullmatch(PATTERN, found) for found in ids)
