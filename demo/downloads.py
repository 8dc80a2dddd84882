"""Files from the web, once each: taken up where they were cut off, and checked before they count as there."""

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
_AT_ONCE = 8
_CHUNK = 2**18
_MD5 = re.compile(r'"([0-9a-f]{32})"')  # S3's ETag of a file that was not put in parts
_GONE = {httpx.codes.NOT_FOUND, httpx.codes.FORBIDDEN}  # S3 says 403 of what a public bucket doesn't have


class NotThereError(CatalogError):
    """The server has no such file."""


def download(client: httpx.Client, url: str, path: Path) -> Path:
    """Fetch a file unless it is there already.

    What has come so far is kept beside it as ``NAME.part``, and asked for from its end on. The file counts as there
    once its length, its MD5 (where the server's ETag is one) and, of a gzip file, its check sums are right.

    Raises
    ------
    NotThereError
        The server doesn't have it.
    CatalogError
        It can't be fetched whole, after several tries.
    """
    if path.is_file():
        return path
    url = str(client.base_url.join(url))  # whole, so that a message names the server
    path.parent.mkdir(parents=True, exist_ok=True)
    part, why = path.with_name(f"{path.name}.part"), ""
    for _ in range(_TRIES):
        try:
            why = _fetch(client, url, part) or _broken_gzip(part, path)
        except httpx.HTTPError as error:
            why = f"{type(error).__name__}: {error}"  # what has come is kept, and taken up
        else:
            if not why:
                part.replace(path)
                return path
            part.unlink(missing_ok=True)  # wrong bytes are no beginning
    raise CatalogError(f"{url} can't be downloaded: {why}")


def download_all(
    client: httpx.Client, wanted: Iterable[tuple[str, Path]], advanced: Callable[[], None]
) -> Iterator[Path]:
    """Fetch many small files side by side, and give those that the server doesn't have.

    Raises
    ------
    CatalogError
        One can't be fetched whole. Those that were stay, so that another call goes on from there.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        running = {pool.submit(download, client, url, path): path for url, path in wanted}
        try:
            for done in as_completed(running):
                try:
                    done.result()
                except NotThereError:
                    yield running[done]
                advanced()
        finally:
            pool.shutdown(cancel_futures=True)


def _fetch(client: httpx.Client, url: str, part: Path) -> str:
    """Fetch the rest of a file; say what is wrong with it, or nothing."""
    begun = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={begun}-"} if begun else {}
    with client.stream("GET", url, headers={**headers, "Accept-Encoding": "identity"}) as answer:
        if answer.status_code in _GONE:
            raise NotThereError(f"{url} isn't there ({answer.status_code})")
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            return "the server has less of it than came before"
        answer.raise_for_status()
        begun = begun if answer.status_code == httpx.codes.PARTIAL_CONTENT else 0
        length = begun + int(answer.headers.get("Content-Length", -1))
        etag = _MD5.fullmatch(answer.headers.get("ETag", ""))
        with part.open("ab" if begun else "wb") as file:
            for chunk in answer.iter_raw():
                file.write(chunk)
    if "Content-Length" in answer.headers and part.stat().st_size != length:
        return f"{part.stat().st_size:,} bytes came instead of {length:,}"
    if etag and hashlib.md5(part.read_bytes(), usedforsecurity=False).hexdigest() != etag[1]:
        return "its MD5 is not the one that the server names"
    return ""


def _broken_gzip(part: Path, path: Path) -> str:
    if path.suffix != ".gz":
        return ""
    try:
        with gzip.open(part) as file:
            while file.read(_CHUNK):
                pass
    except (OSError, EOFError, zlib.error) as error:
        return f"it is no whole gzip file: {error}"
    return ""
