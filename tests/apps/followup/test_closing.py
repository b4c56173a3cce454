"""Outcomes, incidental findings, and a case that closes only when nothing is left."""

from datetime import timedelta

import pytest
from django.db import IntegrityError

from apps.ai import services as ai
from apps.boards import services as boards
from apps.boards.models import AgendaItem
from apps.cases import services as cases
from apps.cases.choices import CaseStatus
from apps.cases.models import Case
from apps.core.exceptions import Conflict, DomainError, Forbidden, IllegalMove, InvalidInput
from apps.followup import selectors, services
from apps.followup.models import FollowUpTask, IncidentalFinding, Outcome
from tests.apps.ai import world
from tests.apps.ai.conftest import house  # noqa: F401 - a fixture
from tests.apps.followup.scene import NOW, Scene
from tests.people import SYSTEM, make_patient

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def close(scene: Scene, who: str = "coordinator") -> Case:
    version = Case.objects.get(pk=scene.team.case_id).version
    return services.close_case(
        actor=scene.team.actor(who), case_id=scene.team.case_id, version=version
    )


def end_tasks(scene: Scene) -> None:
    for task in FollowUpTask.objects.exclude(state="done"):
        services.record_result(
            actor=scene.team.actor("chair"), task_id=task.pk, version=task.version,
            implementation="full",
        )  # fmt: skip


def test_MDT_10_a_case_closes_only_when_its_tasks_ended_or_were_handed_over(
    scene: Scene,
) -> None:
    scene.decide()
    first, second = scene.tasks()
    with pytest.raises(Conflict) as caught:
        close(scene)
    assert caught.value.error_code == "follow_up_open"
    assert [one["task"] for one in caught.value.details["left"]] == [str(first.pk), str(second.pk)]
    services.record_result(
        actor=scene.team.actor("surgeon"), task_id=first.pk, version=1, implementation="full"
    )
    services.hand_over_task(
        actor=scene.team.actor("surgeon"), task_id=second.pk, version=1, to="Northern centre"
    )
    assert close(scene).status == CaseStatus.CLOSED


def test_no_other_door_closes_it_either(scene: Scene) -> None:
    scene.decide()
    with pytest.raises(Conflict) as caught:
        cases.move_case(actor=SYSTEM, case_id=scene.team.case_id, to=CaseStatus.CLOSED)
    assert caught.value.error_code == "follow_up_open"
    end_tasks(scene)
    cases.move_case(actor=SYSTEM, case_id=scene.team.case_id, to=CaseStatus.CLOSED)


def test_only_who_runs_the_case_closes_it_and_only_once_decided(scene: Scene) -> None:
    with pytest.raises(IllegalMove):
        close(scene)
    scene.decide()
    end_tasks(scene)
    with pytest.raises(Forbidden):
        close(scene, "surgeon")
    assert close(scene, "chair").status == CaseStatus.CLOSED


def outcome(scene: Scene, decision_id: object, **said: object) -> Outcome:
    return services.record_outcome(
        actor=scene.team.actor(str(said.pop("who", "oncologist"))),
        decision_id=decision_id, **{"version": 0, **said},  # type: ignore[arg-type]
    )  # fmt: skip


def test_an_outcome_says_when_treatment_began_and_is_versioned(scene: Scene) -> None:
    decision = scene.decide()
    made = outcome(
        scene, decision.pk, treatment_started_on=TODAY, treatment_kind="surgery", text="R0"
    )
    assert made.version == 1
    with pytest.raises(DomainError) as caught:
        outcome(scene, decision.pk, text="R1")
    assert caught.value.error_code == "stale_version"
    assert outcome(scene, decision.pk, version=1, text="R1").version == 2
    assert Case.objects.get(pk=scene.team.case_id).status == CaseStatus.FOLLOW_UP
    for who in ("trainee", "consultant", "outsider"):
        with pytest.raises(DomainError):
            outcome(scene, decision.pk, who=who, version=2, text="R2")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"treatment_started_on": TODAY}, "treatment_date_and_kind"),
        ({"treatment_kind": "surgery"}, "treatment_date_and_kind"),
        ({"treatment_started_on": TODAY, "treatment_kind": "magic"}, "treatment_unknown"),
        ({"treatment_started_on": TODAY + timedelta(days=1), "treatment_kind": "surgery"},
         "treatment_in_future"),
    ],
)  # fmt: skip
def test_a_treatment_that_cannot_be_is_refused(scene: Scene, said: dict, code: str) -> None:
    decision = scene.decide()
    with pytest.raises(InvalidInput) as caught:
        outcome(scene, decision.pk, **said)
    assert caught.value.error_code == code


def test_the_database_holds_day_and_kind_together(scene: Scene) -> None:
    with pytest.raises(IntegrityError, match="treatment_has_date_and_kind"):
        Outcome.objects.create(decision=scene.decide(), treatment_started_on=TODAY)


def test_a_rereferral_is_a_case_or_an_agenda_item_of_the_same_patient(scene: Scene) -> None:
    decision, coordinator = scene.decide(), scene.team.actor("coordinator")
    patient = Case.objects.get(pk=scene.team.case_id).patient
    again = cases.create_case(actor=coordinator, patient_id=patient.pk, title="Progression")
    other = cases.create_case(actor=coordinator, patient_id=make_patient().pk, title="Another")
    item = AgendaItem.objects.get(case=scene.team.case)
    for said, code in (
        ({"rereferred_case_id": other.pk}, "rereferral_of_other_patient"),
        ({"rereferred_case_id": scene.team.case_id}, "rereferral_to_itself"),
        ({"rereferred_item_id": item.pk}, "rereferral_to_itself"),
    ):
        with pytest.raises(InvalidInput) as caught:
            outcome(scene, decision.pk, who="coordinator", **said)
        assert caught.value.error_code == code
    made = outcome(scene, decision.pk, who="coordinator", rereferred_case_id=again.pk)
    assert made.rereferred_case_id == again.pk
    later = boards.schedule_meeting(
        actor=coordinator, board_id=scene.board.pk, starts_at=NOW + timedelta(days=7),
        ends_at=NOW + timedelta(days=7, hours=1),
    )  # fmt: skip
    back = boards.add_agenda_item(
        actor=coordinator, meeting_id=later.pk, case_id=scene.team.case_id
    )
    made = outcome(scene, decision.pk, who="coordinator", version=1, rereferred_item_id=back.pk)
    assert made.rereferred_case_id == scene.team.case_id


@pytest.fixture
def finding(scene: Scene, tmp_path, house):  # noqa: F811
    version = world.builtin_version(tmp_path)
    job = world.finished_job(
        team=scene.team, version=version, series=world.indexed_series(team=scene.team), findings=1
    )
    return job.findings.get()


def accept(scene: Scene, finding) -> None:
    ai.accept_finding(
        actor=scene.team.actor("radiologist"), finding_id=finding.pk,
        case_id=scene.team.case_id, version=1,
    )  # fmt: skip


def mark(scene: Scene, finding, who: str = "radiologist") -> IncidentalFinding:
    return services.mark_incidental(
        actor=scene.team.actor(who), case_id=scene.team.case_id, finding_id=finding.pk
    )


def test_an_accepted_incidental_finding_needs_owner_and_date_before_the_case_closes(
    scene: Scene, finding
) -> None:
    with pytest.raises(Conflict) as caught:
        mark(scene, finding)
    assert caught.value.error_code == "finding_not_accepted"
    accept(scene, finding)
    with pytest.raises(Forbidden):
        mark(scene, finding, "surgeon")
    row = mark(scene, finding)
    assert mark(scene, finding).pk == row.pk, "again changes nothing"
    scene.decide()
    end_tasks(scene)
    with pytest.raises(Conflict) as caught:
        close(scene)
    assert caught.value.error_code == "incidental_without_owner"
    assert caught.value.details["left"] == [{"incidental": str(row.pk)}]
    services.assign_incidental(
        actor=scene.team.actor("coordinator"), incidental_id=row.pk, version=1,
        owner_id=scene.team.people["surgeon"].pk, due=TODAY + timedelta(days=60),
    )  # fmt: skip
    task = FollowUpTask.objects.get(incidental=row)
    assert (task.owner_id, task.board_id) == (scene.team.people["surgeon"].pk, scene.board.pk)
    with pytest.raises(Conflict) as caught:
        close(scene)
    assert caught.value.error_code == "follow_up_open"
    with pytest.raises(Conflict) as caught:
        services.unmark_incidental(
            actor=scene.team.actor("radiologist"), incidental_id=row.pk, version=2
        )
    assert caught.value.error_code == "incidental_owned"
    services.hand_over_task(
        actor=scene.team.actor("surgeon"), task_id=task.pk, version=1, to="Dr Ahlers"
    )
    assert close(scene).status == CaseStatus.CLOSED


def test_a_finding_that_is_dismissed_after_all_keeps_no_case_open(scene: Scene, finding) -> None:
    accept(scene, finding)
    mark(scene, finding)
    scene.decide()
    end_tasks(scene)
    ai.dismiss_finding(
        actor=scene.team.actor("radiologist"), finding_id=finding.pk,
        case_id=scene.team.case_id, version=2, reason_code="wrong-class",
    )  # fmt: skip
    assert close(scene).status == CaseStatus.CLOSED


def test_the_cases_follow_up_is_one_document(scene: Scene, finding) -> None:
    accept(scene, finding)
    decision = scene.decide()
    found = selectors.follow_up_of_case(
        actor=scene.team.actor("oncologist"), case_id=scene.team.case_id
    )
    assert [one.pk for one in found.decisions] == [decision.pk]
    assert [one.pk for one in found.accepted] == [finding.pk]
    assert found.left == [{"code": "follow_up_open", "count": 2}] and not found.may_be_closed
    mark(scene, finding)
    body = scene.client("radiologist").get(f"/api/cases/{scene.team.case_id}/follow-up").json()
    assert [one["finding"] for one in body["incidental"]] == [str(finding.pk)]
    assert body["accepted"] == [] and body["ai_hidden"] is False
    assert {one["code"] for one in body["left"]} == {"incidental_without_owner", "follow_up_open"}


def test_incidental_findings_stay_hidden_while_the_images_are_read_first(
    scene: Scene, finding
) -> None:
    accept(scene, finding)
    row = mark(scene, finding)
    services.assign_incidental(
        actor=scene.team.actor("coordinator"), incidental_id=row.pk, version=1,
        owner_id=scene.team.people["surgeon"].pk, due=TODAY,
    )  # fmt: skip
    boards.set_ai_reading(
        actor=scene.team.actor("chair"), board_id=scene.board.pk, ai_reading="from_agenda"
    )
    browser = scene.client("surgeon")
    listed = browser.get("/api/follow-up-tasks").json()
    assert (listed["results"], listed["ai_hidden"]) == ([], True)
    task = FollowUpTask.objects.get()
    assert browser.get(f"/api/follow-up-tasks/{task.pk}").status_code == 404
    body = browser.get(f"/api/cases/{scene.team.case_id}/follow-up").json()
    assert body["ai_hidden"] is True
    assert (body["tasks"], body["incidental"], body["accepted"], body["left"]) == ([], [], [], [])
