"""Where things lie in the archive, and the writes that survive a crash.

::

    series/<k>/<archive_key>/   immutable: manifest.json metadata.json.gz viewer.json.gz
                                frames.bin originals.bin thumbnail.jpg
    staging/<study_id>/<pacs>/  what arrived and is not published yet; resumable
    spool/<import_id>/          uploads waiting to be parsed, named by position
    volumes/<archive_key>.*     derived, rebuilt at need
    segments/<sha256>.*         unpacked frames of a segmentation, likewise
    documents/<sha256>.*        pages of an encapsulated PDF as pictures, likewise
    drafts/                     being written; renamed into place or swept
    trash/                      no longer a series; on its way out
"""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID, uuid4

from django.conf import settings

DERIVED = ("volumes", "segments", "documents")  # free to delete at any time
ARCHIVE_KEY_PATTERN = re.compile(r"^[0-9a-f]{64}$")


def archive_root() -> Path:
    return Path(settings.ARCHIVE_ROOT)


def series_directory(archive_key: str) -> Path:
    """The directory of a published series.

    Raises
    ------
    ValueError
        When the key is not a content hash (it may come from a URL).
    """
    if not ARCHIVE_KEY_PATTERN.match(archive_key):
        raise ValueError("not an archive key")
    return archive_root() / "series" / archive_key[:2] / archive_key


def staging_directory(study_id: UUID, *, pacs_id: UUID | None = None) -> Path:
    """Of one study (or import); of what comes from one PACS, a directory inside."""
    directory = _private(archive_root() / "staging" / str(study_id))
    return _private(directory / str(pacs_id)) if pacs_id else directory


def spool_directory(import_id: UUID) -> Path:
    """Files of an import as they came, by position; never by their own names."""
    return _private(archive_root() / "spool" / str(import_id))


def volume_directory() -> Path:
    return _private(archive_root() / "volumes")


def segment_directory() -> Path:
    return _private(archive_root() / "segments")


def document_directory() -> Path:
    return _private(archive_root() / "documents")


def trash_directory() -> Path:
    return _private(archive_root() / "trash")


def _private(path: Path) -> Path:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextmanager
def draft_directory() -> Iterator[Path]:
    """A directory to fill; removed unless it was renamed away."""
    draft = _private(archive_root() / "drafts") / uuid4().hex
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def install_directory(*, draft: Path, target: Path) -> bool:
    """Make ``draft`` durable and visible at once as ``target``; ``False`` when it was there.

    Equal targets have equal content (the name is its hash), so a second writer just yields.
    """
    for path in draft.iterdir():
        sync_file(path)
    sync_file(draft)
    _private(target.parent)
    try:
        draft.rename(target)
    except OSError:
        if (target / "manifest.json").exists():
            return False
        raise
    sync_file(target.parent)
    return True
