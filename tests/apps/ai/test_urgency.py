"""How urgent AI takes a study to be: one score with its reason, which orders and hides nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.ai import services
from apps.ai.analyses.codes import LEFT, LUNG
from apps.ai.choices import VersionState
from apps.ai.models import ModelVersion
from apps.ai.scoring import BANDS, explain, score_finding
from apps.ai.selectors.urgency import study_urgencies, summarise_urgency
from apps.ai.side_car import read_side_car
from apps.core.actors import Actor
from tests.apps.ai import flagged, world
from tests.apps.ai.zoo_side_cars import (
    BRATS_SIDE_CAR,
    DENSITY_SIDE_CAR,
    MASS,
    NODULE_SIDE_CAR,
    SPLEEN_SIDE_CAR,
)
from tests.people import make_case_team

LEVELS = ("routine", "urgent", "critical")
SHARES = st.floats(0, 1, allow_nan=False)


# --- pure ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("level", "probability", "threshold", "score"),
    [
        ("critical", 1.0, 0.5, 100),
        ("critical", 0.5, 0.5, 67),
        ("critical", None, 0.5, 67),
        ("critical", 0.9, None, 97),
        ("urgent", 0.75, 0.5, 50),
        ("urgent", 0.3, 0.5, 34),
        ("urgent", 1.0, 1.0, 66),
        ("urgent", 0.99, 1.0, 34),
        ("routine", 0.99, None, 33),
        ("routine", None, None, 0),
    ],
)
def test_the_score_is_the_levels_band_and_within_it_the_way_from_threshold_to_certainty(
    level, probability, threshold, score
) -> None:
    assert score_finding(level=level, probability=probability, threshold=threshold) == score


@given(st.sampled_from(LEVELS), SHARES, SHARES, st.none() | SHARES)
def test_more_sure_is_never_less_urgent_and_no_band_is_left(level, one, other, threshold) -> None:
    low, high = sorted((one, other))
    scores = [score_finding(level=level, probability=p, threshold=threshold) for p in (low, high)]
    assert scores == sorted(scores)
    assert BANDS[level][0] <= scores[0] <= scores[1] <= BANDS[level][1]


def test_no_probability_lifts_a_finding_over_a_more_urgent_level() -> None:
    for lower, higher in pairwise(LEVELS):
        top = score_finding(level=lower, probability=1.0, threshold=0.0)
        assert top < score_finding(level=higher, probability=None, threshold=None)


def test_the_reason_is_in_words() -> None:
    said = explain(
        level="critical", label="Pneumothorax", site="Lung", laterality="Left",
        probability=0.874, threshold=0.5, others=2,
    )  # fmt: skip
    assert said == (
        "Critical: Pneumothorax (left lung). Probability 0.87, threshold 0.50. "
        "2 more findings are flagged."
    )
    plain = explain(
        level="urgent", label="Left lung nodule", site="", laterality="", probability=None,
        threshold=None, others=1,
    )  # fmt: skip
    assert plain == (
        "Urgent: Left lung nodule. The model gives no probability. 1 more finding is flagged."
    )


def test_thresholds_are_those_of_the_side_car_and_none_where_another_rule_decides() -> None:
    boxes = read_side_car(NODULE_SIDE_CAR).read_thresholds()
    assert boxes == {"SCT|4147007": 0.3}
    assert read_side_car(SPLEEN_SIDE_CAR).read_thresholds() == {}, "a label map"
    assert read_side_car(DENSITY_SIDE_CAR).read_thresholds() == {}, "the most probable class"
    channel = {"channel": 0, "label": "Tumour core", "threshold": 0.7, **MASS}
    channels = {**BRATS_SIDE_CAR, "outputs": [channel]}
    assert read_side_car(channels).read_thresholds() == {"SCT|4147007": 0.7}


# --- in the house -------------------------------------------------------------------------


@pytest.fixture
def team(db):
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def shown(team, who: str = "radiologist"):
    found = summarise_urgency(actor=team.actor(who), case_ids=[team.case_id])
    return found.get(team.case_id, {}).get("ai_urgency")


def test_the_most_urgent_finding_speaks_for_the_study_with_score_reason_and_model(
    team, version
) -> None:
    version.scope = {"rules": [], "thresholds": {"SCT|36118008": 0.5}}
    version.save()
    draft = flagged.flagged_draft(probability=0.75)
    placed = replace(draft, result=replace(draft.result, site=LUNG, laterality=LEFT))
    drafts = [flagged.flagged_draft(urgency="urgent", probability=1.0), placed, world.draft()]
    job = flagged.find(team, version, drafts)
    urgency = shown(team)
    assert (urgency["score"], urgency["level"], urgency["tier"]) == (84, "critical", "interrupt")
    assert urgency["reason"] == (
        "Critical: Pneumothorax (left lung). Probability 0.75, threshold 0.50. "
        "1 more finding is flagged."
    )
    assert urgency["model"] == {"name": "Threshold", "version": "1.0"}
    assert urgency["finding"] == str(job.findings.get(number=2).pk)
    assert (urgency["is_accepted"], urgency["is_demoted"]) == (False, False)


def test_routine_findings_make_no_case_urgent_and_hide_none(team, version, client) -> None:
    flagged.find(team, version, [flagged.flagged_draft(urgency="routine", probability=0.99)])
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    row = client.get("/api/cases").json()["results"][0]
    assert (row["ai_urgency"], row["findings_unreviewed"]) == (None, 1)
    assert row["waiting_since"] is not None


def test_dismissing_takes_it_away_and_accepting_says_so_in_that_case_only(team, version) -> None:
    other = make_case_team()
    series = world.indexed_series(team=team)
    other_link = series.study.case_studies.create(case=other.case)
    finding = flagged.the_finding(flagged.find(team, version, series=series))
    assert shown(team)
    assert shown(other)
    services.dismiss_finding(
        actor=team.actor("radiologist"),
        finding_id=finding.pk,
        case_id=team.case_id,
        version=1,
        reason_code="false-positive-artefact",
    )
    assert shown(team) is None
    services.accept_finding(
        actor=other.actor("radiologist"),
        finding_id=finding.pk,
        case_id=other_link.case_id,
        version=1,
    )
    assert shown(other)["is_accepted"] is True


def test_who_does_not_get_results_gets_no_urgency(team, version) -> None:
    flagged.find(team, version)
    assert shown(team, "surgeon")
    assert shown(team, "consultant") is None, "de-identified"
    assert shown(team, "outsider") is None
    assert shown(team, "ai_admin") is None
    place = replace(team.actor("surgeon"), kind="place")
    assert summarise_urgency(actor=place, case_ids=[team.case_id]) == {}
    assert summarise_urgency(actor=Actor.anonymous(), case_ids=[team.case_id]) == {}


def test_a_version_taken_out_of_use_orders_nothing_a_replaced_one_still_does(team, version) -> None:
    flagged.find(team, version)
    for state, counts in (
        (VersionState.RETIRED, True),
        (VersionState.SUSPENDED, False),
        (VersionState.REGISTERED, False),
        (VersionState.ACTIVE, True),
    ):
        ModelVersion.objects.filter(pk=version.pk).update(state=state)
        assert (shown(team) is not None) is counts, state


def test_each_study_has_its_own_and_the_loudest_is_the_cases(team, version) -> None:
    flagged.find(team, version, [flagged.flagged_draft(urgency="urgent", probability=1.0)])
    flagged.find(team, version, [flagged.flagged_draft(probability=0.1)])
    studies = study_urgencies(case_ids=[team.case_id])[team.case_id]
    assert [one.score for one in studies] == [70, 66]
    assert shown(team)["score"] == 70


@pytest.mark.parametrize("count", [1, 12])
def test_the_worklist_asks_as_much_for_many_cases_as_for_one(
    team, version, count, django_assert_num_queries
) -> None:
    others = [make_case_team() for _ in range(count - 1)]
    for one in (team, *others):
        flagged.find(one, version)
    system = Actor.system("test")
    ids = [one.case_id for one in (team, *others)]
    with django_assert_num_queries(2):
        assert len(summarise_urgency(actor=system, case_ids=ids)) == count


def test_agenda_and_worklist_show_the_same(team, version, client) -> None:
    flagged.find(team, version)
    item = flagged.put_on_agenda(team, flagged.make_board(team))
    client.force_login(team.people["chair"], backend="django.contrib.auth.backends.ModelBackend")
    agenda = client.get(f"/api/meetings/{item.meeting_id}/agenda").json()["results"]
    listed = client.get("/api/cases").json()["results"]
    assert agenda[0]["case"]["ai_urgency"] == listed[0]["ai_urgency"] == shown(team, "chair")
    assert listed[0]["ai_urgency"]["score"] == 97
    assert timezone.now() - timedelta(minutes=5) < datetime.fromisoformat(
        listed[0]["waiting_since"]
    )
