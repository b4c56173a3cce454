"""One search over the PACS of the house: asked side by side, merged by Study Instance UID.

A PACS that is away or refuses hides nothing of what the others answer; each one's answer is told.
"""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, InvalidInput
from apps.imaging import identity as identities
from apps.imaging import policies
from apps.imaging.models import PacsConnection
from apps.imaging.pacs import QidoStudy, open_client
from apps.imaging.services import sources
from apps.imaging.services.pacs import active_connection

SEARCH_KEYS = (
    "PatientID",
    "PatientName",
    "StudyDate",
    "StudyInstanceUID",
    "AccessionNumber",
    "ModalitiesInStudy",
)
SEARCH_VALUE_LENGTH = 128
RESULTS_PER_PACS = 100
ASKED_AT_ONCE = 8
_DATE_RANGE = re.compile(r"^\d{8}$|^\d{8}-\d{0,8}$|^-\d{8}$")


@dataclass(frozen=True, slots=True)
class PacsAnswer:
    """What one PACS answered; ``error`` when it did not."""

    pacs: PacsConnection
    studies: tuple[QidoStudy, ...] = ()
    is_truncated: bool = False
    error: DomainError | None = None


@dataclass(frozen=True, slots=True)
class Holder:
    """A PACS that holds a study, with what it says of it."""

    pacs: PacsConnection
    study: QidoStudy
    is_same_patient: bool
    """As the first holder's, by (issuer, PatientID), birth date and sex."""


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """One study with everyone who holds it, first the PACS that is asked first."""

    holders: tuple[Holder, ...]

    @property
    def study(self) -> QidoStudy:
        return self.holders[0].study


@dataclass(frozen=True, slots=True)
class Search:
    studies: tuple[FoundStudy, ...]
    answers: tuple[PacsAnswer, ...]


def search_studies(
    *,
    actor: Actor,
    filters: Mapping[str, str],
    pacs_id: UUID | None = None,
    limit: int = RESULTS_PER_PACS,
) -> Search:
    """QIDO by patient or study, in one PACS or in all that are active.

    Of one PACS the failure is raised; of several it is in ``answers``. An empty search is
    refused: it would list the hospital.
    """
    policies.search_pacs(actor=actor)
    wanted = _check_filters(filters)
    if pacs_id is not None:
        asked = [active_connection(pacs_id)]
    else:
        active = PacsConnection.objects.filter(is_active=True)
        asked = list(active.order_by("priority", "name"))
    answers = _ask_all(asked, wanted, limit=limit)
    for answer in answers:
        sources.note_reached(pacs_id=answer.pacs.pk, error=answer.error)
        _record(actor, answer, wanted)
    if pacs_id is not None and answers[0].error is not None:
        raise answers[0].error
    return Search(studies=_merge(answers), answers=tuple(answers))


def _ask_all(
    asked: Sequence[PacsConnection], wanted: Mapping[str, str], *, limit: int
) -> list[PacsAnswer]:
    """In the order asked for. The threads touch no database."""
    if not asked:
        return []
    with ThreadPoolExecutor(max_workers=min(len(asked), ASKED_AT_ONCE)) as threads:
        return list(threads.map(lambda one: _ask(one, wanted, limit=limit), asked))


def _ask(connection: PacsConnection, wanted: Mapping[str, str], *, limit: int) -> PacsAnswer:
    try:
        with open_client(connection, connections=1) as client:
            found = client.search_studies(filters=wanted, limit=limit + 1)
            is_truncated = client.has_more or len(found) > limit
    except DomainError as error:
        return PacsAnswer(pacs=connection, error=error)
    return PacsAnswer(pacs=connection, studies=tuple(found[:limit]), is_truncated=is_truncated)


def _merge(answers: Sequence[PacsAnswer]) -> tuple[FoundStudy, ...]:
    """Newest first. The first holder describes the study."""
    holders: dict[str, list[Holder]] = {}
    for answer in answers:
        for study in answer.studies:
            known = holders.setdefault(study.study_instance_uid, [])
            if any(one.pacs.pk == answer.pacs.pk for one in known):
                continue
            is_same = not known or _names_same_patient(known[0], answer.pacs, study)
            known.append(Holder(pacs=answer.pacs, study=study, is_same_patient=is_same))
    merged = [FoundStudy(holders=tuple(known)) for known in holders.values()]
    merged.sort(key=lambda one: (one.study.study_date, one.study.study_time), reverse=True)
    return tuple(merged)


def _names_same_patient(first: Holder, pacs: PacsConnection, study: QidoStudy) -> bool:
    return identities.same_person(
        identities.identity_of_answer(first.study, default_issuer=first.pacs.default_issuer),
        identities.identity_of_answer(study, default_issuer=pacs.default_issuer),
    )


def _record(actor: Actor, answer: PacsAnswer, wanted: Mapping[str, str]) -> None:
    details: dict[str, object] = {"by": sorted(wanted), "found": len(answer.studies)}
    if answer.error is not None:
        details["code"] = answer.error.error_code
    record_entry(
        actor=actor,
        action="query.studies",
        entity="pacs",
        entity_id=answer.pacs.pk,
        details=details,
        outcome="failed" if answer.error else "success",
    )


def _check_filters(filters: Mapping[str, str]) -> dict[str, str]:
    wanted = {key: filters[key].strip() for key in SEARCH_KEYS if filters.get(key, "").strip()}
    if all(set(value) <= set("*?") for value in wanted.values()):
        raise InvalidInput("Name a patient, a date or a study.", code="empty_search")
    for key, value in wanted.items():
        if len(value) > SEARCH_VALUE_LENGTH:
            raise InvalidInput("Too long.", details={"field": key})
    if "StudyDate" in wanted and not _DATE_RANGE.match(wanted["StudyDate"]):
        raise InvalidInput(
            "Dates are YYYYMMDD or YYYYMMDD-YYYYMMDD.", details={"field": "StudyDate"}
        )
    return wanted
