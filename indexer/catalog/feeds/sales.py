"""Sale prices, which hold between two dates."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

# Besides ISO 8601: as Magento exports dates in the locale that it is installed with.
_FORMATS = ("%m/%d/%y, %I:%M %p", "%m/%d/%Y, %I:%M %p", "%m/%d/%y", "%m/%d/%Y")


def current_price(regular: str, sale: str, begin: str = "", end: str = "") -> str:
    """Return the sale price while it holds, else the regular one.

    Parameters
    ----------
    sale : str
        A price of zero is none: exports write it where there is no sale.
    begin, end : str
        When it holds; without one it always has, or always will. Whole days count to their end. A date that can't be
        read is no sale.
    """
    return sale if re.search("[1-9]", sale) and (_is_now(begin, end) or not regular) else regular


def _is_now(begin: str, end: str) -> bool:
    now = datetime.now(UTC)
    try:
        return (not begin or _date(begin) <= now) and (not end or now < _date(end) + _day(end))
    except ValueError:
        return False


def _day(text: str) -> timedelta:
    return timedelta(0 if ":" in text else 1)


def _date(text: str) -> datetime:
    text = re.sub(r"\s+", " ", text.strip())
    for form in _FORMATS:
        with suppress(ValueError):
            return datetime.strptime(text, form).replace(tzinfo=UTC)
    date = datetime.fromisoformat(text)
    return date if date.tzinfo else date.replace(tzinfo=UTC)
