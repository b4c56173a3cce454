"""Pages of encapsulated PDFs as pictures: drawn by a parser child, kept until room is needed.

They lie in the archive's ``documents`` folder, named by the hash of the object, and count in its
budget like other derived files. The PDF itself goes to no browser.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from apps.imaging.archive import SeriesArchive
from apps.imaging.archive.layout import document_directory
from apps.imaging.side_files import write_side_files

WIDTHS = (400, 1000, 1600, 2400)
"""Pixels across a page: few, so that everybody is served from the same files."""

DRAW_LIMITS = {"cpu_s": 2, "file_bytes": 128 * 1024 * 1024, "decoded_bytes": 64 * 1024 * 1024}
DRAW_TIMEOUT_S = 10.0  # wall clock, on a busy machine


@dataclass(frozen=True, slots=True)
class Page:
    """One page of so many; ``png`` reads it."""

    number: int
    pages: int
    path: Path

    def png(self) -> bytes:
        return self.path.read_bytes()

    def text(self) -> str:
        return self.path.with_suffix(".txt").read_text(encoding="utf-8")


def count_pages(*, archive: SeriesArchive, sop_instance_uid: str) -> int:
    """How many pages it has.

    Raises
    ------
    UnreadableObject
        No PDF, encrypted, broken, or beyond the limits.
    """
    return int(_facts(archive, sop_instance_uid, page=0, width=0)[1]["pages"])


def open_page(*, archive: SeriesArchive, sop_instance_uid: str, page: int, width: int) -> Page:
    """Page ``page`` from 1, ``width`` pixels wide or what its bound allows.

    Raises
    ------
    UnreadableObject
        As above, or there is no such page.
    """
    path, facts = _facts(archive, sop_instance_uid, page=page, width=width)
    return Page(page, int(facts["pages"]), path)


def _facts(
    archive: SeriesArchive, sop_instance_uid: str, *, page: int, width: int
) -> tuple[Path, dict[str, Any]]:
    summary = archive.instance(sop_instance_uid)
    if summary is None:
        raise KeyError(sop_instance_uid)
    name = f"{summary['sha256']}.{page}.{width}"
    path = document_directory() / f"{name}.png"
    described = path.with_suffix(".json")
    if not described.exists() or (page and not path.exists()):
        _draw(archive.read_original(sop_instance_uid), name=name, page=page, width=width)
    os.utime(described)  # least recently used is evicted first
    return path, orjson.loads(described.read_bytes())


def _draw(original: bytes, *, name: str, page: int, width: int) -> None:
    write_side_files(
        original,
        directory=document_directory(),
        name=name,
        suffixes=("txt", "png", "json") if page else ("json",),
        work=lambda pool, source, prefix: pool.draw_page(
            source=source,
            prefix=prefix,
            page=page,
            width=width,
            limits=DRAW_LIMITS,
            timeout_s=DRAW_TIMEOUT_S,
        ),
    )
