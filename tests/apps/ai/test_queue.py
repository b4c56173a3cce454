"""The queue: who is next, why, and when."""

import threading
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.ai import queueing, selectors, services
from apps.ai.choices import JobState, RankReason
from apps.ai.models import Job
from apps.ai.queueing import Running, expect_starts, rank
from apps.ai.services.ranking import rerank_waiting_jobs
from apps.core import registry
from apps.core.heartbeats import beat
from tests.apps.ai import world
from tests.people import make_case_team

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


# --- pure --------------------------------------------------------------------------------


def standing(
    *, asked: timedelta = timedelta(0), urgent: bool = False, left: timedelta | None = None
):
    needed_at = None if left is None else NOON + left
    return rank(queued_at=NOON - asked, is_urgent=urgent, needed_at=needed_at, now=NOON)


def test_the_nearer_the_meeting_the_earlier_and_urgent_is_first() -> None:
    lefts = [
        timedelta(minutes=-5),
        timedelta(hours=20),
        timedelta(days=6),
        timedelta(days=30),
        None,
    ]
    places = [standing(urgent=True).at, *(standing(left=left).at for left in lefts)]
    assert places[:4] == sorted(set(places))[:4]
    assert places[4] == places[5] == NOON, "a meeting in a month puts nothing forward"


def test_who_waits_is_passed_by_nobody_after_the_longest_head_start() -> None:
    routine = standing(asked=queueing.URGENT_HEAD_START + timedelta(seconds=1))
    assert routine.at < standing(urgent=True).at
    longest = max(head for _, head in queueing.MEETING_HEAD_STARTS)
    assert longest < queueing.URGENT_HEAD_START


def test_the_reason_is_said() -> None:
    assert standing(urgent=True, left=timedelta(hours=1)).reason == RankReason.URGENT
    assert standing(left=timedelta(hours=1)).reason == RankReason.MEETING
    assert standing(left=timedelta(days=8)).reason == RankReason.TURN


def test_starts_follow_from_what_runs_and_what_stands_before() -> None:
    quick, slow = uuid4(), uuid4()
    jobs = [uuid4() for _ in range(4)]
    waiting = [(jobs[0], slow), (jobs[1], quick), (jobs[2], quick), (jobs[3], slow)]
    running = [Running(slow, elapsed_s=30, progress=0.0), Running(quick, elapsed_s=6, progress=0.6)]
    starts = expect_starts(
        waiting=waiting, running=running, durations_s={quick: 10.0, slow: 100.0}, workers=2
    )
    # The quick one has 4 s to go by its own progress, the slow one 70 s by what is usual.
    assert [starts[job] for job in jobs] == pytest.approx([4, 70, 80, 90])


def test_what_is_not_known_is_not_said() -> None:
    known, new = uuid4(), uuid4()
    jobs = [uuid4() for _ in range(3)]
    waiting = [(jobs[0], known), (jobs[1], new), (jobs[2], known)]
    starts = expect_starts(waiting=waiting, running=[], durations_s={known: 5.0}, workers=1)
    assert starts == {jobs[0]: 0.0, jobs[1]: 5.0}, "behind a first run nobody knows"
    busy = [Running(new, elapsed_s=1, progress=0.0)]
    assert expect_starts(waiting=waiting, running=busy, durations_s={}, workers=1) == {}
    assert expect_starts(waiting=waiting, running=[], durations_s={}, workers=0) == {}
    # An overdue one is expected to end at once, never before now.
    late = [Running(known, elapsed_s=60, progress=0.0)]
    first = expect_starts(waiting=waiting, running=late, durations_s={known: 5.0}, workers=1)
    assert first[jobs[0]] == 0.0


# --- in the house ------------------------------------------------------------------------


@pytest.fixture
def team(db):
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def needs(monkeypatch):
    """What other floors say is needed when."""
    said: dict = {}
    monkeypatch.setattr(registry.case_needs, "_providers", {"boards.agenda": lambda: said})
    return said


def ask(team, version, series=None, *, urgent: bool = False) -> Job:
    return services.request_job(
        actor=team.actor("radiologist"),
        case_id=team.case_id,
        model_id=version.model_id,
        series_instance_uid=(series or world.indexed_series(team=team)).series_instance_uid,
        is_urgent=urgent,
    )


def order() -> list:
    places = selectors.queue_places()
    return sorted(places, key=lambda job_id: places[job_id].position)


def test_urgent_and_soon_discussed_come_before_who_asked_earlier(team, version, needs) -> None:
    routine = ask(team, version)
    other = make_case_team()
    needs[other.case_id] = timezone.now() + timedelta(hours=3)
    discussed = ask(other, version)
    urgent = ask(team, version, urgent=True)
    wanted = [urgent.pk, discussed.pk, routine.pk]
    assert order() == wanted
    assert [services.claim_next_job(worker="w").pk for _ in range(3)] == wanted


def test_asked_again_as_urgent_it_moves_up_and_is_still_one_job(team, version, needs) -> None:
    first, series = ask(team, version), world.indexed_series(team=team)
    second = ask(team, version, series)
    assert order() == [first.pk, second.pk]
    again = ask(team, version, series, urgent=True)
    assert (again.pk, again.is_urgent) == (second.pk, True)
    assert order() == [second.pk, first.pk]
    ask(team, version, series)
    assert order() == [second.pk, first.pk], "urgent stays urgent"


def test_an_agenda_that_changes_places_waiting_jobs_anew(team, version, needs) -> None:
    other = make_case_team()
    first, second = ask(team, version), ask(other, version)
    assert rerank_waiting_jobs() == 0
    needs[other.case_id] = timezone.now() + timedelta(minutes=30)
    assert rerank_waiting_jobs() == 1
    assert order() == [second.pk, first.pk]
    second.refresh_from_db()
    assert second.rank_reason == RankReason.MEETING
    needs.clear()
    assert rerank_waiting_jobs() == 1
    assert order() == [first.pk, second.pk]


@pytest.mark.django_db(transaction=True)
def test_placing_anew_waits_for_nobody_and_touches_no_claimed_job(team, version, needs) -> None:
    other = make_case_team()
    claimed, waiting = ask(other, version), ask(other, version)
    needs[other.case_id] = timezone.now() + timedelta(minutes=30)
    moved = []
    with transaction.atomic():
        Job.objects.select_for_update().get(pk=claimed.pk)
        thread = threading.Thread(target=_rerank_elsewhere, args=(moved,))
        Job.objects.filter(pk=claimed.pk).update(state=JobState.RUNNING, lease_until=timezone.now())
        thread.start()
        thread.join(0.5)
    thread.join(20)
    assert moved == [1]
    claimed.refresh_from_db()
    waiting.refresh_from_db()
    assert (claimed.rank_reason, waiting.rank_reason) == (RankReason.TURN, RankReason.MEETING)


def _rerank_elsewhere(moved: list) -> None:
    try:
        moved.append(rerank_waiting_jobs())
    finally:
        connection.close()


def test_that_a_job_reads_a_case_puts_it_before_no_other(team, version, monkeypatch) -> None:
    now = timezone.now()
    monkeypatch.setattr(registry.case_needs, "_providers", {"ai.jobs": lambda: {team.case_id: now}})
    assert ask(team, version).rank_reason == RankReason.TURN


def test_a_retried_job_waits_from_now_on(team, version, needs) -> None:
    failed = ask(team, version)
    claimed = services.claim_next_job(worker="w")
    services.fail_job(job_id=claimed.pk, fence=claimed.fence, code="x", message="y")
    waiting = ask(team, version)
    services.retry_job(actor=team.actor("radiologist"), job_id=failed.pk)
    assert order() == [waiting.pk, failed.pk]


def test_a_lost_worker_costs_no_place(team, version, needs) -> None:
    lost = ask(team, version)
    later = ask(team, version)
    job = services.claim_next_job(worker="w")
    assert job.pk == lost.pk
    services.release_job(job_id=job.pk, fence=job.fence, code="runner_died", message="gone")
    assert order() == [lost.pk, later.pk]


def test_when_it_should_begin_is_what_its_version_usually_takes(team, version, needs) -> None:
    ended = world.finished_job(team=team, version=version, series=world.indexed_series(team=team))
    now = timezone.now()
    Job.objects.filter(pk=ended.pk).update(started_at=now - timedelta(seconds=40), finished_at=now)
    first, second = ask(team, version), ask(team, version)
    assert [one.starts_in_s for one in selectors.queue_places().values()] == [None, None]
    beat(name="worker-ai@here")
    places = selectors.queue_places()
    assert places[first.pk].starts_in_s == 0
    assert places[second.pk].starts_in_s == pytest.approx(40)
    beat(name="worker-ai@there")
    assert selectors.queue_places()[second.pk].starts_in_s == 0
    running = services.claim_next_job(worker="w")
    assert running.state == JobState.RUNNING
    assert set(selectors.queue_places()) == {second.pk}
