"""The sample hospital's list: rows that are ready, one that asks, one that is wrong; once."""

from __future__ import annotations

from datetime import date

import pytest

from apps.boards.services import create_board
from apps.cases.services import create_case, create_patient
from apps.demo.dicom.common import ISSUER
from apps.demo.hospital.lists import receive_demo_list
from apps.demo.hospital.recipes import PATIENTS
from apps.intake.models import IntakeList
from tests.people import SYSTEM, make_case_team

pytestmark = pytest.mark.django_db


def test_the_list_shows_every_state_and_is_received_once() -> None:
    coordinator = make_case_team().actor("coordinator")
    create_board(actor=coordinator, name="Demo")
    known = PATIENTS["birch"]
    born = known.birth_date
    patient = create_patient(
        actor=SYSTEM, patient_id=known.patient_id, issuer=ISSUER, name=known.name, sex=known.sex,
        birth_date=date(int(born[:4]), int(born[4:6]), int(born[6:])),
    )  # fmt: skip
    create_case(actor=coordinator, patient_id=patient.pk, title="Nodule")
    receive_demo_list(actor=coordinator, board_name="Demo")
    receive_demo_list(actor=coordinator, board_name="Demo")
    intake_list = IntakeList.objects.get()
    states = list(intake_list.rows.order_by("position").values_list("state", flat=True))
    assert states == ["choice", "ready", "ready", "ready", "error"]
