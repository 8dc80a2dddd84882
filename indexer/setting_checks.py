"""Checks of single settings: addresses, passwords, keys. Each returns nothing, or raises ValueError."""

from __future__ import annotations

import base64
from collections.abc import Collection
from urllib.parse import urlsplit

MIN_PASSWORD_LENGTH = 12  # characters
MIN_KEY_LENGTH = 16  # characters of SECRET_KEY, bytes of WEBHOOK_SECRET
_MAX_WEBHOOK_SECRETS = 2  # the new and the old one


def check_address(value: str, schemes: Collection[str], example: str) -> None:
    """Check that a setting is a complete address of one of the schemes."""
    try:
        parts = urlsplit(value)
        complete = parts.scheme in schemes and bool(parts.hostname or parts.path)
        complete = complete and (parts.scheme not in {"http", "https"} or parts.port is not None)
    except ValueError:
        complete = False
    if not complete:
        raise ValueError(f"must be an address such as {example}")


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
