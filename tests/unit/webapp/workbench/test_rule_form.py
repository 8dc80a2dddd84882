from typing import Any

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest

from es_mappings.rules import Rule
from indexer.relevance.faults import Fault, InvalidRuleError
from webapp.workbench.rule_form import RuleForm, by_input, input_of

RULE = Rule.model_validate({
    "name": "summer",
    "priority": 3,
    "when": {"words": "dress", "starts": "2026-06-01"},
    "then": {
        "pin": [{"id": "a:1", "position": 2}],
        "hide": ["brand:Acme", "color:red"],
        "hide_ids": ["x"],
        "boost": [{"filter": "color:white", "factor": 1.5}],
        "redirect": "/search",
        "banner": "New",
    },
})  # fmt: skip
FIELDS = [
    ("name", "summer"), ("priority", "3"), ("words", " dress "), ("match", "contains"), ("starts", "2026-06-01"),
    ("ends", ""), ("pin_id", "a:1"), ("pin_position", "2"), ("pin_id", ""), ("pin_position", ""),
    ("hide", "brand:Acme"), ("hide", " color:red "), ("hide", ""), ("hide_ids", "x\r\n\r\n"),
    ("boost_filter", "color:white"), ("boost_factor", "1.5"), ("boost_filter", ""), ("boost_factor", ""),
    ("redirect", "/search"), ("banner", "New"),
]  # fmt: skip


def test_a_form_is_read_as_the_rule_that_filled_it() -> None:
    assert RuleForm.read(MultiDict(FIELDS)).rule() == RULE
    assert RuleForm.of(RULE).rule() == RULE


def test_fields_say_what_the_rule_says() -> None:
    form = RuleForm.of(RULE)
    assert (form.get("words"), form.get("starts"), form.get("ends"), form.get("priority")) == (
        "dress",
        "2026-06-01",
        "",
        3,
    )
    assert form.get("hide") == ["brand:Acme", "color:red"]
    assert form.lines("hide_ids") == "x"


@pytest.mark.parametrize(
    ("command", "pins", "hidden"),
    [
        ("place:5:2:b", {"b": 2, "a:1": 3}, ["x"]),
        ("place:2:1:a:1", {"a:1": 1}, ["x"]),
        ("place:7:7:x", {"a:1": 2, "x": 7}, []),
        ("unpin:::a:1", {}, ["x"]),
        ("hide:::a:1", {}, ["x", "a:1"]),
        ("show:::x", {"a:1": 2}, []),
        ("preview", {"a:1": 2}, ["x"]),
    ],
)
def test_buttons_arrange_products(command: str, pins: dict[str, int], hidden: list[str]) -> None:
    after = RuleForm.of(RULE).arranged(command).arrangement
    assert (dict(after.pins), list(after.hidden)) == (pins, hidden)


@pytest.mark.parametrize(
    "command", ["", "place:1:2:", "place:1:x:a", "hide:::", "rule:::a", "pins:::a", "place:1:-1:a"]
)
def test_other_commands_are_refused(command: str) -> None:
    with pytest.raises(BadRequest):
        RuleForm.of(RULE).arranged(command)


@pytest.mark.parametrize(
    ("changes", "field", "shown_at"),
    [
        ({"name": "Summer sale"}, "name", "name"),
        ({"starts": "soon"}, "when.starts", "starts"),
        ({"ends": "2026-05-01"}, "when", "ends"),
        ({"pin_position": "first"}, "then.pin.0.position", "pin-0"),
        ({"boost_factor": ""}, "then.boost.0.factor", "boost-0"),
        ({"hide": "brand"}, "then.hide.0", "hide-0"),
        ({"redirect": "//evil.example"}, "then.redirect", "redirect"),
        ({"priority": "high"}, "priority", "priority"),
        (dict.fromkeys(("pin_id", "hide", "hide_ids", "boost_filter", "redirect", "banner"), ""), "then", "then"),
    ],
)
def test_faults_are_shown_at_their_field_and_what_was_typed_stays(
    changes: dict[str, Any], field: str, shown_at: str
) -> None:
    form = RuleForm.read(MultiDict({**dict(reversed(FIELDS)), **changes}))
    with pytest.raises(InvalidRuleError) as error:
        form.rule()
    assert [fault.field for fault in error.value.faults] == [field]
    assert list(by_input(error.value.faults)) == [shown_at]


def test_a_rule_without_a_name_can_be_previewed() -> None:
    rule = RuleForm.read(MultiDict({"words": "dress", "banner": "x"})).shown()
    assert rule
    assert rule.then.banner == "x"
    assert RuleForm.begin("Red dress!", "").shown() is None  # it does nothing yet
    assert RuleForm.begin("Red dress!", "").get("name") == "red-dress"


def test_a_rule_is_named_after_what_it_is_for_unless_it_has_a_name() -> None:
    assert RuleForm.read(MultiDict({"category": "Dresses/Midi dresses"})).named().get("name") == "dresses-midi-dresses"
    assert RuleForm.read(MultiDict({"words": "Sommer & Kleid", "name": "mine"})).named().get("name") == "mine"
    assert RuleForm.read(MultiDict({"banner": "x"})).named().get("name") == ""


def test_faults_without_a_field_belong_to_the_form() -> None:
    assert input_of(Fault("", "no rule")) == "form"
