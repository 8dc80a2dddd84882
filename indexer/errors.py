"""The project's errors. They survive pickling, because Celery sends them between processes."""

from __future__ import annotations

import errno

# No space, a quota or a limit reached, a read-only disk, no file descriptor, memory or process left.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
_OF_MACHINE = _FULL | {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN}


class ProductSearchError(Exception):
    """Root of all errors that a person can fix; the message says what is wrong and what to do."""


class SettingsError(ProductSearchError):
    """A setting is missing or wrong."""


class CatalogError(ProductSearchError):
    """A catalogue file or event is invalid.

    Attributes
    ----------
    kind : str
        What the fault is, without the values at fault, so that reports count equal ones together.
    """

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind or message.partition(":")[0][:80]


class GoldenSetError(ProductSearchError):
    """A golden set is invalid, or too small for what is asked of it."""


class RelevanceError(ProductSearchError):
    """A configuration, rule or publication is invalid, or doesn't exist."""


class EditConflictError(RelevanceError):
    """Somebody else changed the same thing meanwhile."""


class ImageError(ProductSearchError):
    """An image can't be fetched or decoded. `status` shows the message next to the product."""


class ImageUnavailableError(ImageError):
    """An image isn't available at the moment: its server is down, slow or busy. Transient: try again later."""


class PlaceholderError(ImageError):
    """A picture is a confirmed placeholder, and counts as no image."""

    def __init__(self, digest: str) -> None:
        super().__init__(digest)
        self.digest = digest

    def __str__(self) -> str:
        """Return what stands in a product's reason."""
        return "the image is a placeholder"


class CheckpointError(ProductSearchError):
    """A model's checkpoint is missing or damaged."""


class DeviceError(ProductSearchError):
    """The models fail on any input, as on a GPU whose CUDA context failed: only a new process recovers."""


class SpaceError(ProductSearchError):
    """A vector space is missing, or not the one that the settings describe."""


class IndexStateError(ProductSearchError):
    """An index or alias is in the wrong state for what was asked."""


def is_of_machine(error: object) -> bool:
    """Return whether an error is of this machine, not of what was worked on, until a person frees space for example."""
    return isinstance(error, DeviceError) or (isinstance(error, OSError) and error.errno in _OF_MACHINE)
