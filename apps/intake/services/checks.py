"""Every row of a list is read anew: values, errors, the patient, what has to be chosen."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from apps.boards.models import AgendaItem
from apps.cases.choices import WAITING
from apps.cases.identity import PatientIdentity
from apps.cases.models import Patient
from apps.cases.selectors import visible_cases
from apps.core.actors import Actor
from apps.imaging.identity import identity_of_patient
from apps.intake.checking import Checked, check_row, texts_of
from apps.intake.choices import (
    DATE_FIELDS,
    Field,
    RowChoice,
    RowState,
    StudiesState,
)
from apps.intake.dates import decide_order
from apps.intake.matching import (
    Match,
    contradicting,
    identity_of_row,
    match_patient,
    patients_by_id,
)
from apps.intake.models import IntakeList, IntakeRow

CHECKED_FIELDS = [
    "state", "values", "errors", "warnings", "patient", "match_reasons", "open_cases", "same_as",
    "choice", "chosen_case", "search_key", "studies_state", "studies", "pacs_away",
    "chosen_studies", "updated_at",
]  # fmt: skip
AT_REST = (RowState.PLACED, RowState.UNDONE)


def check_list(*, actor: Actor, intake_list: IntakeList) -> list[IntakeRow]:
    """Inside the caller's transaction, which has locked the list. A fixed number of queries.

    Rows that are on the agenda stay as they are. A row whose identifiers changed waits to be
    looked for in the PACS again.
    """
    rows = list(intake_list.rows.select_for_update().order_by("position"))
    fresh = [row for row in rows if row.state not in AT_REST]
    before = {row.pk: _as_kept(row) for row in fresh}
    read = _read(intake_list, fresh)
    registered = patients_by_id(
        checked.values.get(Field.PATIENT_ID, "") for checked in read.values()
    )
    for row in fresh:
        _match(row, read[row.pk], registered)
    _compare_rows(rows)
    _find_open_cases(actor, intake_list.board_id, fresh)
    for row in fresh:
        _settle(row)
    changed = [row for row in fresh if _as_kept(row) != before[row.pk]]
    IntakeRow.objects.bulk_update(changed, CHECKED_FIELDS, batch_size=100)
    return rows


def _as_kept(row: IntakeRow) -> list[Any]:
    keys = {"patient": "patient_id", "chosen_case": "chosen_case_id"}
    names = (keys.get(name, name) for name in CHECKED_FIELDS if name != "updated_at")
    return [getattr(row, name) for name in names]


def decided_orders(intake_list: IntakeList, texts: Sequence[dict[str, str]]) -> dict[str, str]:
    """Field to the order of its dates: what a person said, else what the column itself says."""
    orders = dict(intake_list.date_orders)
    for name in DATE_FIELDS:
        if name not in orders:
            order, _ = decide_order(one.get(name, "") for one in texts)
            if order is not None:
                orders[name] = order
    return orders


def undecided_fields(intake_list: IntakeList, rows: Sequence[IntakeRow]) -> list[str]:
    """Columns of dates that somebody has to say something about."""
    said = intake_list.date_orders
    texts = [_texts(intake_list, row) for row in rows]
    open_ones = []
    for name in DATE_FIELDS:
        if name in intake_list.mapping and name not in said:
            order, is_open = decide_order(one.get(name, "") for one in texts)
            if is_open and order is None:
                open_ones.append(str(name))
    return open_ones


def _texts(intake_list: IntakeList, row: IntakeRow) -> dict[str, str]:
    return texts_of(cells=row.cells, mapping=intake_list.mapping, corrections=row.corrections)


def _read(intake_list: IntakeList, rows: list[IntakeRow]) -> dict[UUID, Checked]:
    texts = {row.pk: _texts(intake_list, row) for row in rows}
    orders = decided_orders(intake_list, list(texts.values()))
    today = timezone.localdate()
    return {
        pk: check_row(texts=one, orders=orders, issuer=intake_list.issuer, today=today)
        for pk, one in texts.items()
    }


def _match(row: IntakeRow, checked: Checked, registered: dict[str, list[Patient]]) -> None:
    identity = identity_of_row(checked.values)
    match = (
        match_patient(identity, registered.get(identity.patient_id, []))
        if identity.patient_id
        else Match()
    )
    if match.code:
        for name in match.fields:
            checked.fail(name, match.code)
    is_new = match.patient is None and not match.code
    if is_new and identity.patient_id:
        if not identity.name:
            checked.fail(Field.NAME, "name_missing")
        if identity.birth_date is None and not _failed(checked, Field.BIRTH_DATE):
            checked.warn(Field.BIRTH_DATE, "birth_date_missing")
    row.patient = match.patient
    row.match_reasons = match.reasons
    row.values, row.errors, row.warnings = checked.values, checked.errors, checked.warnings


def _compare_rows(rows: list[IntakeRow]) -> None:
    """The same number twice: a question, or an error where the rows contradict each other."""
    first: dict[tuple[str, str], IntakeRow] = {}
    for row in rows:
        identity = identity_of_row(row.values)
        row_is_fresh = row.state not in AT_REST
        if row_is_fresh:
            row.same_as = None
        if not identity.patient_id or row.choice == RowChoice.SKIP:
            continue
        earlier = first.setdefault((identity.issuer, identity.patient_id), row)
        if earlier is row or not row_is_fresh:
            continue
        row.same_as = earlier.position
        against = contradicting(identity_of_row(earlier.values), identity)
        if against:
            for one in (row, earlier):
                if one.state not in AT_REST:
                    _add_error(one, against[0], "patient_differs_in_list")


def _find_open_cases(actor: Actor, board_id: UUID, rows: list[IntakeRow]) -> None:
    """Cases that wait for a board and that the actor may know of; no others are told."""
    patients = {row.patient_id for row in rows if row.patient_id}
    cases = (
        visible_cases(actor=actor)
        .filter(patient_id__in=patients, status__in=[str(one) for one in WAITING])
        .order_by("-updated_at", "id")
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for case in cases:
        found.setdefault(case.patient_id, []).append(
            {"id": str(case.pk), "title": case.title, "status": case.status, "on_board": False}
        )
    ids = [one["id"] for every in found.values() for one in every]
    here = set(
        AgendaItem.objects.filter(meeting__board_id=board_id, case_id__in=ids).values_list(
            "case_id", flat=True
        )
    )
    for every in found.values():
        for one in every:
            one["on_board"] = UUID(one["id"]) in here
    for row in rows:
        row.open_cases = found.get(row.patient_id, []) if row.patient_id else []


def _settle(row: IntakeRow) -> None:
    offered = {one["id"] for one in row.open_cases}
    if row.choice == RowChoice.LINK and str(row.chosen_case_id) not in offered:
        row.choice, row.chosen_case_id = RowChoice.OPEN, None
    if row.choice == RowChoice.SKIP:
        row.state = RowState.SKIPPED
    elif row.errors:
        row.state = RowState.ERROR
    elif row.choice == RowChoice.OPEN and (row.open_cases or row.same_as):
        row.state = RowState.CHOICE
    else:
        row.state = RowState.READY
    key = search_key(row)
    if key != row.search_key:
        row.search_key, row.studies_state = key, StudiesState.WAITING
        row.studies, row.chosen_studies, row.pacs_away = [], [], False
    row.updated_at = timezone.now()


def search_key(row: IntakeRow) -> str:
    """Changes when another answer of the PACS is to be expected."""
    names = (
        Field.PATIENT_ID, Field.ISSUER, Field.BIRTH_DATE, Field.SEX, Field.ACCESSION,
        Field.STUDY_UID,
    )  # fmt: skip
    joined = "\x1f".join([*(row.values.get(name, "") for name in names), str(row.patient_id)])
    return hashlib.sha256(joined.encode()).hexdigest()


def expected_identity(row: IntakeRow) -> PatientIdentity:
    """Whom a study of this row must be of: the registered patient, else what the list says."""
    if row.patient is not None:
        return identity_of_patient(row.patient)
    return identity_of_row(row.values)


def _failed(checked: Checked, name: str) -> bool:
    return any(one["field"] == name for one in checked.errors)


def _add_error(row: IntakeRow, name: str, code: str) -> None:
    error = {"field": name, "code": code}
    if error not in row.errors:
        row.errors = [*row.errors, error]
