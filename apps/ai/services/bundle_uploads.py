"""Bundles that come through the browser: pieces named by their offset, then one installation.

The bytes lie in the spool as they came. They are read only by ``install_bundle``, as hostile.
"""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import policies
from apps.ai.bundle_documents import MAX_DOCUMENT_BYTES
from apps.ai.conf import bundle_spool
from apps.ai.models import BundleUpload, ModelVersion
from apps.ai.services.installation import install_bundle
from apps.ai.services.people import get_person
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible, TooLarge, Unavailable

MAX_ARCHIVE_BYTES = 4 * 1024**3
PIECE_BYTES = 16 * 1024**2
OPEN_UPLOADS = 3
FORGOTTEN_AFTER = timedelta(hours=24)
FREE_DISK_BYTES = 2 * 1024**3
NAME_LENGTH = 200


def open_bundle_upload(*, actor: Actor, name: str, total_bytes: int) -> BundleUpload:
    """Announce a ZIP file; its bytes follow by ``receive_bundle_piece``.

    Raises
    ------
    InvalidInput, TooLarge
        It is empty (``empty_file``), or larger than an archive may be.
    Conflict
        ``too_many_uploads``: the person has as many open as one may have.
    Unavailable
        ``storage_full``: there is no room to unpack it.
    """
    policies.administer_model(actor=actor)
    _forget_old_uploads()
    if total_bytes < 1:
        raise InvalidInput("The file is empty.", code="empty_file")
    if total_bytes > MAX_ARCHIVE_BYTES:
        raise TooLarge(
            "The file is larger than a bundle may be.", details={"most": MAX_ARCHIVE_BYTES}
        )
    spool = bundle_spool()
    spool.mkdir(parents=True, exist_ok=True, mode=0o700)
    if shutil.disk_usage(spool).free < 3 * total_bytes + FREE_DISK_BYTES:
        raise Unavailable("The server has no room for this bundle.", code="storage_full")
    person = get_person(actor=actor)
    with transaction.atomic():
        if BundleUpload.objects.filter(user=person).count() >= OPEN_UPLOADS:
            raise Conflict("Finish or discard your other uploads first.", code="too_many_uploads")
        upload = BundleUpload.objects.create(
            user=person, name=_plain_name(name), total_bytes=total_bytes
        )
        record_entry(
            actor=actor, action="model.upload_opened", entity="bundle_upload",
            entity_id=upload.pk, details={"bytes": total_bytes},
        )  # fmt: skip
    return upload


@transaction.atomic
def receive_bundle_piece(
    *, actor: Actor, upload_id: UUID, offset: int, content: bytes
) -> BundleUpload:
    """The next bytes. What this returns for is on disk; without bytes it says where to go on.

    Raises
    ------
    Conflict
        ``offset_mismatch``, with the offset to go on from.
    TooLarge, InvalidInput
        A larger piece than agreed, or more bytes than announced.
    """
    policies.administer_model(actor=actor)
    if len(content) > PIECE_BYTES:
        raise TooLarge("Send smaller pieces.", details={"most": PIECE_BYTES})
    upload = _own_upload(actor, upload_id)
    if offset != upload.received_bytes:
        raise Conflict(
            "These are not the next bytes.", code="offset_mismatch",
            details={"offset": upload.received_bytes},
        )  # fmt: skip
    if offset + len(content) > upload.total_bytes:
        raise InvalidInput("More bytes than announced.", code="more_than_announced")
    _write_at(_spooled(upload), offset, content)
    upload.received_bytes = offset + len(content)
    upload.save(update_fields=["received_bytes", "updated_at"])
    return upload


def install_upload(
    *, actor: Actor, upload_id: UUID, side_car: str = "", slug: str = ""
) -> ModelVersion:
    """Register what was uploaded. Accepted or refused, the archive is gone afterwards.

    Parameters
    ----------
    side_car:
        The house's ``consilium.json``, for a bundle that comes without one.

    Raises
    ------
    Conflict
        Bytes are missing (``upload_incomplete``).
    NotABundle
        With the code of what is wrong.
    """
    policies.administer_model(actor=actor)
    with transaction.atomic():
        upload = _own_upload(actor, upload_id)
        if upload.received_bytes < upload.total_bytes:
            raise Conflict("The file has not arrived completely.", code="upload_incomplete")
        if len(side_car.encode()) > MAX_DOCUMENT_BYTES:
            raise TooLarge("The side-car is too large.")
    archive = _spooled(upload)
    own = archive.with_suffix(".json") if side_car else None
    try:
        if own is not None:
            own.write_text(side_car, encoding="utf-8")
        return install_bundle(actor=actor, source=archive, side_car=own, slug=slug)
    finally:
        _forget(upload)


def discard_upload(*, actor: Actor, upload_id: UUID) -> None:
    """Give an upload up; nothing of it is kept."""
    policies.administer_model(actor=actor)
    with transaction.atomic():
        upload = _own_upload(actor, upload_id)
    _forget(upload)


def _own_upload(actor: Actor, upload_id: UUID) -> BundleUpload:
    """The actor's own upload, locked; 404 for anybody else's."""
    upload = (
        BundleUpload.objects.select_for_update()
        .filter(pk=upload_id, user_id=actor.person_id)
        .first()
    )
    if upload is None:
        raise NotVisible()
    return upload


def _forget_old_uploads() -> None:
    for upload in BundleUpload.objects.filter(updated_at__lt=timezone.now() - FORGOTTEN_AFTER):
        _forget(upload)


def _forget(upload: BundleUpload) -> None:
    archive = _spooled(upload)
    archive.unlink(missing_ok=True)
    archive.with_suffix(".json").unlink(missing_ok=True)
    BundleUpload.objects.filter(pk=upload.pk).delete()


def _spooled(upload: BundleUpload) -> Path:
    """By its own id: what the file was called elsewhere names nothing here."""
    return bundle_spool() / f"{upload.pk}.zip"


def _plain_name(name: str) -> str:
    kept = "".join(one for one in name if one.isprintable())[-NAME_LENGTH:]
    return kept.strip() or "bundle.zip"


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
