"""Tell a machine that can't run a model from an input that the model fails on."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import TypeVar

from indexer.errors import DeviceError, ProductSearchError, is_of_machine

Item = TypeVar("Item")
Result = TypeVar("Result")


def run_probed(model: Callable[[Sequence[Item]], Result], items: Sequence[Item], blank: Callable[[], Item]) -> Result:
    """Run a model; if it fails, probe it with a blank input.

    Parameters
    ----------
    blank : callable
        Makes the blank input.

    Raises
    ------
    DeviceError
        The probe fails, too: a GPU has no memory left, or its CUDA context failed and never recovers.
    Exception
        The probe passes, so an item is at fault.
    """
    try:
        return model(items)
    except Exception as error:
        if isinstance(error, ProductSearchError) or is_of_machine(error):
            raise
        traceback.clear_frames(error.__traceback__)  # they hold the memory of what failed
        try:
            model([blank()])
        except Exception as again:
            first_line = str(error).partition("\n")[0]
            raise DeviceError(f"a model fails even on a blank input: {type(error).__name__}: {first_line}") from again
        raise
