"""Who owes what is missing, reminders without a patient, and the chair's one list."""

from datetime import date
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail

from apps.boards import services
from apps.boards.models import ItemReminder
from apps.cases.models import Case
from apps.core.exceptions import InvalidInput
from tests.apps.boards.readiness_scene import (
    client,
    fill,
    make_board,
    make_meeting,
    say,
)
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def test_whoever_owes_an_item_is_reminded_without_a_patient_in_the_mail(team: CaseTeam) -> None:
    coordinator = team.actor("coordinator")
    case = Case.objects.select_related("patient").get(pk=team.case_id)
    told = services.remind(actor=coordinator, items=[(team.case_id, "pathology_report")])
    assert told[0].code == "no_owner"
    services.give_duty(
        actor=coordinator,
        case_id=team.case_id,
        item="pathology_report",
        address="lab@outside.example",
        due_on=date(2026, 12, 3),
    )
    services.give_duty(
        actor=coordinator,
        case_id=team.case_id,
        item="comorbidity",
        person_id=team.people["surgeon"].pk,
    )
    asked = [(team.case_id, "pathology_report"), (team.case_id, "comorbidity")]
    assert [one.code for one in services.remind(actor=coordinator, items=asked)] == ["", ""]
    assert [one.code for one in services.remind(actor=coordinator, items=asked)] == [
        "reminded_recently",
        "reminded_recently",
    ]
    for reminder in ItemReminder.objects.order_by("created_at"):
        services.send_reminder(reminder_id=reminder.pk)
        services.send_reminder(reminder_id=reminder.pk)
    assert [one.to for one in mail.outbox] == [
        ["lab@outside.example"],
        [team.people["surgeon"].email],
    ]
    said = "".join(one.subject + one.body for one in mail.outbox)
    assert "Pathology report, final" in said and "03 December 2026" in said
    for secret in (
        *case.patient.name.split("^"), case.patient.patient_id, case.title, str(case.pk),
        "Resectable",
    ):  # fmt: skip
        assert secret not in said
    assert ItemReminder.objects.filter(sent_at__isnull=False).count() == 2
    refused = client(team, "surgeon").post(
        "/api/item-reminders",
        {"items": [{"case": str(team.case_id), "item": "comorbidity"}]},
        format="json",
    )
    assert refused.json()["results"][0]["code"] == "forbidden"


@pytest.mark.parametrize(
    ("owner", "code"),
    [
        ({}, "owner_needed"),
        ({"address": "not an address\nBcc: x@y.example"}, "address_invalid"),
        ({"person_id": "00000000-0000-0000-0000-000000000000"}, "person_unknown"),
    ],
)
def test_an_owner_is_one_person_or_one_address(
    team: CaseTeam, owner: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.give_duty(
            actor=team.actor("coordinator"), case_id=team.case_id, item="comorbidity", **owner
        )
    assert caught.value.error_code == code


def test_the_chair_sees_one_list_of_what_is_missing_in_a_meeting(team: CaseTeam) -> None:
    board = make_board(team)
    meeting = make_meeting(team, board)
    coordinator = team.actor("coordinator")
    services.add_agenda_item(actor=coordinator, meeting_id=meeting.pk, case_id=team.case_id)
    fill(team)
    say(team, "comorbidity", "cleared")
    services.give_duty(
        actor=coordinator,
        case_id=team.case_id,
        item="comorbidity",
        person_id=team.people["surgeon"].pk,
    )
    services.refresh_readiness(case_id=team.case_id)
    url = f"/api/meetings/{meeting.pk}/exceptions"
    rows = client(team, "chair").get(url).json()["results"]
    assert [(one["item"]["key"], one["item"]["state"]) for one in rows] == [
        ("pathology_report", "expected"),
        ("comorbidity", "missing"),
    ]
    assert rows[1]["item"]["owner"]["person"]["display_name"] == "Surgeon Person"
    assert client(team, "surgeon").get(url).status_code == 403
    assert client(team, "outsider").get(url).status_code == 404


def test_a_mail_that_cannot_go_says_so_and_may_be_asked_for_again(
    team: CaseTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    coordinator = team.actor("coordinator")
    services.give_duty(
        actor=coordinator, case_id=team.case_id, item="comorbidity", address="lab@outside.example"
    )
    asked = [(team.case_id, "comorbidity")]
    services.remind(actor=coordinator, items=asked)

    def away(**_mail: Any) -> None:
        raise SMTPServerDisconnected("away")

    monkeypatch.setattr("apps.boards.services.chasing.send_mail", away)
    reminder = ItemReminder.objects.get()
    services.send_reminder(reminder_id=reminder.pk)
    reminder.refresh_from_db()
    assert (reminder.sent_at, reminder.error_code) == (None, "mail_failed")
    assert services.remind(actor=coordinator, items=asked)[0].code == ""
