"""Monitoring over the tables: what counts where, who sees it, what stays hidden, what warns."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.choices import Discipline
from apps.ai import execution, selectors, services
from apps.ai.choices import AlertRule, VersionState
from apps.ai.models import FindingAmendment, FindingOpinion, Job, JobProfile, ModelAlert
from apps.ai.monitoring.distributions import report_drift
from apps.ai.monitoring.report import build_report
from apps.annotations.models import Segmentation
from apps.audit.models import AuditEntry
from apps.core.exceptions import Forbidden, InvalidInput
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


def figure(report, name, *, period="2026-W47", group=""):
    names = [one.name for one in report.periods]
    (row,) = [
        row for row in report.figures
        if row.name == name and row.group == group and names[row.period] == period
    ]  # fmt: skip
    return row


# -- what counts where -------------------------------------------------------------------------


def test_endings_are_counted_apart_with_their_reasons_in_the_week_they_ended(version):
    write_runs(version, 30, state="no_findings")
    write_runs(version, 15, state="findings", findings=2)
    write_runs(version, 4, state="failed", reason="timeout")
    write_runs(version, 1, state="failed", reason="quarantined")
    write_runs(version, 10, state="out_of_scope", reason="modality")
    write_runs(version, 3, state="cancelled")
    write_runs(version, 12, state="findings", at=LAST_WEEK - WEEK)
    report = report_of(version)
    assert [one.name for one in report.periods] == ["2026-W46", "2026-W47", "2026-W48"]
    assert figure(report, "runs").value == 60
    failed = figure(report, "failed")
    assert (failed.count, failed.n) == (5, 60)
    assert failed.low < 5 / 60 < failed.high
    assert (figure(report, "out_of_scope").count, figure(report, "out_of_scope").n) == (10, 60)
    assert (figure(report, "positive").count, figure(report, "positive").n) == (15, 45)
    assert figure(report, "findings_per_study").value == pytest.approx(30 / 45)
    assert figure(report, "positive", period="2026-W46").count == 12
    assert figure(report, "runs", period="2026-W48").value == 0
    reasons = {(one.of, one.code): one.count for one in report.reasons}
    assert reasons == {
        ("failed", "timeout"): 4, ("failed", "quarantined"): 1, ("out_of_scope", "modality"): 10,
    }  # fmt: skip


def test_queue_and_run_are_told_apart_and_failed_runs_do_not_count(version):
    for seconds in range(1, 21):
        write_runs(version, 1, queue_s=seconds, run_s=100 + seconds)
    write_runs(version, 5, state="failed", reason="timeout", queue_s=9_000, run_s=9_000)
    report = report_of(version)
    # Linear interpolation of 1 … 20: at 0.5 between the 10th and 11th, at 0.95 at 1 + 0.95 * 19.
    assert figure(report, "queue_s").quantiles == pytest.approx((10.5, 19.05))
    assert figure(report, "run_s").quantiles == pytest.approx((110.5, 119.05))
    assert figure(report, "run_s").n == 20


def test_a_study_in_two_cases_runs_once_and_is_decided_in_each(team, version):
    other = make_case_team()
    done = write_runs(version, 20, state="findings", findings=1, cases=[team.case, other.case])
    radiologist = team.people["radiologist"]
    write_reviews(done.findings[:12], team.case, radiologist)
    write_reviews(done.findings[:10], other.case, radiologist, decision="dismissed",
                  reason="duplicate")  # fmt: skip
    report = report_of(version)
    assert figure(report, "runs").value == 20
    assert figure(report, "positive").n == 20
    assert (figure(report, "accepted").count, figure(report, "accepted").n) == (12, 22)
    assert (figure(report, "dismissed").count, figure(report, "dismissed").n) == (10, 22)
    assert (figure(report, "unreviewed").count, figure(report, "unreviewed").n) == (18, 40)
    assert [(one.of, one.code, one.count) for one in report.reasons] == [
        ("dismissed", "duplicate", 10)
    ]


def test_only_the_standing_review_counts(team, version):
    done = write_runs(version, 12, state="findings", findings=1, cases=[team.case])
    reviews = write_reviews(done.findings, team.case, team.people["radiologist"])
    for review in reviews[:3]:
        review.stands = False
        review.save()
    report = report_of(version)
    assert figure(report, "unreviewed").count == 3
    assert figure(report, "accepted").is_hidden  # nine are fewer than ten


def test_what_a_newer_version_read_anew_is_superseded_and_not_waiting(team, version, tmp_path):
    done = write_runs(version, 12, state="findings", findings=1, cases=[team.case])
    newer = write_runs(version, 1, at=LAST_WEEK - 8 * WEEK).jobs[0]
    Job.objects.filter(pk__in=[one.pk for one in done.jobs[:5]]).update(superseded_by=newer)
    report = report_of(version)
    assert (figure(report, "superseded").count, figure(report, "unreviewed").count) == (5, 7)


def test_deferred_ones_are_not_decided(team, version):
    done = write_runs(version, 24, state="findings", findings=1, cases=[team.case])
    write_reviews(done.findings[:4], team.case, team.people["radiologist"], decision="deferred")
    write_reviews(done.findings[4:20], team.case, team.people["radiologist"])
    report = report_of(version)
    assert (figure(report, "deferred").count, figure(report, "deferred").n) == (4, 24)
    assert figure(report, "accepted").n == 16


def test_dismissals_faster_than_anybody_reads(team, version):
    done = write_runs(version, 30, state="findings", findings=1, cases=[team.case])
    who = team.people["radiologist"]
    for place, dwell_ms in enumerate([1_999] * 4 + [2_000] * 8 + [None] * 3):
        write_reviews([done.findings[place]], team.case, who, decision="dismissed",
                      reason="duplicate", dwell_ms=dwell_ms)  # fmt: skip
    write_reviews(done.findings[15:], team.case, who, dwell_ms=100)  # accepted: another question
    fast = figure(report_of(version), "fast_dismissals")
    assert (fast.count, fast.n) == (4, 12)


def test_edits_are_told_by_dice_volume_and_diameter(team, version):
    done = write_runs(version, 20, state="findings", findings=1, cases=[team.case])
    reviews = write_reviews(done.findings, team.case, team.people["radiologist"])
    drawn = Segmentation.objects.create(
        case=team.case, study_instance_uid="1", series_instance_uid="1", grid={}, segments=[],
        author=team.people["radiologist"],
    )  # fmt: skip
    for place, review in enumerate(reviews[:11]):
        FindingAmendment.objects.create(
            review=review, segmentation=drawn, revision=1, segment=1, mask_sha256="",
            sop_instance_uid="1", centroid_lps=[], bbox_lps=[], dice=0.5 + place * 0.05,
            volume_before_ml=10.0, volume_after_ml=10.0 + place - 5, diameter_before_mm=20.0,
            diameter_after_mm=20.0 + 2 * place, segmentation_uid="",
        )  # fmt: skip
    report = report_of(version)
    assert (figure(report, "amended").count, figure(report, "amended").n) == (11, 20)
    assert figure(report, "dice").quantiles == pytest.approx((0.625, 0.75, 0.875))
    assert figure(report, "volume_change_ml").quantiles == pytest.approx((-2.5, 0.0, 2.5))
    assert figure(report, "diameter_change_mm").quantiles == pytest.approx((5.0, 10.0, 15.0))


def test_time_to_acknowledge_is_to_the_first_look_anywhere_and_waits_for_the_others(team, version):
    other = make_case_team()
    done = write_runs(version, 16, state="findings", findings=2, cases=[team.case, other.case])
    nobody = write_runs(version, 4, state="findings", findings=1)  # in no case: nobody can look
    assert len(nobody.jobs) == 4
    who = team.people["radiologist"]
    first = [one for one in done.findings if one.number == 1]
    write_viewings(first[:12], team.case, who, 2 * HOUR)
    write_viewings(first[:12], other.case, who, 9 * HOUR)
    write_reviews(first[12:14], team.case, who, after=4 * HOUR)
    report = report_of(version)
    assert (figure(report, "acknowledged").count, figure(report, "acknowledged").n) == (14, 16)
    # Two of sixteen have not been looked at: 95 % is not reached, and says so.
    assert figure(report, "acknowledge_s").quantiles == (pytest.approx(7_200.0), None)


def test_an_opinion_contradicts_the_standing_review_of_its_case(team, version):
    other = make_case_team()
    done = write_runs(version, 15, state="findings", findings=1, cases=[team.case, other.case])
    write_reviews(done.findings, team.case, team.people["radiologist"])

    def say(finding, case, decision):
        FindingOpinion.objects.create(
            finding=finding, case=case, finding_version=2, kind="opinion", decision=decision,
            reason_code="duplicate" if decision == "dismissed" else "",
            author=team.people["surgeon"],
        )  # fmt: skip

    for finding in done.findings[:3]:
        say(finding, team.case, "dismissed")
    for finding in done.findings[3:12]:
        say(finding, team.case, "accepted")
    for finding in done.findings[12:]:
        say(finding, other.case, "dismissed")  # of another case, where no review stands
    against = figure(report_of(version), "contradicted")
    assert (against.count, against.n) == (3, 12)


# -- by subgroup -------------------------------------------------------------------------------


BLOCK = LAST_WEEK - WEEK
"""Within the last complete block, 2026-W44 to W47."""


def last_block(report):
    return report.periods[-1].name


def test_subgroups_are_counted_in_whole_blocks(version):
    write_runs(version, 20, at=BLOCK, profile={**F, "age_years": 17, "site": "North"})
    write_runs(version, 30, at=BLOCK, profile={**M, "age_years": 90, "site": "South",
                                               "slice_thickness_mm": 1.0})  # fmt: skip
    write_runs(version, 12, at=BLOCK)
    sizes = {}
    for by in ("sex", "age_band", "site", "slice_thickness", "scanner", "manufacturer"):
        report = report_of(version, weeks=4, by=by)
        assert len(report.periods) == 1
        sizes[by] = {
            group: figure(report, "runs", period=last_block(report), group=group).value
            for group in report.groups
        }
    assert sizes["sex"] == {"M": 30, "F": 20, "": 12}
    assert sizes["age_band"] == {"80+": 30, "0-17": 20, "": 12}
    assert sizes["site"] == {"South": 30, "North": 20, "": 12}
    assert sizes["slice_thickness"] == {"<=1": 30, "": 32}
    assert sizes["scanner"] == {"": 62}


def test_no_answer_gives_a_small_group_away_by_a_difference(team, version):
    """By no difference of totals and groups, nor of longer and shorter times."""
    case = team.case
    for sex, count, reviewed in (("F", 40, 20), ("M", 50, 25), ("O", 4, 4)):
        for week in range(12):
            if sex == "O" and week != 1:
                continue
            done = write_runs(
                version,
                count if week in (1, 6) else 15,
                at=BLOCK - week * WEEK,
                state="findings",
                findings=1,
                cases=[case],
                profile={"sex": sex},
            )
            if week == 1:
                write_reviews(done.findings[:reviewed], case, team.people["radiologist"])
    short = report_of(version, weeks=4, by="sex")
    long = report_of(version, weeks=12, by="sex")
    period = last_block(short)
    for report in (short, long):
        for name in ("runs", "positive", "accepted"):
            assert figure(report, name, period=period, group="O").is_hidden, name
            assert figure(report, name, period=period, group="F").is_hidden, name
            assert not figure(report, name, period=period, group="M").is_hidden, name
        told = figure(report, "accepted", period=period, group="+")
        assert set(told.together) == {"F", "O"}
        assert told.n == 24
    same = {(one.group, one.name): one.n for one in short.figures}
    names = [one.name for one in long.periods]
    for row in long.figures:
        if names[row.period] == period:
            assert same[row.group, row.name] == row.n
    # Nothing is published over several blocks, so no longer time less a shorter one exists.
    assert {one.period for one in long.figures} == {0, 1, 2}


def test_a_week_of_fewer_than_ten_is_not_told_either(version):
    write_runs(version, 9, state="findings", findings=1)
    report = report_of(version)
    for row in report.figures:
        if report.periods[row.period].name == "2026-W47" and row.name in {
            "runs", "failed", "positive", "run_s", "findings_per_study",
        }:  # fmt: skip
            assert row.is_hidden
            assert (row.n, row.count, row.value, row.low) == (None,) * 4
            assert set(row.quantiles) <= {None}
    assert report.reasons == []


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
    write_runs(version, 40, at=BLOCK, profiles=[{"site": f"Site {n}"} for n in range(8)])
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
               scores=[n / 97 for n in range(97)])  # fmt: skip
    report = report_drift(version_id=version.pk, today=TODAY)
    assert (report.source, report.words) == ("validation", "Validation of 3 November")
    states = {one.name: one.state for one in report.features}
    assert (states["sex"], states["score"]) == ("act", "steady")


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
