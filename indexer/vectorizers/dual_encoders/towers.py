"""Load the towers of a dual encoder in whichever format its folder has."""

from __future__ import annotations

from indexer.vectorizers.dual_encoders import open_clip_format, transformers_format
from indexer.vectorizers.dual_encoders.base import ImageTower, TextTower
from indexer.vectorizers.dual_encoders.folders import find_folder
from indexer.vectorizers.preprocessing import Preprocessing


def load_image_tower(name: str) -> tuple[ImageTower, Preprocessing]:
    """Load the image tower of ``dual:FOLDER`` or ``dual:hub:OWNER/NAME``, with the preprocessing that it expects.

    Raises
    ------
    CheckpointError
        The folder holds no dual encoder as OpenCLIP or Transformers saves it, is damaged, or can't be downloaded.
    """
    folder = find_folder(name)
    if open_clip_format.is_saved_in(folder):
        return open_clip_format.load_image_tower(folder)
    return transformers_format.load_image_tower(folder)


def load_text_tower(name: str) -> TextTower:
    """Load the text tower of ``dual:FOLDER`` or ``dual:hub:OWNER/NAME``.

    Raises
    ------
    CheckpointError
        As `load_image_tower` does.
    """
    folder = find_folder(name)
    if open_clip_format.is_saved_in(folder):
        return open_clip_format.load_text_tower(folder)
    return transformers_format.load_text_tower(folder)
