"""MDT-10: a task per recommendation at 30 and 90 days, once; a result never without its reason."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import ProgrammingError

from apps.accounts.models import User
from apps.boards.events import DecisionSigned, DecisionState
from apps.boards.models import BoardMember
from apps.cases.choices import CaseStatus
from apps.core.events import record
from apps.core.exceptions import Conflict, DomainError, Forbidden, InvalidInput, StaleVersion
from apps.followup import selectors, services
from apps.followup.choices import FollowUpStatus, NonAdherenceReason, TaskState
from apps.followup.models import FollowUpResult, FollowUpTask
from tests.apps.followup.scene import NOW, Scene, set_clock

pytestmark = pytest.mark.django_db


def result(scene: Scene, task: FollowUpTask, *, who: str = "surgeon", **said: object):
    return services.record_result(
        actor=scene.team.actor(who), task_id=task.pk,
        **{"version": FollowUpTask.objects.get(pk=task.pk).version, **said},  # type: ignore[arg-type]
    )  # fmt: skip


def test_MDT_10_a_signature_makes_a_task_per_recommendation_at_30_and_90_days(
    scene: Scene,
) -> None:
    scene.decide(texts=("Lobectomy", "PET before"))
    found = [(one.recommendation.text, one.after_days, one.due) for one in scene.tasks()]
    first, second = date(2027, 2, 11), date(2027, 4, 12)
    assert found == [
        ("Lobectomy", 30, first), ("PET before", 30, first),
        ("Lobectomy", 90, second), ("PET before", 90, second),
    ]  # fmt: skip
    assert {one.owner_id for one in scene.tasks()} == {scene.team.people["surgeon"].pk}
    assert {one.state for one in scene.tasks()} == {TaskState.OPEN}


def test_MDT_10_the_same_signature_told_twice_makes_nothing_twice(scene: Scene) -> None:
    decision = scene.decide()
    event = DecisionSigned(
        case_id=scene.team.case_id, entity="decision", entity_id=str(decision.pk),
        decision=DecisionState(id=decision.pk, version=decision.version, status="signed"),
    )  # fmt: skip
    with transaction.atomic():
        record(event)
    assert len(scene.tasks()) == 2
    scene.tasks()[0].delete()
    assert services.make_tasks(decision_id=decision.pk) == 1, "only what is missing"


def test_a_signature_that_is_refused_leaves_no_task(scene: Scene) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        scene.decide()
        raise RuntimeError
    assert scene.tasks() == []


def test_where_nobody_is_responsible_the_coordinator_owns_it_then_the_chair(
    scene: Scene,
) -> None:
    scene.decide(who=None)
    assert scene.tasks()[0].owner_id == scene.team.people["coordinator"].pk


def test_the_chair_owns_it_where_a_board_has_no_coordinator(scene: Scene) -> None:
    BoardMember.objects.filter(role="coordinator").update(left_at=NOW)
    scene.decide(who=None)
    assert scene.tasks()[0].owner_id == scene.team.people["chair"].pk


def test_days_and_time_zone_are_the_boards(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    services.set_rule(
        actor=scene.team.actor("coordinator"), board_id=scene.board.pk, version=0,
        days=[180, 60], time_zone="Pacific/Auckland",
    )  # fmt: skip
    set_clock(monkeypatch, datetime(2027, 1, 12, 14, tzinfo=UTC))  # the 13th in Auckland
    scene.decide()
    first, second = scene.tasks()
    assert (first.due, second.due) == (date(2027, 3, 14), date(2027, 7, 12))
    # Over at midnight there: summer time (+13) in March, winter time (+12) in July.
    assert first.overdue_from == datetime(2027, 3, 14, 11, tzinfo=UTC)
    assert second.overdue_from == datetime(2027, 7, 12, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"days": []}, "days_invalid"),
        ({"days": [0]}, "days_invalid"),
        ({"days": [731]}, "days_invalid"),
        ({"days": [1, 2, 3, 4, 5, 6, 7]}, "days_invalid"),
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"analytic_cases_a_year": 0}, "analytic_cases_invalid"),
        ({"version": 1}, "stale_version"),
    ],
)
def test_a_rule_that_cannot_be_is_refused(scene: Scene, changes: dict, code: str) -> None:
    with pytest.raises(DomainError) as caught:
        services.set_rule(
            actor=scene.team.actor("chair"), board_id=scene.board.pk,
            **{"version": 0, "days": [30], **changes},
        )  # fmt: skip
    assert caught.value.error_code == code


def test_only_chair_and_coordinator_set_the_rule(scene: Scene) -> None:
    with pytest.raises(Forbidden):
        services.set_rule(
            actor=scene.team.actor("surgeon"), board_id=scene.board.pk, version=0, days=[30]
        )


@pytest.mark.parametrize(
    ("said", "status", "state"),
    [
        ({"implementation": "full"}, "completed", "done"),
        ({"implementation": "partial", "reason_code": "toxicity"}, "completed", "done"),
        ({"implementation": "not", "reason_code": "patient-wish"}, "not-done", "done"),
        ({"follow_up_status": "ongoing"}, "ongoing", "ongoing"),
        ({"follow_up_status": "lost-to-follow-up"}, "lost-to-follow-up", "done"),
    ],
)
def test_MDT_10_a_result_says_what_became_of_it(
    scene: Scene, said: dict, status: str, state: str
) -> None:
    scene.decide()
    task = scene.tasks()[0]
    made = result(scene, task, **said)
    task.refresh_from_db()
    assert (made.follow_up_status, task.state, made.author_id) == (
        status, state, scene.team.people["surgeon"].pk,
    )  # fmt: skip
    assert (made.reason_code == "lost-to-fu") == (status == FollowUpStatus.LOST)
    scene.team.case.refresh_from_db()
    assert scene.team.case.status == CaseStatus.FOLLOW_UP


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "result_needed"),
        ({"follow_up_status": "completed"}, "result_needed"),
        ({"implementation": "not"}, "reason_needed"),
        ({"implementation": "partial"}, "reason_needed"),
        ({"implementation": "partial", "reason_code": "no reason"}, "reason_unknown"),
        ({"implementation": "full", "reason_code": "toxicity"}, "reason_not_wanted"),
        ({"implementation": "not", "reason_code": "other"}, "reason_text_needed"),
        ({"implementation": "not", "reason_code": "unknown", "text": " "}, "reason_text_needed"),
        ({"implementation": "full", "follow_up_status": "not-done"}, "status_contradicts_result"),
        ({"implementation": "perhaps"}, "result_unknown"),
        ({"follow_up_status": "lost-to-follow-up", "reason_code": "toxicity"},
         "reason_not_wanted"),
    ],
)  # fmt: skip
def test_MDT_10_no_reason_is_not_allowed(scene: Scene, said: dict, code: str) -> None:
    scene.decide()
    with pytest.raises(InvalidInput) as caught:
        result(scene, scene.tasks()[0], **said)
    assert caught.value.error_code == code
    assert not FollowUpResult.objects.exists()


@pytest.mark.parametrize("implementation", ["partial", "not"])
def test_MDT_10_the_database_refuses_a_missing_reason_too(
    scene: Scene, implementation: str
) -> None:
    scene.decide()
    status = "completed" if implementation == "partial" else "not-done"
    with pytest.raises(IntegrityError, match="partial_and_not_have_a_reason"):
        FollowUpResult.objects.create(
            task=scene.tasks()[0], number=1, implementation=implementation,
            follow_up_status=status,
        )  # fmt: skip


def test_the_codes_are_those_of_the_reference() -> None:
    assert {
        "did-not-attend", "condition-not-met", "comorbidity-arose", "new-information",
        "incorrect-information-at-MDT", "patient-refusal", "payment-pending", "toxicity",
        "best-supportive-care", "lost-to-fu", "chronic-remission", "other-therapy-chosen",
    } < set(NonAdherenceReason.values)  # fmt: skip
    assert len(NonAdherenceReason.values) == 18 + 5


def test_results_are_never_changed_and_a_correction_supersedes(scene: Scene) -> None:
    scene.decide()
    task = scene.tasks()[0]
    first = result(scene, task, implementation="full")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        FollowUpResult.objects.filter(pk=first.pk).update(text="nothing happened")
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        FollowUpResult.objects.filter(pk=first.pk).delete()
    with pytest.raises(Conflict) as caught:
        result(scene, task, implementation="full")
    assert caught.value.error_code == "result_exists"
    corrected = result(
        scene, task, who="chair", implementation="partial", reason_code="toxicity",
        corrects=first.pk,
    )  # fmt: skip
    assert (corrected.number, corrected.supersedes_id) == (2, first.pk)
    with pytest.raises(Conflict) as caught:
        result(scene, task, implementation="full", corrects=first.pk)
    assert caught.value.error_code == "not_the_standing_result"
    result(scene, task, follow_up_status="ongoing", corrects=corrected.pk)
    task.refresh_from_db()
    assert task.state == TaskState.ONGOING, "it was not over after all"


def test_the_same_key_writes_once_and_a_stale_version_nothing(scene: Scene) -> None:
    scene.decide()
    first, second = scene.tasks()
    said = {"implementation": "full", "idempotency_key": "k1", "version": 1}
    made = result(scene, first, **said)
    assert result(scene, first, **said).pk == made.pk
    with pytest.raises(Conflict) as caught:
        result(scene, second, **said)
    assert caught.value.error_code == "idempotency_key_reused"
    with pytest.raises(StaleVersion):
        result(scene, first, implementation="full", version=1)
    assert FollowUpResult.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "may"),
    [("surgeon", True), ("chair", True), ("coordinator", True), ("oncologist", False),
     ("radiologist", False), ("trainee", False), ("consultant", False), ("outsider", False),
     ("system_admin", False), ("auditor", False)],
)  # fmt: skip
def test_the_owner_records_it_or_who_runs_the_case(scene: Scene, who: str, may: bool) -> None:
    scene.decide()
    task = scene.tasks()[0]
    if may:
        assert result(scene, task, who=who, implementation="full").number == 1
        return
    with pytest.raises(DomainError) as caught:
        result(scene, task, who=who, implementation="full")
    assert caught.value.status in {403, 404}


def test_a_task_goes_to_somebody_of_the_case_and_to_no_past_day(scene: Scene) -> None:
    scene.decide()
    task = scene.tasks()[0]
    change = {"actor": scene.team.actor("surgeon"), "task_id": task.pk, "version": 1}
    for who in ("outsider", "consultant", "trainee"):
        with pytest.raises(InvalidInput) as caught:
            services.change_task(**change, owner_id=scene.team.people[who].pk)
        assert caught.value.error_code == "owner_not_in_case"
    with pytest.raises(InvalidInput) as caught:
        services.change_task(**change, due=NOW.date() - timedelta(days=1))
    assert caught.value.error_code == "due_in_past"
    services.change_task(**change, owner_id=scene.team.people["oncologist"].pk, due=NOW.date())
    task.refresh_from_db()
    assert (task.owner_id, task.due) == (scene.team.people["oncologist"].pk, NOW.date())
    with pytest.raises(Forbidden):
        services.change_task(**{**change, "version": 2}, due=NOW.date())


def test_what_was_handed_over_takes_no_result(scene: Scene) -> None:
    scene.decide()
    task = scene.tasks()[0]
    hand = {"actor": scene.team.actor("coordinator"), "task_id": task.pk, "version": 1}
    with pytest.raises(InvalidInput):
        services.hand_over_task(**hand, to="  ")
    services.hand_over_task(**hand, to="Dr Ahlers, general practice")
    with pytest.raises(Conflict) as caught:
        result(scene, task, implementation="full")
    assert caught.value.error_code == "handed_over"


def test_overdue_is_what_is_over_on_the_boards_clock(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.decide()
    first, _ = scene.tasks()
    owner = scene.team.actor("surgeon")

    def overdue() -> list[FollowUpTask]:
        return list(selectors.list_tasks(actor=owner, overdue=True).tasks)

    set_clock(monkeypatch, datetime(2027, 2, 11, 23, 59, tzinfo=UTC))
    assert overdue() == []
    assert list(selectors.list_tasks(actor=owner, due_within=0).tasks) == [first]
    set_clock(monkeypatch, datetime(2027, 2, 12, tzinfo=UTC))
    assert overdue() == [first]
    result(scene, first, implementation="full")
    assert overdue() == []


def test_owner_coordinator_and_chair_see_them_across_boards(scene: Scene) -> None:
    scene.decide()
    for who, count in (
        ("surgeon", 2), ("chair", 2), ("coordinator", 2), ("radiologist", 0), ("trainee", 0),
        ("consultant", 0), ("outsider", 0), ("system_admin", 0),
    ):  # fmt: skip
        actor = scene.team.actor(who)
        assert selectors.list_tasks(actor=actor).tasks.count() == count, who
    chair = scene.team.actor("chair")
    assert selectors.list_tasks(actor=chair, mine=True).tasks.count() == 0
    assert selectors.list_tasks(actor=chair, board_id=uuid4()).tasks.count() == 0


def test_a_member_who_left_owns_it_still_and_the_list_says_so(scene: Scene) -> None:
    scene.decide()
    User.objects.filter(pk=scene.team.people["surgeon"].pk).update(is_active=False)
    answer = scene.client("chair").get("/api/follow-up-tasks").json()
    assert [one["owner_left"] for one in answer["results"]] == [True, True]
