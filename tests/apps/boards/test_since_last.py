"""A re-discussion follows the last decision and says what is new since (MDT-11)."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from apps.ai import services as ai
from apps.ai.models import Job
from apps.boards import services
from apps.boards.models import Decision
from apps.cases.services import edit_case
from apps.imaging.models import CaseStudy, Study
from tests.apps.ai import world
from tests.apps.ai.conftest import house
from tests.apps.boards.deciding import Scene, add_meeting, make_scene

__all__ = ["house"]

pytestmark = pytest.mark.django_db


@pytest.fixture()
def scene() -> Scene:
    return make_scene()


def link_study(scene: Scene, uid: str, day: date) -> None:
    study = Study.objects.create(
        study_instance_uid=uid, study_date=day, description="CT chest", modalities=["CT"]
    )
    CaseStudy.objects.create(case=scene.team.case, study=study)


def changes(scene: Scene, who: str = "surgeon") -> dict[str, object]:
    answer = scene.client(who).get(f"/api/decisions/changes?case={scene.team.case_id}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_MDT_11_before_any_decision_nothing_is_new(scene: Scene) -> None:
    link_study(scene, "1.2.3", date(2026, 3, 1))
    scene.draft()
    told = changes(scene)
    assert told["since"] is None and told["studies"] == []


def test_MDT_11_what_is_new_since_the_last_decision_is_told(scene: Scene) -> None:
    team = scene.team
    link_study(scene, "1.2.3", date(2026, 3, 1))
    first = scene.sign(scene.draft())
    team.case.refresh_from_db()
    edit_case(
        actor=team.actor("coordinator"), case_id=team.case_id, version=team.case.version,
        changes={"stage": "cT2 cN1 cM0"},
    )  # fmt: skip
    link_study(scene, "1.2.4", date(2026, 5, 1))
    services.add_addendum(
        actor=team.actor("chair"), decision_id=first.pk, text="R1", reason="Histology"
    )
    told = changes(scene)
    assert told["since"]["id"] == str(first.pk)  # type: ignore[index]
    assert [one["study_instance_uid"] for one in told["studies"]] == ["1.2.4"]  # type: ignore
    assert told["facts"] == [{"field": "stage", "before": "", "now": "cT2 cN1 cM0"}]
    assert [one["text"] for one in told["notes"]] == ["R1"]  # type: ignore[attr-defined]
    assert told["facts_known"] is True


def test_MDT_11_a_new_decision_names_the_one_it_follows(scene: Scene) -> None:
    first = scene.sign(scene.draft())
    meeting, item = add_meeting(scene.team, scene.board, days=30)
    services.goto_agenda_item(actor=scene.team.actor("chair"), item_id=item.pk)
    second = scene.sign(scene.draft(meeting_id=meeting.pk))
    assert second.previous_id == first.pk
    shown = scene.client("surgeon").get(f"/api/decisions/{second.pk}").json()
    assert shown["previous"]["id"] == str(first.pk)
    third = scene.draft(meeting_id=None)
    assert third.previous_id == second.pk, "the last one, not the first"


def test_MDT_11_of_a_decision_without_facts_it_says_that_they_are_not_known(
    scene: Scene,
) -> None:
    Decision.objects.create(
        case=scene.team.case, status="signed", signed_at=timezone.now() - timedelta(days=9)
    )
    assert changes(scene)["facts_known"] is False


def test_MDT_11_guests_and_strangers_are_told_nothing(scene: Scene) -> None:
    path = f"/api/decisions/changes?case={scene.team.case_id}"
    for who, status in (("consultant", 403), ("outsider", 404), ("system_admin", 404)):
        assert scene.client(who).get(path).status_code == status


@pytest.fixture()
def reviewed(scene: Scene, house: Path, tmp_path: Path) -> Scene:
    """A decision, and after it one finding accepted and one left alone."""
    scene.sign(scene.draft())
    team = scene.team
    job = world.finished_job(
        team=team, version=world.builtin_version(tmp_path),
        series=world.indexed_series(team=team), findings=2,
    )  # fmt: skip
    first = job.findings.order_by("number").first()
    ai.accept_finding(
        actor=team.actor("radiologist"), finding_id=first.pk, case_id=team.case_id, version=1
    )
    return scene


def test_MDT_11_findings_reviewed_since_are_told(reviewed: Scene) -> None:
    told = changes(reviewed)
    ((only,), is_hidden) = told["findings"], told["ai_hidden"]
    assert (only["decision"], only["reviewer"]) == ("accepted", "Radiologist Person")  # type: ignore
    assert is_hidden is False


def test_LIVE_X1_whoever_reads_first_is_told_of_no_finding_and_that_it_is_hidden(
    reviewed: Scene,
) -> None:
    _, item = add_meeting(reviewed.team, reviewed.board, days=7)
    services.goto_agenda_item(actor=reviewed.team.actor("chair"), item_id=item.pk)
    services.set_ai_reading(
        actor=reviewed.team.actor("chair"), board_id=reviewed.board.pk, ai_reading="from_agenda"
    )
    told = changes(reviewed)
    assert (told["findings"], told["ai_hidden"]) == ([], True)


def test_MDT_11_what_ran_in_shadow_is_nobodys_news(reviewed: Scene) -> None:
    Job.objects.update(is_shadow=True)
    assert changes(reviewed)["findings"] == []
