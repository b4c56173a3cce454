"""Rules: what arrives is asked about once, and what is not asked about is said."""

import threading

import pytest
from django.db import connection, transaction

from apps.ai import services, tasks
from apps.ai.choices import JobState, RankReason
from apps.ai.models import AutomationRun, Job
from apps.ai.services import automation
from apps.ai.services.automation_runs import RULES_TASK, apply_rules
from apps.ai.urgency_choices import RuleOutcome
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.choices import AiReading, BoardRole
from apps.cases.embargo import hidden_cases
from apps.imaging.choices import SeriesKind
from apps.imaging.services import link_archived_study
from tests.apps.ai import flagged, world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def the_run() -> AutomationRun:
    return AutomationRun.objects.get()


# --- once ---------------------------------------------------------------------------------


def test_a_complete_study_is_asked_about_once_however_often_it_is_told(team, version) -> None:
    rule = flagged.make_rule(team, version, is_urgent=True)
    study = flagged.arrive(team)
    assert flagged.owed() == [{"case_id": str(team.case_id), "study_id": str(study.pk)}]
    flagged.deliver(times=3)
    flagged.say_ready(team, study)
    flagged.deliver()
    job = Job.objects.get()
    assert (job.requested_by_id, job.requested_by_label) == (None, "rule: Every CT")
    assert (job.is_urgent, job.rank_reason) == (True, RankReason.URGENT)
    run = the_run()
    assert (run.outcome, run.job_id, run.rule_version) == (RuleOutcome.REQUESTED, job.pk, 1)
    entry = AuditEntry.objects.get(action="automation.requested")
    assert (entry.entity_id, entry.actor_kind) == (str(rule.pk), "system")
    assert entry.details == {"version": 1, "job": str(job.pk)}
    assert AuditEntry.objects.filter(action="job.requested").count() == 1


def test_what_rolls_back_is_not_owed_and_without_a_rule_nothing_is(team, version) -> None:
    flagged.arrive(team)
    assert flagged.owed() == []
    flagged.make_rule(team, version)
    study = flagged.arrive(team)
    known = len(flagged.owed())
    with pytest.raises(RuntimeError, match="boom"), transaction.atomic():
        flagged.say_ready(team, study)
        raise RuntimeError("boom")
    assert len(flagged.owed()) == known == 1


def test_a_job_that_a_person_cancelled_is_not_queued_again_by_a_late_message(team, version) -> None:
    flagged.make_rule(team, version)
    flagged.arrive(team)
    flagged.deliver()
    job = services.cancel_job(actor=team.actor("radiologist"), job_id=Job.objects.get().pk)
    flagged.deliver(times=2)
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_two_workers_with_the_same_message_ask_once(team, version) -> None:
    flagged.make_rule(team, version)
    study = flagged.arrive(team)
    barrier, asked = threading.Barrier(2), []

    def look() -> None:
        try:
            barrier.wait(10)
            asked.append(apply_rules(case_id=team.case_id, study_id=study.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(asked) == [0, 1]
    assert (Job.objects.count(), AutomationRun.objects.count()) == (1, 1)


def test_a_study_that_grew_is_read_anew_and_what_waited_for_less_is_cancelled(
    team, version
) -> None:
    flagged.make_rule(team, version)
    study = flagged.arrive(team)
    flagged.deliver()
    first, series = Job.objects.get(), study.series.get()
    series.content_sha256, series.instance_count = "b" * 64, 120
    series.save()
    flagged.say_ready(team, study)
    flagged.deliver()
    second = Job.objects.exclude(pk=first.pk).get()
    first.refresh_from_db()
    assert (first.state, first.reason_code) == (JobState.CANCELLED, "outgrown")
    assert (second.state, second.series_content_sha256) == (JobState.QUEUED, "b" * 64)
    assert AutomationRun.objects.count() == 2


def test_a_report_that_comes_back_makes_no_other_content(team, version) -> None:
    flagged.make_rule(team, version)
    study = flagged.arrive(team)
    flagged.deliver()
    Job.objects.update(state=JobState.FAILED)
    flagged.add_series(study, kind=SeriesKind.SR, modality="SR")
    flagged.say_ready(team, study)
    flagged.deliver()
    assert Job.objects.get().state == JobState.FAILED
    assert AutomationRun.objects.count() == 1


def test_a_changed_rule_looks_at_what_arrives_then_and_names_its_version(team, version) -> None:
    rule = flagged.make_rule(team, version, modality="MR")
    study = flagged.arrive(team)
    flagged.deliver()
    assert the_run().outcome == RuleOutcome.NO_SERIES
    automation.change_rule(
        actor=team.actor("ai_admin"), rule_id=rule.pk, version=1, changes={"modality": "CT"}
    )
    assert not Job.objects.exists()
    flagged.say_ready(team, study)
    flagged.deliver()
    assert Job.objects.count() == 1
    versions = AutomationRun.objects.order_by("rule_version")
    assert [one.rule_version for one in versions] == [1, 2]


def test_a_rule_that_is_off_does_nothing(team, version) -> None:
    rule = flagged.make_rule(team, version)
    flagged.arrive(team)
    automation.change_rule(
        actor=team.actor("ai_admin"), rule_id=rule.pk, version=1, changes={"enabled": False}
    )
    flagged.deliver()
    assert not AutomationRun.objects.exists()
    before = len(flagged.owed())
    flagged.arrive(team)
    assert len(flagged.owed()) == before


# --- whose cases --------------------------------------------------------------------------


def test_a_boards_rule_looks_at_that_boards_cases_only(team, version) -> None:
    other = make_case_team()
    mine, theirs = flagged.make_board(team), flagged.make_board(other)
    flagged.put_on_agenda(team, mine)
    flagged.put_on_agenda(other, theirs)
    flagged.make_rule(team, version, board_id=mine)
    flagged.arrive(other)
    flagged.deliver()
    assert not AutomationRun.objects.exists()
    flagged.arrive(team)
    flagged.deliver()
    assert the_run().case_id == team.case_id


def test_a_case_that_comes_to_a_board_brings_its_complete_studies_once(team, version) -> None:
    board = flagged.make_board(team)
    for who in ("radiologist", "surgeon", "oncologist"):
        boards.add_board_member(
            actor=team.actor("coordinator"),
            board_id=board,
            user_id=team.people[who].pk,
            role=BoardRole.CORE,
        )
    flagged.make_rule(team, version, board_id=board)
    study = flagged.arrive(team)
    flagged.deliver()
    assert not AutomationRun.objects.exists(), "not this board's yet"
    before = len(flagged.owed())
    flagged.put_on_agenda(team, board)
    assert flagged.owed()[before:] == [{"case_id": str(team.case_id), "study_id": str(study.pk)}]
    flagged.deliver()
    assert Job.objects.count() == 1


def test_a_study_linked_to_another_case_meets_the_rules_there_without_a_second_job(
    team, version
) -> None:
    other = make_case_team(patient=team.case.patient)
    board = flagged.make_board(other)
    flagged.put_on_agenda(other, board)
    flagged.make_rule(team, version)
    flagged.make_rule(team, version, name="The board's", board_id=board)
    study = flagged.arrive(team)
    flagged.deliver()
    assert Job.objects.count() == 1
    study.patient_id = team.case.patient.patient_id
    study.issuer_of_patient_id = team.case.patient.issuer
    study.save()
    link_archived_study(actor=other.actor("coordinator"), case_id=other.case_id, study_id=study.pk)
    flagged.deliver()
    assert Job.objects.count() == 1
    assert set(AutomationRun.objects.values_list("rule__name", "case_id")) == {
        ("Every CT", team.case_id),
        ("The board's", other.case_id),
    }


def test_a_job_runs_while_ai_is_hidden_and_what_it_found_stays_hidden(
    team, version, client
) -> None:
    board = flagged.make_board(team)
    boards.set_ai_reading(
        actor=team.actor("chair"), board_id=board, ai_reading=AiReading.FROM_AGENDA
    )
    item = flagged.put_on_agenda(team, board)
    flagged.make_rule(team, version, board_id=board)
    flagged.arrive(team)
    surgeon = team.actor("surgeon")
    assert hidden_cases(actor=surgeon, case_ids=[team.case_id])
    flagged.deliver()
    job = services.claim_next_job(worker="test")
    services.complete_job(
        job_id=job.pk, fence=job.fence, drafts=[flagged.flagged_draft()], grid=world.GRID,
        parameters={},
    )  # fmt: skip
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/api/jobs/{job.pk}").json()["code"] == "ai_hidden"
    listed = client.get("/api/cases").json()["results"][0]
    assert (listed["ai_urgency"], listed["ai_hidden"]) == (None, True)
    boards.reveal_ai(actor=team.actor("chair"), item_id=item.pk)
    assert client.get("/api/cases").json()["results"][0]["ai_urgency"]["score"] == 97
    assert client.get(f"/api/jobs/{job.pk}").status_code == 200


def test_the_task_is_the_one_that_the_outbox_names() -> None:
    assert tasks.apply_rules.name == RULES_TASK
