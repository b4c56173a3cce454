"""Monitoring over REST: who sees it, what it never says; drift against its reference."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.ai import selectors, services
from apps.ai.monitoring.distributions import report_drift
from apps.ai.monitoring.report import build_report
from apps.core.exceptions import Forbidden, InvalidInput
from tests.apps.ai import world
from tests.apps.ai.monitored import LAST_WEEK, NOW, TODAY, write_runs
from tests.people import make_case_team

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


# -- who sees it -------------------------------------------------------------------------------


def test_REST_gives_figures_to_AI_admins_and_clinicians_and_to_nobody_else(team, version, today):
    write_runs(version, 20, at=LAST_WEEK)
    write_runs(version, 20, at=NOW - DAY)
    place = f"/api/models/{version.model_id}"
    for who, status in (
        ("ai_admin", 200), ("radiologist", 200), ("surgeon", 200), ("trainee", 403),
        ("coordinator", 403), ("system_admin", 403), ("auditor", 403),
    ):  # fmt: skip
        asked = client(team, who)
        for path in ("monitoring", "monitoring/csv", "drift"):
            answer = asked.get(f"{place}/{path}")
            assert answer.status_code == status, (who, path)
        assert asked.get("/api/models/alerts").status_code == status
    body = client(team, "ai_admin").get(f"{place}/monitoring?weeks=2").json()
    assert [one["name"] for one in body["periods"]] == ["2026-W46", "2026-W47", "2026-W48"]
    assert body["periods"][1]["ends_on"] == "2026-11-22"
    assert body["small_cell"] == 10


def test_who_treats_patients_sees_no_week_that_is_not_over(team, version, today):
    """From one poll to the next it would say what was found in a case not yet revealed."""
    write_runs(version, 20, at=NOW - DAY, state="findings")
    place = f"/api/models/{version.model_id}/monitoring?weeks=2"
    admin, clinician = (client(team, who).get(place).json() for who in ("ai_admin", "surgeon"))
    assert [one["is_complete"] for one in admin["periods"]] == [True, True, False]
    assert [one["is_complete"] for one in clinician["periods"]] == [True, True]
    by_sex = client(team, "ai_admin").get(f"{place}&by=sex").json()
    assert all(one["is_complete"] for one in by_sex["periods"])


def test_unknown_questions_are_refused(team, version):
    place = f"/api/models/{version.model_id}/monitoring"
    asked = client(team, "ai_admin")
    for query, code in (
        ("weeks=0", "weeks_out_of_range"), ("weeks=-3", "weeks_out_of_range"),
        ("weeks=999999999", "weeks_out_of_range"), ("by=patient", "grouping_unknown"),
        ("by='; DROP TABLE ai_job; --", "grouping_unknown"), ("version=x", "invalid_input"),
    ):  # fmt: skip
        answer = asked.get(f"{place}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, code), query
    assert asked.get(f"{place}?version={team.case_id}").status_code == 404
    assert asked.get(f"/api/models/{team.case_id}/monitoring").status_code == 404
    with pytest.raises(InvalidInput):
        selectors.monitoring_report(actor=team.actor("ai_admin"), version=version, weeks=105, by="")
    with pytest.raises(Forbidden):
        selectors.drift_report(actor=team.actor("coordinator"), version=version)


def test_no_answer_names_a_patient_a_study_or_a_case(team, version, today):
    done = write_runs(version, 12, at=LAST_WEEK, state="findings", findings=1, cases=[team.case],
                      profile={**F, "site": "North"})  # fmt: skip
    secrets = [team.case.title, str(team.case_id), str(done.jobs[0].pk), str(done.findings[0].pk)]
    secrets += [team.case.patient.name, done.jobs[0].series.series_instance_uid]
    asked = client(team, "ai_admin")
    for path in ("monitoring", "monitoring/csv", "drift", "monitoring?by=site"):
        text = asked.get(f"/api/models/{version.model_id}/{path}").content.decode()
        assert not [one for one in secrets if one in text], path


def test_the_CSV_says_what_the_page_says_and_hides_what_it_hides(team, version, today):
    write_runs(version, 40, at=LAST_WEEK, state="findings", findings=1, profile=M)
    write_runs(version, 9, at=LAST_WEEK - WEEK, state="findings", profile=F)
    answer = client(team, "ai_admin").get(f"/api/models/{version.model_id}/monitoring/csv?weeks=2")
    assert answer["Content-Type"].startswith("text/csv")
    assert "threshold-monitoring.csv" in answer["Content-Disposition"]
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    (runs,) = [one for one in lines if one["figure"] == "runs" and one["period"] == "2026-W47"]
    assert (runs["n"], runs["value"], runs["starts_on"]) == ("40", "40.0", "2026-11-16")
    hidden = [one for one in lines if one["period"] == "2026-W46" and one["figure"] == "positive"]
    assert [(one["n"], one["count"], one["note"]) for one in hidden] == [("", "", "fewer than 10")]


def test_a_report_asks_as_many_queries_for_many_groups_as_for_one(
    team, version, django_assert_num_queries
):
    write_runs(version, 40, at=LAST_WEEK, profiles=[{"site": f"Site {n}"} for n in range(8)])
    with django_assert_num_queries(7):
        report_of(version, weeks=12, by="site")
    with django_assert_num_queries(7):
        report_of(version, weeks=52)


# -- drift -------------------------------------------------------------------------------------


def test_the_first_two_hundred_runs_are_the_reference_and_later_ones_are_compared(version):
    start = datetime(2026, 9, 1, 9, 0, tzinfo=UTC)
    north = {"manufacturer": "A", "slice_thickness_mm": 5.0, "age_years": 60}
    south = {"manufacturer": "B", "slice_thickness_mm": 1.0, "age_years": 60}
    write_runs(version, 199, at=start, every=HOUR, state="findings", findings=1, profile=north,
               scores=[0.4, 0.5, 0.6])  # fmt: skip
    report = report_drift(version_id=version.pk, today=TODAY)
    assert (report.source, report.reference_runs, report.features) == ("none", 199, ())
    write_runs(version, 1, at=start + 300 * HOUR, state="findings", findings=1, profile=north,
               scores=[0.5])  # fmt: skip
    write_runs(version, 60, at=LAST_WEEK, state="findings", findings=1, profile=south,
               scores=[0.4, 0.5, 0.6])  # fmt: skip
    report = report_drift(version_id=version.pk, today=TODAY)
    assert (report.source, report.reference_runs, report.recent_runs) == ("first_runs", 200, 60)
    states = {one.name: one.state for one in report.features}
    assert states["manufacturer"] == states["slice_thickness_mm"] == "act"
    assert states["score"] == states["age_years"] == "steady"
    assert states["site"] == "too_few"
    thickness = next(one.drift for one in report.features if one.name == "slice_thickness_mm")
    assert thickness.ks == 1.0 and thickness.ks_p < 1e-6


def test_what_a_validation_left_comes_before_the_first_runs(version):
    services.keep_reference(
        version_id=version.pk, source="Validation of 3 November",
        numbers={"score": [n / 500 for n in range(500)]}, categories={"sex": {"F": 50, "M": 50}},
    )  # fmt: skip
    write_runs(version, 40, at=LAST_WEEK, state="findings", findings=1, profile=F,
               scores=[n / 40 for n in range(40)])  # fmt: skip
    report = report_drift(version_id=version.pk, today=TODAY)
    assert (report.source, report.words) == ("validation", "Validation of 3 November")
    states = {one.name: one.state for one in report.features}
    assert (states["sex"], states["score"]) == ("act", "steady")
