"""The project's errors: few, named, and whole after a trip through pickle (Celery sends them between processes)."""

from __future__ import annotations


class ProductSearchError(Exception):
    """Root of all errors that a person can mend; the message says what is at fault and what to do."""


class SettingsError(ProductSearchError):
    """A setting is missing or wrong."""


class CatalogError(ProductSearchError):
    """A catalogue file or event can't be used."""


class GoldenSetError(ProductSearchError):
    """A golden set can't be used, or doesn't allow what is asked of it."""


class ImageError(ProductSearchError):
    """An image can't be fetched or decoded. The message is what `status` shows beside the product."""


class ImageUnavailableError(ImageError):
    """An image can't be had just now: its server is away, slow or busy. Worth another try later."""


class WeightsError(ProductSearchError):
    """A model's weights are missing or damaged."""


class SpaceError(ProductSearchError):
    """A vector space is missing, or isn't the one that the settings describe."""


class IndexStateError(ProductSearchError):
    """An index or alias isn't as it has to be."""
