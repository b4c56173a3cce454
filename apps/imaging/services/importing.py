"""Files from outside into a case: one verdict per file, the good ones stored."""

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO
from uuid import UUID

from django.db import transaction

from apps.core.actors import Actor
from apps.core.exceptions import DomainError, InvalidInput
from apps.core.outbox import enqueue
from apps.imaging import policies
from apps.imaging.archive.layout import spool_directory
from apps.imaging.choices import (
    ImportState,
)
from apps.imaging.exceptions import LostLease
from apps.imaging.models import Import, ImportFile
from apps.imaging.parsing import shared_pool
from apps.imaging.services.import_records import IMPORT_TASK, new_import, record_opened
from apps.imaging.services.import_run import ImportRun
from apps.imaging.services.leases import Lease, claim_import, kept_alive

logger = logging.getLogger(__name__)

FILES = 5000
UPLOAD_BYTES = 2 * 1024**3
COPY_BYTES = 1024 * 1024


# --- asking for it ---------------------------------------------------------------------------


def open_import(
    *,
    actor: Actor,
    case_id: UUID,
    files: Iterable[tuple[str, IO[bytes]]],
    mismatch_reason: str = "",
    only_study_instance_uid: str = "",
) -> Import:
    """Spool uploaded files and owe the work on them; names are kept for show only."""
    policies.import_files(actor=actor, case_id=case_id)
    parent = new_import(actor=actor, case_id=case_id, mismatch_reason=mismatch_reason)
    parent.only_study_instance_uid = only_study_instance_uid
    spool = spool_directory(parent.pk)
    try:
        rows = []
        for position, (name, source) in enumerate(files):
            if position >= FILES:
                raise InvalidInput("Too many files in one upload.", code="too_many_files")
            with (spool / f"{position:06d}").open("wb") as out:
                shutil.copyfileobj(source, out, COPY_BYTES)
            rows.append(ImportFile(parent=parent, position=position, name=name[-400:]))
        if not rows:
            raise InvalidInput("Choose files to upload.", code="no_files")
        with transaction.atomic():
            parent.save(force_insert=True)
            ImportFile.objects.bulk_create(rows)
            record_opened(actor=actor, parent=parent, count=len(rows))
            enqueue(task=IMPORT_TASK, kwargs={"import_id": str(parent.pk)})
    except BaseException:
        shutil.rmtree(spool, ignore_errors=True)
        raise
    return parent


def import_files(
    *, actor: Actor, case_id: UUID, paths: Sequence[Path], mismatch_reason: str = ""
) -> Import:
    """Import files and folders of this machine now; the same work as an upload."""
    policies.import_files(actor=actor, case_id=case_id)
    found = _list_files(paths)
    if not found:
        raise InvalidInput("There are no files.", code="no_files")
    parent = new_import(actor=actor, case_id=case_id, mismatch_reason=mismatch_reason)
    spool = spool_directory(parent.pk)
    for position, (_, path) in enumerate(found):
        (spool / f"{position:06d}").symlink_to(path.resolve())
    with transaction.atomic():
        parent.save(force_insert=True)
        ImportFile.objects.bulk_create(
            ImportFile(parent=parent, position=position, name=name[-400:])
            for position, (name, _) in enumerate(found)
        )
        record_opened(actor=actor, parent=parent, count=len(found))
    process_import(import_id=parent.pk, actor=actor)
    parent.refresh_from_db()
    return parent


def _list_files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Regular files below the paths, in a stable order; links are not followed."""
    found: list[tuple[str, Path]] = []
    for path in paths:
        if path.is_dir():
            for folder, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    one = Path(folder) / name
                    if one.is_file() and not one.is_symlink():
                        found.append((str(one.relative_to(path)), one))
        elif path.is_file():
            found.append((path.name, path))
        else:
            raise InvalidInput(f"{path} is not there.", code="no_such_path")
    return found


# --- doing it --------------------------------------------------------------------------------


def process_import(*, import_id: UUID, actor: Actor | None = None) -> None:
    """Work on one import to its end. Safe to run again after a crash."""
    lease = claim_import(import_id=import_id)
    if lease is None:
        return
    parent = Import.objects.select_related("case__patient").get(pk=import_id)
    who = actor or Actor(
        kind="user" if parent.actor_id else "system",
        id=parent.actor_id,
        label=parent.actor_label or "import",
    )
    try:
        with kept_alive(lease), shared_pool() as pool:
            ImportRun(actor=who, parent=parent, lease=lease, pool=pool).run()
    except LostLease:
        logger.info("import %s: another worker took over", import_id)
    except DomainError as error:
        _fail(lease=lease, parent=parent, code=error.error_code, message=str(error.message))
    except Exception:
        logger.exception("import %s failed unexpectedly", import_id)
        _fail(
            lease=lease,
            parent=parent,
            code="internal_error",
            message="An unexpected error was logged.",
        )


def _fail(*, lease: Lease, parent: Import, code: str, message: str) -> None:
    try:
        with transaction.atomic():
            lease.check()
            Import.objects.filter(pk=parent.pk).update(
                state=ImportState.FAILED,
                error_code=code[:60],
                error_message=message[:500],
                lease_expires_at=None,
            )
    except LostLease:
        logger.info("import %s: lost while failing", parent.pk)
