"""Checks of single settings: addresses, passwords, keys. Each raises ValueError if one is wrong."""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from urllib.parse import quote, urlsplit

MIN_PASSWORD_LENGTH = 12  # characters
MIN_KEY_LENGTH = 16  # characters of SECRET_KEY, bytes of WEBHOOK_SECRET
_MAX_WEBHOOK_SECRETS = 2  # the new and the old one
_ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d+)?")


def check_address(value: str, schemes: Collection[str], example: str) -> None:
    """Check that a setting is a complete address of one of the schemes."""
    try:
        parts = urlsplit(value)
        complete = parts.scheme in schemes and bool(parts.hostname)
        complete = complete and (parts.port is None or parts.port > 0)
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(f"must be an address such as {example}")


def with_password(address: str, password: str) -> str:
    """Return an address with the password, whatever characters it has; raise a ValueError if it has one already."""
    parts = urlsplit(address)
    user, _, place = parts.netloc.rpartition("@")
    if ":" in user:
        raise ValueError("has a password, and REDIS_PASSWORD is set, too: unset one of them")
    return parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}").geturl()


def check_access(key: object, user: object, password: object) -> None:
    """Check that there is one way into Elasticsearch: a key, or a user with a password, or none."""
    if key and password:
        raise ValueError("ELASTICSEARCH_API_KEY and ELASTICSEARCH_PASSWORD are both set: unset one of them")
    if bool(user) != bool(password):
        raise ValueError("ELASTICSEARCH_USER and ELASTICSEARCH_PASSWORD belong together: set both, or neither")


def check_tunnelled(cloud_id: str, addresses: str) -> None:
    """Check that a proxy can tunnel the connections to these addresses."""
    if not cloud_id and "http://" in addresses:
        raise ValueError("ELASTICSEARCH_PROXY tunnels https connections only: begin ELASTICSEARCH_URL with https://")


def check_credentials(pairs: str) -> None:
    """Check names and passwords of staff."""
    for pair in pairs.split(","):
        name, _, password = pair.partition(":")
        if not name or len(password) < MIN_PASSWORD_LENGTH:
            raise ValueError(f"must be NAME:PASSWORD, with passwords of at least {MIN_PASSWORD_LENGTH} characters")


def check_key(key: str) -> None:
    """Check that a key is long enough to sign with."""
    if len(key) < MIN_KEY_LENGTH:
        raise ValueError(
            f"must have at least {MIN_KEY_LENGTH} characters, such as those that "
            "`python -c 'import secrets; print(secrets.token_urlsafe(32))'` prints"
        )


def check_webhook_secrets(secrets: str) -> None:
    """Check the secrets of the webhook, which can be two while one replaces the other."""
    each = secrets.split(",")
    if len(each) > _MAX_WEBHOOK_SECRETS or not all(map(_is_webhook_secret, each)):
        raise ValueError(
            f"must be whsec_ and the base64 of at least {MIN_KEY_LENGTH} random bytes, "
            "or the new and the old one of these, separated by ','"
        )


def _is_webhook_secret(secret: str) -> bool:
    prefix, _, encoded = secret.rpartition("whsec_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        return False
    return not prefix and len(key) >= MIN_KEY_LENGTH


def check_origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    """Return origins; raise a ValueError unless each is one as browsers send it: scheme, host and perhaps a port."""
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin!r} is not an origin such as https://shop.example, in lower case, without a path")
    return origins


def check_staff_levels(levels: str, staff: str) -> None:
    """Raise a ValueError if a level is that of a name that isn't in STAFF: its owner would still be free to publish."""
    known = {pair.partition(":")[0] for pair in staff.split(",")}
    for pair in levels.split(",") if levels else []:
        if (name := pair.partition(":")[0].strip()) not in known:
            raise ValueError(f"{name!r} is not a name in STAFF")
