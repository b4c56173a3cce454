"""Uploads that survive a broken connection: a list of files first, then one stream of bytes.

The bytes of all files, one after the other, are sent in pieces of any size, each named by its
offset (tus 1.0, decision 0110). So three thousand small files are a few requests, one large
file is many, and what is in the spool is what was acknowledged.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible, TooLarge, Unavailable
from apps.core.outbox import enqueue
from apps.imaging import policies
from apps.imaging.archive.layout import archive_root, spool_directory
from apps.imaging.choices import FileVerdict, ImportState
from apps.imaging.exceptions import OffsetMismatch
from apps.imaging.models import Import, ImportFile
from apps.imaging.services import import_records

FILES = 20_000
TOTAL_BYTES = 20 * 1024**3
PIECE_BYTES = 16 * 1024**2
OPEN_UPLOADS = 20
FREE_DISK_BYTES = 2 * 1024**3
STREAM = "upload"  # in the spool, until it is cut into files
NAME_LENGTH = 400
COPY_BYTES = 8 * 1024**2
UNREADABLE = "unreadable_at_source"


@dataclass(frozen=True, slots=True)
class AnnouncedFile:
    """One file as the browser lists it; name and time only recognise it when it comes again."""

    name: str
    size_bytes: int
    modified_ms: int = 0


def open_upload(*, actor: Actor, case_id: UUID, files: Sequence[AnnouncedFile]) -> Import:
    """Announce the files of an upload, in the order in which their bytes will come.

    Raises
    ------
    InvalidInput
        ``no_files``, ``too_many_files``.
    TooLarge
        More bytes than an upload may have.
    Conflict
        ``too_many_uploads``: the person has as many open ones as one may have.
    Unavailable
        ``storage_full``: the spool has no room for it.
    """
    policies.import_files(actor=actor, case_id=case_id)
    if not files:
        raise InvalidInput("Choose files to upload.", code="no_files")
    if len(files) > FILES:
        raise InvalidInput("Too many files in one upload.", code="too_many_files")
    total = sum(one.size_bytes for one in files)
    if total > TOTAL_BYTES or any(one.size_bytes < 0 for one in files):
        raise TooLarge("The files are larger than one upload may be.")
    if shutil.disk_usage(archive_root_there()).free < 2 * total + FREE_DISK_BYTES:
        raise Unavailable("The server has no room for these files.", code="storage_full")
    receiving = Import.objects.filter(actor_id=actor.id, state=ImportState.RECEIVING)
    if receiving.count() >= OPEN_UPLOADS:
        raise Conflict("Finish or discard your other uploads first.", code="too_many_uploads")
    parent = import_records.new_import(actor=actor, case_id=case_id)
    parent.state, parent.total_bytes, parent.asks_identity = ImportState.RECEIVING, total, True
    rows, start = [], 0
    for position, one in enumerate(files):
        rows.append(
            ImportFile(
                parent=parent,
                position=position,
                name=one.name[-NAME_LENGTH:],
                size_bytes=one.size_bytes,
                starts_at=start,
                modified_ms=one.modified_ms,
            )
        )
        start += one.size_bytes
    with transaction.atomic():
        parent.save(force_insert=True)
        ImportFile.objects.bulk_create(rows, batch_size=2000)
        import_records.record_opened(actor=actor, parent=parent, count=len(rows))
        _complete_if_all(parent)
    return parent


def receive_piece(*, actor: Actor, import_id: UUID, offset: int, content: bytes) -> Import:
    """The next bytes of an upload. What this returns for is on disk.

    Raises
    ------
    OffsetMismatch
        409 with the offset to go on from: a piece came twice, or out of order.
    """
    if len(content) > PIECE_BYTES:
        raise TooLarge("Send smaller pieces.", details={"most": PIECE_BYTES})
    with transaction.atomic():
        parent = _receiving(actor=actor, import_id=import_id)
        if offset != parent.received_bytes:
            raise OffsetMismatch(
                "These are not the next bytes.", details={"offset": parent.received_bytes}
            )
        if offset + len(content) > parent.total_bytes:
            raise InvalidInput("More bytes than announced.", code="more_than_announced")
        _write_at(spool_directory(parent.pk) / STREAM, offset, content)
        parent.received_bytes = offset + len(content)
        _complete_if_all(parent)
        parent.save(update_fields=["received_bytes", "state", "updated_at"])
    return parent


def omit_file(*, actor: Actor, import_id: UUID, position: int) -> Import:
    """The sender cannot read one file: the next byte is the next file's first."""
    with transaction.atomic():
        parent = _receiving(actor=actor, import_id=import_id)
        file = parent.files.filter(position=position).first()
        if file is None:
            raise NotVisible()
        end = file.starts_at + file.size_bytes
        if not file.starts_at <= parent.received_bytes <= end:
            raise OffsetMismatch(
                "This is not the next file.", details={"offset": parent.received_bytes}
            )
        file.verdict, file.code = FileVerdict.REJECTED, UNREADABLE
        file.reason = "The sending computer could not read the file."
        file.save()
        parent.received_bytes = end
        _complete_if_all(parent)
        parent.save(update_fields=["received_bytes", "state", "updated_at"])
    return parent


def cancel_upload(*, actor: Actor, import_id: UUID) -> None:
    """Give an upload up before everything has arrived; nothing of it is kept."""
    with transaction.atomic():
        parent = _receiving(actor=actor, import_id=import_id)
        import_records.move(parent, ImportState.CANCELLED)
        parent.save(update_fields=["state", "updated_at"])
        import_records.record(actor=actor, parent=parent, action="import.cancelled")
    shutil.rmtree(spool_directory(import_id), ignore_errors=True)


def cut_into_files(*, parent: Import, spool: Path) -> None:
    """Cut the stream into the files it was announced as. Safe to repeat after a crash."""
    stream = spool / STREAM
    if not stream.exists():
        return
    with stream.open("rb") as source:
        for file in parent.files.filter(verdict=FileVerdict.PENDING):
            target = spool / f"{file.position:06d}"
            with target.open("wb") as out:
                if not _copy_range(source.fileno(), out.fileno(), file.starts_at, file.size_bytes):
                    target.unlink()  # the import says "lost"; the power may have failed
    stream.unlink()


def archive_root_there() -> Path:
    root = archive_root()
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    return root


def _receiving(*, actor: Actor, import_id: UUID) -> Import:
    """The actor's own upload, locked; 404 for anybody else's, 409 when it is over."""
    parent = (
        Import.objects.select_for_update()
        .filter(pk=import_id, asks_identity=True, actor_id=actor.id)
        .first()
    )
    if parent is None or actor.id is None:
        raise NotVisible()
    policies.import_files(actor=actor, case_id=parent.case_id)
    if parent.state != ImportState.RECEIVING:
        raise Conflict("The upload is over.", code="upload_over", details={"state": parent.state})
    return parent


def _complete_if_all(parent: Import) -> None:
    if parent.received_bytes < parent.total_bytes:
        return
    import_records.move(parent, ImportState.PENDING)
    Import.objects.filter(pk=parent.pk).update(state=parent.state)
    enqueue(task=import_records.IMPORT_TASK, kwargs={"import_id": str(parent.pk)})


def _write_at(path: Path, offset: int, content: bytes) -> None:
    """Durable before it is acknowledged; what a dead process left behind is overwritten."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        view, at = memoryview(content), offset
        while view:
            written = os.pwrite(descriptor, view, at)
            view, at = view[written:], at + written
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_range(source: int, target: int, start: int, length: int) -> bool:
    """Whether there was as much as asked for."""
    copied = 0
    while copied < length:
        count = os.sendfile(target, source, start + copied, min(COPY_BYTES, length - copied))
        if count == 0:
            return False
        copied += count
    return True
