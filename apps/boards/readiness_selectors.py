"""Reading readiness, triage and templates."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from apps.boards import readiness_policies as policies
from apps.boards.choices import AgendaStatus, MeetingStatus
from apps.boards.models import (
    AgendaItem,
    CaseMove,
    CaseTemplate,
    CaseTemplateVersion,
    ItemDuty,
    ItemReminder,
)
from apps.boards.readiness_items import Fact, ItemState, Judged, judge_all
from apps.cases.access import standings
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible

ON_THE_TABLE = (AgendaStatus.PLANNED, AgendaStatus.CURRENT)


def readiness_and_next_meetings(
    *, actor: Actor, case_ids: Iterable[UUID]
) -> dict[UUID, dict[str, Any]]:
    """``readiness`` and ``next_meeting`` of each case, for the worklist: one query for both."""
    coming = (
        AgendaItem.objects.filter(
            case_id=OuterRef("pk"),
            meeting__ends_at__gte=timezone.now(),
            meeting__status__in=[MeetingStatus.PLANNED, MeetingStatus.OPEN],
        )
        .exclude(status__in=[AgendaStatus.DEFERRED, AgendaStatus.WITHDRAWN])
        .order_by("meeting__starts_at", "meeting_id")
    )
    meeting = JSONObject(
        id="meeting_id", starts_at="meeting__starts_at", board="meeting__board__name"
    )
    rows = (
        Case.objects.filter(pk__in=list(case_ids))
        .annotate(coming=Subquery(coming.values(told=meeting)[:1]))
        .values_list(
            "pk",
            "needed_by",
            "coming",
            "readiness__facts",
            "readiness__overridden_at",
            "readiness__proposal",
        )
    )
    return {
        case_id: {
            "next_meeting": next_meeting,
            "readiness": None
            if facts is None
            else _summary(
                facts,
                meets_on=day_of(needed_by),
                is_overridden=overridden_at is not None,
                proposal=proposal or {},
            ),
        }
        for case_id, needed_by, next_meeting, facts, overridden_at, proposal in rows
    }


def judged_facts(stored: list[dict[str, Any]], *, meets_on: date | None) -> tuple[Judged, ...]:
    return judge_all(
        [Fact.from_json(one) for one in stored], today=timezone.localdate(), meets_on=meets_on
    )


def describe_item(one: Judged, *, duty: ItemDuty | None = None) -> dict[str, Any]:
    """One item in full, for somebody who sees the patient identified."""
    fact, evidence = one.fact, one.fact.evidence
    return {
        "key": fact.key,
        "label": fact.label,
        "need": fact.need,
        "state": one.state,
        "is_open": one.is_open,
        "is_overdue": one.is_overdue,
        "is_recorded": fact.is_recorded,
        "on": evidence.on,
        "age_days": one.age_days,
        "max_age_days": fact.max_age_days,
        "expected_by": fact.expected_by,
        "reason": fact.reason,
        "said_by": fact.said_by,
        "said_at": fact.said_at,
        "source": {
            "kind": evidence.kind,
            "ref": evidence.ref,
            "title": evidence.title,
            "by": evidence.by,
            "at": evidence.at,
        },
        "ready": evidence.ready,
        "total": evidence.total,
        "problem": evidence.problem,
        "owner": describe_duty(duty) if duty else None,
    }


def describe_duty(duty: ItemDuty) -> dict[str, Any]:
    reminded_at: datetime | None = getattr(duty, "reminded_at", None)
    return {
        "person": {"id": str(duty.person_id), "display_name": duty.person.display_name}
        if duty.person
        else None,
        "address": duty.address,
        "due_on": duty.due_on,
        "reminded_at": reminded_at,
    }


def duties_of(*, case_ids: Iterable[UUID]) -> "QuerySet[ItemDuty]":
    """Who owes what, with when they were last reminded."""
    last = ItemReminder.objects.filter(duty=OuterRef("pk"), error_code="").order_by("-created_at")
    return (
        ItemDuty.objects.filter(case_id__in=list(case_ids))
        .select_related("person")
        .annotate(reminded_at=Subquery(last.values("created_at")[:1]))
    )


def exceptions_of(*, actor: Actor, meeting_id: UUID) -> list[dict[str, Any]]:
    """Every item that is not there of every case to be discussed, in the order of the agenda.

    Only cases that the actor sees identified; a case without computed readiness says so with
    one row whose ``item`` is ``null``.
    """
    rows = list(
        AgendaItem.objects.filter(meeting_id=meeting_id, status__in=ON_THE_TABLE)
        .select_related("case__readiness")
        .order_by("position", "pk")
    )
    ids = [one.case_id for one in rows]
    known = standings(actor=actor, case_ids=ids)
    duties = {(one.case_id, one.item): one for one in duties_of(case_ids=ids)}
    told: list[dict[str, Any]] = []
    for row in rows:
        if row.case_id not in known or known[row.case_id].is_deidentified:
            continue
        case = {
            "id": str(row.case_id),
            "title": row.case.title,
            "status": row.case.status,
            "position": row.position,
        }
        readiness = getattr(row.case, "readiness", None)
        if readiness is None:
            told.append({"case": case, "item": None})
            continue
        for one in judged_facts(readiness.facts, meets_on=day_of(row.case.needed_by)):
            if one.is_open or (one.state == ItemState.EXPECTED and one.fact.need != "optional"):
                duty = duties.get((row.case_id, one.fact.key))
                told.append({"case": case, "item": describe_item(one, duty=duty)})
    return told


def moves_of(*, case_id: UUID) -> "QuerySet[CaseMove]":
    return CaseMove.objects.filter(case_id=case_id).select_related("moved_by")


def list_templates() -> "QuerySet[CaseTemplateVersion]":
    """The version of each tumour type that holds now."""
    holds = CaseTemplate.objects.filter(pk=OuterRef("template")).values("version")
    return CaseTemplateVersion.objects.filter(number=Subquery(holds)).select_related(
        "template", "created_by"
    )


def versions_of(*, tumour_type: str) -> "QuerySet[CaseTemplateVersion]":
    return (
        CaseTemplateVersion.objects.filter(template__tumour_type=tumour_type)
        .select_related("template", "created_by")
        .order_by("-number")
    )


def triage_offers(*, actor: Actor, case_id: UUID) -> list[str]:
    """What the screen may offer; the server asks again on each."""
    offers = []
    for name, policy in (
        ("record", policies.record_item),
        ("triage", policies.triage_case),
        ("sign", policies.sign_triage),
        ("pull_up", policies.pull_up),
    ):
        try:
            policy(actor=actor, case_id=case_id)
        except (Forbidden, NotVisible):
            continue
        offers.append(name)
    return offers


def _summary(
    facts: list[dict[str, Any]], *, meets_on: date | None, is_overridden: bool, proposal: Any
) -> dict[str, Any]:
    judged = [one for one in judged_facts(facts, meets_on=meets_on) if one.fact.need != "optional"]
    absent = [
        {
            "key": one.fact.key,
            "label": one.fact.label,
            "state": one.state,
            "expected_by": one.fact.expected_by if one.state == ItemState.EXPECTED else None,
            "is_open": one.is_open,
        }
        for one in judged
        if one.state not in {ItemState.MET, ItemState.NOT_APPLICABLE}
    ]
    return {
        "is_ready": not any(one["is_open"] for one in absent),
        "met": len(judged) - len(absent),
        "total": len(judged),
        "not_there": absent,
        "is_overridden": is_overridden,
        "proposed_standard": proposal.get("standard_name", ""),
    }


def day_of(moment: datetime | None) -> date | None:
    return timezone.localdate(moment) if moment else None
