"""Unpacking a bundle that came as a ZIP file. The file is read as hostile.

Everything is judged from the table of contents before one byte is unpacked, and again while
unpacking. Whatever is refused leaves nothing on disk.
"""

from __future__ import annotations

import shutil
import stat
import zipfile
import zlib
from pathlib import Path
from typing import IO

from apps.ai.bundle_errors import BundleError
from apps.ai.bundle_tree import MAX_BYTES, MAX_FILES, check_names

MAX_RATIO = 200
"""Unpacked to packed size; text packs by about 20, weights hardly at all."""
_FREE_RATIO_BYTES = 1 << 20
_ENCRYPTED = 0x1
_STRONG_ENCRYPTION = 0x40
_MASKED_HEADERS = 0x2000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_BLOCK = 1 << 20


def unpack_bundle(*, archive: Path, into: Path) -> Path:
    """Unpack ``archive`` into the new directory ``into``; the bundle's root inside it.

    The root is ``into`` itself, or its only folder: the zoo packs a bundle in a folder of its
    name.

    Raises
    ------
    BundleError
        ``not_a_zip``, ``encrypted``, ``compression_method``, ``link``, ``special_file``,
        ``too_many_files``, ``too_large``, ``compression_ratio``, ``overlapping_entries``,
        ``damaged``, or a code of ``check_names``. Nothing is left of ``into`` then.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            entries = _check_contents(opened, archive.stat().st_size)
            into.mkdir(parents=True, mode=0o700)
            try:
                _unpack(opened, entries, into)
            except BaseException:
                shutil.rmtree(into, ignore_errors=True)
                raise
    except (zipfile.BadZipFile, zlib.error, ValueError, NotImplementedError, EOFError,
            RuntimeError) as error:  # fmt: skip
        if isinstance(error, BundleError):
            raise
        code = "damaged" if zipfile.is_zipfile(archive) else "not_a_zip"
        raise BundleError(f"the ZIP file cannot be read: {error}", code=code) from error
    top = sorted(into.iterdir())
    return top[0] if len(top) == 1 and top[0].is_dir() else into


def _check_contents(opened: zipfile.ZipFile, archive_bytes: int) -> list[zipfile.ZipInfo]:
    entries = opened.infolist()
    if len(entries) > MAX_FILES:
        raise BundleError(f"more than {MAX_FILES} files", code="too_many_files")
    # ZipInfo cuts a name at its first NUL and turns backslashes; the original is judged.
    check_names(
        names=[entry.orig_filename.removesuffix("/") for entry in entries],
        folders=[entry.orig_filename.removesuffix("/") for entry in entries if entry.is_dir()],
    )
    for entry in entries:
        _check_entry(entry)
    if sum(entry.file_size for entry in entries) > MAX_BYTES:
        raise BundleError("unpacked, the bundle is larger than the limit", code="too_large")
    if sum(entry.compress_size for entry in entries) > archive_bytes:
        raise BundleError("entries of the ZIP file overlap", code="overlapping_entries")
    return entries


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    if entry.flag_bits & (_ENCRYPTED | _STRONG_ENCRYPTION | _MASKED_HEADERS):
        raise BundleError(f"{name} is encrypted", code="encrypted")
    if entry.compress_type not in _METHODS:
        raise BundleError(f"{name}: only deflate is read", code="compression_method")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise BundleError(f"{name} is a symbolic link", code="link")
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        raise BundleError(f"{name} is not a regular file", code="special_file")
    if entry.file_size > MAX_BYTES:
        raise BundleError(f"{name} is larger than the limit", code="too_large")
    if entry.file_size > _FREE_RATIO_BYTES + MAX_RATIO * entry.compress_size:
        raise BundleError(f"{name} unpacks to too much", code="compression_ratio")


def _unpack(opened: zipfile.ZipFile, entries: list[zipfile.ZipInfo], into: Path) -> None:
    for entry in entries:
        target = into / entry.filename
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True, mode=0o700)
            continue
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with opened.open(entry) as packed, target.open("xb") as plain:
            _copy(packed, plain, entry)


def _copy(packed: IO[bytes], plain: IO[bytes], entry: zipfile.ZipInfo) -> None:
    written = 0
    while block := packed.read(_BLOCK):
        written += len(block)
        if written > entry.file_size:
            raise BundleError(f"{entry.filename} is longer than it says", code="damaged")
        plain.write(block)
    if written != entry.file_size:
        raise BundleError(f"{entry.filename} is shorter than it says", code="damaged")
