"""Find the folder of a dual encoder's files: a local one, or a download from the Hugging Face hub."""

from __future__ import annotations

from pathlib import Path

from indexer.errors import CheckpointError
from indexer.vectorizers.presets import DUAL

HUB = "hub:"  # before a repository's name on the hub: dual:hub:OWNER/NAME

# No Python files: a checkpoint's own code is never run.
_WANTED = ("*.json", "*.safetensors", "open_clip_pytorch_model.bin", "*.txt", "*.model")


def find_folder(name: str) -> Path:
    """Return the folder of ``dual:FOLDER``, or of ``dual:hub:OWNER/NAME`` after a download into the hub's cache.

    Raises
    ------
    CheckpointError
        There is no such folder, or it can't be downloaded.
    """
    place = name.removeprefix(DUAL)
    if place.startswith(HUB):
        return _download(place.removeprefix(HUB))
    if not Path(place).is_dir():
        raise CheckpointError(f"LOOK_MODEL: there is no folder {place}; dual:hub:OWNER/NAME downloads one from the hub")
    return Path(place)


def require(folder: Path, files: tuple[str, ...], kind: str) -> None:
    """Raise `CheckpointError`, naming the first missing file, unless a folder has all files of a kind of checkpoint."""
    for file in files:
        if not (folder / file).is_file():
            raise CheckpointError(f"LOOK_MODEL: there is no {folder / file}. {kind} has {', '.join(files)}.")


def _download(repository: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(repository, allow_patterns=list(_WANTED)))
    except Exception as error:  # the hub's client has errors of its own and of three libraries below it
        raise CheckpointError(
            f"LOOK_MODEL: {repository} can't be downloaded from the hub ({type(error).__name__}: {str(error)[:200]}). "
            "Where the hub can't be reached, copy its files into a folder and set LOOK_MODEL=dual:FOLDER."
        ) from error
