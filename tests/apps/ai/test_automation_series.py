"""Which series of a study a rule means, and what it says when there is none."""

import pytest

from apps.ai import services
from apps.ai.exceptions import ModelNotActive
from apps.ai.models import AutomationRule, AutomationRun, Job
from apps.ai.urgency_choices import ContrastAsked, RuleOutcome
from apps.imaging.choices import SeriesKind
from tests.apps.ai import flagged, world
from tests.apps.ai.conftest import import_ct
from tests.apps.ai.phantom_files import write_ct
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def the_run() -> AutomationRun:
    return AutomationRun.objects.get()


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"modality": "MR"}, "Modality MR: none of 2 series."),
        ({"body_parts": ["HEAD", "NECK"]}, "Body part HEAD or NECK: none of 2 series."),
        ({"descriptions": ["*bone*"]}, "Description: none of 2 series."),
        ({"not_descriptions": ["*lung*", "scout"]}, "Description: none of 2 series."),
        ({"min_images": 301}, "301 images or more: none of 2 series."),
    ],
)
def test_a_rule_that_matches_nothing_says_which_condition_nothing_met(
    team, version, asked, reason
) -> None:
    flagged.make_rule(team, version, **asked)
    flagged.arrive(
        team,
        {"description": "Lung 1.0", "body_part": "CHEST", "instance_count": 300},
        {"description": "Scout", "body_part": "CHEST", "instance_count": 2},
    )
    flagged.deliver()
    assert (the_run().outcome, the_run().reason) == (RuleOutcome.NO_SERIES, reason)
    assert not Job.objects.exists()


def test_of_those_that_fit_the_one_with_most_images_is_read(team, version) -> None:
    flagged.make_rule(team, version, descriptions=["*LUNG*", "*chest*"], body_parts=["chest"])
    study = flagged.arrive(
        team,
        {"description": "Lung 5.0", "body_part": "CHEST", "instance_count": 60, "number": 1},
        {"description": "Lung 1.0", "body_part": "CHEST", "instance_count": 300, "number": 3},
        {"description": "Chest 1.0", "body_part": "CHEST", "instance_count": 300, "number": 2},
        {"description": "Bone 0.5", "body_part": "CHEST", "instance_count": 600, "number": 4},
        {"kind": SeriesKind.SEG, "description": "lung", "body_part": "CHEST", "frame_count": 900},
    )
    flagged.deliver()
    assert Job.objects.get().series == study.series.get(description="Chest 1.0")


def test_a_study_without_images_is_said_to_have_none(team, version) -> None:
    flagged.make_rule(team, version)
    flagged.arrive(team, {"kind": SeriesKind.SR, "modality": "SR"})
    flagged.deliver()
    assert the_run().reason == "The study has no series of images in the archive."


def test_contrast_is_read_from_the_headers(phantom_team, approved_bundle, house) -> None:
    def bring(name: str, **fields: str) -> None:
        folder = write_ct(house / name, patient_id="PH-1", birth_date="19610504", **fields)
        import_ct(phantom_team, folder)
        flagged.deliver()

    flagged.make_rule(phantom_team, approved_bundle, contrast=ContrastAsked.WITH)
    bring("plain")
    assert the_run().reason == "Contrast (with): none of 1 series."
    bring("none", ContrastBolusAgent="NONE")
    assert not Job.objects.exists()
    bring("given", ContrastBolusAgent="Iohexol 350")
    assert Job.objects.count() == 1
    # Imported files are pulled into the archive as from a PACS: the event is imaging's own.
    assert AutomationRun.objects.filter(outcome=RuleOutcome.REQUESTED).count() == 1


def test_headers_that_are_away_leave_the_question_open(team, version) -> None:
    """The same content may be looked at again once its files are back."""
    rule = flagged.make_rule(team, version, contrast=ContrastAsked.WITHOUT)
    study = flagged.arrive(team)
    flagged.deliver()
    assert the_run().outcome == RuleOutcome.HEADERS_AWAY
    AutomationRule.objects.filter(pk=rule.pk).update(contrast=ContrastAsked.ANY)
    flagged.say_ready(team, study)
    flagged.deliver()
    assert the_run().outcome == RuleOutcome.REQUESTED
    assert Job.objects.count() == 1


def test_what_the_model_was_made_for_by_its_headers_comes_before_more_images(
    phantom_team, approved_bundle, house
) -> None:
    """The bundle reads phantoms that say SyntheticData = YES."""
    real = write_ct(house / "real", patient_id="PH-1", birth_date="19610504", synthetic=False)
    made = write_ct(house / "made", patient_id="PH-1", birth_date="19610504")
    fitting, other = import_ct(phantom_team, made), import_ct(phantom_team, real)
    other.study, other.instance_count = fitting.study, 500
    other.save()
    flagged.make_rule(phantom_team, approved_bundle)
    flagged.say_ready(phantom_team, fitting.study)
    flagged.deliver()
    assert Job.objects.get().series == fitting


def test_a_model_out_of_use_is_said_and_the_study_is_not_asked_about(team, version) -> None:
    flagged.make_rule(team, version)
    services.suspend_version(
        actor=team.actor("ai_admin"), version_id=version.pk, reason="Too many artefacts."
    )
    with pytest.raises(ModelNotActive):
        world.request(team=team, version=version, series=world.indexed_series(team=team))
    flagged.arrive(team)
    flagged.deliver()
    assert the_run().outcome == RuleOutcome.MODEL_NOT_ACTIVE
    assert not Job.objects.exists()


def test_inputs_that_cannot_be_told_apart_are_not_guessed(team, version) -> None:
    part = {"series": {"modality": "CT"}}
    version.scope = {"rules": [], "inputs": [{"role": "a", **part}, {"role": "b", **part}]}
    version.save()
    flagged.make_rule(team, version)
    flagged.arrive(team, {}, {})
    flagged.deliver()
    assert the_run().outcome == RuleOutcome.INPUTS_UNCLEAR
    assert not Job.objects.exists()
