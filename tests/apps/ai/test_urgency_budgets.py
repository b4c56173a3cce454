"""Budgets: a kind of finding beyond them is shown only, said so, and never hidden."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.ai import conf, services
from apps.ai.models import Job, UrgencyAlert, UrgencyTier
from apps.ai.selectors.tiers import measure_tier
from apps.ai.selectors.urgency import list_demotions, open_notices, summarise_urgency
from apps.ai.services.alerts import acknowledge_notice
from apps.ai.services.tiers import apply_budgets, change_tier, note_demotion
from apps.ai.urgency_choices import AlertTier, DemotionReason
from apps.audit.models import AuditEntry
from apps.core.exceptions import Forbidden, StaleVersion
from tests.apps.ai import flagged, world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def the_tier() -> UrgencyTier:
    return UrgencyTier.objects.select_related("model").get()


def read_studies(team, version, *, nothing: int, flagged_ones: int) -> None:
    for _ in range(nothing):
        flagged.find_nothing(team, version)
    for _ in range(flagged_ones):
        flagged.find(team, version)


def review(team, *, accepted: int, dismissed: int) -> None:
    """Say that many of the open findings are right, and that many wrong."""
    radiologist = team.actor("radiologist")
    open_ones = [one.finding for one in UrgencyAlert.objects.filter(finding__reviews=None)]
    for number, finding in enumerate(open_ones[: accepted + dismissed]):
        said = {"actor": radiologist, "finding_id": finding.pk, "case_id": team.case_id}
        if number < accepted:
            services.accept_finding(**said, version=1)
        else:
            services.dismiss_finding(**said, version=1, reason_code="false-positive-artefact")


def test_one_study_in_twenty_is_within_the_budget_and_two_are_beyond(team, version) -> None:
    read_studies(team, version, nothing=19, flagged_ones=1)
    figures = measure_tier(tier=the_tier())
    assert (figures.studies, figures.flagged, figures.share) == (20, 1, 0.05)
    assert apply_budgets() == 0
    flagged.find(team, version)
    assert apply_budgets() == 1
    assert the_tier().demoted_because == DemotionReason.SHARE
    assert apply_budgets() == 0, "said once"


def test_few_studies_say_nothing_about_a_share(team, version) -> None:
    read_studies(team, version, nothing=0, flagged_ones=conf.BUDGET_MIN_STUDIES - 1)
    assert measure_tier(tier=the_tier()).share is None
    assert apply_budgets() == 0


def test_beyond_its_budget_it_is_shown_and_neither_moves_nor_interrupts(team, version) -> None:
    read_studies(team, version, nothing=18, flagged_ones=2)
    radiologist = team.actor("radiologist")
    assert len(open_notices(actor=radiologist)) == 1
    apply_budgets()
    assert open_notices(actor=radiologist) == []
    said = summarise_urgency(actor=radiologist, case_ids=[team.case_id])
    urgency = said[team.case_id]["ai_urgency"]
    assert (urgency["tier"], urgency["is_demoted"]) == ("passive", True)
    assert (urgency["level"], urgency["score"]) == ("critical", 97), "nothing is hidden"
    flagged.find(team, version)
    assert UrgencyAlert.objects.filter(tier=AlertTier.PASSIVE).count() == 1, "kept and counted"


def test_studies_of_more_than_thirty_days_ago_do_not_count_and_it_becomes_loud_again(
    team, version
) -> None:
    read_studies(team, version, nothing=18, flagged_ones=2)
    apply_budgets()
    assert the_tier().demoted_at is not None
    before = timezone.now() - timedelta(days=30, minutes=1)
    UrgencyAlert.objects.update(created_at=before)
    Job.objects.filter(findings__isnull=False).update(finished_at=before)
    assert apply_budgets() == 1
    tier = the_tier()
    assert (tier.demoted_at, tier.demoted_because) == (None, "")
    actions = ["urgency.demoted", "urgency.restored"]
    entries = AuditEntry.objects.filter(action__in=actions).order_by("at")
    assert [(one.action, one.actor_label) for one in entries] == [
        (action, "urgency budgets") for action in actions
    ]
    assert entries[0].details["because"] == "share"


@pytest.mark.parametrize(
    ("accepted", "dismissed", "demoted"),
    [(1, 8, False), (1, 9, True), (2, 8, False), (0, 10, True)],
)
def test_of_ten_reviewed_two_must_have_been_right(
    team, version, accepted, dismissed, demoted
) -> None:
    read_studies(team, version, nothing=0, flagged_ones=accepted + dismissed)
    review(team, accepted=accepted, dismissed=dismissed)
    figures = measure_tier(tier=the_tier())
    assert (figures.reviewed, figures.accepted) == (accepted + dismissed, accepted)
    apply_budgets()
    assert (the_tier().demoted_because == DemotionReason.PPV) is demoted


def test_ai_administration_is_told_until_somebody_there_took_note(team, version, client) -> None:
    read_studies(team, version, nothing=18, flagged_ones=2)
    apply_budgets()
    assert not list_demotions(actor=team.actor("radiologist")).exists()
    client.force_login(team.people["ai_admin"], backend="django.contrib.auth.backends.ModelBackend")
    said = client.get("/api/urgency-notices").json()
    (demotion,) = said["demotions"]
    assert said["notices"] == []
    assert (demotion["model"], demotion["finding"]) == ("Threshold", "Pneumothorax")
    assert demotion["because"] == "share"
    answer = client.post(f"/api/urgency-tiers/{demotion['id']}/seen")
    assert answer.json() == {"notices": [], "demotions": []}
    assert the_tier().demotion_seen_by_id == team.people["ai_admin"].pk
    for who in ("radiologist", "chair", "coordinator"):
        with pytest.raises(Forbidden):
            note_demotion(actor=team.actor(who), tier_id=the_tier().pk)


def test_ai_administration_sets_tier_and_budgets_and_they_hold_at_once(team, version) -> None:
    read_studies(team, version, nothing=19, flagged_ones=1)
    admin = team.actor("ai_admin")
    tier = change_tier(actor=admin, tier_id=the_tier().pk, version=1, changes={"max_share": 0.01})
    assert (tier.version, tier.demoted_because) == (2, DemotionReason.SHARE)
    tier = change_tier(
        actor=admin,
        tier_id=tier.pk,
        version=2,
        changes={"max_share": 0.5, "tier": AlertTier.REORDER},
    )
    assert (tier.shown_tier, tier.is_set_by_person) == (AlertTier.REORDER, True)
    flagged.find(team, version)
    assert the_tier().tier == AlertTier.REORDER, "a person's word is not overruled"
    with pytest.raises(StaleVersion):
        change_tier(actor=admin, tier_id=tier.pk, version=2, changes={"min_ppv": 0.5})
    for who in ("radiologist", "chair", "system_admin"):
        with pytest.raises(Forbidden):
            change_tier(actor=team.actor(who), tier_id=tier.pk, version=3, changes={})
    changed = AuditEntry.objects.filter(action="urgency.tier_changed").order_by("at")
    assert changed[1].details["to"] == {"max_share": 0.5, "tier": "reorder"}


def test_a_kind_that_turns_louder_is_louder_until_a_person_sets_it(team, version) -> None:
    flagged.find(team, version, [flagged.flagged_draft(urgency="urgent")])
    assert the_tier().tier == AlertTier.REORDER
    flagged.find(team, version)
    assert the_tier().tier == AlertTier.INTERRUPT
    flagged.find(team, version, [flagged.flagged_draft(urgency="urgent")])
    assert the_tier().tier == AlertTier.INTERRUPT


def test_the_list_says_what_each_kind_cost_and_what_came_of_it(team, version, client) -> None:
    read_studies(team, version, nothing=2, flagged_ones=3)
    UrgencyAlert.objects.update(created_at=timezone.now() - timedelta(minutes=10))
    first = UrgencyAlert.objects.get(repeat_of__isnull=True)
    acknowledge_notice(actor=team.actor("radiologist"), alert_id=first.pk)
    review(team, accepted=1, dismissed=1)
    client.force_login(team.people["ai_admin"], backend="django.contrib.auth.backends.ModelBackend")
    (row,) = client.get("/api/urgency-tiers").json()["results"]
    figures = row["figures"]
    assert (row["tier"], row["shown_tier"], row["demoted_at"]) == ("interrupt", "interrupt", None)
    assert (figures["studies"], figures["flagged"], figures["share"]) == (5, 3, None)
    assert (figures["alerts"], figures["repeats"], figures["acknowledged"]) == (3, 2, 3)
    assert (figures["reviewed"], figures["accepted"], figures["ppv"]) == (2, 1, None)
    assert figures["median_acknowledged_s"] == pytest.approx(600, abs=20)
    url = f"/api/urgency-tiers/{row['id']}"
    for body, status in (({"max_share": 2}, 400), ({"tier": "loud"}, 400), ({"min_ppv": 0.1}, 200)):
        answer = client.patch(
            url, body, content_type="application/json", headers={"If-Match": '"1"'}
        )
        assert answer.status_code == status, answer.json()
