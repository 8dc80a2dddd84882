"""Elasticsearch's official tarball."""

import hashlib
import tarfile
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

from demo.services.service import Say, UnavailableError

DOWNLOADS = "https://artifacts.elastic.co/downloads/elasticsearch"
TIMEOUT = httpx.Timeout(60.0, connect=5.0)


def fetch(name: str, scratch: Path, result: Path, say: Say) -> str:
    """Download a tarball, check its published SHA-512 and unpack it.

    Parameters
    ----------
    name
        The file's name among Elastic's downloads.
    scratch
        Folder for the download.
    result
        The folder to create.
    say
        Called with a line for each long step.

    Returns
    -------
    str
        Where it came from.

    Raises
    ------
    UnavailableError
        It can't be downloaded, or its checksum is wrong.
    """
    if not hasattr(tarfile, "data_filter"):
        raise UnavailableError("this Python can't unpack archives safely; use 3.11.4 or newer")
    url = f"{DOWNLOADS}/{name}"
    archive = scratch / name
    published, actual = _get(url, archive, say)
    if actual != published:
        raise UnavailableError(f"{url} does not have the SHA-512 in {name}.sha512; it was not used")
    say("Elasticsearch: unpacking the tarball")
    _unpack(archive, scratch / "unpacked", result)
    return url


def _get(url: str, archive: Path, say: Say) -> tuple[str, str]:
    # The published checksum, and the download's.
    try:
        with httpx.Client(timeout=TIMEOUT, follow_redirects=True) as client:
            published = client.get(f"{url}.sha512").raise_for_status().text.split()[0]
            say(f"Elasticsearch: downloading {url}")
            return published, _download(client, url, archive)
    except httpx.HTTPStatusError as error:
        raise UnavailableError(f"{error.request.url} answered {error.response.status_code}") from error
    except httpx.TransportError as error:
        raise UnavailableError(f"{httpx.URL(url).host} can't be reached ({error or type(error).__name__})") from error
    except IndexError as error:
        raise UnavailableError(f"{url}.sha512 is empty") from error


def _download(client: httpx.Client, url: str, target: Path) -> str:
    digest = hashlib.sha512()
    console = Console(stderr=True)
    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with (
        client.stream("GET", url) as answer,
        target.open("wb") as file,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress,
    ):
        answer.raise_for_status()
        task = progress.add_task("", total=int(answer.headers.get("content-length", 0)) or None)
        for chunk in answer.iter_bytes(1 << 20):
            file.write(chunk)
            digest.update(chunk)
            progress.update(task, advance=len(chunk))
    return digest.hexdigest()


def _unpack(archive: Path, unpacked: Path, result: Path) -> None:
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(unpacked, filter="data")  # refuses names and links that lead outside
    except tarfile.TarError as error:
        raise UnavailableError(f"{archive.name} can't be unpacked: {error}") from error
    folders = list(unpacked.iterdir())
    if len(folders) != 1 or not (folders[0] / "lib").is_dir():
        raise UnavailableError(f"{archive.name} does not contain exactly one Elasticsearch folder")
    folders[0].rename(result)
