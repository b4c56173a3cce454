"""Is a study's patient the case's? Asked at linking, of files, and of a PACS that stands in."""

from typing import Any

from apps.cases.identity import PatientIdentity
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import CaseStudy, Study

REASON_LENGTH = 10


def check_patient(
    *,
    actor: Actor,
    case: Case,
    found: PatientIdentity,
    mismatch_reason: str,
    study: Study | None = None,
) -> dict[str, Any]:
    """Empty when the patient is the case's; the confirmed differences when a reason was given.

    Raises
    ------
    PatientMismatch
        No reason given, or too short a one.
    Forbidden
        A reason by somebody who is not a coordinator of the case.
    """
    expected = identities.identity_of_patient(case.patient)
    fields = identities.find_contradictions(expected=expected, found=found)
    if not fields:
        return {}
    if study is not None and _confirmed_before(case, study, found):
        return {}
    details = identities.mismatch_details(expected=expected, found=found, fields=fields)
    if not mismatch_reason.strip():
        raise PatientMismatch("The study's patient is not the case's patient.", details=details)
    if len(mismatch_reason.strip()) < REASON_LENGTH:
        raise PatientMismatch("Say in a sentence why this is the same patient.", details=details)
    policies.confirm_mismatch(actor=actor, case_id=case.pk)
    return details


def _confirmed_before(case: Case, study: Study, found: PatientIdentity) -> bool:
    """A coordinator confirmed exactly this identity for this case before."""
    row = CaseStudy.objects.filter(case=case, study=study).exclude(mismatch_reason="").first()
    return row is not None and row.mismatch_details.get("study_patient") == found.as_details()
