from es_mappings.keywords import KEYWORD_FIELDS, Keywords, comparable, read_corrections


def _match(text: str) -> dict[str, object]:
    words = {"query": text, "fields": KEYWORD_FIELDS, "operator": "and", "zero_terms_query": "all"}
    return {"combined_fields": words}


def test_no_words_are_no_clause() -> None:
    assert Keywords("").clauses() == []


def test_all_words_must_match() -> None:
    assert Keywords("midi dress").clauses() == [_match("midi dress")]


def test_a_single_word_may_be_an_id() -> None:
    [clause] = Keywords("dress-00149").clauses()
    own = {"value": "dress-00149", "case_insensitive": True, "boost": 100.0}
    assert clause == {"dis_max": {"queries": [_match("dress-00149"), {"term": {"id": own}}, {"term": {"style": own}}]}}


def test_other_wordings_match_as_well() -> None:
    assert Keywords("red tv", ("red television",)).clauses() == [
        {"dis_max": {"queries": [_match("red tv"), _match("red television")]}}
    ]


def test_part_of_the_words_may_be_enough() -> None:
    [clause] = Keywords("long striped dress", minimum_should_match="2").clauses()
    assert clause["combined_fields"]["minimum_should_match"] == "2"
    assert clause["combined_fields"]["operator"] == "or"


def test_short_words_are_corrected_with_care() -> None:
    options = {"women": ["wren"], "boys": ["toys", "buoys"], "fenimre": ["fennimore"], "adress": ["dress"]}
    entries = [{"text": word, "options": [{"text": text} for text in texts]} for word, texts in options.items()]
    corrected = read_corrections({"suggest": {"corrections": entries}})
    assert corrected == {"women": (), "boys": ("buoys",), "fenimre": ("fennimore",), "adress": ("dress",)}


def test_singular_and_plural_compare_as_one() -> None:
    assert comparable(["Dresses", "boxes", "brushes", "coats", "houses"]) == ("dress", "box", "brush", "coat", "house")
    assert comparable(["dress", "box", "brush", "coat", "house"]) == ("dress", "box", "brush", "coat", "house")
