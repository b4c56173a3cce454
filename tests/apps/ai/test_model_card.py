"""The card: 31 source attributes and what imaging adds, stated or not, none left out."""

import pytest

from apps.ai import services
from apps.ai.analyses import BUILTINS
from apps.ai.model_card import (
    CHANGE_LOG,
    ENTERABLE,
    NO_CLEARANCE,
    SOURCE_ATTRIBUTES,
    read_text,
    state_group,
    state_regulatory_status,
)
from tests.apps.ai import world
from tests.apps.ai.bundles import SIDE_CAR, write_bundle
from tests.apps.ai.test_api import client
from tests.people import make_case_team

COUNTS = {
    "output": 4, "purpose": 4, "out_of_scope": 2, "development": 4, "fairness": 2,
    "external_validation": 4, "quantitative": 5, "maintenance": 4, "update_schedule": 2,
}  # fmt: skip
"""45 CFR 170.315(b)(11)(iv)(B)(1) to (9): 31 in all."""


def card_of(browser, version):
    return browser.get(f"/api/models/versions/{version.pk}/card").json()


def statements(card):
    groups = [*card["groups"], card["imaging"], card["change_log"]]
    return {one["key"]: one for group in groups for one in group["statements"]}


def test_the_attributes_are_those_of_the_rule_in_its_groups():
    assert {group.key: len(group.attributes) for group in SOURCE_ATTRIBUTES} == COUNTS
    assert sum(COUNTS.values()) == 31


def test_of_an_empty_card_every_attribute_is_there_and_stated_by_nobody():
    for group in (*SOURCE_ATTRIBUTES, CHANGE_LOG):
        said = state_group(group=group, card={}, entries=[])
        assert len(said) == len(group.attributes)
        assert {(one.text, one.source) for one in said} == {("", "nobody")}


def test_regulatory_status_is_never_assumed_and_never_entered():
    assert state_regulatory_status(card={}).text == NO_CLEARANCE
    assert state_regulatory_status(card={"regulatory_status": " "}).text == NO_CLEARANCE
    said = state_regulatory_status(card={"regulatory_status": "CE class IIa"})
    assert (said.text, said.source) == ("CE class IIa", "developer")
    assert not any("regulatory" in key for key in ENTERABLE)


@pytest.mark.parametrize("module", sorted(BUILTINS.values()))
def test_a_built_in_says_that_it_has_no_clearance_and_states_nearly_everything(module):
    import importlib

    card = dict(importlib.import_module(module).CARD)
    assert NO_CLEARANCE.rstrip(".").lower() in state_regulatory_status(card=card).text.lower()
    said = [
        one
        for group in SOURCE_ATTRIBUTES
        for one in state_group(group=group, card=card, entries=[])
    ]
    unsaid = [one.key for one in said if one.source == "nobody"]
    assert set(unsaid) <= {"maintenance.local_fairness"}


def test_free_forms_are_read_as_text_and_bounded():
    assert read_text({"a": ["b", "c"], "n": 0.91}) == "a: b\nc\nn: 0.91"
    assert read_text([]) == read_text({}) == read_text(None) == ""
    assert len(read_text("x" * 100_000)) == 6_000
    deep = {"a": {"b": {"c": {"d": {"e": "f"}}}}}
    assert "f" in read_text(deep)


@pytest.fixture
def team(db):
    return make_case_team()


@pytest.fixture
def version(team, house):
    side_car = {
        **SIDE_CAR,
        "licence": "Apache-2.0",
        "card": {
            "purpose": {"intended_use": "Tests only"},
            "change_log": {"impact_assessment": "None expected"},
            "failure_modes": ["Dark things", "Small things"],
        },
    }
    root = write_bundle(house / "bright", side_car=side_car)
    metadata = {
        "version": "1.2", "name": "bright", "authors": "Somebody <x@example.org>",
        "data_source": "Nine phantoms", "eval_metrics": {"mean_dice": 0.96},
        "changelog": {"1.2": "Fewer false findings", "1.1": "First"},
    }  # fmt: skip
    import json

    (root / "configs" / "metadata.json").write_text(json.dumps(metadata))
    return services.register_bundle(actor=team.actor("ai_admin"), root=root)


def test_a_bundles_documents_speak_and_the_rest_is_said_to_be_missing(team, version):
    card = card_of(client(team, "surgeon"), version)
    said = statements(card)
    assert said["purpose.intended_use"]["text"] == "Tests only"
    assert said["output.developer"]["text"] == "Somebody <x@example.org>"
    assert said["training_data"]["text"] == "Nine phantoms"
    assert said["quantitative.internal_validity"]["text"] == "mean_dice: 0.96"
    assert "1.2: Fewer false findings" in said["change_log.description_of_modifications"]["text"]
    assert said["change_log.impact_assessment"]["text"] == "None expected"
    assert said["change_log.modification_protocol"]["source"] == "nobody"
    assert said["failure_modes"]["text"] == "Dark things\nSmall things"
    assert said["licence"]["text"] == "Apache-2.0"
    assert sum(len(group["statements"]) for group in card["groups"]) == 31
    assert card["regulatory_status"]["text"] == NO_CLEARANCE
    assert card["weights"]["path"] == "models/model.pt"
    assert len(card["weights"]["sha256"]) == 64
    assert card["thresholds"] == ["Bright thing: at least 0.05 mL"]
    assert card["scope_rules"][0] == "This model reads CT only."
    assert (card["validation"], card["may_write"]) == (None, False)


def test_the_house_fills_in_what_the_developer_left_unsaid(team, version):
    admin = client(team, "ai_admin")
    path = f"/api/models/versions/{version.pk}/card"
    key = "purpose.intended_population"
    first = admin.post(path, {"key": key, "text": "Adults"}, format="json")
    assert first.status_code == 200
    admin.post(path, {"key": key, "text": "Adults over 40 <b>"}, format="json")
    said = statements(card_of(client(team, "surgeon"), version))[key]
    assert (said["text"], said["source"], said["author"]) == (
        "Adults over 40 <b>", "house", "Ai Admin",
    )  # fmt: skip
    assert said["at"]
    assert version.card_entries.count() == 2, "the earlier words are kept"
    over = admin.post(path, {"key": "purpose.intended_use", "text": "All"}, format="json")
    assert (over.status_code, over.json()["code"]) == (409, "stated_by_developer")
    for unknown in ("regulatory_status", "purpose.nonsense"):
        answer = admin.post(path, {"key": unknown, "text": "FDA cleared"}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "unknown_attribute")
    for who in ("radiologist", "system_admin"):
        answer = client(team, who).post(path, {"key": key, "text": "x"}, format="json")
        assert answer.status_code == 403


def test_what_was_measured_here_stands_on_the_card(team, version):
    world.approve(team=team, version=version)
    services.record_local_validation(
        actor=team.actor("ai_admin"), version_id=version.pk,
        summary={"date": "2026-11-20", "n": 40, "headline": {"dice": 0.91},
                 "report_sha256": "cd" * 32},
    )  # fmt: skip
    card = card_of(client(team, "surgeon"), version)
    assert (card["validation"]["studies"], card["validation"]["done_on"]) == (40, "2026-11-20")
    local = statements(card)["maintenance.local_validity"]
    assert (local["text"], local["source"]) == ("2026-11-20, 40 studies: dice 0.91", "record")


def test_a_built_in_shows_the_values_it_starts_with(team, tmp_path):
    version = world.builtin_version(tmp_path)
    card = card_of(client(team, "surgeon"), version)
    assert card["thresholds"] == ["method: fixed"]
    assert card["weights"] is None
