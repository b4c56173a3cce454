"""Recording, revising and withdrawing clinical entries. Nothing is ever overwritten."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.cases import policies
from apps.cases.clinical.dates import last_day, read_partial, write_partial
from apps.cases.clinical.kinds import KINDS, Kind
from apps.cases.clinical.reading import entries_of
from apps.cases.clinical.rules import Circumstances, Values
from apps.cases.clinical.text import clean_text
from apps.cases.clinical_choices import EntryStatus, TreatmentOutcome
from apps.cases.events import CaseChanged
from apps.cases.models import Case, ClinicalEntry
from apps.cases.policies import CLINICIANS
from apps.cases.selectors import standing_in
from apps.cases.services.cases import save_change
from apps.cases.services.glance import glance_of
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Conflict, InvalidInput, NotVisible
from apps.core.versions import lock_version

_SAID: dict[str, Any] = {"on": None, "source": "clinician", "source_detail": "", "note": ""}


@transaction.atomic
def record_clinical(
    *, actor: Actor, case_id: UUID, kind: str, fields: Mapping[str, Any]
) -> ClinicalEntry:
    """Make one entry.

    Parameters
    ----------
    fields
        Fields of the kind, and ``on`` (``2026``, ``2026-03`` or ``2026-03-14``), ``source``,
        ``source_detail``, ``note``. ``ended_on`` of a treatment is written like ``on``.

    Raises
    ------
    InvalidInput
        With the code and field of what the rule of the kind refuses.
    Conflict
        ``entry_exists``: the same already stands; details carry its id.
    """
    policies.record_clinical(actor=actor, case_id=case_id)
    case = _lock_case(case_id)
    entry = _make(actor=actor, case=case, kind=_kind(kind), fields=dict(fields))
    _tell(actor=actor, case=case, kind=_kind(kind), entry=entry, action="clinical.recorded")
    return entry


@transaction.atomic
def revise_clinical(
    *,
    actor: Actor,
    case_id: UUID,
    kind: str,
    entry_id: UUID,
    version: int,
    changes: Mapping[str, Any],
) -> ClinicalEntry:
    """Put a new entry in the place of one that stands; what is not in ``changes`` stays.

    Also without any change: then the actor answers for it from now on, as a clinician does who
    confirms a drafted stage.

    Raises
    ------
    Conflict
        ``entry_not_current``: it was superseded or withdrawn before.
    """
    policies.record_clinical(actor=actor, case_id=case_id)
    case, known = _lock_case(case_id), _kind(kind)
    old = _lock_entry(known, case_id, entry_id, version)
    entry = _make(actor=actor, case=case, kind=known, fields=dict(changes), old=old)
    old.status = EntryStatus.SUPERSEDED
    old.version += 1
    old.save(update_fields=["status", "version", "updated_at"])
    _tell(actor=actor, case=case, kind=known, entry=entry, action="clinical.revised")
    return entry


@transaction.atomic
def withdraw_clinical(
    *, actor: Actor, case_id: UUID, kind: str, entry_id: UUID, version: int, reason: str
) -> ClinicalEntry:
    """Mark an entry as entered in error, with the reason. What it had superseded stays so: nothing
    comes back by itself.

    Raises
    ------
    InvalidInput
        ``reason_needed``.
    """
    policies.record_clinical(actor=actor, case_id=case_id)
    case, known = _lock_case(case_id), _kind(kind)
    entry = _lock_entry(known, case_id, entry_id, version)
    said = clean_text("reason", reason)
    if not said or len(said) > 500:
        raise InvalidInput("Say why, in at most 500 characters.", code="reason_needed")
    entry.status = EntryStatus.IN_ERROR
    entry.error_reason = said
    entry.withdrawn_by_id = actor.id
    entry.withdrawn_at = timezone.now()
    entry.version += 1
    entry.save()
    _tell(actor=actor, case=case, kind=known, entry=entry, action="clinical.withdrawn")
    return entry


def _kind(name: str) -> Kind:
    kind = KINDS.get(name)
    if kind is None:
        raise NotVisible()
    return kind


def _lock_case(case_id: UUID) -> Case:
    """One writer of a case at a time: the glance is made of all its entries."""
    return Case.objects.select_for_update(of=("self",)).select_related("patient").get(pk=case_id)


def _lock_entry(kind: Kind, case_id: UUID, entry_id: UUID, version: int) -> ClinicalEntry:
    entry = lock_version(
        queryset=kind.model._default_manager.filter(case_id=case_id),
        pk=entry_id,
        version=version,
        describe=lambda row: {"version": row.version, "status": row.status},
    )
    if entry.status != EntryStatus.CURRENT:
        raise Conflict("This entry no longer stands.", code="entry_not_current")
    return entry


def _make(
    *,
    actor: Actor,
    case: Case,
    kind: Kind,
    fields: Values,
    old: ClinicalEntry | None = None,
) -> ClinicalEntry:
    extra = {"table"} if kind.name == "staging" else set()
    unknown = set(fields) - set(kind.fields) - set(_SAID) - extra
    if unknown:
        raise InvalidInput("An entry has no such field.", details={"fields": sorted(unknown)})
    before = _said_by(kind, old) if old is not None else None
    values = {**_SAID, **kind.fields, **(before or {}), **fields}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = clean_text(name, value)
    values["on"], values["precision"] = _day("on", values["on"])
    if "ended_on" in values:
        values["ended_on"], values["ended_precision"] = _day("ended_on", values["ended_on"])
    _check_day(kind, case, values)
    standing = standing_in(actor=actor, case_id=case.pk)
    about = Circumstances(
        born=case.patient.birth_date,
        on=values["on"],
        is_clinician=standing is not None and bool(standing.capacities & CLINICIANS),
        before={name: getattr(old, name) for name in (*kind.fields, *kind.derived)}
        if old
        else None,
        given=frozenset(fields),
    )
    kept = kind.rule(values, about)
    if old is None:
        _refuse_twin(kind, case, kept)
    made = {"case": case, "recorded_by_id": actor.id, "supersedes": old, **kept}
    entry = kind.model(**made)
    try:
        entry.full_clean(exclude=["case", "recorded_by", "supersedes"], validate_unique=False)
    except ValidationError as error:
        raise InvalidInput(
            "This cannot be recorded.",
            code="entry_invalid",
            details={"fields": error.message_dict},
        ) from error
    entry.save(force_insert=True)
    return entry


def _said_by(kind: Kind, entry: ClinicalEntry) -> Values:
    said = {name: getattr(entry, name) for name in (*kind.fields, *_SAID)}
    said["on"] = write_partial(entry.on, entry.precision)
    if "ended_on" in said:
        said["ended_on"] = write_partial(
            said["ended_on"], str(getattr(entry, "ended_precision", ""))
        )
    return said


def _day(field: str, text: str | None) -> tuple[date | None, str]:
    if not text:
        return None, ""
    try:
        return read_partial(text)
    except ValueError:
        raise InvalidInput(
            "A date is 2026, 2026-03 or 2026-03-14.", code="date_invalid", details={"field": field}
        ) from None


def _check_day(kind: Kind, case: Case, values: Values) -> None:
    """Nothing was seen before the patient was born, nor tomorrow; only treatments are planned."""
    born = case.patient.birth_date
    planned = values.get("outcome") == TreatmentOutcome.PLANNED
    for name in ("on", "ended_on"):
        day = values.get(name)
        if day is None:
            continue
        precision = values["precision" if name == "on" else "ended_precision"]
        if born is not None and last_day(day, precision) < born:
            raise InvalidInput(
                "That was before the patient was born.",
                code="date_before_birth",
                details={"field": name},
            )
        ahead = day > timezone.localdate() + timedelta(days=1)
        if ahead and not (planned or (kind.name == "treatment" and name == "ended_on")):
            raise InvalidInput(
                "That day is still to come.", code="date_ahead", details={"field": name}
            )


def _refuse_twin(kind: Kind, case: Case, kept: Values) -> None:
    """A second click makes no second entry."""
    twin = entries_of(kind=kind, case_id=case.pk).filter(**_filters(kept)).first()
    if twin is not None:
        raise Conflict(
            "The same is recorded already.", code="entry_exists", details={"entry": str(twin.pk)}
        )


def _filters(kept: Values) -> Values:
    return {
        f"{name}__isnull" if value is None else name: True if value is None else value
        for name, value in kept.items()
    }


def _tell(*, actor: Actor, case: Case, kind: Kind, entry: ClinicalEntry, action: str) -> None:
    """Audit and event, without a clinical word; and the case's own line of what changed."""
    record_entry(
        actor=actor,
        action=action,
        case_id=case.pk,
        patient_id=case.patient_id,
        entity=kind.name,
        entity_id=entry.pk,
        details={"supersedes": str(entry.supersedes_id)} if entry.supersedes_id else {},
    )
    said = glance_of(kind=kind, case_id=case.pk)
    changed = [name for name, value in said.items() if getattr(case, name) != value]
    for name in changed:
        setattr(case, name, said[name])
    if changed:
        save_change(actor=actor, case=case, fields=sorted(changed), action="case.edited")
        return
    record(
        CaseChanged(
            **actor_fields(actor),
            case_id=case.pk,
            entity="case",
            entity_id=str(case.pk),
            entity_version=case.version,
            fields=[kind.name],
            status=case.status,
        )
    )
