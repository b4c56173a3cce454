"""Templates per tumour type: shipped, edited by the site, kept by the cases they began with."""

import copy
from typing import Any

import pytest

from apps.boards import services
from apps.boards.case_templates import builtin_templates
from apps.boards.models import CaseTemplateVersion
from apps.boards.readiness.sources import known_sources
from apps.cases.choices import TumourType
from apps.core.exceptions import Forbidden, InvalidInput, StaleVersion
from tests.apps.boards.readiness_scene import client, make_board
from tests.people import SYSTEM, CaseTeam, make_case_team

pytestmark = pytest.mark.django_db
URL = "/api/case-templates"


@pytest.fixture()
def team() -> CaseTeam:
    made = make_case_team()
    make_board(made)
    return made


def lung() -> dict[str, Any]:
    return copy.deepcopy(builtin_templates()[TumourType.LUNG].model_dump(mode="json"))


def test_every_tumour_type_has_a_template_with_what_readiness_needs() -> None:
    shipped = builtin_templates()
    assert set(shipped) == set(TumourType)
    for tumour_type, document in shipped.items():
        keys = {one.key for one in document.items}
        assert keys >= {
            "question", "images_complete", "radiology_report", "pathology_report", "ecog",
            "comorbidity", "patient_preference", "stage", "presenter", "bloods",
        }, tumour_type  # fmt: skip
        assert {one.source for one in document.items} <= set(known_sources())
        by_key = {one.key: one for one in document.items}
        assert by_key["bloods"].max_age_days == 14
        assert by_key["pathology_report"].need == "expected", "a date is enough (MDT-5)"
        assert services.templates.check_template(document.model_dump(mode="json")) == document
    ct = next(one for one in shipped[TumourType.LUNG].items if one.key == "ct_chest")
    assert (ct.modalities, ct.max_age_days) == (["CT"], 56)


def test_the_list_holds_all_of_them_in_few_queries(
    team: CaseTeam, django_assert_max_num_queries: Any
) -> None:
    surgeon = client(team, "surgeon")
    surgeon.get(URL)
    with django_assert_max_num_queries(6):
        body = surgeon.get(URL).json()
    assert [one["tumour_type"] for one in body["results"]] == sorted(TumourType.values)
    assert {one["version"] for one in body["results"]} == {1}


def test_chair_and_coordinator_edit_and_nobody_else(team: CaseTeam) -> None:
    for who, allowed in (("chair", 200), ("surgeon", 403), ("trainee", 403), ("ai_admin", 403)):
        version = client(team, who).get(f"{URL}/lung").json()["version"]
        answer = client(team, who).put(
            f"{URL}/lung", {"document": lung()}, format="json", HTTP_IF_MATCH=f'"{version}"'
        )
        assert answer.status_code == allowed, who
    with pytest.raises(Forbidden):
        services.revise_template(
            actor=team.actor("outsider"), tumour_type="lung", version=1, document=lung()
        )


def test_a_changed_template_changes_no_open_case_and_is_offered(team: CaseTeam) -> None:
    coordinator = client(team, "coordinator")
    before = coordinator.get(f"/api/cases/{team.case_id}/readiness").json()
    document = lung()
    document["items"].append({"key": "spirometry", "label": "Spirometry"})
    services.revise_template(
        actor=team.actor("chair"), tumour_type="lung", version=1, document=document, note="New"
    )
    services.refresh_readiness(case_id=team.case_id)
    after = coordinator.get(f"/api/cases/{team.case_id}/readiness").json()
    keys = [one["key"] for one in after["items"]]
    assert keys == [one["key"] for one in before["items"]] and "spirometry" not in keys
    assert (after["template"]["version"], after["template"]["newest"]) == (1, 2)

    taken = coordinator.put(
        f"/api/cases/{team.case_id}/readiness/template", {"number": 2}, format="json"
    ).json()
    assert taken["template"]["version"] == 2
    assert "spirometry" in [one["key"] for one in taken["items"]]
    refused = client(team, "surgeon").put(
        f"/api/cases/{team.case_id}/readiness/template", {"number": 1}, format="json"
    )
    assert refused.status_code == 403


def test_a_new_case_begins_with_the_template_of_the_day(team: CaseTeam) -> None:
    document = lung()
    document["items"] = document["items"][:2]
    services.revise_template(actor=SYSTEM, tumour_type="lung", version=1, document=document)
    later = make_case_team(title="Another nodule")
    row = services.readiness_of(case_id=later.case_id)
    assert (row.template.number, len(row.facts)) == (2, 2)
    first = services.readiness_of(case_id=team.case_id)
    assert first.template.number == 1, "what held when that case was opened"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"items": []}, "invalid_template"),
        ({"unknown": 1}, "invalid_template"),
        ({"items": [{"key": "a b", "label": "x"}]}, "invalid_template"),
        ({"items": [{"key": "ct", "label": "x\x00y"}]}, "invalid_template"),
        ({"items": [{"key": "ct", "label": "x"}, {"key": "ct", "label": "y"}]}, "invalid_template"),
        ({"items": [{"key": "ct", "label": "x", "max_age_days": 0}]}, "invalid_template"),
        ({"items": [{"key": "ct", "label": "x", "modalities": ["CT"]}]}, "invalid_template"),
        ({"items": [{"key": "ct", "label": "x", "source": "made.up"}]}, "source_unknown"),
        ({"hanging": "no such layout"}, "hanging_unknown"),
        ({"quorum": ["astrology"]}, "invalid_template"),
        ({"fields": [{"key": "side", "label": "Side", "kind": "choice"}]}, "invalid_template"),
    ],
)
def test_what_is_no_template_is_refused_by_a_code(
    team: CaseTeam, change: dict[str, Any], code: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        services.revise_template(
            actor=team.actor("chair"), tumour_type="lung", version=1, document={**lung(), **change}
        )
    assert caught.value.error_code == code
    assert not CaseTemplateVersion.objects.filter(number__gt=1).exists()


def test_of_two_who_edit_the_second_is_told(team: CaseTeam) -> None:
    services.revise_template(
        actor=team.actor("chair"), tumour_type="lung", version=1, document=lung()
    )
    with pytest.raises(StaleVersion):
        services.revise_template(
            actor=team.actor("coordinator"), tumour_type="lung", version=1, document=lung()
        )
    versions = client(team, "surgeon").get(f"{URL}/lung/versions").json()["results"]
    assert [one["version"] for one in versions] == [2, 1]
    assert client(team, "surgeon").get(f"{URL}/nonsense").status_code == 404
