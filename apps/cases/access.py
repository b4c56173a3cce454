"""The choke-point: how a person stands to a case. Everything that guards a case asks here."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.cases.choices import Capacity, Guise
from apps.cases.models import CaseGrant
from apps.core.actors import Actor

CAPACITY_RANK = {
    Capacity.OBSERVER: 0,
    Capacity.CONSULTANT: 1,
    Capacity.MEMBER: 2,
    Capacity.COORDINATOR: 3,
    Capacity.CHAIR: 4,
}
GUISE_RANK = {Guise.DEIDENTIFIED: 0, Guise.IDENTIFIED: 1}


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is in a case right now.

    ``capacities`` are all in force; ``guise`` is the most permissive one; ``grant_id`` is the
    grant that gives it and keys the pseudonyms; ``expires_at`` is when the last grant of that
    guise ends (``None``: no end).
    """

    case_id: UUID
    capacities: frozenset[str]
    guise: str
    grant_id: UUID | None
    expires_at: datetime | None

    @property
    def is_deidentified(self) -> bool:
        return self.guise == Guise.DEIDENTIFIED

    @property
    def capacity(self) -> str:
        """The strongest capacity, for display."""
        return max(self.capacities, key=lambda name: CAPACITY_RANK[Capacity(name)])


def grants_in_force(*, at: datetime | None = None) -> "QuerySet[CaseGrant]":
    moment = at or timezone.now()
    return CaseGrant.objects.filter(revoked_at__isnull=True).filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=moment)
    )


def standings(*, actor: Actor, case_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """The actor's standing in each case they may see; absent cases are not theirs.

    The system itself stands everywhere, identified: tasks act for somebody who was checked.
    """
    wanted = list(case_ids)
    if actor.is_system:
        every = frozenset(Capacity.values)
        return {
            case_id: Standing(case_id, every, Guise.IDENTIFIED, None, None) for case_id in wanted
        }
    if not (actor.is_person or actor.is_machine or actor.is_place):
        return {}
    grants = grants_in_force().filter(user_id=actor.person_id, case_id__in=wanted)
    if actor.is_machine:
        grants = grants.filter(pk__in=actor.grant_ids)
    by_case: dict[UUID, list[CaseGrant]] = {}
    for grant in grants:
        by_case.setdefault(grant.case_id, []).append(grant)
    return {case_id: _combine(case_id, grants) for case_id, grants in by_case.items()}


def standings_of_people(*, case_id: UUID, user_ids: Iterable[UUID]) -> dict[UUID, Standing]:
    """How each of these people stands to one case, in one query; absent people have no access."""
    found = standings_in_cases(case_ids=[case_id], user_ids=user_ids)
    return {user_id: standing for (_, user_id), standing in found.items()}


def standings_in_cases(
    *, case_ids: Iterable[UUID], user_ids: Iterable[UUID]
) -> dict[tuple[UUID, UUID], Standing]:
    """The same for several cases at once, by case and person, in one query too."""
    grants: dict[tuple[UUID, UUID], list[CaseGrant]] = {}
    wanted = grants_in_force().filter(case_id__in=list(case_ids), user_id__in=list(user_ids))
    for grant in wanted:
        grants.setdefault((grant.case_id, grant.user_id), []).append(grant)
    return {key: _combine(key[0], found) for key, found in grants.items()}


def _combine(case_id: UUID, grants: list[CaseGrant]) -> Standing:
    guise = max((Guise(grant.guise) for grant in grants), key=lambda one: GUISE_RANK[one])
    decisive = sorted(
        (grant for grant in grants if grant.guise == guise),
        key=lambda grant: (grant.created_at, str(grant.pk)),
    )
    ends = [grant.expires_at for grant in decisive]
    return Standing(
        case_id=case_id,
        capacities=frozenset(grant.capacity for grant in grants),
        guise=guise,
        grant_id=decisive[0].pk,
        expires_at=None if None in ends else max(end for end in ends if end),
    )
