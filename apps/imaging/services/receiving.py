"""Objects sent to a case and answered at once (STOW-RS): an import that the sender waits for."""

import time
from collections.abc import Iterable
from typing import IO
from uuid import UUID

from apps.core.actors import Actor
from apps.core.exceptions import Unavailable
from apps.imaging import policies
from apps.imaging.choices import ImportState
from apps.imaging.models import Import
from apps.imaging.services.importing import open_import, process_import
from apps.imaging.services.linking import check_uid

WAIT_S = 240.0
LOOK_EVERY_S = 0.2


def receive_objects(
    *,
    actor: Actor,
    case_id: UUID,
    parts: Iterable[tuple[str, IO[bytes]]],
    study_instance_uid: str = "",
) -> Import:
    """Spool the parts and import them, here or by the worker that was quicker.

    A process that dies here leaves the import to the sweeper, like any other.

    Raises
    ------
    Unavailable
        ``store_pending``: still at work. Sending again is harmless.
    """
    policies.store_dicomweb(actor=actor, case_id=case_id)
    if study_instance_uid:
        check_uid(study_instance_uid)
    parent = open_import(
        actor=actor,
        case_id=case_id,
        files=parts,
        only_study_instance_uid=study_instance_uid,
    )
    process_import(import_id=parent.pk, actor=actor)
    deadline = time.monotonic() + WAIT_S
    while True:
        parent.refresh_from_db()
        if parent.state in (ImportState.DONE, ImportState.FAILED):
            return parent
        if time.monotonic() > deadline:
            raise Unavailable(
                "The objects are still being read. Ask again later.",
                code="store_pending",
                details={"retry_after_s": 30},
            )
        time.sleep(LOOK_EVERY_S)
