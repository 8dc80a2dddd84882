from flask import Flask

from webapp.errors import Problem, problem


def test_a_problem_is_what_the_description_says() -> None:
    with Flask("test").test_request_context():
        answer = problem(400, "Bad Request", "size: too large", parameter="size", errors=["a"])
    body = answer.get_json(force=True)
    assert (
        body
        | {
            "type": "about:blank",
            "title": "Bad Request",
            "status": 400,
            "detail": "size: too large",
            "parameter": "size",
            "errors": ["a"],
        }
        == body
    )
    assert Problem.model_validate(body).parameter == "size"


def test_what_is_not_set_is_left_out_and_what_is_no_unicode_is_quoted() -> None:
    with Flask("test").test_request_context():
        answer = problem(400, "Bad Request", "\ud800 is no text")
    assert b"parameter" not in answer.data
    assert answer.get_json(force=True)["detail"] == "\ud800 is no text"
