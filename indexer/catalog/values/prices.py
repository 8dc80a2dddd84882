"""Prices: "19,99 €", "1,299.00", "19.99 EUR", and which currency they are in."""

from __future__ import annotations

import re

from indexer.catalog.values.changes import Changes
from indexer.errors import CatalogError

# Signs that mean one currency in most shops. A shop of another dollar names its currency in the field.
_SIGNS = {
    "€": "EUR", "£": "GBP", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "R$": "BRL", "$": "USD", "¥": "JPY", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY",
    "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "zł": "PLN", "Kč": "CZK", "Ft": "HUF",
    "lei": "RON", "Fr.": "CHF", "SFr.": "CHF",
}  # fmt: skip
_BY_SIGN = {sign.casefold(): code for sign, code in _SIGNS.items()}
_SHARED = {"$", "¥"}  # several currencies are written so: the field `currency` decides
_CROWNS = {"kr", "kr."}  # several again, and none that a shop means by default
_THREE_DECIMALS = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}  # ISO 4217
_MAX_LENGTH = 60  # characters

_NO_CENTS = re.compile(r"(?<=\d)[.,]\s?[-\u2013\u2014]+")  # a dash for no cents
_AMOUNT = r"[+-]?\d[\d.,'\u2019\s]*|[+-]?[.,]\d+"
_PRICE = re.compile(rf"(?P<before>[^\d.,+-]*?)\s*(?P<amount>{_AMOUNT})\s*(?P<after>[^\d]*)")
_PLAIN = re.compile(r"[0-9]+(\.[0-9]{1,2})?")  # the only way that a CSV file has to write a number
_SCIENTIFIC = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d{1,3}", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([.,'\u2019\s])\d{3})(?:\1\d{3})*", re.ASCII)


def read_price(fields: dict[str, object], changes: Changes) -> None:
    """Read ``price``, and ``currency`` where the price names it, in place.

    Raises
    ------
    CatalogError
        The text is no price, or names another currency than the field does.
    """
    currency = _currency(fields.get("currency"))
    if currency is not None and currency != fields["currency"]:
        changes.note("a currency's code", "currency", fields["currency"], currency)
        fields["currency"] = currency
    price, apart = fields.get("price"), None
    if isinstance(price, dict):  # {"value": 24.995, "currency": "EUR"}, as APIs write it
        apart = " ".join(str(price.get(name) or "") for name in ("value", "amount")).strip()
        price = " ".join([apart, *(str(price[name]) for name in ("currency", "currencyCode") if price.get(name))])
    if not isinstance(price, str):
        return
    amount, named = parse_price(price, currency)
    if apart:
        amount, _ = parse_price(apart)  # there a dot is a decimal point
    if not _PLAIN.fullmatch(price):
        changes.note("a price's text", "price", fields["price"], amount)
    fields["price"] = amount
    if named and currency is None:
        changes.note("a currency taken from the price", "currency", "", named)
        fields["currency"] = named


def parse_price(text: str, currency: str | None = None) -> tuple[float, str | None]:
    """Read an amount as people write it.

    The last of several different separators is the decimal one. A single comma or dot before three digits separates
    thousands if it is a comma or if the text is money by a sign or a dash; only ``1.299`` alone is a number below two.

    Parameters
    ----------
    text : str
        Such as ``19,99 €``, ``1.299,00``, ``1'299.-`` or ``USD 5``.
    currency : str, optional
        The currency that the product is known to be priced in.

    Returns
    -------
    amount : float
    currency : str or None
        The code that the text names.

    Raises
    ------
    CatalogError
        The text is no price, or names another currency.
    """
    text, dashes = _NO_CENTS.subn("", text.strip())
    match = _PRICE.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if _SCIENTIFIC.fullmatch(text):
        return float(text), None
    if not match:
        raise CatalogError(f"price: {text[:_MAX_LENGTH]!r} is no price", "price: no price")
    signs = [part.strip() for part in (match["before"], match["after"]) if part.strip()]
    codes = {_currency(sign) for sign in signs if sign.casefold() not in _CROWNS}
    if None in codes or len(codes) > 1:
        raise CatalogError(f"price: {text!r} is no price: {' '.join(signs)!r} is no currency", "price: no price")
    named = codes.pop() if codes else None
    if named and currency and named != currency:
        if not set(signs) & _SHARED:
            raise CatalogError(
                f"price: {text!r} names another currency than the field, {currency}", "price: another currency"
            )
        named = currency
    return _amount(match["amount"], named, is_money=bool(signs or dashes)), named


def _currency(value: object) -> str | None:
    """Return the code of a currency, from a code in any case or a sign; None if it is neither."""
    if not isinstance(value, str):
        return None
    name = value.strip()
    if re.fullmatch(r"[A-Za-z]{3}", name) and name.casefold() not in _BY_SIGN:
        return name.upper()
    return _BY_SIGN.get(name.casefold())


def _amount(text: str, currency: str | None, *, is_money: bool) -> float:
    text = re.sub(r"\s+", "\N{SPACE}", text.strip()).rstrip(".,")
    if grouped := _GROUPED.fullmatch(text):
        alone = len(re.findall(r"[^\d+-]", text)) == 1
        if not (alone and grouped[1] == "." and (not is_money or currency in _THREE_DECIMALS)):
            return float(re.sub(r"[^\d+-]", "", text))
    decimal = max(text.rfind("."), text.rfind(","))
    whole, rest = (text[:decimal], text[decimal + 1 :]) if decimal >= 0 else (text, "")
    thousands = re.findall(r"[^\d+-]", whole)
    if (rest and not rest.isdecimal()) or len(set(thousands)) > 1 or not _is_grouped(whole, thousands):
        raise CatalogError(f"price: {text!r} is no number", "price: no price")
    return float(f"{re.sub(r'[^0-9+-]', '', whole) or 0}.{rest or 0}")


def _is_grouped(whole: str, thousands: list[str]) -> bool:
    """Return whether separators stand before three digits each; Indian lakhs before two."""
    groups = re.split(r"[^\d+-]", whole)[1:]
    return not thousands or (all(len(g) in {2, 3} for g in groups) and len(groups[-1]) == 3)
