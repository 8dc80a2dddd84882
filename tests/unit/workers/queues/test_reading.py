import pytest

from workers.queues.reading import json_object, number, text


@pytest.mark.parametrize("value", [None, b"", b"soon", b"nan", b"-inf", b"\xff", b"1e999"])
def test_what_is_no_number_is_the_default(value: bytes | None) -> None:
    assert number(value, default=7.0) == 7.0


def test_numbers_are_read() -> None:
    assert number(b"-1.5e3") == -1_500


@pytest.mark.parametrize("value", [None, b"", b"\xff", b"[1]", b"5", b"null", b"{", b"[" * 100_000, b"9" * 10_000])
def test_what_is_no_object_is_none(value: bytes | None) -> None:
    assert json_object(value) is None


def test_text_is_never_an_error() -> None:
    assert text(b"a\xff") == "a\ufffd"
