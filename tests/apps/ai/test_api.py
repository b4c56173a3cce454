"""REST of models, jobs and findings: shapes, rights, bounds."""

import gzip

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.ai import services
from apps.ai.choices import DismissalReason
from apps.audit.models import AuditEntry
from tests.apps.ai import world
from tests.people import make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    return make_case_team()


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def findings(team, version):
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=2
    )
    return list(job.findings.order_by("number"))


def client(team, who):
    made = APIClient()
    made.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return made


def test_models_list_shows_card_state_and_versions(team, version):
    body = client(team, "surgeon").get("/api/models").json()
    (model,) = body["results"]
    assert model["id"] == str(version.model_id)
    assert (model["version"], model["state"], model["kind"]) == ("1.0", "active", "builtin")
    assert model["card"] == {"intended_use": "tests"}
    assert model["versions"][0]["approvals"] == []


def test_job_is_asked_followed_and_cancelled(team, version):
    series = world.indexed_series(team=team)
    radiologist = client(team, "radiologist")
    asked = {
        "case": str(team.case_id),
        "model": str(version.model_id),
        "series_instance_uid": series.series_instance_uid,
    }
    answer = radiologist.post("/api/jobs", asked, format="json")
    assert answer.status_code == 202
    job = answer.json()
    assert (job["state"], job["queue_position"], job["reason"]) == ("queued", 1, None)
    assert (job["is_urgent"], job["queue_reason"], job["starts_in_s"]) == (False, "turn", None)
    urgent = radiologist.post("/api/jobs", {**asked, "is_urgent": True}, format="json").json()
    assert (urgent["id"], urgent["queue_reason"]) == (job["id"], "urgent")
    assert job["series_instance_uid"] == series.series_instance_uid
    again = radiologist.post("/api/jobs", asked, format="json").json()
    assert again["id"] == job["id"]
    (listed,) = radiologist.get("/api/jobs", {"case": team.case_id}).json()["results"]
    assert listed["case"] == str(team.case_id)
    cancelled = radiologist.post(f"/api/jobs/{job['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    assert radiologist.post(f"/api/jobs/{job['id']}/retry").json()["state"] == "queued"


@pytest.mark.parametrize(
    ("field", "value"),
    [("series_instance_uid", "../../etc"), ("model", "nonsense"), ("case", "")],
)
def test_malformed_request_is_400(team, version, field, value):
    asked = {
        "case": str(team.case_id),
        "model": str(version.model_id),
        "series_instance_uid": "1.2.3",
        field: value,
    }
    answer = client(team, "radiologist").post("/api/jobs", asked, format="json")
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_input"


def test_findings_have_the_agreed_shape_and_are_audited(team, findings):
    body = client(team, "surgeon").get("/api/findings", {"case": team.case_id}).json()
    assert len(body["results"]) == 2
    shown = next(one for one in body["results"] if one["id"] == str(findings[0].pk))
    assert shown["state"] == "unreviewed"
    assert shown["version"] == 1
    assert shown["review"] is None
    assert shown["export"] is None
    assert shown["measurements"] == [{"quantity": "volume", "value": 1.5, "unit": "mL"}]
    assert shown["code"] == {"system": "SCT", "code": "4147007", "display": "Mass"}
    assert AuditEntry.objects.filter(action="findings.viewed", case_id=team.case_id).exists()


def test_inbox_lists_unreviewed_findings_of_my_cases_only(team, findings):
    make_case_team()
    services.accept_finding(
        actor=team.actor("radiologist"),
        finding_id=findings[0].pk,
        case_id=team.case_id,
        version=1,
    )
    ask = {"state": "unreviewed"}
    mine = client(team, "radiologist").get("/api/findings", ask).json()["results"]
    assert [one["id"] for one in mine] == [str(findings[1].pk)]
    assert mine[0]["case_title"] == team.case.title
    for who in ("outsider", "consultant", "ai_admin"):
        assert client(team, who).get("/api/findings", ask).json()["results"] == []


def test_accept_and_dismiss_over_rest(team, findings):
    radiologist = client(team, "radiologist")
    accepted = radiologist.post(
        f"/api/findings/{findings[0].pk}/accept", {"version": 1}, format="json"
    ).json()
    assert (accepted["state"], accepted["version"]) == ("accepted", 2)
    assert accepted["export"]["state"] == "queued"
    assert accepted["review"]["reviewer"]["display_name"] == "Radiologist Person"
    stale = radiologist.post(
        f"/api/findings/{findings[0].pk}/dismiss",
        {"version": 1, "reason_code": "duplicate"},
        format="json",
    )
    assert stale.status_code == 409
    assert stale.json()["code"] == "stale_version"
    dismissed = radiologist.post(
        f"/api/findings/{findings[1].pk}/dismiss",
        {"version": 1, "reason_code": "wrong-class", "comment": "Vessel"},
        format="json",
    ).json()
    assert dismissed["review"]["reason_code"] == "wrong-class"
    assert dismissed["export"] is None


def test_dismissal_reasons_are_listed(team):
    listed = client(team, "surgeon").get("/api/findings/dismissal-reasons").json()
    assert [one["code"] for one in listed] == DismissalReason.values


EXPECTED = {
    "radiologist": 200,
    "chair": 200,
    "surgeon": 200,
    "coordinator": 200,
    "trainee": 200,
    "consultant": 403,
    "outsider": 404,
    "ai_admin": 404,
    "system_admin": 404,
    "auditor": 404,
}


@pytest.mark.parametrize(("who", "status"), EXPECTED.items())
def test_who_may_see_findings_and_masks(team, findings, who, status):
    browser = client(team, who)
    finding = findings[0].pk
    assert browser.get("/api/findings", {"case": team.case_id}).status_code == status
    assert browser.get(f"/api/findings/{finding}").status_code == status
    assert browser.get(f"/api/findings/{finding}/mask").status_code == status
    assert browser.get(f"/api/findings/{finding}/mask-geometry").status_code == status


@pytest.mark.parametrize("who", sorted(set(EXPECTED) - {"radiologist"}))
def test_who_may_not_review_over_rest(team, findings, who):
    answer = client(team, who).post(
        f"/api/findings/{findings[0].pk}/accept", {"version": 1}, format="json"
    )
    assert answer.status_code in {403, 404}
    assert (answer.status_code == 404) == (EXPECTED[who] == 404)


def test_anonymous_gets_401_everywhere(team, findings):
    browser = APIClient()
    for path in (
        "/api/models",
        "/api/jobs",
        "/api/findings",
        f"/api/findings/{findings[0].pk}/mask",
    ):
        assert browser.get(path).status_code == 401


def test_ai_admin_sees_jobs_without_study_identifiers(team, findings):
    admin = client(team, "ai_admin")
    (job,) = admin.get("/api/jobs").json()["results"]
    assert job["state"] == "findings"
    assert job["study_instance_uid"] is None
    assert job["series_instance_uid"] is None
    assert job["case"] is None
    assert admin.get(f"/api/jobs/{job['id']}").json()["series_instance_uid"] is None
    assert client(team, "outsider").get("/api/jobs").json()["results"] == []


def test_mask_is_served_gzipped_as_it_lies_and_plain_on_demand(team, findings):
    browser = client(team, "surgeon")
    path = f"/api/findings/{findings[0].pk}/mask"
    packed = browser.get(path, headers={"accept-encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert packed["X-Mask-Shape"] == "4,6,8"
    assert "private" in packed["Cache-Control"]
    plain = browser.get(path, headers={"accept-encoding": "identity"})
    assert gzip.decompress(packed.content) == plain.content
    assert len(plain.content) == 4 * 6 * 8
    assert sum(plain.content) == 2 * 2 * 3
    again = browser.get(path, headers={"if-none-match": packed["ETag"]})
    assert again.status_code == 304
    frames = [1] * len(world.GRID["sop_instance_uids"])
    assert browser.get(f"{path}-geometry").json() == world.GRID | {"frames": frames}


def test_the_list_of_models_needs_as_many_queries_for_five_as_for_one(team, tmp_path):
    browser = client(team, "ai_admin")

    def queries():
        with CaptureQueriesContext(connection) as captured:
            browser.get("/api/models")
        return len(captured)

    world.builtin_version(tmp_path, slug="one")
    queries()  # the first request of a session also writes it
    few = queries()
    for name in ("two", "three", "four", "five"):
        world.builtin_version(tmp_path, slug=name)
    assert queries() == few


@pytest.mark.parametrize("resource", ["findings", "jobs"])
def test_lists_need_as_many_queries_for_fifty_as_for_one(team, version, resource):
    browser = client(team, "radiologist")

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = browser.get(f"/api/{resource}", {"case": team.case_id})
        return len(answer.json()["results"]), len(captured)

    world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=1
    )
    queries()  # the first request of a session also writes it
    one, few = queries()
    for _ in range(5):
        world.finished_job(
            team=team, version=version, series=world.indexed_series(team=team), findings=10
        )
    many, same = queries()
    assert many > one
    assert same == few
    assert same <= 10, "session, person, roles, standing, two embargoes and the list itself"
