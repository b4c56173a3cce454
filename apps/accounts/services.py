"""People come and change through here, whoever asks (screen, command, demo)."""

from uuid import UUID, uuid4

from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.choices import AccountKind, Discipline, SystemRole
from apps.accounts.models import Institution, User, UserRole
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, InvalidInput, NotVisible


@transaction.atomic
def create_institution(*, actor: Actor, name: str) -> Institution:
    institution, created = Institution.objects.get_or_create(name=name.strip())
    if created:
        record_entry(actor=actor, action="institution.created", entity_id=institution.pk)
    return institution


@transaction.atomic
def create_person(
    *,
    actor: Actor,
    email: str,
    display_name: str,
    password: str | None = None,
    discipline: str = Discipline.OTHER,
    institution: Institution | None = None,
    system_roles: tuple[str, ...] = (),
    is_trainee: bool = False,
) -> User:
    """Create a person who can sign in.

    Raises
    ------
    Conflict
        ``email_taken``: the address belongs to somebody.
    InvalidInput
        ``weak_password`` or an unknown role.
    """
    unknown = set(system_roles) - set(SystemRole.values)
    if unknown:
        raise InvalidInput("Unknown role.", details={"roles": sorted(unknown)})
    if password is not None:
        try:
            validate_password(password)
        except ValidationError as error:
            raise InvalidInput(" ".join(error.messages), code="weak_password") from error
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email,
                password,
                display_name=display_name,
                discipline=discipline,
                institution=institution,
                is_trainee=is_trainee,
            )
    except IntegrityError:
        raise Conflict("This address belongs to somebody.", code="email_taken") from None
    UserRole.objects.bulk_create(UserRole(user=user, role=role) for role in system_roles)
    record_entry(
        actor=actor,
        action="security.person_created",
        entity="person",
        entity_id=user.pk,
        details={"roles": sorted(system_roles), "discipline": discipline},
    )
    return user


@transaction.atomic
def set_active(*, actor: Actor, user_id: UUID, is_active: bool) -> User:
    """Open or close an account; closing ends every session of that person at once."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotVisible()
    user.is_active = is_active
    user.save(update_fields=["is_active"])
    if not is_active:
        end_sessions(user_id=user.pk)
    record_entry(
        actor=actor,
        action="security.person_activated" if is_active else "security.person_closed",
        entity="person",
        entity_id=user.pk,
    )
    return user


def end_sessions(*, user_id: UUID) -> int:
    """Delete the sign-in sessions of one person; tickets bound to them die with them."""
    ended = 0
    for session in Session.objects.filter(expire_date__gte=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user_id):
            session.delete()
            ended += 1
    return ended


@transaction.atomic
def create_place(*, actor: Actor, name: str) -> User:
    """An account for the screen of a room: no password, no address, nobody's.

    Who may have one, and what it is shown, is asked by whoever connects the screen.
    """
    place = User(
        email=f"{uuid4()}@place.invalid",
        display_name=name.strip(),
        discipline=Discipline.OTHER,
        kind=AccountKind.PLACE,
    )
    place.set_unusable_password()
    place.save()
    record_entry(actor=actor, action="security.place_created", entity="user", entity_id=place.pk)
    return place


@transaction.atomic
def close_place(*, actor: Actor, user_id: UUID) -> None:
    """The screen is signed off wherever it is, and can never come back."""
    place = User.objects.select_for_update().get(pk=user_id, kind=AccountKind.PLACE)
    if not place.is_active:
        return
    place.is_active = False
    place.save(update_fields=["is_active"])
    record_entry(actor=actor, action="security.place_closed", entity="user", entity_id=place.pk)
