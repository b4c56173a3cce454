"""Review: one standing word per case, by those who may give it; nothing else leaves the house."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.ai import selectors, services, sweeper
from apps.ai.choices import DismissalReason
from apps.ai.conf import EXPORT_MAX_ATTEMPTS
from apps.ai.exceptions import AlreadyExported, StaleFence
from apps.ai.models import Finding, FindingExport, FindingReview
from apps.ai.services.exports import EXPORT_TASK
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.exceptions import (
    Forbidden,
    IllegalMove,
    InvalidInput,
    NotVisible,
    StaleVersion,
)
from apps.core.models import OutboxMessage
from apps.imaging.models import CaseStudy
from tests.apps.ai import world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def findings(team, tmp_path):
    version = world.builtin_version(tmp_path)
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=2
    )
    return list(job.findings.order_by("number"))


def accept(team, finding, *, who="radiologist", version=1):
    return services.accept_finding(
        actor=team.actor(who), finding_id=finding.pk, case_id=team.case_id, version=version
    )


def dismiss(team, finding, *, who="radiologist", version=1, reason="duplicate", comment=""):
    return services.dismiss_finding(
        actor=team.actor(who),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=version,
        reason_code=reason,
        comment=comment,
    )


def test_accepting_owes_the_export_and_says_so(team, findings, monkeypatch):
    seen = []
    monkeypatch.setattr(events, "record", seen.append)
    review = accept(team, findings[0])
    assert (review.version, review.decision, review.stands) == (2, "accepted", True)
    export = FindingExport.objects.get()
    assert (export.state, export.finding_id) == ("queued", findings[0].pk)
    message = OutboxMessage.objects.get(task=EXPORT_TASK)
    assert message.kwargs == {"export_id": str(export.pk)}
    assert [event.kind for event in seen] == ["finding.reviewed"]
    assert seen[0].payload() == {
        "finding": {"id": str(findings[0].pk), "version": 2, "state": "accepted"},
        "reason_code": None,
    }
    entry = AuditEntry.objects.get(action="finding.accepted")
    assert entry.case_id == team.case_id


def test_dismissing_exports_nothing(team, findings):
    review = dismiss(team, findings[0], reason="false-positive-artefact")
    assert (review.decision, review.reason_code) == ("dismissed", "false-positive-artefact")
    assert not FindingExport.objects.exists()
    assert not OutboxMessage.objects.filter(task=EXPORT_TASK).exists()


@pytest.mark.parametrize("reason", ["", "because", "accepted"])
def test_dismissal_without_a_known_reason_is_refused(team, findings, reason):
    with pytest.raises(InvalidInput):
        dismiss(team, findings[0], reason=reason)


def test_other_needs_a_comment(team, findings):
    with pytest.raises(InvalidInput):
        dismiss(team, findings[0], reason="other", comment="  ")
    assert dismiss(team, findings[0], reason="other", comment="Scar").comment == "Scar"


def test_reason_codes_are_those_of_the_reference():
    assert len(DismissalReason.values) == 14


@pytest.mark.parametrize(
    "who", ["coordinator", "surgeon", "chair", "oncologist", "trainee", "consultant"]
)
def test_members_without_the_right_may_not_review(team, findings, who):
    with pytest.raises(Forbidden):
        accept(team, findings[0], who=who)
    with pytest.raises(Forbidden):
        dismiss(team, findings[0], who=who)
    assert not FindingReview.objects.exists()


@pytest.mark.parametrize("who", ["outsider", "ai_admin", "system_admin", "auditor"])
def test_strangers_do_not_learn_that_it_exists(team, findings, who):
    with pytest.raises(NotVisible):
        accept(team, findings[0], who=who)


def test_finding_of_another_case_is_not_visible(team, findings):
    other = make_case_team()
    with pytest.raises(NotVisible):
        services.accept_finding(
            actor=other.actor("radiologist"),
            finding_id=findings[0].pk,
            case_id=other.case_id,
            version=1,
        )


def test_second_reviewer_with_an_old_view_gets_what_stands(team, findings):
    dismiss(team, findings[0])
    with pytest.raises(StaleVersion) as caught:
        accept(team, findings[0], version=1)
    assert caught.value.details["current"] == {
        "id": str(findings[0].pk),
        "version": 2,
        "state": "dismissed",
    }


def test_changed_mind_supersedes_and_keeps_history(team, findings):
    dismiss(team, findings[0])
    accept(team, findings[0], version=2)
    reviews = list(FindingReview.objects.order_by("version"))
    assert [(review.version, review.stands) for review in reviews] == [(2, False), (3, True)]
    with pytest.raises(IllegalMove):
        accept(team, findings[0], version=3)


def test_accepted_can_be_taken_back_only_before_anything_left(team, findings):
    accept(team, findings[0])
    dismiss(team, findings[0], version=2)
    export = FindingExport.objects.get()
    assert export.state == "withdrawn"
    assert services.claim_export(export_id=export.pk) is None
    accept(team, findings[1])
    claimed = services.claim_export(export_id=FindingExport.objects.get(state="queued").pk)
    with pytest.raises(AlreadyExported):
        dismiss(team, findings[1], version=2)
    services.complete_export(export_id=claimed.pk, fence=claimed.fence)
    with pytest.raises(AlreadyExported):
        dismiss(team, findings[1], version=2)


def test_reports_get_accepted_findings_only(team, findings):
    assert list(selectors.accepted_findings(case_id=team.case_id)) == []
    accept(team, findings[0])
    dismiss(team, findings[1])
    assert [one.pk for one in selectors.accepted_findings(case_id=team.case_id)] == [findings[0].pk]


def test_two_cases_of_one_study_decide_for_themselves(team, findings):
    second = make_case_team()
    CaseStudy.objects.create(case=second.case, study=findings[0].study)
    accept(team, findings[0])
    dismiss(second, findings[0])
    states = {
        case.case_id: selectors.describe_finding(
            finding=selectors.findings_of_case(case_id=case.case_id).get(pk=findings[0].pk)
        )["state"]
        for case in (team, second)
    }
    assert states == {team.case_id: "accepted", second.case_id: "dismissed"}
    assert selectors.accepted_findings(case_id=second.case_id).count() == 0
    with pytest.raises(InvalidInput):
        both = second.actor("radiologist")
        from tests.people import SYSTEM, grant_access

        grant_access(actor=SYSTEM, case_id=team.case_id, user_id=both.id, capacity="member")
        selectors.resolve_case(actor=both, finding_id=findings[0].pk, case_id=None)


def test_unreviewed_count_follows_reviews(team, findings):
    def count():
        return selectors.summarise_cases(actor=team.actor("chair"), case_ids=[team.case_id])[
            team.case_id
        ]["findings_unreviewed"]

    assert count() == 2
    accept(team, findings[0])
    assert count() == 1
    dismiss(team, findings[1])
    assert count() == 0


def test_failed_export_is_tried_again_with_growing_delay_then_waits_for_a_person(team, findings):
    accept(team, findings[0])
    export = FindingExport.objects.get()
    delays = []
    for attempt in range(1, EXPORT_MAX_ATTEMPTS + 1):
        FindingExport.objects.update(not_before=timezone.now())
        claimed = services.claim_export(export_id=export.pk)
        assert claimed.attempts == attempt
        failed = services.fail_export(
            export_id=export.pk, fence=claimed.fence, code="pacs_unavailable", message="down"
        )
        delays.append(failed.not_before - timezone.now())
    assert failed.state == "failed"
    assert delays[0] < delays[1] < delays[3]
    assert max(delays) <= timedelta(minutes=10)
    assert services.claim_export(export_id=export.pk) is None
    described = selectors.describe_finding(
        finding=selectors.findings_of_case(case_id=team.case_id).get(pk=findings[0].pk)
    )
    assert described["export"]["error"]["code"] == "pacs_unavailable"
    again = services.retry_export(
        actor=team.actor("radiologist"), finding_id=findings[0].pk, case_id=team.case_id
    )
    assert (again.state, again.attempts) == ("queued", 0)


def test_export_whose_worker_died_is_taken_over_and_the_late_one_writes_nothing(team, findings):
    accept(team, findings[0])
    export = FindingExport.objects.get()
    late = services.claim_export(export_id=export.pk)
    assert services.claim_export(export_id=export.pk) is None
    FindingExport.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    OutboxMessage.objects.all().delete()
    sweeper.sweep()
    assert OutboxMessage.objects.filter(task=EXPORT_TASK).count() == 1
    current = services.claim_export(export_id=export.pk)
    assert current.fence == late.fence + 1
    with pytest.raises(StaleFence):
        services.complete_export(export_id=late.pk, fence=late.fence)
    assert services.complete_export(export_id=export.pk, fence=current.fence).state == "stored"


@pytest.mark.django_db(transaction=True)
def test_ten_reviewers_at_once_leave_one_standing_review(tmp_path):
    team = make_case_team()
    version = world.builtin_version(tmp_path)
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=1
    )
    finding = Finding.objects.get(job=job)
    barrier = threading.Barrier(10)
    outcomes = []

    def review(number):
        try:
            actor = team.actor("radiologist")
            barrier.wait()
            act = services.accept_finding if number % 2 else services.dismiss_finding
            extra = {} if number % 2 else {"reason_code": "duplicate"}
            act(actor=actor, finding_id=finding.pk, case_id=team.case_id, version=1, **extra)
            outcomes.append("done")
        except StaleVersion:
            outcomes.append("stale")
        except Exception as error:  # noqa: BLE001 - the assertion below shows it
            outcomes.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=review, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done"] + ["stale"] * 9
    assert FindingReview.objects.filter(stands=True).count() == 1
