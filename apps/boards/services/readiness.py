"""The readiness of a case: computed and kept whenever something arrives, and said by hand.

What is computed is kept in one row per case, so that a list of cases needs no look-up of its
own. The refresh runs after the commit of what caused it, in a transaction of its own that locks
nothing but that row; a refresh that is lost is made good by ``refresh_waiting``.
"""

import logging
from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.boards import readiness_policies as policies
from apps.boards.case_templates import CaseTemplateDocument, TemplateItem
from apps.boards.models import CaseReadiness, CaseTemplateVersion, ItemRecord
from apps.boards.readiness.ai_state import describe_ai
from apps.boards.readiness.entries import find_entry
from apps.boards.readiness.sources import RECORDED, look_up
from apps.boards.readiness_items import Evidence, Fact, RecordState, judge_all
from apps.boards.services.templates import version_in_force
from apps.cases import services as case_services
from apps.cases.choices import WAITING, CaseStatus
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.events import after_commit
from apps.core.exceptions import IllegalMove, InvalidInput, NotVisible

logger = logging.getLogger(__name__)

SYSTEM = Actor.system("readiness")
INFO_ARRIVED = "info_arrived"
EVERY_DAY = timedelta(days=1)
MOST_PER_HOUR = 5_000


def refresh_readiness(*, case_id: UUID) -> CaseReadiness | None:
    """Compute a case's items anew. ``None``: there is no such case.

    A case that waits for information goes back to triage by itself once nothing is missing;
    ``ready`` is said by a person.
    """
    row = compute_readiness(case_id=case_id)
    if row is not None and row.case.status == CaseStatus.NEEDS_INFO and not missing_of(row):
        _back_to_triage(case_id=case_id)
    return row


def refresh_waiting() -> int:
    """What no event told is found here: every hour for cases with a meeting to come, every day
    for the others that wait, those first that were looked at longest ago.
    """
    now = timezone.now()
    due = (
        Case.objects.filter(status__in=WAITING)
        .filter(
            Q(readiness__isnull=True)
            | Q(readiness__computed_at__lt=now - EVERY_DAY)
            | Q(needed_by__gte=now)
        )
        .order_by(F("readiness__computed_at").asc(nulls_first=True), "pk")
        .values_list("pk", flat=True)[:MOST_PER_HOUR]
    )
    case_ids = list(due)
    for case_id in case_ids:
        refresh_readiness(case_id=case_id)
    return len(case_ids)


def readiness_of(*, case_id: UUID) -> CaseReadiness:
    """The kept row; computed now where there is none yet.

    Raises
    ------
    Case.DoesNotExist
    """
    row = (
        CaseReadiness.objects.select_related("case", "template__template", "overridden_by")
        .filter(case_id=case_id)
        .first()
    )
    if row is not None:
        return row
    made = refresh_readiness(case_id=case_id)
    if made is None:
        raise Case.DoesNotExist
    return made


def missing_of(row: CaseReadiness) -> list[dict[str, str]]:
    """The items that hold the case up today: ``{key, label, state}``."""
    meets = row.case.needed_by
    judged = judge_all(
        facts_of(row),
        today=timezone.localdate(),
        meets_on=timezone.localdate(meets) if meets else None,
    )
    return [
        {"key": one.fact.key, "label": one.fact.label, "state": one.state}
        for one in judged
        if one.is_open
    ]


def facts_of(row: CaseReadiness) -> list[Fact]:
    return [Fact.from_json(one) for one in row.facts]


@transaction.atomic
def record_item(
    *,
    actor: Actor,
    case_id: UUID,
    item: str,
    state: str,
    on: date | None = None,
    expected_by: date | None = None,
    note: str = "",
    person_id: UUID | None = None,
) -> ItemRecord:
    """Say by hand that an item is there, expected by a date, or not needed.

    Raises
    ------
    InvalidInput
        ``item_unknown``: the case's template has no such item. ``item_computed``: it is found
        by itself and nobody can say that it is there. ``date_needed``: an item with a greatest
        age, or one that is expected, needs a date. ``date_in_future`` or ``date_in_past``.
        ``reason_needed``: of an item that is not needed.
    """
    policies.record_item(actor=actor, case_id=case_id)
    wanted = item_of(case_id=case_id, key=item)
    note = note.strip()
    _check_record(wanted, state=state, on=on, expected_by=expected_by, note=note)
    if person_id is not None and not User.objects.filter(pk=person_id, is_active=True).exists():
        raise InvalidInput("No such person.", code="person_unknown")
    row = ItemRecord.objects.create(
        case_id=case_id,
        item=item,
        state=state,
        on=on if state == RecordState.ARRIVED else None,
        expected_by=expected_by if state == RecordState.EXPECTED else None,
        note=note,
        person_id=person_id,
        recorded_by_id=actor.id,
    )
    record_entry(
        actor=actor,
        action="item.recorded",
        case_id=case_id,
        entity="item_record",
        entity_id=row.pk,
        details={"item": item, "state": state},
    )
    refresh_later(case_id=case_id)
    return row


@transaction.atomic
def take_template(*, actor: Actor, case_id: UUID, number: int) -> CaseReadiness:
    """Go over to another version of the template: somebody's act, never a side effect.

    Raises
    ------
    NotVisible
        The case's tumour type has no version of that number.
    """
    policies.choose_template(actor=actor, case_id=case_id)
    row = readiness_of(case_id=case_id)
    version = CaseTemplateVersion.objects.filter(
        template=row.template.template, number=number
    ).first()
    if version is None:
        raise NotVisible("No such version of the template.")
    CaseReadiness.objects.filter(pk=row.pk).update(template=version)
    record_entry(
        actor=actor,
        action="template.taken",
        case_id=case_id,
        entity="case_readiness",
        entity_id=row.pk,
        details={"from": row.template.number, "to": number},
    )
    return compute_readiness(case_id=case_id) or row


def refresh_later(*, case_id: UUID) -> None:
    """Compute once the transaction of the caller is durable."""
    after_commit(lambda: refresh_readiness(case_id=case_id))


def item_of(*, case_id: UUID, key: str) -> TemplateItem:
    """
    Raises
    ------
    InvalidInput
        ``item_unknown``.
    """
    row = readiness_of(case_id=case_id)
    document = CaseTemplateDocument.model_validate(row.template.document)
    found = next((one for one in document.items if one.key == key), None)
    if found is None:
        raise InvalidInput(
            "The template of this case has no such item.",
            code="item_unknown",
            details={"item": key, "known": [one.key for one in document.items]},
        )
    return found


def _check_record(
    item: TemplateItem, *, state: str, on: date | None, expected_by: date | None, note: str
) -> None:
    today = timezone.localdate()
    if state == RecordState.ARRIVED:
        if item.source != RECORDED:
            raise InvalidInput("This is found by itself.", code="item_computed")
        if on is None and item.max_age_days is not None:
            raise InvalidInput("Say of which day it is.", code="date_needed")
        if on is not None and on > today:
            raise InvalidInput("This day has not come.", code="date_in_future")
    if state == RecordState.EXPECTED:
        if expected_by is None:
            raise InvalidInput("Say by when it is expected.", code="date_needed")
        if expected_by < today:
            raise InvalidInput("This day has passed.", code="date_in_past")
    if state == RecordState.NOT_NEEDED and not note:
        raise InvalidInput("Say why it is not needed.", code="reason_needed")


@transaction.atomic
def compute_readiness(*, case_id: UUID) -> CaseReadiness | None:
    """Look at every source now and keep what they say; moves nothing."""
    case = Case.objects.filter(pk=case_id).first()
    if case is None:
        return None
    if not CaseReadiness.objects.filter(case=case).exists():
        Case.objects.select_for_update().get(pk=case_id)  # whoever moves it locks it first, too
        opened_with = version_in_force(tumour_type=case.tumour_type, at=case.created_at)
        CaseReadiness.objects.get_or_create(
            case=case, defaults={"template": opened_with, "computed_at": timezone.now()}
        )
    row = (
        CaseReadiness.objects.select_for_update(of=("self",))
        .select_related("case", "template__template", "overridden_by")
        .get(case=case)
    )
    if row.template.template.tumour_type != row.case.tumour_type:
        row.template = version_in_force(tumour_type=row.case.tumour_type, at=row.case.created_at)
    document = CaseTemplateDocument.model_validate(row.template.document)
    said = _last_records(case_id=case_id)
    row.facts = [
        _fact(case=row.case, item=item, record=said.get(item.key)).as_json()
        for item in document.items
    ]
    row.ai = describe_ai(case_id=case_id)
    row.computed_at = timezone.now()
    row.version += 1
    row.save(update_fields=["template", "facts", "ai", "computed_at", "version", "updated_at"])
    return row


def _fact(*, case: Case, item: TemplateItem, record: ItemRecord | None) -> Fact:
    evidence = look_up(case=case, item=item)
    if item.source == RECORDED and record is not None and record.state == RecordState.ARRIVED:
        evidence = _recorded(record)
    elif item.source == RECORDED:
        evidence = find_entry(case=case, key=item.key)
    if record is None or record.state == RecordState.CLEARED:
        return _bare(item, evidence)
    return Fact(
        key=item.key,
        label=item.label,
        need=item.need,
        max_age_days=item.max_age_days,
        is_recorded=item.source == RECORDED,
        evidence=evidence,
        said=record.state,
        expected_by=record.expected_by.isoformat() if record.expected_by else None,
        reason=record.note,
        said_by=record.recorded_by.display_name if record.recorded_by else "",
        said_at=record.created_at.isoformat(),
    )


def _bare(item: TemplateItem, evidence: Evidence) -> Fact:
    return Fact(
        key=item.key,
        label=item.label,
        need=item.need,
        max_age_days=item.max_age_days,
        is_recorded=item.source == RECORDED,
        evidence=evidence,
    )


def _recorded(record: ItemRecord) -> Evidence:
    return Evidence(
        is_there=True,
        on=record.on.isoformat() if record.on else None,
        kind="record",
        ref=str(record.pk),
        title=record.person.display_name if record.person else record.note,
        by=record.recorded_by.display_name if record.recorded_by else "",
        at=record.created_at.isoformat(),
    )


def _last_records(*, case_id: UUID) -> dict[str, ItemRecord]:
    rows: Iterable[ItemRecord] = (
        ItemRecord.objects.filter(case_id=case_id)
        .select_related("recorded_by", "person")
        .order_by("item", "-created_at", "-pk")
        .distinct("item")
    )
    return {one.item: one for one in rows}


def _back_to_triage(*, case_id: UUID) -> None:
    try:
        with transaction.atomic():
            case = Case.objects.select_for_update().get(pk=case_id)
            if case.status == CaseStatus.NEEDS_INFO:
                case_services.move_case(
                    actor=SYSTEM,
                    case_id=case_id,
                    to=CaseStatus.SUBMITTED,
                    reason_code=INFO_ARRIVED,
                )
    except IllegalMove:
        logger.info("case %s moved on before its information arrived", case_id)
