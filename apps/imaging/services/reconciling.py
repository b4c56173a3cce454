"""Whose images are these? A person's word on the files of an import that name another patient."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.cases import policies as case_policies
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible
from apps.core.outbox import enqueue
from apps.imaging import policies
from apps.imaging.archive.layout import spool_directory
from apps.imaging.choices import FileVerdict, ImportState
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import Import
from apps.imaging.services import import_records
from apps.imaging.services.patients import REASON_LENGTH

KEY_FACTS = ("issuer", "patient_id", "birth_date", "sex")  # a name may be spelled in many ways
REFUSED_WORDS = "Somebody compared the patients: these are another patient's images."


def mismatch_key(details: Mapping[str, Any]) -> str:
    """One identity found in the files, in however many studies."""
    found = details["study_patient"]
    facts = json.dumps([found.get(name) for name in KEY_FACTS])
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def reconcile_import(
    *, actor: Actor, import_id: UUID, key: str, same_patient: bool, reason: str = ""
) -> Import:
    """Take the held files of one identity as the case's patient's, or refuse them.

    Taking them is a coordinator's, with a reason that is kept with the link and in the audit;
    refusing is for whoever may import. Nothing is uploaded again.

    Raises
    ------
    Conflict
        ``import_not_waiting``: nobody is being asked (any more).
    InvalidInput
        ``reason_too_short``.
    """
    with transaction.atomic():
        parent = Import.objects.select_for_update().filter(pk=import_id).first()
        if parent is None:
            raise NotVisible()
        policies.import_files(actor=actor, case_id=parent.case_id)
        case_policies.view_identified(actor=actor, case_id=parent.case_id)
        held = parent.files.filter(verdict=FileVerdict.HELD, mismatch_key=key)
        if parent.state != ImportState.WAITING or not held.exists():
            raise Conflict("Nobody is being asked about these files.", code="import_not_waiting")
        if same_patient:
            policies.confirm_mismatch(actor=actor, case_id=parent.case_id)
            if len(reason.strip()) < REASON_LENGTH:
                raise InvalidInput(
                    "Say in a sentence why this is the same patient.", code="reason_too_short"
                )
            parent.confirmations[key] = {
                "reason": reason.strip(),
                "by_id": str(actor.id),
                "by": actor.label[:200],
            }
            count = held.update(verdict=FileVerdict.PENDING, code="", reason="")
            import_records.move(parent, ImportState.PENDING)
            enqueue(task=import_records.IMPORT_TASK, kwargs={"import_id": str(parent.pk)})
        else:
            count = held.update(
                verdict=FileVerdict.REJECTED, code=PatientMismatch.code, reason=REFUSED_WORDS
            )
            if not parent.files.filter(verdict=FileVerdict.HELD).exists():
                import_records.move(parent, ImportState.DONE)
        parent.save()
        import_records.record(
            actor=actor,
            parent=parent,
            action="import.reconciled",
            same_patient=same_patient,
            files=count,
        )
    if parent.state == ImportState.DONE:
        shutil.rmtree(spool_directory(parent.pk), ignore_errors=True)
    return parent


def confirmation_of(parent: Import, details: Mapping[str, Any]) -> tuple[Actor, str] | None:
    """Who said that this identity is the case's patient, and why."""
    said = parent.confirmations.get(mismatch_key(details))
    if said is None:
        return None
    return Actor(kind="user", id=UUID(said["by_id"]), label=said["by"]), said["reason"]
