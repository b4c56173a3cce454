"""Another PACS of the house in place of a study's own that is away (decision 0114).

Only for the same study of the same patient, and only for all that the study's own had reported.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import DomainError
from apps.imaging import identity as identities
from apps.imaging.archive.place import series_store
from apps.imaging.choices import SourceState
from apps.imaging.exceptions import (
    AddressNotAllowed,
    PacsAnswerBroken,
    PacsError,
    PacsRefused,
    PatientMismatch,
    StandInRefused,
)
from apps.imaging.models import CaseStudy, Instance, PacsConnection, Series, SourceReport, Study
from apps.imaging.pacs import PacsClient
from apps.imaging.services import sources
from apps.imaging.services.patients import check_patient

ACTOR = Actor.system("ingest")
REFUSALS = (
    AddressNotAllowed,
    PacsAnswerBroken,
    PacsError,
    PacsRefused,
    PatientMismatch,
    StandInRefused,
)
LISTED_STATES = (SourceState.HELD, SourceState.CHANGED, SourceState.REPLACED)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A PACS that was asked in another's place, and why it did not serve."""

    pacs: PacsConnection
    error: DomainError


def list_stand_ins(study: Study) -> list[PacsConnection]:
    """Who may be asked, in order of priority.

    Nobody for a study its own PACS took away, or one of which nothing is missing here.
    """
    if study.pacs_id is None or _is_withdrawn(study):
        return []
    reported = _reported(study)
    if reported and not any(_missing(study, reported).values()):
        return []
    others = PacsConnection.objects.filter(is_active=True).exclude(pk=study.pacs_id)
    return list(others.order_by("priority", "name"))


def agree_on_listing(
    *, client: PacsClient, connection: PacsConnection, study: Study
) -> sources.Listing:
    """What this PACS is to give in place of the study's own: series, each with its objects.

    Raises
    ------
    PatientMismatch
        It holds another patient under this Study Instance UID.
    StandInRefused
        ``study_not_held``; ``fewer_images`` than the study's own had reported.
    """
    uid = study.study_instance_uid
    found = client.find_study(study_instance_uid=uid)
    if found is None:
        raise StandInRefused("It does not have this study.", code="study_not_held")
    who = identities.identity_of_answer(found, default_issuer=connection.default_issuer)
    stored = identities.identity_of_study(study)
    if stored.patient_id and not identities.same_person(stored, who):
        raise PatientMismatch("It names another patient for this study.")
    for link in CaseStudy.objects.filter(study=study).select_related("case__patient"):
        check_patient(actor=ACTOR, case=link.case, found=who, mismatch_reason="", study=study)
    return _choose(study, list_objects(client, study_instance_uid=uid))


def list_objects(client: PacsClient, *, study_instance_uid: str) -> dict[str, list[str]]:
    """Every series a PACS lists of a study, with its objects."""
    return {
        one.series_instance_uid: client.list_instances(
            study_instance_uid=study_instance_uid, series_instance_uid=one.series_instance_uid
        )
        for one in client.list_series(study_instance_uid=study_instance_uid)
    }


def note_refusal(*, study: Study, refusal: Refusal) -> None:
    sources.note_reached(pacs_id=refusal.pacs.pk, error=refusal.error)
    record_entry(
        actor=ACTOR,
        action="study.stand_in_refused",
        entity="study",
        entity_id=study.pk,
        details={"pacs": str(refusal.pacs.pk), "code": refusal.error.error_code},
        outcome="refused",
    )


def explain(failure: PacsError, refusals: Sequence[Refusal]) -> PacsError:
    """The own PACS's failure, with what every other one that was asked said."""
    if not refusals:
        return failure
    said = " ".join(f"{one.pacs.name}: {one.error.message}" for one in refusals)
    tried = [{"pacs": str(one.pacs.pk), "code": one.error.error_code} for one in refusals]
    return PacsError(
        f"{failure.message} No other PACS could stand in. {said}",
        code=failure.error_code,
        details=failure.details | {"stand_ins": tried},
    )


def _choose(study: Study, held: dict[str, list[str]]) -> sources.Listing:
    """All that the own PACS listed, where it listed; else everything, if it is not fewer."""
    reported = _reported(study)
    if not reported:
        _compare_counts(study, held)
        return held
    missing = _missing(study, reported)
    lacking = sum(len(uids - set(held.get(uid, ()))) for uid, uids in missing.items())
    if lacking:
        total = sum(map(len, missing.values()))
        raise _fewer(f"It lacks {lacking} of the {total} images that are missing here.")
    return reported


def _compare_counts(study: Study, held: dict[str, list[str]]) -> None:
    series, instances = len(held), sum(map(len, held.values()))
    report = SourceReport.objects.filter(study=study, pacs=study.pacs_id).first()
    if not instances:
        raise _fewer("It lists no images.")
    if report is not None and (report.instance_count or 0) > instances:
        raise _fewer(f"It lists {instances} of {report.instance_count} images.")
    if report is not None and (report.series_count or 0) > series:
        raise _fewer(f"It lists {series} of {report.series_count} series.")


def _reported(study: Study) -> dict[str, list[str]]:
    """What the own PACS last listed; of studies archived before that was kept, what came."""
    report = SourceReport.objects.filter(study=study, pacs=study.pacs_id).first()
    if report is not None and report.listing:
        return dict(report.listing)
    listed: dict[str, list[str]] = defaultdict(list)
    rows = Instance.objects.filter(study=study, source_state__in=LISTED_STATES)
    for series_uid, sop_uid in rows.values_list("series__series_instance_uid", "sop_instance_uid"):
        listed[series_uid].append(sop_uid)
    return dict(listed)


def _missing(study: Study, reported: dict[str, list[str]]) -> dict[str, set[str]]:
    """What was reported and is not in the archive, by series."""
    here: dict[str, set[str]] = defaultdict(set)
    for series in Series.objects.filter(study=study, evicted_at__isnull=True):
        if series.archive_key and series_store().exists(series.archive_key):
            uids = series.instances.values_list("sop_instance_uid", flat=True)
            here[series.series_instance_uid] = set(uids)
    return {uid: set(uids) - here[uid] for uid, uids in reported.items()}


def _is_withdrawn(study: Study) -> bool:
    return SourceReport.objects.filter(
        study=study, pacs=study.pacs_id, instance_count=0, listing={}
    ).exists()


def _fewer(words: str) -> StandInRefused:
    return StandInRefused(words, code="fewer_images")
