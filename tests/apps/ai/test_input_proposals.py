"""Which series a model would read, why, and which others fit: as the job then takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from apps.ai import services
from apps.ai.models import Job, ModelVersion
from apps.imaging.models import Series
from tests.apps.ai import world
from tests.apps.ai.research_scene import Brought, _house, client_of, team
from tests.people import CaseTeam

__all__ = ["_house", "team"]

pytestmark = pytest.mark.django_db

TWO_ROLES = [
    {"role": "t1", "label": "T1", "series": {"modality": "MR", "description": ["t1*"]}},
    {"role": "flair", "label": "FLAIR", "series": {"modality": "MR", "description": ["*flair*"]}},
]


def version_with(tmp_path: Path, **scope: Any) -> ModelVersion:
    source = tmp_path / f"analysis-{uuid4().hex[:6]}"
    source.mkdir()
    (source / "code.py").write_text("VALUE = 1\n")
    return services.register_builtin(
        actor=world.INSTALLER,
        slug=source.name,
        name="Reads series",
        version="1.0",
        module="apps.ai.analyses.pet_lesions",
        source=source,
        card={"intended_use": "tests"},
        scope={"rules": [], **scope},
        default_parameters={},
    )


def a_study(team: CaseTeam, **series: dict[str, Any]) -> Series:
    """Series of one study as the index knows them, by their description."""
    first = world.indexed_series(team=team)
    study = first.study
    first.delete()
    made = [
        Series.objects.create(
            study=study,
            series_instance_uid=f"2.25.{uuid4().int}",
            number=number,
            content_sha256=uuid4().hex * 2,
            archive_key="absent",
            kind="image",
            **{"modality": "MR", "description": name, "instance_count": 20, **fields},
        )
        for number, (name, fields) in enumerate(series.items(), start=1)
    ]
    return made[0]


def ask(team: CaseTeam, version: ModelVersion, study_uid: str, who: str = "radiologist") -> Any:
    path = f"/api/cases/{team.case_id}/studies/{study_uid}/models/{version.model_id}/inputs"
    return client_of(team, who).get(path)


def uid_of(description: str) -> str:
    return Series.objects.get(description=description).series_instance_uid


def test_each_role_names_the_only_series_that_fits(team: CaseTeam, tmp_path: Path) -> None:
    version = version_with(tmp_path, inputs=TWO_ROLES)
    study = a_study(team, t1_mprage={}, flair={}, t2={}).study
    answer = ask(team, version, study.study_instance_uid)
    assert answer.status_code == 200, answer.content
    t1, flair = answer.json()["inputs"]
    assert (t1["role"], t1["label"], t1["why"]) == ("t1", "T1", "only_fit")
    assert (t1["proposed"], flair["proposed"]) == (uid_of("t1_mprage"), uid_of("flair"))
    others = {one["series_instance_uid"]: one for one in t1["candidates"] if not one["fits"]}
    assert others[uid_of("t2")]["refusal"]["code"] == "description"
    assert not Job.objects.exists(), "to look is not to ask"


def test_a_role_that_several_fit_is_left_to_a_person_and_taken_as_they_say(
    team: CaseTeam, tmp_path: Path
) -> None:
    version = version_with(tmp_path, inputs=TWO_ROLES)
    study = a_study(team, t1_mprage={}, t1_tse={}, flair={}).study
    t1, flair = ask(team, version, study.study_instance_uid).json()["inputs"]
    assert (t1["proposed"], t1["why"]) == (None, "several_fit")
    assert [one["fits"] for one in t1["candidates"]] == [True, True, False]
    body = {
        "case": str(team.case_id),
        "model": str(version.model_id),
        "series_instance_uid": uid_of("t1_tse"),
        "inputs": {"t1": uid_of("t1_tse"), "flair": flair["proposed"]},
    }
    client = client_of(team, "radiologist")
    asked = client.post("/api/jobs", body, content_type="application/json")
    assert asked.status_code == 202, asked.content
    job = Job.objects.get()
    assert job.inputs.get(role="t1").series.description == "t1_tse"
    body["inputs"]["t1"] = uid_of("flair")
    refused = client.post("/api/jobs", body, content_type="application/json")
    assert refused.json()["code"] == "inputs_missing", "what does not fit is not taken"


def test_a_missing_role_says_why_each_series_is_not_it(team: CaseTeam, tmp_path: Path) -> None:
    version = version_with(tmp_path, inputs=TWO_ROLES)
    study = a_study(team, t1_mprage={}, flair={"modality": "CT"}).study
    _, flair = ask(team, version, study.study_instance_uid).json()["inputs"]
    assert (flair["proposed"], flair["why"]) == (None, "none_fits")
    said = {one["series_instance_uid"]: one["refusal"] for one in flair["candidates"]}
    assert said[uid_of("flair")] == {"code": "modality", "message": "It is CT, not MR."}


def test_of_several_for_one_series_the_one_with_most_images_is_proposed(
    team: CaseTeam, tmp_path: Path
) -> None:
    version = version_with(tmp_path)
    study = a_study(team, scout={"instance_count": 2}, thin={"instance_count": 300}).study
    (only,) = ask(team, version, study.study_instance_uid).json()["inputs"]
    assert (only["role"], only["proposed"], only["why"]) == ("", uid_of("thin"), "most_images")


def test_what_the_headers_put_out_of_scope_is_said_and_not_proposed(
    team: CaseTeam, tmp_path: Path
) -> None:
    rule = {
        "attribute": "Modality",
        "any_of": ["PT"],
        "code": "not_pet",
        "message": "The series is no PET.",
    }
    version = version_with(tmp_path, rules=[rule])
    brought = Brought(team, tmp_path / "in", "axial")
    (only,) = ask(team, version, brought.study_uid).json()["inputs"]
    (one,) = only["candidates"]
    assert one["fits"] is True
    assert one["out_of_scope"] == {"code": "not_pet", "message": "The series is no PET."}


def test_only_who_may_ask_for_a_run_is_told(team: CaseTeam, tmp_path: Path) -> None:
    version = version_with(tmp_path)
    uid = a_study(team, thin={}).study.study_instance_uid
    expected = {"radiologist": 200, "consultant": 403, "outsider": 404}
    for who, status in expected.items():
        assert ask(team, version, uid, who).status_code == status, who
    assert ask(team, version, "1.2.3").status_code == 404
