"""The names of all keys in Redis. README.md describes each: its type, who writes and reads it, its expiry."""

from __future__ import annotations

from hashlib import sha256

# The keys of the Lua scripts, by the names that the scripts use.
EMBEDDING = ("waiting", "taken", "batches", "tries", "since", "put_off", "given_up")


def events(alias: str) -> str:
    """Return the key of the stream of catalogue events."""
    return f"{alias}:events"


def requeued(alias: str) -> str:
    """Return the key of the times at which catalogue events that wait to be tried again were received."""
    return f"{alias}:requeued"


def embedding(alias: str) -> dict[str, str]:
    """Return the keys of the products that wait for their vectors, by their names in the Lua scripts."""
    return {name: f"{alias}:embed:{name}" for name in EMBEDDING}


def stalls(alias: str) -> str:
    """Return the key of the reasons for which queues wait."""
    return f"{alias}:stalls"


def loading(alias: str) -> str:
    """Return the key of how far the shop's first load is."""
    return f"{alias}:loading"


def counters(alias: str) -> str:
    """Return the key of the hash of counts."""
    return f"{alias}:counters"


def woken(alias: str, task: str) -> str:
    """Return the key that exists while a worker is on its way to a queue."""
    return f"{alias}:called:{task}"


def woken_later(alias: str, task: str) -> str:
    """Return the key that exists while a worker is to be sent to a queue after a pause."""
    return f"{alias}:called-later:{task}"


def refreshed(alias: str) -> str:
    """Return the key that exists for a moment after the index was refreshed."""
    return f"{alias}:shown"


def retention(alias: str) -> str:
    """Return the key of how far today's deletion of unused vectors is."""
    return f"{alias}:expired"


def scheduler(alias: str) -> str:
    """Return the key of the lease of the worker that sends periodic tasks."""
    return f"{alias}:scheduler"


def schedule(alias: str) -> str:
    """Return the key of the times at which each periodic task was last sent."""
    return f"{alias}:schedule"


def searches(alias: str, week: str) -> str:
    """Return the key of a week's counts of keywords that found something."""
    return f"{alias}:searches:{week}"


def co_purchases(alias: str, level: str, name: str) -> str:
    """Return the key of the counts of what was ordered with a product or a category."""
    return f"{alias}:bought:{level}:{name}"


def interactions(alias: str) -> str:
    """Return the key of the stream of what shoppers ask and do."""
    return f"{alias}:interactions"


def all_orders(alias: str) -> str:
    """Return the key of the number of orders that were counted."""
    return f"{alias}:orders"


def webhook(alias: str, name: str) -> str:
    """Return the key of the time at which a webhook was first seen, by its ``webhook-id``."""
    return f"{alias}:webhook:{sha256(name.encode()).hexdigest()}"


def latest_webhook(alias: str) -> str:
    """Return the key of the time at which the latest webhook was first seen."""
    return f"{alias}:latest"


def visitor(visitor_id: str) -> str:
    """Return the key of what is remembered about a shopper."""
    return f"visitor:{visitor_id}"


def staff_session(session_id: str) -> str:
    """Return the key that exists while a session of staff does; it does not reveal the id, which logs in."""
    return f"staff-session:{sha256(session_id.encode()).hexdigest()}"


def photo_vector(token: str) -> str:
    """Return the key of a photograph's vector."""
    return f"photo-vector:{token}"


def photo_upload(token: str) -> str:
    """Return the key of a photograph that waits for a worker."""
    return f"photo-upload:{token}"


def photo_reply(token: str) -> str:
    """Return the key of the list that holds a worker's answer to one photograph."""
    return f"photo:{token}"


def text_vector(alias: str, space: str, words: str) -> str:
    """Return the key of the vector of a text query in a vector space; it does not reveal the words."""
    return f"{alias}:text:{sha256(f'{space} {words}'.encode()).hexdigest()}"


def text_upload(token: str) -> str:
    """Return the key of the words of a text query that wait for a worker."""
    return f"text-upload:{token}"


def text_reply(token: str) -> str:
    """Return the key of the list that holds a worker's answer to one text query."""
    return f"text:{token}"


def comparison(alias: str, digest: str) -> str:
    """Return the key of what many searches show under several configurations, by a digest of both."""
    return f"{alias}:compared:{digest}"


def health_reply(token: str) -> str:
    """Return the key of the list that holds a worker's answer to one health check."""
    return f"health:{token}"


def thumbnail(product_id: str, number: int, version: str, width: int, form: str) -> str:
    """Return the key of a thumbnail."""
    return f"picture:{product_id}:{number}:{version}:{width}:{form}"
