"""Words beside a review: deferred, proposed, disputed, superseded; and who has seen a finding."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ai import selectors, services
from apps.ai.choices import FindingState, VersionState
from apps.ai.dicom_objects import offer_objects
from apps.ai.models import FindingExport, FindingOpinion, FindingViewing, Job, ModelVersion
from apps.ai.services.superseding import restore_superseded
from apps.audit.models import AuditEntry
from apps.core import events
from apps.core.exceptions import Forbidden, IllegalMove, InvalidInput, NotVisible, StaleVersion
from tests.apps.ai import world
from tests.people import SYSTEM, grant_access, make_case_team, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def findings(team, version):
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=2
    )
    return list(job.findings.order_by("number"))


@pytest.fixture
def colleague(team):
    user = make_person(name="Second Radiologist", discipline="radiology")
    grant_access(actor=SYSTEM, case_id=team.case_id, user_id=user.pk, capacity="member")
    team.people["colleague"] = user
    return user


def say(team, finding, act, *, who="radiologist", version=1, **words):
    return act(
        actor=team.actor(who),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=version,
        **words,
    )


def shown(team, finding):
    found = selectors.findings_of_case(case_id=team.case_id).get(pk=finding.pk)
    return selectors.describe_finding(finding=found)


def unreviewed(team):
    summary = selectors.summarise_cases(actor=team.actor("chair"), case_ids=[team.case_id])
    return summary[team.case_id]["findings_unreviewed"]


def ids(team, state):
    cases = selectors.result_cases(actor=team.actor("radiologist"), case_id=team.case_id)
    return [one.pk for one in selectors.list_findings(cases=cases, state=state)]


# --- deferred ----------------------------------------------------------------------------


def test_a_deferred_finding_is_still_to_be_reviewed_and_leaves_nothing(team, findings):
    until = timezone.localdate() + timedelta(days=3)
    review = say(team, findings[0], services.defer_finding, until=until, comment="Prior asked for")
    assert (review.decision, review.version, review.defer_until) == ("deferred", 2, until)
    assert not FindingExport.objects.exists()
    assert unreviewed(team) == 2
    assert ids(team, "deferred") == [findings[0].pk]
    assert ids(team, "unreviewed") == [findings[1].pk]
    assert not selectors.accepted_findings(case_id=team.case_id).exists()
    study_ids = [findings[0].study_id]
    states = {
        one.sop_instance_uid: one.state
        for one in offer_objects(case_id=team.case_id, study_ids=study_ids)
    }
    assert states[findings[0].segmentation_uid] == "unreviewed", "deferred AI is unreviewed AI"
    assert AuditEntry.objects.filter(action="finding.deferred").count() == 1


def test_a_deferred_finding_is_decided_later(team, findings):
    say(team, findings[0], services.defer_finding)
    say(team, findings[0], services.accept_finding, version=2)
    assert shown(team, findings[0])["state"] == "accepted"
    with pytest.raises(IllegalMove):
        say(team, findings[0], services.defer_finding, version=3)


def test_nobody_defers_into_the_past_nor_without_the_right(team, findings):
    yesterday = timezone.localdate() - timedelta(days=1)
    with pytest.raises(InvalidInput) as caught:
        say(team, findings[0], services.defer_finding, until=yesterday)
    assert caught.value.error_code == "day_is_past"
    for who in ("trainee", "surgeon"):
        with pytest.raises(Forbidden):
            say(team, findings[0], services.defer_finding, who=who)


# --- proposals, opinions, dissent --------------------------------------------------------


def test_a_trainee_proposes_and_nothing_follows_from_it(team, findings):
    opinion = say(team, findings[0], services.give_opinion, who="trainee", decision="accepted")
    assert (opinion.kind, opinion.decision) == ("proposal", "accepted")
    assert shown(team, findings[0])["state"] == "unreviewed"
    assert not FindingExport.objects.exists()
    assert unreviewed(team) == 2
    assert not selectors.accepted_findings(case_id=team.case_id).exists()


def test_a_surgeon_has_an_opinion_and_a_reviewer_reviews(team, findings):
    opinion = say(
        team,
        findings[0],
        services.give_opinion,
        who="surgeon",
        decision="dismissed",
        reason_code="already-known",
    )
    assert opinion.kind == "opinion"
    with pytest.raises(InvalidInput) as caught:
        say(team, findings[0], services.give_opinion, decision="accepted")
    assert caught.value.error_code == "review_it"


def test_disagreement_of_two_reviewers_is_kept_beside_what_stands(team, findings, colleague):
    say(team, findings[0], services.accept_finding)
    with pytest.raises(InvalidInput):  # one does not dissent from oneself
        say(team, findings[0], services.give_opinion, version=2, decision="accepted")
    dissent = say(
        team,
        findings[0],
        services.give_opinion,
        who="colleague",
        version=2,
        decision="dismissed",
        reason_code="wrong-class",
        comment="Granuloma",
    )
    assert dissent.kind == "dissent"
    described = shown(team, findings[0])
    assert (described["state"], described["is_disputed"]) == ("accepted", True)
    assert [one["comment"] for one in described["opinions"]] == ["Granuloma"]
    assert FindingExport.objects.get().state == "queued"


def test_a_changed_opinion_withdraws_the_older_one_and_keeps_it(team, findings):
    say(team, findings[0], services.give_opinion, who="surgeon", decision="accepted")
    say(
        team,
        findings[0],
        services.give_opinion,
        who="surgeon",
        decision="dismissed",
        reason_code="duplicate",
    )
    rows = FindingOpinion.objects.order_by("created_at").values_list("decision", "stands")
    assert list(rows) == [("accepted", False), ("dismissed", True)]
    said = selectors.history_of_finding(finding=findings[0], case_id=team.case_id)
    assert [(one["decision"], one["stands"]) for one in said] == list(rows)
    assert shown(team, findings[0])["is_disputed"] is False


@pytest.mark.parametrize(
    "words, code",
    [
        ({"decision": "deferred"}, "opinion_unknown"),
        ({"decision": "dismissed"}, "reason_unknown"),
        ({"decision": "dismissed", "reason_code": "other"}, "comment_required"),
        ({"decision": "accepted", "reason_code": "duplicate"}, "reason_not_expected"),
    ],
)
def test_an_opinion_is_for_or_against_and_says_why(team, findings, words, code):
    with pytest.raises(InvalidInput) as caught:
        say(team, findings[0], services.give_opinion, who="surgeon", **words)
    assert caught.value.error_code == code


def test_an_opinion_on_an_old_view_is_refused(team, findings):
    say(team, findings[0], services.accept_finding)
    with pytest.raises(StaleVersion):
        say(team, findings[0], services.give_opinion, who="surgeon", decision="accepted")


@pytest.mark.parametrize("who", ["coordinator", "consultant"])
def test_who_does_not_draw_in_the_case_has_no_opinion_on_it(team, findings, who):
    with pytest.raises((Forbidden, NotVisible)):
        say(team, findings[0], services.give_opinion, who=who, decision="accepted")


@pytest.mark.parametrize("who", ["outsider", "ai_admin", "system_admin", "auditor"])
def test_strangers_learn_nothing(team, findings, who):
    with pytest.raises(NotVisible):
        say(team, findings[0], services.give_opinion, who=who, decision="accepted")
    with pytest.raises(NotVisible):
        services.note_viewing(
            actor=team.actor(who), finding_id=findings[0].pk, case_id=team.case_id
        )


def test_opinions_of_one_case_stay_in_it(team, findings):
    from apps.imaging.models import CaseStudy

    second = make_case_team()
    CaseStudy.objects.create(case=second.case, study=findings[0].study)
    say(team, findings[0], services.give_opinion, who="surgeon", decision="accepted")
    assert shown(second, findings[0])["opinions"] == []
    assert selectors.history_of_finding(finding=findings[0], case_id=second.case_id) == []


# --- what was known when -----------------------------------------------------------------


def test_the_first_look_of_each_person_is_kept_once(team, findings):
    for who in ("radiologist", "radiologist", "surgeon"):
        services.note_viewing(
            actor=team.actor(who), finding_id=findings[0].pk, case_id=team.case_id
        )
    assert FindingViewing.objects.count() == 2
    assert AuditEntry.objects.filter(action="finding.opened").count() == 2


def test_a_review_keeps_discipline_dwell_and_what_was_read_first(team, findings):
    review = say(team, findings[0], services.accept_finding, dwell_ms=1_500)
    assert (review.discipline, review.dwell_ms, review.context) == (
        "radiology",
        1_500,
        "concurrent",
    )
    long = say(
        team, findings[1], services.dismiss_finding, reason_code="duplicate", dwell_ms=10**12
    )
    assert long.dwell_ms == 24 * 3600 * 1000


# --- superseded --------------------------------------------------------------------------


@pytest.fixture
def newer(version, tmp_path):
    """The next version of the same model, in use in place of the first."""
    ModelVersion.objects.filter(pk=version.pk).update(state=VersionState.RETIRED)
    source = tmp_path / "newer"
    source.mkdir()
    (source / "code.py").write_text("VALUE = 2\n")
    return services.register_builtin(
        actor=world.INSTALLER,
        slug="threshold",
        name="Threshold",
        version="2.0",
        module="apps.ai.analyses.pet_lesions",
        source=source,
        card={"intended_use": "tests"},
        scope={"rules": []},
        default_parameters={"method": "fixed"},
    )


def test_a_newer_version_supersedes_what_nobody_reviewed_and_nothing_else(
    team, findings, newer, monkeypatch
):
    say(team, findings[0], services.accept_finding)
    told = []
    monkeypatch.setattr(events, "record", told.append)
    series = findings[0].job.series
    world.finished_job(team=team, version=newer, series=series, findings=1)
    assert shown(team, findings[0])["state"] == "accepted"
    left = shown(team, findings[1])
    assert (left["state"], left["superseded_by"]) == ("superseded", "2.0")
    assert ids(team, "superseded") == [findings[1].pk]
    assert len(ids(team, "unreviewed")) == 1
    assert unreviewed(team) == 1
    stamps = [
        (stamp.id, stamp.state)
        for event in told
        if event.kind == "findings.added"
        for stamp in event.findings
    ]
    assert (findings[1].pk, FindingState.SUPERSEDED) in stamps
    assert findings[0].pk not in [pk for pk, _ in stamps]


def test_a_superseded_finding_can_be_read_and_not_reviewed(team, findings, newer):
    world.finished_job(team=team, version=newer, series=findings[0].job.series, findings=0)
    with pytest.raises(IllegalMove):
        say(team, findings[0], services.accept_finding)
    states = {
        one.state for one in offer_objects(case_id=team.case_id, study_ids=[findings[0].study_id])
    }
    assert states == {"replaced"}


def test_other_images_and_older_versions_supersede_nothing(team, findings, newer, version):
    world.finished_job(team=team, version=newer, series=world.indexed_series(team=team))
    assert shown(team, findings[0])["state"] == "unreviewed"
    newest = world.finished_job(team=team, version=newer, series=findings[0].job.series)
    assert not Job.objects.filter(pk=newest.pk, superseded_by__isnull=False).exists()


def test_a_version_taken_back_gives_back_what_it_superseded(team, findings, newer):
    world.finished_job(team=team, version=newer, series=findings[0].job.series, findings=1)
    assert shown(team, findings[0])["state"] == "superseded"
    restore_superseded(actor=SYSTEM, version_id=newer.pk)
    assert shown(team, findings[0])["state"] == "unreviewed"
    say(team, findings[0], services.accept_finding)
