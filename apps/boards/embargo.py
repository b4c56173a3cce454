"""When a board reads first: which cases' AI results are hidden, and from whom.

A board's ``from_agenda`` holds from the moment a case is on an agenda; those who review
findings go on with that. In the room nobody is excepted: that is for the live floor to say,
with ``withhold`` and ``unread_items``.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.selectors import actor_for
from apps.boards.choices import AiReading, DecisionStatus, MeetingStatus
from apps.boards.models import AgendaItem, Decision
from apps.cases import policies as case_policies
from apps.cases.access import Standing, standings_in_cases
from apps.cases.selectors import one_look
from apps.core.exceptions import Forbidden, NotVisible

Pairs = frozenset[tuple[UUID, UUID]]


def unread_items() -> "QuerySet[AgendaItem]":
    """Not revealed, and nothing signed since the case was put on this agenda."""
    signed = Decision.objects.filter(
        case_id=OuterRef("case_id"),
        status=DecisionStatus.SIGNED,
        signed_at__gte=OuterRef("created_at"),
    )
    return AgendaItem.objects.filter(~Exists(signed), ai_revealed_at__isnull=True)


def withhold_from_agenda(*, case_ids: frozenset[UUID], user_ids: frozenset[UUID]) -> Pairs:
    """Of boards that read first from the agenda on; whoever reviews findings is excepted."""
    coming = Q(meeting__status=MeetingStatus.PLANNED, meeting__ends_at__gte=timezone.now())
    items = unread_items().filter(
        coming | Q(meeting__status=MeetingStatus.OPEN),
        meeting__board__ai_reading=AiReading.FROM_AGENDA,
    )
    return withhold(items=items, case_ids=case_ids, user_ids=user_ids, except_reviewers=True)


def revealed_after_reading(*, case_id: UUID) -> bool:
    """Whether somebody revealed the case's results in a meeting, after its images were read."""
    return AgendaItem.objects.filter(case_id=case_id, ai_revealed_at__isnull=False).exists()


def withhold(
    *,
    items: "QuerySet[AgendaItem]",
    case_ids: frozenset[UUID],
    user_ids: frozenset[UUID],
    except_reviewers: bool,
) -> Pairs:
    """Whoever is in the case of one of ``items`` does not get its results, in whatever case.

    Findings belong to studies, and a study may be shown in several cases: somebody who is in
    both does not read in the one what is hidden in the other.
    """
    held = _held_cases(items=items, case_ids=case_ids)
    if not held:
        return frozenset()
    standings = standings_in_cases(case_ids=held, user_ids=user_ids)
    excepted = _reviewers(standings) if except_reviewers else set()
    return frozenset(
        (case_id, user_id)
        for holding, user_id in standings.keys() - excepted
        for case_id in held[holding]
    )


def _held_cases(
    *, items: "QuerySet[AgendaItem]", case_ids: Iterable[UUID]
) -> dict[UUID, set[UUID]]:
    """The cases to be read first, each with those of ``case_ids`` that show a study of it."""
    wanted = frozenset(case_ids)
    shows = "case__case_studies__study__case_studies__case_id"
    rows = items.filter(Q(case_id__in=wanted) | Q(**{f"{shows}__in": wanted}))
    held: dict[UUID, set[UUID]] = {}
    for holding, sharing in rows.values_list("case_id", shows).distinct():
        held.setdefault(holding, set()).update({holding, sharing} & wanted)
    return held


def _reviewers(standings: Mapping[tuple[UUID, UUID], Standing]) -> set[tuple[UUID, UUID]]:
    """Who of these, by case and person, reviews findings there; in one query for all of them."""
    users = User.objects.filter(pk__in={user_id for _, user_id in standings})
    actors = {user.pk: actor_for(user=user) for user in users.prefetch_related("roles")}
    known = {(actors[person], case_id): one for (case_id, person), one in standings.items()}
    found = set()
    with one_look(known):
        for case_id, user_id in standings:
            try:
                case_policies.review_findings(actor=actors[user_id], case_id=case_id)
            except (Forbidden, NotVisible):
                continue
            found.add((case_id, user_id))
    return found
