"""Images nobody vouches for: the only door through which one comes in.

`ImageSource` fetches, from allowed folders and public addresses alone. `Decoder` opens what was fetched, in processes
where a crash or a bomb hurts nobody else. Neither trusts a name, a length or a type that the sender gives.
"""

from __future__ import annotations

import hashlib

from indexer.images.decoder import Decoder
from indexer.images.decoding.decoding import FORMATS, MAX_BYTES, MAX_PIXELS
from indexer.images.fetching import ImageSource, Validators

__all__ = ["FORMATS", "MAX_BYTES", "MAX_PIXELS", "Decoder", "ImageSource", "Validators", "digest"]


def digest(data: bytes) -> str:
    """Name an image by the SHA-256 of its bytes: the key of the Image Vector Store."""
    return hashlib.sha256(data).hexdigest()
