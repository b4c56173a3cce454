"""Who makes rules, how they are tried, and what REST says of them."""

import pytest

from apps.accounts.selectors import actor_for
from apps.ai.models import AutomationRule, AutomationRun, Job
from apps.ai.services import automation
from apps.ai.services.automation_runs import try_rule
from apps.audit.models import AuditEntry
from apps.core.exceptions import Forbidden, InvalidInput, StaleVersion
from tests.apps.ai import flagged, world
from tests.people import make_case_team, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


def test_ai_administration_makes_rules_of_the_house_and_a_chair_those_of_their_board(
    team, version
) -> None:
    mine, other = flagged.make_board(team), flagged.make_board(make_case_team())
    fields = {"name": "Chest", "modality": "CT", "model_id": version.model_id}
    chair = team.actor("chair")
    made = automation.create_rule(actor=chair, board_id=mine, **fields)
    assert (made.version, made.created_by_id) == (1, chair.id)
    for board_id in (None, other):
        with pytest.raises(Forbidden):
            automation.create_rule(actor=chair, board_id=board_id, **fields)
    with pytest.raises(Forbidden):
        automation.change_rule(actor=chair, rule_id=made.pk, version=1, changes={"board_id": None})
    for who in ("coordinator", "radiologist", "auditor", "outsider", "system_admin"):
        with pytest.raises(Forbidden):
            automation.create_rule(actor=team.actor(who), board_id=mine, **fields)
    automation.create_rule(actor=team.actor("ai_admin"), board_id=None, **fields)
    with pytest.raises(InvalidInput) as refused:
        automation.create_rule(actor=team.actor("ai_admin"), board_id=version.pk, **fields)
    assert refused.value.error_code == "unknown_board"


def test_a_rule_is_changed_by_who_saw_its_version_and_the_trail_says_what(team, version) -> None:
    rule = flagged.make_rule(team, version)
    admin = team.actor("ai_admin")
    changed = automation.change_rule(
        actor=admin, rule_id=rule.pk, version=1, changes={"enabled": False}
    )
    assert changed.version == 2
    with pytest.raises(StaleVersion):
        automation.change_rule(actor=admin, rule_id=rule.pk, version=1, changes={"min_images": 3})
    entries = AuditEntry.objects.filter(entity_id=str(rule.pk)).order_by("at")
    assert [one.action for one in entries] == ["automation.created", "automation.changed"]
    assert entries[1].details["fields"] == ["enabled"]


def test_a_trial_says_on_how_many_of_the_last_studies_it_would_have_run(team, version) -> None:
    for number in range(55):
        fields = {"description": "Lung"} if number % 5 == 0 else {"modality": "MR"}
        flagged.arrive(team, fields)
    rule = automation.build_rule(
        actor=team.actor("ai_admin"), name="x", modality="CT", model_id=version.model_id
    )
    trial = try_rule(rule=rule)
    assert (trial.studies, trial.requested) == (50, 10)
    assert trial.reasons == (("Modality CT", 40),)
    assert not Job.objects.exists()
    assert not AutomationRun.objects.exists()
    assert not AutomationRule.objects.exists()


def test_a_boards_trial_looks_at_its_cases_only(team, version) -> None:
    other = make_case_team()
    board = flagged.make_board(team)
    flagged.put_on_agenda(team, board)
    flagged.arrive(team)
    flagged.arrive(other)
    rule = automation.build_rule(
        actor=team.actor("chair"), name="x", modality="CT", model_id=version.model_id,
        board_id=board,
    )  # fmt: skip
    assert try_rule(rule=rule).studies == 1


# --- REST ---------------------------------------------------------------------------------


def signed_in(client, user):
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


BODY = {"name": "Chest", "modality": "CT", "body_parts": ["CHEST"], "min_images": 20}


def test_a_rule_is_made_tried_listed_and_switched_off_over_rest(team, version, client) -> None:
    board = flagged.make_board(team, "Thoracic")
    chair = signed_in(client, team.people["chair"])
    body = {**BODY, "model": str(version.model_id), "board": str(board)}

    def post(path: str, sent: dict[str, object]):
        return chair.post(path, sent, content_type="application/json")

    tried = post("/api/automation-rules/trial", body)
    assert tried.json() == {"studies": 0, "requested": 0, "reasons": []}
    made = post("/api/automation-rules", body)
    assert made.status_code == 201, made.json()
    assert made.json()["board"] == {"id": str(board), "name": "Thoracic"}
    assert post("/api/automation-rules", {**body, "board": None}).status_code == 403
    assert post("/api/automation-rules", {**body, "modality": "ct"}).status_code == 400
    url = f"/api/automation-rules/{made.json()['id']}"
    off = chair.patch(
        url, {"enabled": False}, content_type="application/json", headers={"If-Match": '"1"'}
    )
    assert (off.json()["enabled"], off.json()["version"]) == (False, 2)
    assert off.json()["body_parts"] == ["CHEST"], "what was not sent stays"
    listed = chair.get("/api/automation-rules").json()
    assert [one["name"] for one in listed["results"]] == ["Chest"]
    assert listed["may_make_house_rules"] is False
    assert listed["boards"] == [{"id": str(board), "name": "Thoracic"}]
    assert chair.get(f"{url}/runs").json()["results"] == []


def test_rules_and_their_runs_name_no_patient_and_are_not_for_everybody(
    team, version, client
) -> None:
    rule = flagged.make_rule(team, version)
    study = flagged.arrive(team)
    flagged.deliver()
    admin = signed_in(client, team.people["ai_admin"])
    paths = ["/api/automation-rules", f"/api/automation-rules/{rule.pk}"]
    paths.append(f"{paths[1]}/runs")
    for path in paths:
        said = admin.get(path).content.decode()
        for secret in (team.case.title, study.study_instance_uid, str(team.case_id)):
            assert secret not in said, path
    assert admin.get(paths[2]).json()["results"][0]["outcome"] == "requested"
    for who in ("radiologist", "coordinator", "auditor"):
        answers = [signed_in(client, team.people[who]).get(path) for path in paths]
        assert {one.status_code for one in answers} == {403}, who
    stranger = make_case_team()
    flagged.make_board(stranger)
    AutomationRule.objects.filter(pk=rule.pk).update(board_id=flagged.make_board(team))
    elsewhere = signed_in(client, stranger.people["chair"])
    assert elsewhere.get(paths[1]).status_code == 404
    assert elsewhere.get(paths[0]).json()["results"] == []


def test_a_person_without_any_role_chairs_nothing(version) -> None:
    nobody = make_person()
    with pytest.raises(Forbidden):
        automation.build_rule(actor=actor_for(user=nobody), name="x", model_id=version.model_id)
