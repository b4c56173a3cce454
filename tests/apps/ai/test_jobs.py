"""Jobs: one per question, one owner at a time, four endings, never lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.ai import services, sweeper
from apps.ai.choices import JOB_MOVES, JobState
from apps.ai.conf import BELL_EVERY, MAX_ATTEMPTS
from apps.ai.exceptions import ModelNotActive, SeriesNotReady, StaleFence
from apps.ai.models import Finding, Job, ModelVersion
from apps.ai.services.jobs import RUN_TASK
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.exceptions import Forbidden, IllegalMove, NotVisible
from apps.core.models import OutboxMessage
from tests.apps.ai import world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def series(team):
    return world.indexed_series(team=team)


@pytest.fixture
def recorded(monkeypatch):
    seen = []
    monkeypatch.setattr(events, "record", seen.append)
    return seen


def bells():
    return OutboxMessage.objects.filter(task=RUN_TASK).count()


def test_asking_twice_is_one_job(team, version, series, recorded):
    first = world.request(team=team, version=version, series=series)
    second = world.request(team=team, version=version, series=series, who="chair")
    assert first.pk == second.pk
    assert Job.objects.count() == 1
    assert bells() == 1
    assert [event.state for event in recorded] == ["queued"]
    assert AuditEntry.objects.filter(action="job.requested").count() == 2


def test_other_parameters_are_another_job(team, version, series):
    world.request(team=team, version=version, series=series)
    services.request_job(
        actor=team.actor("radiologist"),
        case_id=team.case_id,
        model_id=version.model_id,
        series_instance_uid=series.series_instance_uid,
        parameters={"method": "relative"},
    )
    assert Job.objects.count() == 2


def test_changed_content_is_another_job(team, version, series):
    first = world.request(team=team, version=version, series=series)
    series.content_sha256 = "c" * 64
    series.save()
    assert world.request(team=team, version=version, series=series).pk != first.pk


@pytest.mark.parametrize("who", ["coordinator", "trainee", "consultant"])
def test_who_may_not_run_models(team, version, series, who):
    with pytest.raises(Forbidden):
        world.request(team=team, version=version, series=series, who=who)


@pytest.mark.parametrize("who", ["outsider", "system_admin", "auditor", "ai_admin"])
def test_case_of_others_is_not_visible(team, version, series, who):
    with pytest.raises(NotVisible):
        world.request(team=team, version=version, series=series, who=who)


def test_series_of_another_case_is_not_visible(team, version):
    other = make_case_team()
    foreign = world.indexed_series(team=other)
    with pytest.raises(NotVisible):
        world.request(team=team, version=version, series=foreign)


def test_suspended_model_is_not_run(team, version, series):
    job = world.request(team=team, version=version, series=series)
    services.suspend_version(
        actor=team.actor("ai_admin"), version_id=version.pk, reason="Misses small lesions."
    )
    with pytest.raises(ModelNotActive):
        world.request(team=team, version=version, series=world.indexed_series(team=team))
    job.refresh_from_db()
    assert (job.state, job.reason_code) == (JobState.CANCELLED, "model_suspended")
    assert services.claim_next_job(worker="w") is None
    with pytest.raises(ModelNotActive):
        services.retry_job(actor=team.actor("radiologist"), job_id=job.pk)


def test_a_job_that_slipped_past_a_suspension_is_not_run_either(team, version, series):
    job = world.request(team=team, version=version, series=series)
    ModelVersion.objects.filter(pk=version.pk).update(state="suspended")
    claimed = services.claim_next_job(worker="w")
    assert claimed.pk == job.pk
    assert (claimed.state, claimed.reason_code) == (JobState.CANCELLED, "model_not_active")


def test_series_that_is_not_ready_is_refused(team, version, series):
    series.study.ready_at = None
    series.study.save()
    with pytest.raises(SeriesNotReady):
        world.request(team=team, version=version, series=series)


def test_claim_takes_lease_and_fence(team, version, series):
    world.request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="w1")
    assert (job.state, job.fence, job.attempts, job.worker) == ("running", 1, 1, "w1")
    assert job.lease_until > timezone.now() + timedelta(seconds=15)
    assert services.claim_next_job(worker="w2") is None


def test_heartbeat_extends_the_lease_and_tells_of_cancel(team, version, series):
    world.request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="w1")
    world.let_lease_end(job)
    beat = {"job_id": job.pk, "fence": job.fence, "progress": 0.4, "stage": "inference"}
    assert services.heartbeat_job(**beat) is False
    job.refresh_from_db()
    assert job.lease_until > timezone.now()
    assert (job.progress, job.stage) == (0.4, "inference")
    services.cancel_job(actor=team.actor("radiologist"), job_id=job.pk)
    assert services.heartbeat_job(**beat) is True
    assert services.finish_cancelled_job(job_id=job.pk, fence=job.fence).state == "cancelled"


def test_stale_fence_writes_nothing(team, version, series):
    world.request(team=team, version=version, series=series)
    late = services.claim_next_job(worker="slow")
    world.let_lease_end(late)
    assert sweeper.requeue_expired_jobs() == 1
    Job.objects.update(not_before=timezone.now())
    current = services.claim_next_job(worker="quick")
    assert (current.pk, current.fence) == (late.pk, 2)
    with pytest.raises(StaleFence):
        services.complete_job(
            job_id=late.pk, fence=late.fence, drafts=[world.draft()], grid=world.GRID,
            parameters={},
        )  # fmt: skip
    with pytest.raises(StaleFence):
        services.heartbeat_job(job_id=late.pk, fence=late.fence, progress=0.9, stage="x")
    with pytest.raises(StaleFence):
        services.fail_job(job_id=late.pk, fence=late.fence, code="x", message="x")
    assert Finding.objects.count() == 0
    services.complete_job(
        job_id=current.pk, fence=current.fence, drafts=[world.draft()], grid=world.GRID,
        parameters={},
    )  # fmt: skip
    with pytest.raises(StaleFence):
        services.complete_job(
            job_id=current.pk, fence=current.fence, drafts=[world.draft()], grid=world.GRID,
            parameters={},
        )  # fmt: skip
    assert Finding.objects.count() == 1


def test_completion_tells_the_case_once(team, version, series, recorded):
    job = world.finished_job(team=team, version=version, series=series)
    assert job.state == JobState.FINDINGS
    kinds = [event.kind for event in recorded]
    assert kinds == ["job.changed", "job.changed", "findings.added", "job.changed"]
    added = recorded[2]
    assert added.case_id == team.case_id
    assert {stamp.state for stamp in added.findings} == {"unreviewed"}
    assert {stamp.version for stamp in added.findings} == {1}
    assert added.payload() == {
        "job": str(job.pk),
        "findings": [
            {"id": str(finding.pk), "version": 1, "state": "unreviewed"}
            for finding in Finding.objects.order_by("number")
        ],
    }


def test_no_drafts_is_no_findings(team, version, series):
    assert world.finished_job(team=team, version=version, series=series, findings=0).state == (
        JobState.NO_FINDINGS
    )


def test_out_of_scope_keeps_its_reason_and_is_final(team, version, series):
    world.request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="w")
    ended = services.fail_job(
        job_id=job.pk, fence=job.fence, code="phantom_only", message="Phantoms only.",
        state=JobState.OUT_OF_SCOPE,
    )  # fmt: skip
    assert (ended.state, ended.reason_code) == ("out_of_scope", "phantom_only")
    with pytest.raises(IllegalMove):
        services.retry_job(actor=team.actor("radiologist"), job_id=job.pk)


def test_three_lost_attempts_are_quarantined_with_the_reason(team, version, series):
    world.request(team=team, version=version, series=series)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        Job.objects.update(not_before=timezone.now())
        job = services.claim_next_job(worker=f"w{attempt}")
        assert job.attempts == attempt
        world.let_lease_end(job)
        assert sweeper.requeue_expired_jobs() == 1
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert job.reason_code == "quarantined"
    assert "worker_lost" in job.reason_message
    assert services.claim_next_job(worker="w") is None
    services.retry_job(actor=team.actor("radiologist"), job_id=job.pk)
    assert services.claim_next_job(worker="w").attempts == 1


def test_cancelled_while_its_worker_died_is_cancelled(team, version, series):
    world.request(team=team, version=version, series=series)
    job = services.claim_next_job(worker="w")
    services.cancel_job(actor=team.actor("radiologist"), job_id=job.pk)
    world.let_lease_end(job)
    sweeper.sweep()
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_waiting_job_is_cancelled_at_once_and_can_be_asked_again(team, version, series):
    job = world.request(team=team, version=version, series=series)
    assert services.cancel_job(actor=team.actor("chair"), job_id=job.pk).state == "cancelled"
    assert services.claim_next_job(worker="w") is None
    assert world.request(team=team, version=version, series=series).state == "queued"


def test_lost_bell_is_rung_again_from_the_table(team, version, series):
    job = world.request(team=team, version=version, series=series)
    OutboxMessage.objects.all().delete()
    sweeper.sweep()
    assert bells() == 0, "not yet: the first bell may still be heard"
    Job.objects.filter(pk=job.pk).update(rung_at=timezone.now() - BELL_EVERY * 2)
    sweeper.sweep()
    assert bells() == 1
    sweeper.sweep()
    assert bells() == 1


def test_hundred_waiting_jobs_ring_few_bells(team, version):
    for _ in range(30):
        world.request(team=team, version=version, series=world.indexed_series(team=team))
    OutboxMessage.objects.all().delete()
    Job.objects.update(rung_at=timezone.now() - BELL_EVERY * 2)
    sweeper.sweep()
    sweeper.sweep()
    assert 1 <= bells() <= 4


def test_every_move_that_is_not_listed_is_illegal():
    assert set(JOB_MOVES) == set(JobState)
    for state in (JobState.FINDINGS, JobState.NO_FINDINGS, JobState.OUT_OF_SCOPE):
        assert JOB_MOVES[state] == frozenset()


@pytest.mark.django_db(transaction=True)
def test_twenty_people_at_once_make_one_job(tmp_path):
    team = make_case_team()
    version = world.builtin_version(tmp_path)
    series = world.indexed_series(team=team)
    barrier = threading.Barrier(20)
    answers, errors = [], []

    def ask():
        try:
            actor = team.actor("radiologist")
            barrier.wait()
            job = services.request_job(
                actor=actor,
                case_id=team.case_id,
                model_id=version.model_id,
                series_instance_uid=series.series_instance_uid,
            )
            answers.append(job.pk)
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert Job.objects.count() == 1
    assert bells() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_workers_claim_ten_jobs_once_each(tmp_path):
    team = make_case_team()
    version = world.builtin_version(tmp_path)
    for _ in range(10):
        world.request(team=team, version=version, series=world.indexed_series(team=team))
    claimed = []

    def claim(name):
        try:
            job = services.claim_next_job(worker=name)
            claimed.append(job.pk if job else None)
        finally:
            connection.close()

    threads = [threading.Thread(target=claim, args=(f"w{n}",)) for n in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in claimed
    assert len(set(claimed)) == 10
