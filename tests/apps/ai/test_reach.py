"""Whom a withdrawn version touched: everything, for those who may know."""

import csv
import io

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.ai import services
from apps.ai.choices import ExportState
from apps.ai.models import FindingExport, Job
from apps.audit.models import AuditEntry
from apps.boards.models import Decision
from apps.imaging.models import CaseStudy
from tests.apps.ai import world
from tests.apps.ai.test_api import client
from tests.people import make_case_team, make_patient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house")]
WHY = "It calls vessels nodules."


@pytest.fixture
def team():
    return make_case_team(patient=make_patient(name="Quixote^Alonso"), title="Nodule of Quixote")


@pytest.fixture
def version(tmp_path):
    return world.builtin_version(tmp_path)


@pytest.fixture
def touched(team, version):
    """One case with an accepted, a dismissed and an open finding, and an answer without any."""
    Decision.objects.create(case=team.case, status="signed", summary="Before it ran")
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=3
    )
    first, second, _ = job.findings.order_by("number")
    services.accept_finding(
        actor=team.actor("radiologist"), finding_id=first.pk, case_id=team.case_id, version=1
    )
    services.dismiss_finding(
        actor=team.actor("radiologist"), finding_id=second.pk, case_id=team.case_id, version=1,
        reason_code="wrong-class", comment="=cmd|'Quixote'",
    )  # fmt: skip
    FindingExport.objects.update(state=ExportState.STORED, verified_report_uid="2.25.4711")
    world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=0
    )
    decision = Decision.objects.create(case=team.case, status="draft", summary="Resect Quixote")
    services.suspend_version(actor=team.actor("ai_admin"), version_id=version.pk, reason=WHY)
    return {"first": first, "decision": decision}


def reach(team, who, version, **query):
    return client(team, who).get(f"/api/models/versions/{version.pk}/reach", query)


def test_a_clinician_sees_their_cases_whole(team, version, touched):
    body = reach(team, "surgeon", version).json()
    assert body["totals"] == {
        "cases": 1, "findings": 3, "accepted": 1, "dismissed": 1, "exported": 1, "decisions": 1,
        "without_findings": 1,
    }  # fmt: skip
    assert body["by_pseudonym"] is False
    without, with_findings = body["results"]
    assert (without["outcome"], without["findings"]) == ("no_findings", [])
    assert with_findings["case"] == str(team.case_id)
    assert with_findings["case_title"] == "Nodule of Quixote"
    by_state = {one["state"]: one for one in with_findings["findings"]}
    assert set(by_state) == {"accepted", "dismissed", "unreviewed"}
    accepted = by_state["accepted"]
    assert accepted["id"] == str(touched["first"].pk)
    assert (accepted["export"], accepted["report_uid"]) == ("stored", "2.25.4711")
    assert accepted["reviewer"] == "Radiologist Person"
    assert by_state["dismissed"]["reason_code"] == "wrong-class"
    # A decision made before the answer was not touched by it.
    (decision,) = with_findings["decisions"]
    assert (decision["id"], decision["status"]) == (str(touched["decision"].pk), "draft")
    assert AuditEntry.objects.filter(action="model.reach_viewed").count() == 1


def test_ai_administration_sees_everything_by_pseudonym_only(team, version, touched):
    answer = reach(team, "ai_admin", version)
    body = answer.json()
    assert (body["totals"]["cases"], body["totals"]["findings"]) == (1, 3)
    assert body["by_pseudonym"] is True
    row = body["results"][1]
    assert (row["case"], row["case_title"]) == (None, "")
    assert row["case_pseudonym"].startswith("CASE-")
    assert row["case_pseudonym"] == body["results"][0]["case_pseudonym"]
    names = {one["pseudonym"] for one in row["findings"]}
    assert len(names) == 3
    table = client(team, "ai_admin").get(f"/api/models/versions/{version.pk}/reach.csv").content
    for said in (answer.content, table):
        for secret in (
            "Quixote", str(team.case_id), str(touched["first"].pk), "2.25.4711",
            str(touched["decision"].pk), "Radiologist Person", str(touched["first"].study_id),
            touched["first"].study.study_instance_uid,
        ):  # fmt: skip
            assert secret.encode() not in said, secret


def test_others_see_nothing_of_it(team, version, touched):
    other = make_case_team(patient=make_patient(patient_id="P-other"))
    for who in ("outsider", "auditor", "consultant"):
        body = reach(team, who, version).json()
        assert (body["results"], body["totals"]["findings"]) == ([], 0), who
    assert reach(other, "radiologist", version).json()["results"] == []


def test_two_cases_with_one_study_are_both_touched(team, version, touched):
    other = make_case_team(patient=make_patient(patient_id="P-2"), title="Second look")
    CaseStudy.objects.create(case=other.case, study=touched["first"].study)
    body = reach(team, "ai_admin", version).json()
    assert body["totals"]["cases"] == 2
    assert len(body["results"]) == 3
    (row,) = reach(other, "radiologist", version).json()["results"]
    assert {one["state"] for one in row["findings"]} == {"unreviewed"}, "each case for itself"
    assert row["case_title"] == "Second look"


def test_what_ran_in_shadow_touched_nobody(team, version, touched):
    Job.objects.update(is_shadow=True)
    body = reach(team, "ai_admin", version).json()
    assert (body["results"], body["totals"]["cases"]) == ([], 0)


def test_the_table_holds_every_finding_and_no_formula(team, version, touched):
    answer = client(team, "surgeon").get(f"/api/models/versions/{version.pk}/reach.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == 4
    assert sorted(row["state"] for row in rows) == ["", "accepted", "dismissed", "unreviewed"]
    assert {row["case"] for row in rows} == {str(team.case_id)}
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert all(str(touched["decision"].pk) in row["decisions"] for row in rows)


def test_a_label_like_a_formula_is_text(team, version):
    job = world.finished_job(
        team=team, version=version, series=world.indexed_series(team=team), findings=1
    )
    job.findings.update(label="=HYPERLINK(1)")
    answer = client(team, "surgeon").get(f"/api/models/versions/{version.pk}/reach.csv")
    (row,) = csv.DictReader(io.StringIO(answer.content.decode()))
    assert row["label"] == "'=HYPERLINK(1)"


def test_it_is_as_many_queries_for_twenty_answers_as_for_one(team, version):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            reach(team, "surgeon", version)
        return len(captured)

    world.finished_job(team=team, version=version, series=world.indexed_series(team=team))
    queries()
    few = queries()
    for _ in range(20):
        world.finished_job(team=team, version=version, series=world.indexed_series(team=team))
    assert queries() == few
