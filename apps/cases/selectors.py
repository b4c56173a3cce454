"""Reading cases: every list and every look-up is scoped to the actor here."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.choices import AccountKind
from apps.accounts.models import User
from apps.cases.access import Standing, grants_in_force, standings
from apps.cases.choices import Capacity, GrantSource
from apps.cases.models import Case, CaseGrant, Patient
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible


def visible_cases(*, actor: Actor) -> "QuerySet[Case]":
    """Cases with a grant in force for this person; everything for the system itself."""
    cases = Case.objects.select_related("patient")
    if actor.is_system:
        return cases
    if not (actor.is_person or actor.is_place):
        return cases.none()
    mine = grants_in_force().filter(user_id=actor.person_id).values("case_id")
    return cases.filter(pk__in=mine)


_looked_up: ContextVar[dict[tuple[Actor, UUID], Standing | None] | None] = ContextVar(
    "standings looked up", default=None
)


@contextmanager
def one_look(known: Mapping[tuple[Actor, UUID], Standing | None] | None = None) -> Iterator[None]:
    """Within, each standing is read once: for many policies asked about the same moment.

    ``known``: standings that were just read, of many people at once.
    """
    token = _looked_up.set(dict(known or {}))
    try:
        yield
    finally:
        _looked_up.reset(token)


def standing_in(*, actor: Actor, case_id: UUID) -> Standing | None:
    """How the actor stands to the case; ``None`` when it is not theirs to know."""
    known = _looked_up.get()
    if known is not None and (actor, case_id) in known:
        return known[actor, case_id]
    standing = standings(actor=actor, case_ids=[case_id]).get(case_id)
    if known is not None:
        known[actor, case_id] = standing
    return standing


def is_only_guest(*, actor: Actor) -> bool:
    """Somebody from outside: asked for a second opinion, and never part of a case otherwise.

    Grants that have ended count too: whoever was a guest is no member of the house by that.
    """
    if not actor.is_person:
        return False
    capacities = set(
        CaseGrant.objects.filter(user_id=actor.person_id).values_list("capacity", flat=True)
    )
    return capacities == {Capacity.CONSULTANT}


def guise_for(*, actor: Actor, case_id: UUID) -> Standing | None:
    """Alias that reads well at projection points: ``guise_for(...).is_deidentified``."""
    return standing_in(actor=actor, case_id=case_id)


def get_case(*, actor: Actor, case_id: UUID) -> Case:
    """One visible case.

    Raises
    ------
    NotVisible
        Absent, or not this actor's: both answer 404.
    """
    case = visible_cases(actor=actor).filter(pk=case_id).first()
    if case is None:
        raise NotVisible()
    return case


def search_cases(
    *,
    actor: Actor,
    text: str = "",
    status: str = "",
    tumour_type: str = "",
    updated_since: datetime | None = None,
) -> "QuerySet[Case]":
    """The worklist. Text is never matched against what a de-identified view hides."""
    cases = visible_cases(actor=actor)
    if status:
        cases = cases.filter(status=status)
    if tumour_type:
        cases = cases.filter(tumour_type=tumour_type)
    if updated_since:
        cases = cases.filter(updated_at__gte=updated_since)
    if text:
        by_shown = Q(clinical_question__icontains=text)
        by_identity = (
            Q(title__icontains=text)
            | Q(patient__name__icontains=text)
            | Q(patient__patient_id__iexact=text)
        )
        if not actor.is_system:
            identified = grants_in_force().filter(user_id=actor.person_id, guise="identified")
            by_identity &= Q(pk__in=identified.values("case_id"))
        cases = cases.filter(by_shown | by_identity)
    return cases


def list_grants(*, case_id: UUID) -> "QuerySet[CaseGrant]":
    return (
        grants_in_force()
        .filter(case_id=case_id)
        .exclude(source=GrantSource.PLACE)
        .select_related("user", "user__institution")
        .order_by("created_at", "id")
    )


def boards_of_case(*, case_id: UUID) -> set[str]:
    """Ids of boards whose members see the case because it is, or was, on an agenda of theirs."""
    sources = grants_in_force().filter(case_id=case_id, source=GrantSource.BOARD)
    return set(sources.values_list("source_id", flat=True))


def board_of_first_grant(*, grant_id: UUID) -> str:
    """The board that the case came to with this grant; empty for any other grant."""
    grant = CaseGrant.objects.filter(pk=grant_id, source=GrantSource.BOARD).first()
    if grant is None:
        return ""
    same = grants_in_force().filter(
        case_id=grant.case_id, source=GrantSource.BOARD, source_id=grant.source_id
    )
    return "" if same.exclude(pk=grant_id).exists() else grant.source_id


def cases_of_board(*, board_id: UUID) -> "QuerySet[Case]":
    """The other way round."""
    held = grants_in_force().filter(source=GrantSource.BOARD, source_id=str(board_id))
    return Case.objects.filter(pk__in=held.values("case_id"))


def people_in_case(*, case_id: UUID) -> "QuerySet[User]":
    members = grants_in_force().filter(case_id=case_id).values("user_id")
    return User.objects.filter(pk__in=members, is_active=True, kind=AccountKind.PERSON)


def find_patient(*, issuer: str, patient_id: str) -> Patient | None:
    return Patient.objects.filter(issuer=issuer, patient_id=patient_id).first()
