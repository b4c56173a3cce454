"""One timeline of what every floor knows, in order, as each viewer may see it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from apps.boards.choices import BoardRole
from apps.boards.models import AgendaItem, Board, BoardMember, Decision, Meeting
from apps.cases import services
from apps.cases.models import CaseGrant
from apps.cases.timeline import in_order
from apps.imaging.models import CaseStudy, Study
from apps.imaging.projection import Projection
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
STUDY_DAY = date(2026, 8, 14)


@pytest.fixture()
def team() -> CaseTeam:
    team = make_case_team()
    put = {"actor": team.actor("oncologist"), "case_id": team.case_id}
    services.record_clinical(
        **put,
        kind="diagnosis",
        fields={
            "icd10_code": "C34.1",
            "certainty": "confirmed",
            "on": "2026-08",
            "source": "pathology_report",
            "note": "told by Dr. Secret",
        },
    )
    services.record_clinical(
        **put, kind="performance", fields={"scale": "ecog", "value": 1, "on": "2026-08-20"}
    )
    services.record_clinical(
        **put,
        kind="treatment",
        fields={"kind": "surgery", "description": "Lobectomy", "on": "2019", "intent": "curative"},
    )
    services.record_clinical(
        **put, kind="preference", fields={"text": "Wants to go home to Secret village."}
    )
    for uid, day, modality in (("1", STUDY_DAY, "CT"), ("2", None, "SM")):
        study = Study.objects.create(
            study_instance_uid=f"1.2.840.99999.7.{uid}",
            study_date=day,
            description="CT Thorax Secret",
            modalities=[modality],
        )
        CaseStudy.objects.create(case=team.case, study=study)
    board = Board.objects.create(name="Thoracic board")
    BoardMember.objects.create(board=board, user=team.people["chair"], role=BoardRole.CHAIR)
    starts = datetime(2026, 9, 3, 14, 0, tzinfo=UTC)
    meeting = Meeting.objects.create(
        board=board, starts_at=starts, ends_at=starts + timedelta(hours=1)
    )
    AgendaItem.objects.create(meeting=meeting, case=team.case, position=1)
    Decision.objects.create(
        case=team.case,
        meeting=meeting,
        status="signed",
        summary="Osimertinib.",
        signed_at=starts + timedelta(minutes=20),
        signed_by=team.people["chair"],
    )
    return team  # fmt: skip


def timeline(team: CaseTeam, who: str) -> dict[str, Any]:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    answer = client.get(f"/api/cases/{team.case_id}/timeline")
    assert answer.status_code == 200
    return answer.json()  # type: ignore[no-any-return]


def test_everything_stands_in_order_with_its_source_and_how_exact_its_date_is(
    team: CaseTeam,
) -> None:
    shown = timeline(team, "surgeon")
    told = [(one["kind"], one["at"], one["precision"], one["source"]) for one in shown["results"]]
    assert told == [
        ("decision", "2026-09-03T14:20:00+00:00", "instant", "board"),
        ("meeting", "2026-09-03T14:00:00+00:00", "instant", "board"),
        ("performance", "2026-08-20", "day", "clinician"),
        ("imaging", "2026-08-14", "day", "dicom"),
        ("diagnosis", "2026-08", "month", "pathology_report"),
        ("treatment", "2019", "year", "clinician"),
        ("pathology", None, "unknown", "dicom"),
        ("preference", None, "unknown", "clinician"),
    ]  # fmt: skip
    assert (shown["withheld"], shown["truncated"]) == ([], False)
    titles = {one["kind"]: (one["title"], one["tags"]) for one in shown["results"]}
    assert titles["diagnosis"][0] == "Malignant neoplasm of upper lobe, bronchus or lung"
    assert titles["performance"][0] == "ECOG 1"
    assert titles["imaging"] == ("CT Thorax Secret", ["CT"])
    assert titles["meeting"][0] == "Thoracic board"


def test_a_guest_gets_no_free_text_no_meeting_and_every_date_moved_alike(team: CaseTeam) -> None:
    shown = timeline(team, "consultant")
    assert shown["withheld"] == ["decision", "draft", "meeting"]
    kinds = {one["kind"]: one for one in shown["results"]}
    assert set(kinds) == {
        "performance",
        "imaging",
        "diagnosis",
        "treatment",
        "pathology",
        "preference",
    }
    assert "Secret" not in str(shown)
    assert kinds["treatment"]["title"] == "Operation"
    grant = CaseGrant.objects.get(user=team.people["consultant"])
    shift = Projection(grant_id=grant.pk).date_shift
    assert kinds["imaging"]["at"] == (STUDY_DAY + shift).isoformat()
    assert kinds["performance"]["at"] == (date(2026, 8, 20) + shift).isoformat()
    assert kinds["diagnosis"]["at"] == (date(2026, 8, 1) + shift).isoformat()[:7]
    assert kinds["treatment"]["at"] == (date(2019, 1, 1) + shift).isoformat()[:4]


def test_what_was_withdrawn_is_not_on_the_timeline(team: CaseTeam) -> None:
    actor = team.actor("oncologist")
    entry = services.record_clinical(
        actor=actor, case_id=team.case_id, kind="performance",
        fields={"scale": "kps", "value": 80, "on": "2026-08-21"},
    )  # fmt: skip
    assert "Karnofsky 80" in str(timeline(team, "surgeon"))
    services.withdraw_clinical(
        actor=actor, case_id=team.case_id, kind="performance", entry_id=entry.pk, version=1,
        reason="Another patient's.",
    )  # fmt: skip
    assert "Karnofsky 80" not in str(timeline(team, "surgeon"))


def test_the_order_is_newest_first_and_undated_last() -> None:
    lines = [
        {"at": at, "kind": "x", "id": str(number), "title": ""}
        for number, at in enumerate(
            ["2026", None, "2026-03-14T10:00:00+00:00", "2026-03", "2026-03-14", "2025-12-31"]
        )
    ]
    assert [one["at"] for one in in_order(lines)] == [
        "2026-03-14T10:00:00+00:00", "2026-03-14", "2026-03", "2026", "2025-12-31", None,
    ]  # fmt: skip
