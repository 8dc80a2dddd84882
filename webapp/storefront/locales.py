"""Prices and numbers as the language of the page writes them, of the browser's own region."""

from __future__ import annotations

from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent
from flask import has_request_context, request

from webapp import languages

_DEFAULT = Locale("en")
_TRIED = 8  # languages of a header


def current() -> Locale:
    """Return the first locale of the browser that is of the page's language, such as ``de_CH``, else the language's."""
    if not has_request_context():
        return _DEFAULT
    return _preferred(languages.current(), tuple(request.accept_languages.values())[:_TRIED])


def money(price: float, currency: str | None) -> str:
    """Write a price: ``€160.99``, ``160,99 €``, ``¥1,250``; of an unknown currency, its code."""
    return _money(price, currency, str(current())) if currency else number(price, "#,##0.00")


@lru_cache(10_000)  # formatting takes Babel as long as all the rest of a card
def _money(price: float, currency: str, locale: str) -> str:
    return format_currency(price, currency, locale=locale)


def number(value: float, pattern: str | None = None) -> str:
    """Write a number with all its digits: ``1,234,567.89``."""
    return _number(value, pattern, str(current()))


@lru_cache(10_000)
def _number(value: float, pattern: str | None, locale: str) -> str:
    return format_decimal(value, pattern, locale=locale, decimal_quantization=False)


def percent(value: float) -> str:
    """Write a number of hundredths: ``87%``, ``87 %``."""
    return _percent(value, str(current()))


@lru_cache(1_000)
def _percent(value: float, locale: str) -> str:
    return format_percent(value / 100, locale=locale, decimal_quantization=False)


@lru_cache(256)
def _preferred(language: str, accepted: tuple[str, ...]) -> Locale:
    of_page = Locale.parse(language, sep="-")
    for name in accepted:
        try:
            locale = Locale.parse(name, sep="-")
        except (ValueError, UnknownLocaleError):
            continue
        if locale.language == of_page.language:
            return locale
    return of_page
