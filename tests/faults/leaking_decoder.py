"""The program of a decoder process, with a leak of 300 MiB an image, as of a codec with a bug."""

import sys

from indexer.images.decoding import program
from indexer.images.decoding.decoding import decode

_LEAK = 300 * 2**20  # bytes
_leaked: list[bytearray] = []


def _leaking(data: bytes, *, least_side: int = 0) -> object:
    _leaked.append(bytearray(_LEAK))
    return decode(data, least_side=least_side)


if __name__ == "__main__":
    setattr(program, "decode", _leaking)  # noqa: B010 - mypy
    program.serve(int(sys.argv[1]), float(sys.argv[2]))
