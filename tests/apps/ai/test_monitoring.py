"""What monitoring counts, and where; which groups stay hidden."""

from __future__ import annotations

from datetime import timedelta

import pytest

from apps.ai.models import FindingAmendment, FindingOpinion, Job
from apps.ai.monitoring.report import build_report
from apps.annotations.models import Segmentation
from tests.apps.ai import world
from tests.apps.ai.monitored import LAST_WEEK, TODAY, write_reviews, write_runs, write_viewings
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
