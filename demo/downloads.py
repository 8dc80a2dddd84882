"""Downloads, once per file: interrupted ones resume, and files are checked before they are put into place."""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx

from indexer.errors import CatalogError

_TRIES = 4
_THREADS = 8
_CHUNK = 2**18
_MD5 = re.compile(r'"([0-9a-f]{32})"')  # S3's ETag of a file that wasn't uploaded in parts
_MISSING = {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}  # S3 answers 403 if a public bucket has no such file


class MissingFileError(CatalogError):
    """The server has no such file."""


def download(client: httpx.Client, url: str, path: Path) -> Path:
    """Download a file unless it exists.

    A partial download is kept next to it as ``NAME.part`` and resumed. The file is put into place once its length, its
    MD5 (if the server's ETag is one) and a gzip file's checksums are right.

    Raises
    ------
    MissingFileError
        The server doesn't have the file.
    CatalogError
        The file couldn't be downloaded completely in several tries.
    """
    if path.is_file():
        return path
    url = str(client.base_url.join(url))  # absolute, so that messages name the server
    path.parent.mkdir(parents=True, exist_ok=True)
    part, why = path.with_name(f"{path.name}.part"), ""
    for _ in range(_TRIES):
        try:
            why = _fetch(client, url, part) or _broken_gzip(part, path)
        except httpx.HTTPError as error:
            why = f"{type(error).__name__}: {error}"  # the next try resumes
        else:
            if not why:
                part.replace(path)
                return path
            part.unlink(missing_ok=True)  # nothing to resume from: its bytes are wrong
    raise CatalogError(f"{url} can't be downloaded: {why}")


def download_all(
    client: httpx.Client, files: Iterable[tuple[str, Path]], advance: Callable[[], None]
) -> Iterator[Path]:
    """Download many small files concurrently, and yield the paths of those that the server doesn't have.

    Raises
    ------
    CatalogError
        A file couldn't be downloaded completely. Finished ones stay, so that another call resumes.
    """
    with ThreadPoolExecutor(_THREADS) as pool:
        running = {pool.submit(download, client, url, path): path for url, path in files}
        try:
            for done in as_completed(running):
                try:
                    done.result()
                except MissingFileError:
                    yield running[done]
                advance()
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch(client: httpx.Client, url: str, part: Path) -> str:
    """Download the rest of a file; return what is wrong with it, empty if nothing."""
    begun = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={begun}-"} if begun else {}
    with client.stream("GET", url, headers={**headers, "Accept-Encoding": "identity"}) as answer:
        if answer.status_code in _MISSING:
            raise MissingFileError(f"{url} doesn't exist ({answer.status_code})")
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return "the server's file is shorter than what was downloaded before"
        answer.raise_for_status()
        begun = begun if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0
        length = begun + int(answer.headers.get("Content-Length", -1))
        etag = _MD5.fullmatch(answer.headers.get("ETag", ""))
        with part.open("ab" if begun else "wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)
    if "Content-Length" in answer.headers and part.stat().st_size != length:
        return f"{part.stat().st_size:,} bytes arrived instead of {length:,}"
    if etag and hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest() != etag[1]:
        return "its MD5 is not the one in the server's ETag"
    return ""


def _broken_gzip(part: Path, path: Path) -> str:
    if path.suffix != ".gz":
        return ""
    try:
        with gzip.open(part) as file:
            while file.read(_CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return f"it is not a complete gzip file: {error}"
    return ""
