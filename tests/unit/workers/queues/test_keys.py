"""Every key is documented, and every script says which it takes."""

import re
from pathlib import Path

import pytest

from tests.redis_keys import documented_keys
from workers.queues import embedding_queue, keys

LUA = Path(embedding_queue.__file__).parent / "lua"
MADE = {
    "events": [keys.events("shop")],
    "requeued": [keys.requeued("shop")],
    "embedding": list(keys.embedding("shop").values()),
    "stalls": [keys.stalls("shop")],
    "loading": [keys.loading("shop")],
    "interactions": [keys.interactions("shop")],
    "counters": [keys.counters("shop")],
    "woken": [keys.woken("shop", "workers.write_events")],
    "woken_later": [keys.woken_later("shop", "workers.write_events")],
    "refreshed": [keys.refreshed("shop")],
    "retention": [keys.retention("shop")],
    "searches": [keys.searches("shop", "2026-48")],
    "co_purchases": [keys.co_purchases("shop", "product", "dress:1")],
    "all_orders": [keys.all_orders("shop")],
    "scheduler": [keys.scheduler("shop")],
    "schedule": [keys.schedule("shop")],
    "webhook": [keys.webhook("shop", "msg_1")],
    "latest_webhook": [keys.latest_webhook("shop")],
    "visitor": [keys.visitor("x-1")],
    "staff_session": [keys.staff_session("x-1")],
    "photo_vector": [keys.photo_vector("x-1")],
    "photo_upload": [keys.photo_upload("abc")],
    "photo_reply": [keys.photo_reply("abc")],
    "text_vector": [keys.text_vector("shop", "space", "long dress")],
    "text_upload": [keys.text_upload("abc")],
    "text_reply": [keys.text_reply("abc")],
    "comparison": [keys.comparison("shop", "abc")],
    "health_reply": [keys.health_reply("abc")],
    "thumbnail": [keys.thumbnail("dress:1", 0, "f00", 320, "avif")],
}


def test_every_key_is_documented_once() -> None:
    functions = {name for name, value in vars(keys).items() if getattr(value, "__module__", "") == keys.__name__}
    assert functions == set(MADE)
    for key in (key for made in MADE.values() for key in made):
        assert len([row.pattern for row in documented_keys() if row.matches(key)]) == 1, key


def test_every_documented_key_of_ours_is_made() -> None:
    made = [key for keys_made in MADE.values() for key in keys_made]
    ours = [row for row in documented_keys() if row.pattern.startswith("<alias>") or ":<" in row.pattern]
    for row in ours:
        assert row.pattern.startswith("LIMITS") or any(map(row.matches, made)), row.pattern


@pytest.mark.parametrize("script", sorted(LUA.glob("*.lua")), ids=lambda path: path.stem)
def test_scripts_say_which_keys_they_take(script: Path) -> None:
    source = script.read_text()
    listed = re.search(r"^-- KEYS: ([\w, ]+) \(described in \.\./README\.md\)\.$", source, re.MULTILINE)
    assert listed
    names = tuple(listed[1].split(", "))
    if script.stem in embedding_queue.SCRIPTS:
        assert names == embedding_queue.SCRIPTS[script.stem]
        assert set(names) <= set(keys.EMBEDDING)
    assert max(map(int, re.findall(r"KEYS\[(\d)\]", source))) == len(names)
