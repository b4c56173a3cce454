"""Zip files of an import: bounded in number, size and ratio; entry names never become paths."""

import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GIB = 1024**3
ENTRIES = 20_000
ENTRY_BYTES = 2 * GIB
TOTAL_BYTES = 20 * GIB
RATIO = 200
RATIO_APPLIES_ABOVE = 256 * 1024 * 1024
NAME_LENGTH = 400
COPY_BYTES = 1024 * 1024
ZIP_MAGIC = b"PK\x03\x04"


class BadZip(Exception):
    """The zip is refused as a whole; ``code`` and the message are the file's verdict."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    path: Path


def is_zip(path: Path) -> bool:
    """A zip by its first bytes, unless it is a DICOM file with a zip in its preamble."""
    with path.open("rb") as stream:
        head = stream.read(132)
    return head.startswith(ZIP_MAGIC) and head[128:] != b"DICM"


def extract(path: Path, *, into: Path, first_position: int) -> Iterator[Entry]:
    """Every file of the zip as ``into/<position>``.

    Raises
    ------
    BadZip
        ``bad_zip``, ``encrypted_zip``, ``zip_too_large`` or ``zip_too_many``.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            _check(infos, size=path.stat().st_size)
            total = 0
            for position, info in enumerate(infos, start=first_position):
                target = into / f"{position:06d}"
                total += _copy(archive, info, target, allowed=TOTAL_BYTES - total)
                yield Entry(name=info.filename[-NAME_LENGTH:], path=target)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, ValueError):
        raise BadZip("bad_zip", "The zip file is damaged.") from None
    except RuntimeError:  # zipfile's word for "a password is needed"
        raise BadZip("encrypted_zip", "The zip file is encrypted.") from None


def _check(infos: list[zipfile.ZipInfo], *, size: int) -> None:
    if len(infos) > ENTRIES:
        raise BadZip("zip_too_many", "The zip file holds too many files.")
    if any(info.flag_bits & 0x1 for info in infos):
        raise BadZip("encrypted_zip", "The zip file is encrypted.")
    declared = sum(info.file_size for info in infos)
    bomb = declared > RATIO_APPLIES_ABOVE and declared > RATIO * max(1, size)
    if bomb or declared > TOTAL_BYTES or any(info.file_size > ENTRY_BYTES for info in infos):
        raise BadZip("zip_too_large", "The zip file would become too large.")


def _copy(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, *, allowed: int) -> int:
    """Count what really comes out; the directory of a zip may lie."""
    limit = min(ENTRY_BYTES, allowed, info.file_size)
    written = 0
    with archive.open(info) as source, target.open("wb") as out:
        while chunk := source.read(COPY_BYTES):
            written += len(chunk)
            if written > limit:
                raise BadZip("zip_too_large", "The zip file holds more than it declares.")
            out.write(chunk)
    return written


def remove(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
