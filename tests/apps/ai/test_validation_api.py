"""Local validation over REST: who may, which folders, how a run is started, stopped and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command

from apps.ai import services as ai_services
from apps.ai.models import ModelVersion, ValidationRun
from apps.ai.validation_runs import running, services
from apps.audit.models import AuditEntry
from apps.core.models import OutboxMessage
from tests.apps.ai import zoo
from tests.apps.ai.bundles import write_bundle
from tests.apps.ai.test_api import client
from tests.apps.ai.validation_phantoms import ball, write_study
from tests.apps.ai.world import INSTALLER, builtin_version
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/api/validation/runs"
OUTSIDERS = ("surgeon", "radiologist", "chair", "system_admin", "auditor", "consultant")


@pytest.fixture
def root(house: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The configured root with one folder of one study, and things that must stay out of reach."""
    root = house / "validation-root"
    write_study(root / "lungs" / "one", hot=ball((5, 15, 12), 10), reference=ball((5, 15, 12), 10))
    (house / "secret" / "study").mkdir(parents=True)
    (root / "way-out").symlink_to(house / "secret")
    (root / "lungs" / "way-out").symlink_to(house / "secret")
    (root / "bare").mkdir()
    monkeypatch.setenv("CONSILIUM_VALIDATION_ROOT", str(root))
    return root


@pytest.fixture
def team(house: Path, db: Any) -> CaseTeam:
    return make_case_team()


@pytest.fixture
def version(house: Path, db: Any) -> ModelVersion:
    return builtin_version(house)


def start(team: CaseTeam, version: ModelVersion, folder: str, **more: Any) -> Any:
    body = {"version": str(version.pk), "folder": folder, **more}
    return client(team, "ai_admin").post(URL, body, format="json")


def test_only_ai_administration_sees_anything(
    team: CaseTeam, version: ModelVersion, root: Path
) -> None:
    run = start(team, version, "lungs").json()["id"]
    for who in OUTSIDERS:
        person = client(team, who)
        answers = [
            person.get("/api/validation/folders"),
            person.get(URL),
            person.post(URL, {"version": str(version.pk), "folder": "lungs"}, format="json"),
            person.get(f"{URL}/{run}"),
            person.post(f"{URL}/{run}/cancel"),
            person.post(f"{URL}/{run}/record"),
            person.get(f"{URL}/{run}/report.html"),
        ]
        assert {one.status_code for one in answers} == {403}, who


def test_folders_are_those_below_the_root_without_links(
    team: CaseTeam, version: ModelVersion, root: Path
) -> None:
    assert client(team, "ai_admin").get("/api/validation/folders").json() == {
        "configured": True,
        "folders": [{"name": "bare", "studies": 0}, {"name": "lungs", "studies": 1}],
    }


def test_without_a_root_nothing_can_be_started(
    team: CaseTeam, version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONSILIUM_VALIDATION_ROOT", raising=False)

    assert client(team, "ai_admin").get("/api/validation/folders").json() == {
        "configured": False,
        "folders": [],
    }
    answer = start(team, version, "lungs")
    assert (answer.status_code, answer.json()["code"]) == (409, "validation_root_missing")


@pytest.mark.parametrize(
    ("folder", "code"),
    [
        ("../secret", "unsafe_folder"),
        ("lungs/../../secret", "unsafe_folder"),
        ("/etc", "unsafe_folder"),
        ("way-out", "unsafe_folder"),
        ("way-out/study", "unsafe_folder"),
        ("lungs/way-out", "unsafe_folder"),
        (".", "unsafe_folder"),
        ("lungs\\..\\..", "unsafe_folder"),
        ("/".join(["lungs"] * 11), "unsafe_folder"),
        ("nowhere", "folder_missing"),
        ("bare", "no_studies"),
    ],
)
def test_a_folder_outside_the_root_is_not_reached_by_any_name(
    team: CaseTeam, version: ModelVersion, root: Path, folder: str, code: str
) -> None:
    answer = start(team, version, folder)

    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not ValidationRun.objects.exists()
    assert not OutboxMessage.objects.filter(task=services.RUN_TASK).exists()


def test_a_null_byte_is_no_name(team: CaseTeam, version: ModelVersion, root: Path) -> None:
    assert start(team, version, "lungs\0").status_code in {400, 409}
    assert not ValidationRun.objects.exists()


def test_a_started_run_is_owed_listed_audited_and_can_be_stopped(
    team: CaseTeam, version: ModelVersion, root: Path
) -> None:
    answer = start(team, version, "lungs", limit=1)

    assert answer.status_code == 202
    run = answer.json()
    assert (run["state"], run["folder"], run["limit"]) == ("queued", "lungs", 1)
    assert run["started_by"] == team.people["ai_admin"].display_name
    assert run["may_cancel"] is True
    (message,) = OutboxMessage.objects.filter(task=services.RUN_TASK)
    assert (message.queue, message.kwargs) == ("ai", {"run_id": run["id"]})
    admin = client(team, "ai_admin")
    listed = admin.get(URL, {"version": str(version.pk)}).json()["results"]
    assert [one["id"] for one in listed] == [run["id"]]
    assert admin.get(URL, {"version": str(uuid4())}).json()["results"] == []
    assert admin.get(URL, {"version": "x"}).status_code == 400
    assert start(team, version, "lungs").json()["code"] == "run_open"
    assert admin.get(f"{URL}/{run['id']}/report.html").json()["code"] == "not_finished"
    assert admin.post(f"{URL}/{run['id']}/cancel").json()["state"] == "cancelled"
    assert admin.post(f"{URL}/{run['id']}/cancel").json()["code"] == "illegal_move"
    assert start(team, version, "lungs").status_code == 202
    actions = list(
        AuditEntry.objects.filter(entity="validation_run").values_list("action", flat=True)
    )
    assert sorted(actions) == ["validation.cancelled", "validation.started", "validation.started"]


@pytest.mark.parametrize("limit", [0, -1, "many", 5_001])
def test_a_limit_that_is_none_is_refused(
    team: CaseTeam, version: ModelVersion, root: Path, limit: Any
) -> None:
    assert start(team, version, "lungs", limit=limit).status_code == 400


def test_a_content_two_people_have_not_approved_is_not_evaluated(
    team: CaseTeam, house: Path, root: Path
) -> None:
    bundle = ai_services.register_bundle(actor=INSTALLER, root=write_bundle(house / "source" / "b"))
    answer = start(team, bundle, "lungs")

    assert (answer.status_code, answer.json()["code"]) == (409, "model_not_approved")


def test_a_classification_gives_no_masks_and_is_refused_by_name(
    team: CaseTeam, house: Path, root: Path
) -> None:
    source = zoo.density(house / "source" / "density")
    bundle = ai_services.install_bundle(actor=INSTALLER, source=source, slug="density")
    for who in ("ai_admin", "radiologist"):
        ai_services.approve_version(actor=team.actor(who), version_id=bundle.pk)

    answer = start(team, bundle, "lungs")

    assert (answer.status_code, answer.json()["code"]) == (409, "task_not_validated")


def test_unknown_versions_runs_and_documents_are_not_found(
    team: CaseTeam, version: ModelVersion, root: Path
) -> None:
    run = start(team, version, "lungs").json()["id"]
    admin = client(team, "ai_admin")
    body = {"version": str(uuid4()), "folder": "lungs"}

    assert admin.post(URL, body, format="json").status_code == 404
    assert admin.get(f"{URL}/{uuid4()}").status_code == 404
    assert admin.get(f"{URL}/{run}/report.exe").status_code == 404


@pytest.mark.usefixtures("fresh_runner")
def test_from_the_bell_to_a_report_that_the_browser_will_not_run(
    team: CaseTeam, house: Path, root: Path
) -> None:
    call_command("register_models", stdout=None)
    pet = ModelVersion.objects.get(model__slug="pet-uptake")
    run = start(team, pet, "lungs").json()["id"]

    running.run_from_queue(run_id=ValidationRun.objects.get().pk)

    admin = client(team, "ai_admin")
    body = admin.get(f"{URL}/{run}").json()
    assert (body["state"], body["reason_message"]) == ("finished", "")
    assert body["progress"] == 1.0
    assert body["metrics"]["studies"]["total"] == 2, "the link counts, and is refused"
    assert body["studies"] == {
        "total": 2, "evaluated": 1, "out_of_scope": 0, "failed": 0, "refused": 1,
    }  # fmt: skip
    assert body["metrics"]["detection"]["sensitivity"]["value"] == 1.0
    page = admin.get(f"{URL}/{run}/report.html")
    assert page["Content-Type"].startswith("text/html")
    assert page["Content-Disposition"].startswith("attachment")
    assert "sandbox" in page["Content-Security-Policy"]
    assert team.people["ai_admin"].display_name in page.content.decode()
    assert admin.get(f"{URL}/{run}/report.csv")["Content-Type"].startswith("text/csv")
    assert admin.get(f"{URL}/{run}/report.json").json()["run"] == run


def test_a_finished_run_is_recorded_once_by_who_read_it(
    team: CaseTeam, version: ModelVersion, root: Path
) -> None:
    run_id = start(team, version, "lungs").json()["id"]
    admin = client(team, "ai_admin")
    early = admin.post(f"{URL}/{run_id}/record")
    assert (early.status_code, early.json()["code"]) == (409, "not_finished")
    running.run_from_queue(run_id=ValidationRun.objects.get().pk)
    assert admin.get(f"{URL}/{run_id}").json()["is_recorded"] is False
    answer = admin.post(f"{URL}/{run_id}/record")
    assert answer.status_code == 200, answer.content
    assert answer.json()["is_recorded"] is True
    kept = version.validations.get()
    run = ValidationRun.objects.get()
    assert (kept.studies, kept.report_sha256) == (1, run.report_sha256)
    assert kept.headline["Sensitivity per lesion"] == 1.0
    assert admin.post(f"{URL}/{run_id}/record").json()["code"] == "validation_known"
