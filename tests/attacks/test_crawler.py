"""What the crawler finds is what a browser sends."""

from types import SimpleNamespace
from typing import Any

from tests.attacks.crawler import forms, read

_PAGE = """
<input name="q" value="early" form="save">
<form id="save" action="/save" method="post"><input name="token" value="t">
  <input name="other" value="1" form="send">
</form>
<select name="level" form="save"><option value="a"></option><option value="b" selected></option></select>
<button name="id" value="7" form="save">Save</button>
<form id="send" action="/send" method="post"></form>
<input name="lost" form="nowhere">
"""


def test_controls_belong_to_the_form_that_they_name() -> None:
    answer: Any = SimpleNamespace(mimetype="text/html", text=_PAGE)
    save, send = forms([read("/", answer)])
    assert sorted(save.fields) == [("level", "b"), ("q", "early"), ("token", "t")]
    assert save.buttons == [("id", "7")]
    assert list(save.submissions()) == [{"q": ["early"], "token": ["t"], "level": ["b"], "id": ["7"]}]
    assert send.fields == [("other", "1")]
