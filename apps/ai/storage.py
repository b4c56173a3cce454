"""Results by their SHA-256: written once, never changed, verified on every read."""

import hashlib
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from apps.ai.conf import result_store
from apps.core.exceptions import Unavailable

PARTIAL_AFTER_S = 3600.0
"""A write takes a moment; older than this, its writer was killed."""


def put_bytes(*, content: bytes) -> str:
    """Store ``content`` durably (temp file, fsync, rename) and return its SHA-256."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = _path_of(sha256)
    if path.exists():
        return sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{uuid4().hex}.partial")
    try:
        with partial.open("xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    _sync_directory(path.parent)
    return sha256


def put_all(*, contents: Sequence[bytes]) -> list[str]:
    """As ``put_bytes`` for several: the disk is waited for once, not one after another."""
    with ThreadPoolExecutor(max_workers=max(1, len(contents))) as threads:
        return list(threads.map(lambda content: put_bytes(content=content), contents))


def get_bytes(*, sha256: str) -> bytes:
    """Read a result.

    Raises
    ------
    Unavailable
        It is missing or damaged (``result_missing``, ``result_damaged``).
    """
    try:
        content = _path_of(sha256).read_bytes()
    except OSError as error:
        raise Unavailable("The stored result is missing.", code="result_missing") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Unavailable("The stored result is damaged.", code="result_damaged")
    return content


def remove_partials() -> int:
    """Delete what killed writers left half written; how many files."""
    before = time.time() - PARTIAL_AFTER_S
    removed = 0
    for path in result_store().glob("*/.*.partial"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                path.unlink()
                removed += 1
    return removed


def _path_of(sha256: str) -> Path:
    if len(sha256) != 64 or not sha256.isalnum():
        raise Unavailable("The stored result is missing.", code="result_missing")
    return result_store() / sha256[:2] / sha256


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
