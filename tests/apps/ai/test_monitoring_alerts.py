"""Rules that warn, alerts that are answered, and what the worker keeps of a run."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.choices import Discipline
from apps.ai import execution, services
from apps.ai.choices import AlertRule, VersionState
from apps.ai.models import Job, JobProfile, ModelAlert
from apps.ai.monitoring.distributions import report_drift
from apps.ai.monitoring.report import build_report
from apps.audit.models import AuditEntry
from tests.apps.ai import world
from tests.apps.ai.monitored import LAST_WEEK, NOW, TODAY, write_reviews, write_runs, write_viewings
from tests.people import make_case_team, make_person

pytestmark = pytest.mark.django_db
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(weeks=1)
F, M = {"sex": "F"}, {"sex": "M"}


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def today(monkeypatch):
    """The clock of requests: a Wednesday in 2026-W48."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def client(team, who):
    made = APIClient()
    made.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return made


def report_of(version, *, weeks=2, by="", with_running=True):
    return build_report(
        version_id=version.pk, weeks=weeks, by=by, with_running=with_running, today=TODAY
    )


# -- alerts ------------------------------------------------------------------------------------


def open_rules(version):
    return set(ModelAlert.objects.filter(version=version).values_list("rule", flat=True))


def watch(version, today=TODAY):
    return services.watch_version(version_id=version.pk, today=today)


def test_nothing_is_said_of_few_or_of_what_chance_explains(version):
    write_runs(version, 19, at=LAST_WEEK, state="failed", reason="timeout")
    assert watch(version) == 0
    write_runs(version, 100, at=LAST_WEEK - WEEK)
    write_runs(version, 6, at=LAST_WEEK - 5 * WEEK, state="failed", reason="timeout")
    Job.objects.filter(state="failed", finished_at=LAST_WEEK).update(state="no_findings")
    write_runs(version, 8, at=LAST_WEEK, state="failed", reason="timeout")
    assert watch(version) == 0  # 8 of 127 are more than 5 %, but not surely


def test_failures_open_one_alert_that_changes_nothing_by_itself(version):
    write_runs(version, 80, at=LAST_WEEK)
    write_runs(version, 20, at=LAST_WEEK, state="failed", reason="timeout")
    assert [watch(version) for _ in range(3)] == [1, 0, 0]
    alert = ModelAlert.objects.get()
    assert (alert.rule, alert.suggests_shadow) == (AlertRule.FAILURES, True)
    assert (alert.figures["count"], alert.figures["n"]) == (20, 100)
    assert alert.figures["low"] > alert.figures["allowed"]
    version.refresh_from_db()
    assert version.state == VersionState.ACTIVE
    assert AuditEntry.objects.filter(action="model.alert_opened").count() == 1
    assert not AuditEntry.objects.filter(action="model.suspended").exists()


def test_acceptance_that_has_surely_dropped(team, version):
    who = team.people["radiologist"]
    before = write_runs(version, 60, at=LAST_WEEK - 6 * WEEK, state="findings", findings=1,
                        cases=[team.case])  # fmt: skip
    write_reviews(before.findings[:54], team.case, who)
    write_reviews(before.findings[54:], team.case, who, decision="dismissed", reason="duplicate")
    now = write_runs(version, 40, at=LAST_WEEK, state="findings", findings=1, cases=[team.case])
    write_reviews(now.findings[:16], team.case, who)
    write_reviews(now.findings[16:], team.case, who, decision="dismissed", reason="duplicate")
    assert watch(version) == 1
    alert = ModelAlert.objects.get()
    assert (alert.rule, alert.suggests_shadow) == (AlertRule.ACCEPTANCE, True)
    assert alert.figures["share"] == 0.4
    assert alert.figures["earlier"]["share"] == 0.9


def test_fast_dismissals_and_urgency_beyond_the_budget_warn_without_advice(team, version):
    done = write_runs(version, 40, at=LAST_WEEK, state="findings", findings=1, cases=[team.case],
                      urgency="urgent")  # fmt: skip
    write_reviews(done.findings, team.case, team.people["radiologist"], decision="dismissed",
                  reason="duplicate", dwell_ms=900)  # fmt: skip
    assert watch(version) == 2
    assert open_rules(version) == {AlertRule.FAST_DISMISSALS, AlertRule.BUDGET}
    assert not ModelAlert.objects.filter(suggests_shadow=True).exists()


def test_drift_of_the_score_advises_shadow(version):
    start = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
    write_runs(version, 200, at=start, every=HOUR, state="findings", findings=1, profile=F,
               scores=[n / 97 for n in range(97)])  # fmt: skip
    write_runs(version, 80, at=LAST_WEEK, state="findings", findings=1, profile=F,
               scores=[0.9 + n / 970 for n in range(97)])  # fmt: skip
    assert watch(version) == 1
    alert = ModelAlert.objects.get()
    assert (alert.rule, alert.suggests_shadow) == (AlertRule.DRIFT, True)
    assert [one["name"] for one in alert.figures["features"]] == ["score"]


def test_an_alert_is_answered_with_words_by_AI_administration_once(team, version):
    write_runs(version, 30, at=LAST_WEEK, state="failed", reason="timeout")
    watch(version)
    alert = ModelAlert.objects.get()
    place = f"/api/models/alerts/{alert.pk}/acknowledge"
    assert client(team, "radiologist").post(place, {"words": "seen"}).status_code == 403
    admin = client(team, "ai_admin")
    assert admin.post(place, {"words": "  "}).status_code == 400
    answer = admin.post(place, {"words": "The new scanner sends no thickness."})
    assert answer.status_code == 200
    body = answer.json()
    assert body["words"] == "The new scanner sends no thickness."
    assert body["acknowledged_by"] == team.people["ai_admin"].display_name
    again = admin.post(place, {"words": "Once more"})
    assert (again.status_code, again.json()["code"]) == (409, "alert_answered")
    assert AuditEntry.objects.filter(action="model.alert_acknowledged").count() == 1
    listed = client(team, "radiologist").get("/api/models/alerts").json()["results"]
    assert [one["id"] for one in listed] == [str(alert.pk)]
    assert client(team, "radiologist").get("/api/models/alerts?open=true").json()["results"] == []


def test_an_answered_alert_comes_again_only_after_the_rule_was_kept(team, version):
    write_runs(version, 30, at=LAST_WEEK, state="failed", reason="timeout")
    watch(version)
    first = ModelAlert.objects.get()
    services.acknowledge_alert(
        actor=team.actor("ai_admin"), alert_id=first.pk, words="Being looked at"
    )
    assert watch(version) == 0  # still so: nobody is told every night
    assert watch(version, today=TODAY + 6 * WEEK) == 0
    first.refresh_from_db()
    assert first.cleared_at is not None
    write_runs(version, 30, at=LAST_WEEK + 6 * WEEK, state="failed", reason="timeout")
    assert watch(version, today=TODAY + 7 * WEEK) == 1
    assert ModelAlert.objects.count() == 2


def test_an_unanswered_alert_that_is_over_stays_until_somebody_answers(version):
    write_runs(version, 30, at=LAST_WEEK, state="failed", reason="timeout")
    watch(version)
    watch(version, today=TODAY + 6 * WEEK)
    alert = ModelAlert.objects.get()
    assert alert.cleared_at is not None and alert.acknowledged_at is None
    assert watch(version) == 0  # it comes back: the same row
    alert.refresh_from_db()
    assert alert.cleared_at is None


def test_the_nightly_task_looks_at_versions_in_use(version, tmp_path, today):
    write_runs(version, 30, at=LAST_WEEK, state="failed", reason="timeout")
    assert services.watch_versions() == 1
    assert services.watch_versions() == 0


# -- the worker --------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("fresh_runner")
def test_a_run_keeps_what_was_imaged(phantom_team, approved_bundle, phantom_series):
    job = world.request(team=phantom_team, version=approved_bundle, series=phantom_series)
    execution.run_waiting_jobs(worker="test")
    profile = JobProfile.objects.get(job=job)
    assert profile.age_years is not None
    assert profile.slice_thickness_mm is not None
    stored = " ".join(str(getattr(profile, field.name)) for field in profile._meta.fields)
    assert phantom_team.case.patient.patient_id not in stored
    assert "Patient" not in stored


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_fifty_thousand_runs_are_counted_while_somebody_waits(team, version, capsys):
    """A year of a large house, all of one version; the bound is loose, the print is not."""
    who = make_person(discipline=Discipline.RADIOLOGY)
    profiles = [{"sex": sex, "age_years": age, "site": site, "manufacturer": site,
                 "slice_thickness_mm": 1.0 + age % 3}
                for sex in "FM" for age in (35, 55, 70) for site in ("N", "S", "E")]  # fmt: skip
    every = timedelta(minutes=10)
    start = NOW - 50_000 * every
    write_runs(version, 20_000, at=start, every=every, profiles=profiles)
    done = write_runs(version, 27_000, at=start + 20_000 * every, every=every, state="findings",
                      findings=1, cases=[team.case], profiles=profiles,
                      scores=[n / 97 for n in range(97)])  # fmt: skip
    write_runs(version, 3_000, at=start + 47_000 * every, every=every, state="failed",
               reason="timeout", profiles=profiles)  # fmt: skip
    write_reviews(done.findings[:20_000], team.case, who, dwell_ms=5_000)
    write_viewings(done.findings[:25_000], team.case, who, HOUR)
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    took = {}
    for name, question in {
        "12 weeks": lambda: report_of(version, weeks=12),
        "52 weeks": lambda: report_of(version, weeks=52),
        "52 weeks by site": lambda: report_of(version, weeks=52, by="site"),
        "drift": lambda: report_drift(version_id=version.pk, today=TODAY),
        "rules": lambda: watch(version),
    }.items():
        started = time.perf_counter()
        question()
        took[name] = time.perf_counter() - started
    with capsys.disabled():
        print(
            "\n50,000 runs:", {name: f"{seconds * 1_000:.0f} ms" for name, seconds in took.items()}
        )
    assert max(took.values()) < 10.0
