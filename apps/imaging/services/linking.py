"""A study comes into a case: identity is compared first, side by side where it differs."""

from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases.identity import PatientIdentity
from apps.cases.models import Case
from apps.core import events as core_events
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.choices import StudySource, StudyState
from apps.imaging.events import StudyLinked
from apps.imaging.exceptions import PatientMismatch
from apps.imaging.models import CaseStudy, PacsConnection, Study
from apps.imaging.pacs import QidoStudy, open_client
from apps.imaging.parser.reading import UID_LENGTH, UID_PATTERN
from apps.imaging.services import ingesting, sources
from apps.imaging.services.indexing import record_ready
from apps.imaging.services.pacs import active_connection
from apps.imaging.services.patients import check_patient
from apps.imaging.services.prefetching import recall_evicted


def link_study(
    *,
    actor: Actor,
    case_id: UUID,
    pacs_id: UUID,
    study_instance_uid: str,
    mismatch_reason: str = "",
) -> CaseStudy:
    """Find a study in the PACS, compare its patient, link it and queue its ingest.

    Linking again is harmless; it restarts a failed ingest and may add the missing reason.

    Raises
    ------
    PatientMismatch
        409 ``patient_mismatch`` with both identities, unless a coordinator gives a reason.
    NotVisible
        The PACS does not have the study.
    """
    policies.link_study(actor=actor, case_id=case_id)
    check_uid(study_instance_uid)
    connection = active_connection(pacs_id)
    with open_client(connection) as client:
        found = client.find_study(study_instance_uid=study_instance_uid)
    if found is None:
        raise NotVisible("The PACS does not have this study.", code="study_not_in_pacs")
    with transaction.atomic():
        study = _study_from_answer(found, connection)
        link = put_link(
            actor=actor,
            case_id=case_id,
            study=study,
            found=_known_identity(study, found, connection),
            mismatch_reason=mismatch_reason,
        )
        if study.ready_at is None:
            ingesting.queue_ingest(actor=actor, study_id=study.pk)
        elif link.was_new:
            recall_evicted(case_ids=[case_id])
            record_ready(actor=actor, case_id=case_id, study_id=study.pk)
    return link.row


def link_archived_study(
    *, actor: Actor, case_id: UUID, study_id: UUID, mismatch_reason: str = ""
) -> CaseStudy:
    """Link a study that is in the archive already (the demo hospital, a second case)."""
    policies.link_study(actor=actor, case_id=case_id)
    with transaction.atomic():
        study = Study.objects.select_for_update().filter(pk=study_id).first()
        if study is None:
            raise NotVisible()
        link = put_link(
            actor=actor,
            case_id=case_id,
            study=study,
            found=identities.identity_of_study(study),
            mismatch_reason=mismatch_reason,
        )
        recall_evicted(case_ids=[case_id])
        if study.ready_at is not None and link.was_new:
            record_ready(actor=actor, case_id=case_id, study_id=study.pk)
    return link.row


class Link:
    """A link row and whether this call made it."""

    def __init__(self, row: CaseStudy, *, was_new: bool) -> None:
        self.row = row
        self.was_new = was_new


def put_link(
    *,
    actor: Actor,
    case_id: UUID,
    study: Study,
    found: PatientIdentity,
    mismatch_reason: str,
) -> Link:
    """Compare and link, inside the caller's transaction. The caller has asked ``link_study``."""
    case = Case.objects.select_related("patient").filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    details = check_patient(
        actor=actor, case=case, found=found, mismatch_reason=mismatch_reason, study=study
    )
    row, was_new = CaseStudy.objects.get_or_create(
        case=case,
        study=study,
        defaults={
            "linked_by_id": actor.id if actor.is_person else None,
            "mismatch_reason": mismatch_reason if details else "",
            "mismatch_details": details,
        },
    )
    if not was_new and details and mismatch_reason and not row.mismatch_reason:
        row.mismatch_reason, row.mismatch_details = mismatch_reason, details
        row.save()
    if was_new or details:
        record_entry(
            actor=actor,
            action="study.linked",
            case_id=case.pk,
            patient_id=case.patient_id,
            entity="study",
            entity_id=study.pk,
            details={"mismatch_confirmed": bool(details), "fields": details.get("fields", [])},
        )
    if was_new:
        core_events.record(
            StudyLinked(
                case_id=case.pk,
                entity="study",
                entity_id=str(study.pk),
                study_id=study.pk,
                **core_events.actor_fields(actor),
            )
        )
    return Link(row, was_new=was_new)


def check_uid(uid: str) -> None:
    if len(uid) > UID_LENGTH or not UID_PATTERN.match(uid):
        raise InvalidInput("Not a DICOM UID.", code="invalid_uid")


def _study_from_answer(found: QidoStudy, connection: PacsConnection) -> Study:
    """The study's row, made from the PACS's answer when it is new; locked."""
    who = identities.identity_of_answer(found, default_issuer=connection.default_issuer)
    study, _ = Study.objects.get_or_create(
        study_instance_uid=found.study_instance_uid,
        defaults={
            "patient_id": who.patient_id[:64],
            "issuer_of_patient_id": who.issuer[:64],
            "patient_name": who.name[:324],
            "patient_birth_date": who.birth_date,
            "patient_sex": who.sex,
            "study_date": identities.parse_date(found.study_date),
            "study_time": found.study_time[:16],
            "accession_number": found.accession_number[:64],
            "description": found.description[:255],
            "modalities": sorted(one[:16] for one in found.modalities),
            "total_instances": max(0, found.instance_count or 0),
            "source": StudySource.PACS,
            "pacs": connection,
            "state": StudyState.QUEUED,
        },
    )
    study = Study.objects.select_for_update().get(pk=study.pk)
    if study.pacs_id is None or (study.ready_at is None and study.pacs_id != connection.pk):
        study.pacs = connection  # results can go home; an unread study may come from elsewhere
        study.save(update_fields=["pacs", "updated_at"])
    if study.pacs_id == connection.pk:
        sources.note_counts(study=study, pacs_id=connection.pk, found=found)
    return study


def _known_identity(study: Study, found: QidoStudy, connection: PacsConnection) -> PatientIdentity:
    """Headers know more than a query answer: used once an object of the study was read."""
    if study.ready_at is not None or study.error_code == PatientMismatch.code:
        return identities.identity_of_study(study)
    return identities.identity_of_answer(found, default_issuer=connection.default_issuer)
