"""Alerts: raised once, repeats kept quiet and counted, acknowledged by name with the time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ai import services
from apps.ai.analyses.results import Code
from apps.ai.choices import VersionState
from apps.ai.models import ModelVersion, UrgencyAlert, UrgencyTier
from apps.ai.selectors.urgency import open_notices
from apps.ai.services.alerts import acknowledge_notice
from apps.ai.urgency_choices import AcknowledgedHow, AlertTier
from apps.audit.models import AuditEntry
from apps.boards import services as boards
from apps.boards.choices import AiReading
from apps.cases.embargo import AiHidden
from apps.cases.services import grant_access
from apps.core.exceptions import Forbidden, NotVisible
from apps.imaging.services import link_archived_study
from apps.live.services import open_meeting_session
from tests.apps.ai import flagged, world
from tests.people import SYSTEM, make_case_team

pytestmark = pytest.mark.django_db

BLEEDING = Code("SCT", "131148009", "Bleeding")


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def notices(team, who: str = "radiologist"):
    return open_notices(actor=team.actor(who))


def acknowledge(team, who: str = "radiologist"):
    alert = UrgencyAlert.objects.filter(case=team.case).order_by("created_at").first()
    return acknowledge_notice(actor=team.actor(who), alert_id=alert.pk)


def dismiss(team, finding) -> None:
    services.dismiss_finding(
        actor=team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=1,
        reason_code="false-positive-artefact",
    )


def days_ago(days: float) -> None:
    """What was raised so far was raised that long ago."""
    UrgencyAlert.objects.update(created_at=timezone.now() - timedelta(days=days))


def test_a_critical_finding_is_a_notice_for_whoever_may_review_it(team, version) -> None:
    flagged.find(team, version)
    (notice,) = notices(team)
    assert (notice.alert.score, notice.alert.tier) == (97, AlertTier.INTERRUPT)
    assert notice.reason == "Critical: Pneumothorax. Probability 0.90."
    for who in ("surgeon", "chair", "trainee", "consultant", "outsider", "ai_admin"):
        assert notices(team, who) == [], who
    entry = AuditEntry.objects.get(action="urgency.raised")
    assert (entry.case_id, entry.details) == (team.case_id, {"alerts": 1, "repeats": 0})


def test_urgent_moves_the_case_and_routine_does_neither(team, version) -> None:
    quiet = flagged.flagged_draft(urgency="routine")
    drafts = [quiet, flagged.flagged_draft(urgency="urgent", code=BLEEDING)]
    flagged.find(team, version, drafts)
    assert notices(team) == []
    assert [one.tier for one in UrgencyAlert.objects.all()] == [AlertTier.REORDER]


def test_it_stays_until_acknowledged_once_for_the_case_with_the_time_it_took(team, version) -> None:
    flagged.find(team, version)
    days_ago(1)
    (alert,) = acknowledge(team)
    assert alert.acknowledged_by_id == team.people["radiologist"].pk
    assert alert.acknowledged_how == AcknowledgedHow.NOTICE
    assert notices(team) == []
    assert acknowledge(team) == []
    entry = AuditEntry.objects.get(action="urgency.acknowledged")
    assert entry.details["seconds"] == pytest.approx(86_400, abs=30)
    assert alert.finding.reviews.count() == 0, "taking note is no review"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("surgeon", Forbidden),
        ("chair", Forbidden),
        ("trainee", Forbidden),
        ("consultant", Forbidden),
        ("coordinator", Forbidden),
        ("outsider", NotVisible),
        ("ai_admin", NotVisible),
    ],
)
def test_nobody_else_acknowledges(team, version, who, refusal) -> None:
    flagged.find(team, version)
    with pytest.raises(refusal):
        acknowledge(team, who)
    assert len(notices(team)) == 1


def test_several_of_one_kind_are_one_notice_and_the_rest_count_as_repeats(team, version) -> None:
    drafts = [flagged.flagged_draft(probability=one) for one in (0.6, 0.95, 0.8)]
    flagged.find(team, version, [*drafts, flagged.flagged_draft(code=BLEEDING, label="Bleeding")])
    found = notices(team)
    assert [(one.alert.score, len(one.alerts)) for one in found] == [(98, 3), (97, 1)]
    root = found[0].alert
    assert root.repeats.count() == 2, "the most urgent one is the first"
    acknowledge_notice(actor=team.actor("radiologist"), alert_id=root.pk)
    assert [one.alert.kind.code_display for one in notices(team)] == ["Bleeding"]
    assert UrgencyAlert.objects.filter(acknowledged_at__isnull=False).count() == 3


def test_a_repeat_within_the_window_is_kept_and_quiet_and_after_it_a_notice(team, version) -> None:
    flagged.find(team, version)
    acknowledge(team)
    days_ago(13.9)
    flagged.find(team, version)
    assert notices(team) == []
    assert UrgencyAlert.objects.filter(repeat_of__isnull=False).count() == 1
    days_ago(14.1)
    flagged.find(team, version)
    assert len(notices(team)) == 1


def test_a_repeat_of_what_nobody_acknowledged_joins_its_notice(team, version) -> None:
    flagged.find(team, version)
    flagged.find(team, version)
    (notice,) = notices(team)
    assert len(notice.alerts) == 2


def test_a_louder_finding_and_another_patient_are_no_repeats(team, version) -> None:
    flagged.find(team, version, [flagged.flagged_draft(urgency="urgent")])
    assert notices(team) == []
    flagged.find(team, version)
    assert len(notices(team)) == 1, "critical after urgent"
    acknowledge(team)
    other = make_case_team()
    flagged.find(other, version)
    assert len(notices(other)) == 1
    assert not UrgencyAlert.objects.filter(repeat_of__isnull=False).exists()


def test_a_dismissed_finding_silences_its_own_study_only(team, version) -> None:
    finding = flagged.the_finding(flagged.find(team, version))
    dismiss(team, finding)
    assert notices(team) == []
    alert = UrgencyAlert.objects.get()
    assert alert.acknowledged_how == AcknowledgedHow.REVIEW
    assert alert.acknowledged_by_id == team.people["radiologist"].pk
    grown = world.indexed_series(team=team)
    grown.study = finding.study
    grown.save()
    flagged.find(team, version, series=grown)
    assert notices(team) == []
    flagged.find(team, version)
    assert len(notices(team)) == 1


def test_one_patient_in_two_cases_is_one_notice_and_one_word_for_both(team, version) -> None:
    other = make_case_team(patient=team.case.patient)
    other.people["radiologist"] = team.people["radiologist"]
    grant_access(actor=SYSTEM, case_id=other.case_id, user_id=team.people["radiologist"].pk)
    series = world.indexed_series(team=team)
    series.study.case_studies.create(case=other.case)
    flagged.find(team, version, series=series)
    (notice,) = notices(team)
    assert {one.case_id for one in notice.alerts} == {team.case_id, other.case_id}
    assert len(acknowledge(team)) == 2
    assert notices(other) == []


def test_a_study_that_comes_into_another_case_tells_its_people_too(team, version) -> None:
    other = make_case_team(patient=team.case.patient)
    job = flagged.find(team, version)
    study = job.series.study
    study.patient_id = team.case.patient.patient_id
    study.issuer_of_patient_id = team.case.patient.issuer
    study.save()
    assert notices(other) == []
    for _ in range(2):
        link_archived_study(
            actor=other.actor("coordinator"), case_id=other.case_id, study_id=study.pk
        )
    assert len(notices(other)) == 1
    assert UrgencyAlert.objects.count() == 2


def test_a_suspended_version_and_a_passive_kind_give_no_notice(team, version) -> None:
    flagged.find(team, version)
    ModelVersion.objects.update(state=VersionState.SUSPENDED)
    assert notices(team) == []
    ModelVersion.objects.update(state=VersionState.ACTIVE)
    UrgencyTier.objects.update(tier=AlertTier.PASSIVE)
    assert notices(team) == []
    UrgencyTier.objects.update(tier=AlertTier.INTERRUPT, demoted_at=timezone.now())
    assert notices(team) == []
    UrgencyTier.objects.update(demoted_at=None)
    assert len(notices(team)) == 1


def test_what_a_silent_model_said_first_does_not_silence_another(team, version, tmp_path) -> None:
    """The root of a repeat may be of a model that was taken out of use since."""
    other = world.builtin_version(tmp_path, slug="second")
    flagged.find(team, version)
    flagged.find(team, other)
    ModelVersion.objects.filter(pk=version.pk).update(state=VersionState.SUSPENDED)
    (notice,) = notices(team)
    assert notice.alert.finding.job.version_id == other.pk


def test_in_the_room_of_a_board_that_reads_first_nobody_gets_it_and_nobody_acknowledges(
    team, version
) -> None:
    board = flagged.make_board(team)
    boards.set_ai_reading(
        actor=team.actor("chair"), board_id=board, ai_reading=AiReading.FROM_AGENDA
    )
    item = flagged.put_on_agenda(team, board)
    flagged.find(team, version)
    assert len(notices(team)) == 1, "before the meeting reviewers read on"
    boards.goto_agenda_item(actor=team.actor("chair"), item_id=item.pk)
    open_meeting_session(actor=team.actor("chair"), meeting_id=item.meeting_id)
    assert notices(team) == []
    with pytest.raises(AiHidden):
        acknowledge(team)
    boards.reveal_ai(actor=team.actor("chair"), item_id=item.pk)
    assert len(notices(team)) == 1


# --- REST ---------------------------------------------------------------------------------


def test_notices_are_read_and_acknowledged_over_rest(team, version, client) -> None:
    job = flagged.find(team, version)
    client.force_login(
        team.people["radiologist"], backend="django.contrib.auth.backends.ModelBackend"
    )
    said = client.get("/api/urgency-notices").json()
    (notice,) = said["notices"]
    assert said["demotions"] == []
    assert (notice["case"], notice["case_title"]) == (str(team.case_id), team.case.title)
    assert (notice["level"], notice["score"], notice["count"]) == ("critical", 97, 1)
    assert notice["model"] == {"name": "Threshold", "version": "1.0"}
    assert notice["finding"] == str(job.findings.get().pk)
    assert AuditEntry.objects.filter(action="urgency.notices_viewed").count() == 1
    answer = client.post(f"/api/urgency-notices/{notice['id']}/acknowledge")
    assert answer.json() == {"notices": [], "demotions": []}
    client.get("/api/urgency-notices")
    assert AuditEntry.objects.filter(action="urgency.notices_viewed").count() == 1
    client.force_login(
        team.people["consultant"], backend="django.contrib.auth.backends.ModelBackend"
    )
    refused = client.post(f"/api/urgency-notices/{notice['id']}/acknowledge")
    assert (refused.status_code, refused.json()["code"]) == (403, "deidentified_only")
