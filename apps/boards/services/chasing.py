"""Who owes what, by when, and reminding them. No mail of ours names a patient."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from smtplib import SMTPException
from uuid import UUID

from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.forms import ValidationError
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.boards import readiness_policies as policies
from apps.boards.models import ItemDuty, ItemReminder
from apps.boards.services.readiness import item_of
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, DomainError, InvalidInput
from apps.core.outbox import enqueue

logger = logging.getLogger(__name__)

REMIND_AGAIN_AFTER = timedelta(hours=20)
"""Once a day at most: nobody is buried in reminders of one thing."""
MOST_AT_ONCE = 200
SEND_TASK = "apps.boards.tasks.send_item_reminder"


@dataclass(frozen=True, slots=True)
class Reminded:
    """What became of one reminder: ``code`` is empty where it goes out."""

    case_id: UUID
    item: str
    code: str = ""
    message: str = ""


@transaction.atomic
def give_duty(
    *,
    actor: Actor,
    case_id: UUID,
    item: str,
    person_id: UUID | None = None,
    address: str = "",
    due_on: date | None = None,
) -> ItemDuty:
    """Say who owes an item: a person of the house, or an address outside.

    Raises
    ------
    InvalidInput
        ``item_unknown``; ``owner_needed``: exactly one of person and address;
        ``person_unknown``; ``address_invalid``.
    """
    policies.chase_item(actor=actor, case_id=case_id)
    item_of(case_id=case_id, key=item)
    address = address.strip()
    if (person_id is None) == (not address):
        raise InvalidInput("Name a person, or an address outside.", code="owner_needed")
    if person_id is not None and not User.objects.filter(pk=person_id, is_active=True).exists():
        raise InvalidInput("No such person.", code="person_unknown")
    if address:
        _check_address(address)
    duty, _ = ItemDuty.objects.update_or_create(
        case_id=case_id,
        item=item,
        defaults={
            "person_id": person_id,
            "address": address,
            "due_on": due_on,
            "given_by_id": actor.id,
        },
    )
    record_entry(
        actor=actor,
        action="item.owed",
        case_id=case_id,
        entity="item_duty",
        entity_id=duty.pk,
        details={"item": item, "outside": bool(address)},
    )
    return duty


def remind(*, actor: Actor, items: Iterable[tuple[UUID, str]]) -> list[Reminded]:
    """Remind whoever owes these items, each by itself: one that cannot go holds up no other.

    Raises
    ------
    InvalidInput
        ``too_many``.
    """
    wanted = list(dict.fromkeys(items))
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput(f"At most {MOST_AT_ONCE} at once.", code="too_many")
    told = []
    for case_id, item in wanted:
        try:
            remind_once(actor=actor, case_id=case_id, item=item)
            told.append(Reminded(case_id, item))
        except DomainError as error:
            told.append(Reminded(case_id, item, error.error_code, error.message))
    return told


@transaction.atomic
def remind_once(*, actor: Actor, case_id: UUID, item: str) -> ItemReminder:
    """
    Raises
    ------
    Conflict
        ``no_owner``, or ``reminded_recently``: within 20 hours.
    """
    policies.chase_item(actor=actor, case_id=case_id)
    label = item_of(case_id=case_id, key=item).label
    duty = (
        ItemDuty.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(case_id=case_id, item=item)
        .first()
    )
    if duty is None:
        raise Conflict("Nobody owes this yet.", code="no_owner")
    since = timezone.now() - REMIND_AGAIN_AFTER
    if duty.reminders.filter(created_at__gt=since, error_code="").exists():
        raise Conflict("A reminder went out within a day.", code="reminded_recently")
    reminder = ItemReminder.objects.create(
        duty=duty,
        asked_by_id=actor.id,
        label=label,
        sent_to=duty.person.email if duty.person else duty.address,
    )
    record_entry(
        actor=actor,
        action="item.reminded",
        case_id=case_id,
        entity="item_reminder",
        entity_id=reminder.pk,
        details={"item": item},
    )
    enqueue(task=SEND_TASK, kwargs={"reminder_id": str(reminder.pk)})
    return reminder


def send_reminder(*, reminder_id: UUID) -> None:
    """The mail of one reminder. Sent twice at worst, when a worker dies in between."""
    reminder = (
        ItemReminder.objects.select_related("duty", "asked_by")
        .filter(pk=reminder_id, sent_at__isnull=True)
        .first()
    )
    if reminder is None:
        return
    try:
        send_mail(
            subject="Consilium: something is awaited for a tumor board",
            message=write_reminder(reminder),
            from_email=None,
            recipient_list=[reminder.sent_to],
        )
    except (SMTPException, OSError) as error:
        logger.warning("reminder %s was not sent: %s", reminder.pk, type(error).__name__)
        reminder.error_code = "mail_failed"
    else:
        reminder.sent_at = timezone.now()
    reminder.save(update_fields=["sent_at", "error_code", "updated_at"])


def write_reminder(reminder: ItemReminder) -> str:
    """What it says: the item, its day, who asks, a number to quote. Nothing of a patient.

    Here the address of the upload page goes, with its token, once documents can be received.
    """
    duty = reminder.duty
    due = f"It is due on {duty.due_on:%d %B %Y}.\n" if duty.due_on else ""
    asked_by = reminder.asked_by.display_name if reminder.asked_by else "the coordinator"
    return (
        f"For a case of a coming tumor board, this is awaited from you:\n\n"
        f"    {reminder.label}\n\n"
        f"{due}"
        f"Asked by {asked_by}. If you do not know which case is meant, ask them and quote "
        f"{str(duty.pk)[:8]}: no patient is named in this message.\n"
    )


def _check_address(address: str) -> None:
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidInput("This is no e-mail address.", code="address_invalid") from None
