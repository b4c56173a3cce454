"""Put, revise and remove lesions. REST and the live session come through here alike."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.annotations import policies
from apps.annotations.choices import LesionRole
from apps.annotations.events import LesionPut, LesionRemoved, LesionRevised
from apps.annotations.exceptions import LesionExists, LesionHasMeasurements
from apps.annotations.models import Lesion, LesionRevision, Measurement
from apps.annotations.selectors import describe_lesion
from apps.annotations.services.checking import MAX_SITE_CHARACTERS
from apps.audit.services import record_entry
from apps.cases.models import Case
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden, InvalidInput, StaleVersion
from apps.core.versions import lock_version

MAX_LABEL_CHARACTERS = 80
ROLES = frozenset({"", *LesionRole.values})


@dataclass(frozen=True, slots=True)
class Saying:
    """What people say of a lesion; the number and the tracking UID are the server's."""

    label: str = ""
    site: str = ""
    role: str = ""
    is_node: bool = False


@transaction.atomic
def put_lesion(
    *,
    actor: Actor,
    case_id: UUID,
    saying: Saying,
    lesion_id: UUID | None = None,
    version: int | None = None,
) -> Lesion:
    """Add a lesion, or put a removed one back with its number (the inverse of removal).

    Sending the same put twice changes nothing: what stands is returned and no event is said.

    Raises
    ------
    NotVisible, Forbidden
        As ``policies.put_measurement``.
    InvalidInput
        The words are too long.
    LesionExists, StaleVersion
        The id is taken, or the removed lesion is at another version.
    """
    policies.put_measurement(actor=actor, case_id=case_id)
    _check(saying)
    if actor.id is None:
        raise Forbidden("Only a person names a lesion.")
    known = _lock(lesion_id) if lesion_id else None
    if known is not None:
        return _put_again(actor=actor, known=known, case_id=case_id, saying=saying, version=version)
    lesion = Lesion.objects.create(
        id=lesion_id or uuid4(),
        case_id=case_id,
        number=_next_number(case_id=case_id),
        label=saying.label,
        site=saying.site,
        role=saying.role,
        is_node=saying.is_node,
        author_id=actor.id,
        tracking_uid=f"2.25.{uuid4().int}",  # PS3.5 B.2
    )
    _say_put(actor=actor, lesion=lesion)
    return lesion


@transaction.atomic
def revise_lesion(
    *,
    actor: Actor,
    lesion_id: UUID,
    version: int,
    label: str | None = None,
    site: str | None = None,
    role: str | None = None,
    is_node: bool | None = None,
) -> Lesion:
    """Say something else of a lesion; what is absent stays. No change says no event.

    Raises
    ------
    StaleVersion
        Somebody was quicker; the current lesion is in the details.
    """
    policies.change_lesion(actor=actor, lesion_id=lesion_id)
    lesion = _lock_version(lesion_id=lesion_id, version=version)
    before = _saying_of(lesion)
    saying = Saying(
        label=before.label if label is None else label,
        site=before.site if site is None else site,
        role=before.role if role is None else role,
        is_node=before.is_node if is_node is None else is_node,
    )
    _check(saying)
    if saying == before:
        return lesion
    _write(lesion=lesion, saying=saying)
    _keep_revision(actor=actor, lesion=lesion)
    _audit(actor=actor, lesion=lesion, action="lesion.revised")
    record(
        LesionRevised(
            **actor_fields(actor),
            case_id=lesion.case_id,
            entity_id=str(lesion.pk),
            entity_version=lesion.version,
            lesion=describe_lesion(lesion),
        )
    )
    return lesion


@transaction.atomic
def remove_lesion(*, actor: Actor, lesion_id: UUID, version: int) -> Lesion:
    """Take a lesion away that nothing is a measurement of; its number is not given again.

    Raises
    ------
    LesionHasMeasurements
        Something stands that is assigned to it. One act has one event, and what undoes it must
        bring back all of it; so measurements are taken from a lesion one by one, and said.
    StaleVersion
    """
    policies.change_lesion(actor=actor, lesion_id=lesion_id)
    lesion = _lock_version(lesion_id=lesion_id, version=version)
    measured = Measurement.objects.filter(lesion=lesion, removed_at__isnull=True).order_by(
        "created_at", "id"
    )
    standing = [str(pk) for pk in measured.values_list("pk", flat=True)]
    if standing:
        raise LesionHasMeasurements(
            "The lesion has measurements; take them from it first.",
            details={"measurements": standing},
        )
    lesion.removed_at = timezone.now()
    lesion.version += 1
    lesion.save()
    _keep_revision(actor=actor, lesion=lesion)
    _audit(actor=actor, lesion=lesion, action="lesion.removed")
    record(
        LesionRemoved(
            **actor_fields(actor),
            case_id=lesion.case_id,
            entity_id=str(lesion.pk),
            entity_version=lesion.version,
            id=lesion.pk,
            version=lesion.version,
        )
    )
    return lesion


def _put_again(
    *, actor: Actor, known: Lesion, case_id: UUID, saying: Saying, version: int | None
) -> Lesion:
    """The id is known: a repeated put, an undo of a removal, or a clash."""
    if known.case_id != case_id:
        raise LesionExists("The id is taken.")
    policies.change_lesion(actor=actor, lesion_id=known.pk)
    if known.removed_at is None:
        if _saying_of(known) == saying:
            return known
        raise LesionExists("The lesion stands; revise it instead.")
    if version != known.version:
        raise StaleVersion("It was changed meanwhile.", details={"current": describe_lesion(known)})
    known.removed_at = None
    _write(lesion=known, saying=saying)
    _say_put(actor=actor, lesion=known)
    return known


def _next_number(*, case_id: UUID) -> int:
    """One more than any lesion of the case ever had. Whoever else counts waits."""
    Case.objects.select_for_update(no_key=True).only("pk").get(pk=case_id)
    highest: int | None = Lesion.objects.filter(case_id=case_id).aggregate(Max("number"))[
        "number__max"
    ]
    return (highest or 0) + 1


def _check(saying: Saying) -> None:
    if len(saying.label) > MAX_LABEL_CHARACTERS or "\x00" in saying.label:
        raise InvalidInput("The label is too long.", code="label_too_long")
    if len(saying.site) > MAX_SITE_CHARACTERS or "\x00" in saying.site:
        raise InvalidInput("The site is too long.", code="site_too_long")
    if saying.role not in ROLES:
        raise InvalidInput("There is no such role.", code="unknown_role")


def _lock(lesion_id: UUID) -> Lesion | None:
    return (
        Lesion.objects.select_for_update(of=("self",))
        .select_related("author")
        .filter(pk=lesion_id)
        .first()
    )


def _lock_version(*, lesion_id: UUID, version: int) -> Lesion:
    return lock_version(
        queryset=Lesion.objects.select_related("author").filter(removed_at__isnull=True),
        pk=lesion_id,
        version=version,
        describe=describe_lesion,
    )


def _saying_of(lesion: Lesion) -> Saying:
    return Saying(label=lesion.label, site=lesion.site, role=lesion.role, is_node=lesion.is_node)


def _write(*, lesion: Lesion, saying: Saying) -> None:
    lesion.label = saying.label
    lesion.site = saying.site
    lesion.role = saying.role
    lesion.is_node = saying.is_node
    lesion.version += 1
    lesion.save()


def _say_put(*, actor: Actor, lesion: Lesion) -> None:
    _keep_revision(actor=actor, lesion=lesion)
    _audit(actor=actor, lesion=lesion, action="lesion.put")
    record(
        LesionPut(
            **actor_fields(actor),
            case_id=lesion.case_id,
            entity_id=str(lesion.pk),
            entity_version=lesion.version,
            lesion=describe_lesion(lesion),
        )
    )


def _keep_revision(*, actor: Actor, lesion: Lesion) -> None:
    LesionRevision.objects.create(
        lesion=lesion,
        version=lesion.version,
        label=lesion.label,
        site=lesion.site,
        role=lesion.role,
        is_node=lesion.is_node,
        removed=lesion.removed_at is not None,
        actor_id=actor.id,
        actor_label=actor.label,
    )


def _audit(*, actor: Actor, lesion: Lesion, action: str) -> None:
    record_entry(
        actor=actor,
        action=action,
        case_id=lesion.case_id,
        entity="lesion",
        entity_id=lesion.pk,
        details={"version": lesion.version, "number": lesion.number},
    )
