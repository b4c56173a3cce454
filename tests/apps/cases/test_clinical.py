"""Recording, revising and withdrawing what is known of a patient, by services and by REST."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.audit.models import AuditEntry
from apps.cases import services
from apps.cases.clinical.kinds import KINDS
from apps.cases.models import (
    Biomarker,
    ClinicalEntry,
    CodedDiagnosis,
    Comorbidity,
    PerformanceStatus,
    Staging,
)
from apps.core.exceptions import Conflict, Forbidden, InvalidInput, NotVisible, StaleVersion
from tests.apps.cases.entries import GOOD, client_of, put, refusal
from tests.people import CaseTeam, make_case_team

pytestmark = pytest.mark.django_db


@pytest.fixture()
def team() -> CaseTeam:
    return make_case_team()


def test_every_kind_is_recorded_read_back_and_audited_without_its_words(team: CaseTeam) -> None:
    client = client_of(team, "oncologist")
    for name, kind in KINDS.items():
        base = f"/api/cases/{team.case_id}/clinical/{kind.plural}"
        made = client.post(base, GOOD[name], content_type="application/json")
        assert made.status_code == 201, (name, made.content)
        assert made.headers["ETag"] == '"1"'
        body = made.json()
        assert (body["status"], body["entry"]) == ("current", name)
        assert body["recorded_by"]["display_name"] == "Oncologist Person"
        assert client.get(f"{base}/{body['id']}").json() == body
        assert [one["id"] for one in client.get(base).json()["results"]] == [body["id"]]
    shown = client.get(f"/api/cases/{team.case_id}/clinical").json()
    assert {name: len(shown[kind.plural]) for name, kind in KINDS.items()} == dict.fromkeys(
        KINDS, 1
    )
    entries = AuditEntry.objects.filter(action="clinical.recorded")
    assert {one.entity for one in entries} == set(KINDS)
    said = " ".join(str(one.details) for one in entries)
    assert "wedding" not in said
    assert "Osimertinib" not in said
    assert AuditEntry.objects.filter(action="clinical.viewed").count() == 1
    assert AuditEntry.objects.filter(action="diagnosis.viewed").count() == 2  # one, and the list


def test_codes_get_their_names_from_the_terminology_alone(team: CaseTeam) -> None:
    entry = put(team, "diagnosis", snomed_code="254626006")
    assert entry.icd10_code == "C34.11"
    assert entry.icd10_display == "Malignant neoplasm of upper lobe, right bronchus or lung"
    assert entry.snomed_display == "Adenocarcinoma of lung"
    assert (entry.morphology_code, entry.morphology_display) == ("8140/3", "")  # not bundled
    client = client_of(team, "oncologist")
    typed = client.post(
        f"/api/cases/{team.case_id}/clinical/diagnoses",
        {"icd10_code": "Z99.9", "icd10_display": "Mrs Doe", "certainty": "confirmed"},
        content_type="application/json",
    ).json()
    assert (typed["icd10_code"], typed["icd10_display"]) == ("Z99.9", "")


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("diagnosis", {"icd10_code": "", "morphology_code": ""}, "diagnosis_empty"),
        ("diagnosis", {"icd10_code": "lung"}, "code_invalid"),
        ("diagnosis", {"snomed_code": "254626007"}, "code_invalid"),
        ("diagnosis", {"certainty": "sure"}, "entry_invalid"),
        ("diagnosis", {"text": "be\x07ll"}, "text_invalid"),
        ("staging", {"t": "T9"}, "tnm_invalid"),
        ("staging", {"edition": ""}, "edition_needed"),
        ("staging", {"prefix": ""}, "prefix_needed"),
        ("staging", {"group": "Doe"}, "group_invalid"),
        ("staging", {"scheme": "figo"}, "not_tnm"),
        ("staging", {"t": "", "n": "", "m": "", "group": ""}, "stage_empty"),
        ("staging", {"table": uuid4()}, "group_twice"),
        ("staging", {"table": uuid4(), "group": ""}, "table_unknown"),
        ("performance", {"value": 6}, "performance_invalid"),
        ("performance", {"scale": "kps", "value": 75}, "performance_invalid"),
        ("performance", {"on": None}, "date_needed"),
        ("performance", {"on": "2026-02-30"}, "date_invalid"),
        ("performance", {"on": "2126"}, "date_ahead"),
        ("performance", {"on": "1960"}, "date_before_birth"),
        ("comorbidity", {"conditions": ["gout"]}, "condition_unknown"),
        ("comorbidity", {"conditions": None}, "comorbidity_empty"),
        ("preference", {"text": "  "}, "preference_empty"),
        ("allergy", {"substance": ""}, "substance_needed"),
        ("allergy", {"criticality": "bad"}, "entry_invalid"),
        ("biomarker", {"gene": ""}, "gene_needed"),
        ("biomarker", {"gene": "mrs doe"}, "gene_invalid"),
        ("biomarker", {"hgvs_p": "p.Doe12Jan"}, "hgvs_invalid"),
        ("biomarker", {"hgvs_p": ""}, "variant_needed"),
        ("biomarker", {"vaf_percent": 101}, "value_invalid"),
        ("biomarker", {"value": 3}, "unit_needed"),
        ("biomarker", {"kind": "msi"}, "not_a_variant"),
        ("treatment", {"description": " "}, "description_needed"),
        ("treatment", {"ended_on": "2026-02"}, "end_before_start"),
        ("treatment", {"on": "2126-01"}, "date_ahead"),
    ],
)
def test_what_is_refused_and_with_which_code(
    team: CaseTeam, kind: str, fields: dict[str, Any], code: str
) -> None:
    assert refusal(team, kind, **fields) == code
    assert not KINDS[kind].model._default_manager.exists()


def test_results_without_a_gene_have_their_own_rules(team: CaseTeam) -> None:
    bare = {"gene": "", "hgvs_p": "", "vaf_percent": None}
    assert refusal(team, "biomarker", kind="msi", result="positive", **bare) == "result_invalid"
    assert refusal(team, "biomarker", kind="tmb", result="high", **bare) == "value_needed"
    assert refusal(team, "biomarker", kind="receptor", result="high", **bare) == "analyte_needed"
    pd_l1 = {"kind": "receptor", "analyte": "pd_l1", "result": "positive", "value": 60, **bare}
    assert refusal(team, "biomarker", unit="percent", **pd_l1) == "unit_needed"
    assert (
        refusal(team, "biomarker", unit="tps_percent", **{**pd_l1, "value": 160}) == "value_invalid"
    )
    put(team, "biomarker", unit="tps_percent", **pd_l1)
    put(team, "biomarker", kind="msi", result="msi_high", **bare)
    put(team, "biomarker", kind="tmb", result="high", value=14, unit="mut_per_mb", **bare)
    put(team, "biomarker", kind="tmb", result="failed", **bare)  # failed is no number
    put(team, "biomarker", kind="receptor", analyte="er", result="pending", **bare)
    assert Biomarker.objects.count() == 5


def test_charlson_is_computed_and_not_assessed_is_not_zero(team: CaseTeam) -> None:
    counted = put(team, "comorbidity")
    assert (counted.charlson_index, counted.age_points) == (3, 2)  # born 1961: 65 years old
    none = put(team, "comorbidity", conditions=[], on="2026-09")
    assert none.charlson_index == 0
    told = put(team, "comorbidity", conditions=None, text="Well-controlled hypertension.")
    assert told.charlson_index is None
    with pytest.raises(InvalidInput):
        put(team, "comorbidity", charlson_index=0)
    assert Comorbidity.objects.count() == 3


def test_a_revision_supersedes_and_keeps_what_stood(team: CaseTeam) -> None:
    first = put(team, "staging")
    second = services.revise_clinical(
        actor=team.actor("surgeon"), case_id=team.case_id, kind="staging", entry_id=first.pk,
        version=1, changes={"n": "N2a", "group": "IIIA"},
    )  # fmt: skip
    first.refresh_from_db()
    assert (first.status, first.n, first.group, first.version) == ("superseded", "N1", "IIB", 2)
    assert isinstance(second, Staging)
    assert (second.status, second.t, second.n, second.group) == ("current", "T2a", "N2a", "IIIA")
    assert (second.supersedes_id, second.recorded_by_id) == (first.pk, team.people["surgeon"].pk)
    client = client_of(team, "surgeon")
    base = f"/api/cases/{team.case_id}/clinical/stagings"
    assert [one["id"] for one in client.get(base).json()["results"]] == [str(second.pk)]
    kept = client.get(f"{base}?history=true").json()["results"]
    assert {one["status"] for one in kept} == {"current", "superseded"}


def test_two_who_revise_at_once_the_second_is_told(team: CaseTeam) -> None:
    first = put(team, "performance")
    change = {"kind": "performance", "entry_id": first.pk, "changes": {"value": 2}}
    services.revise_clinical(actor=team.actor("surgeon"), case_id=team.case_id, version=1, **change)
    with pytest.raises(StaleVersion) as caught:
        services.revise_clinical(
            actor=team.actor("chair"), case_id=team.case_id, version=1, **change
        )
    assert caught.value.details["current"] == {"version": 2, "status": "superseded"}
    with pytest.raises(Conflict) as late:
        services.revise_clinical(
            actor=team.actor("chair"), case_id=team.case_id, version=2, **change
        )
    assert late.value.error_code == "entry_not_current"


def test_rest_wants_the_version_that_was_seen(team: CaseTeam) -> None:
    entry = put(team, "performance")
    url = f"/api/cases/{team.case_id}/clinical/performance/{entry.pk}"
    client = client_of(team, "oncologist")
    bare = client.patch(url, {"value": 2}, content_type="application/json")
    assert (bare.status_code, bare.json()["code"]) == (400, "version_required")
    stale = client.patch(url, {"value": 2}, content_type="application/json", HTTP_IF_MATCH='"7"')
    assert (stale.status_code, stale.json()["code"]) == (409, "stale_version")
    good = client.patch(url, {"value": 2}, content_type="application/json", HTTP_IF_MATCH='"1"')
    assert (good.status_code, good.json()["value"]) == (200, 2)
    assert good.json()["supersedes"] == str(entry.pk)


def test_a_withdrawn_entry_is_kept_with_its_reason_and_nothing_comes_back(team: CaseTeam) -> None:
    first = put(team, "performance")
    second = services.revise_clinical(
        actor=team.actor("surgeon"), case_id=team.case_id, kind="performance",
        entry_id=first.pk, version=1, changes={"value": 3},
    )  # fmt: skip
    url = f"/api/cases/{team.case_id}/clinical/performance/{second.pk}/withdraw"
    client = client_of(team, "surgeon")
    bare = client.post(url, {"reason": " "}, content_type="application/json", HTTP_IF_MATCH='"1"')
    assert bare.status_code == 400
    done = client.post(
        url, {"reason": "Another patient's."}, content_type="application/json", HTTP_IF_MATCH='"1"'
    ).json()
    assert (done["status"], done["error_reason"]) == ("entered_in_error", "Another patient's.")
    assert done["withdrawn_at"] is not None
    assert client.get(f"/api/cases/{team.case_id}/clinical").json()["performance"] == []
    assert PerformanceStatus.objects.count() == 2
    team.case.refresh_from_db()
    assert team.case.ecog is None


def test_the_same_twice_is_one_entry(team: CaseTeam) -> None:
    for kind in KINDS:
        entry: ClinicalEntry = put(team, kind)
        with pytest.raises(Conflict) as caught:
            put(team, kind)
        assert caught.value.error_code == "entry_exists"
        assert caught.value.details == {"entry": str(entry.pk)}


def test_the_case_says_at_a_glance_what_its_newest_entries_say(team: CaseTeam) -> None:
    put(team, "diagnosis", text="Adenocarcinoma, acinar")
    put(team, "staging")
    put(team, "performance")
    put(team, "performance", value=2, on="2026-07-01")  # older: not the one that counts
    put(team, "performance", scale="kps", value=80, on="2026-09-01")  # no ECOG is made of it
    put(team, "diagnosis", icd10_code="C22.0", certainty="refuted", on="2026-09-01")
    team.case.refresh_from_db()
    case = team.case
    assert (case.stage, case.ecog) == ("cT2a cN1 cM0, stage IIB (UICC 8)", 1)
    assert (case.diagnosis_code, case.diagnosis_text) == ("C34.11", "Adenocarcinoma, acinar")
    assert case.diagnosis_display.startswith("Malignant neoplasm of upper lobe")


def test_what_entries_say_is_not_typed_over(team: CaseTeam) -> None:
    put(team, "staging")
    team.case.refresh_from_db()
    version, stage = team.case.version, team.case.stage
    with pytest.raises(Conflict) as caught:
        services.edit_case(
            actor=team.actor("chair"), case_id=team.case_id, version=version,
            changes={"stage": "cT4", "title": "Other"},
        )  # fmt: skip
    assert caught.value.error_code == "said_by_entries"
    assert caught.value.details == {"fields": ["stage"]}
    same = services.edit_case(
        actor=team.actor("chair"), case_id=team.case_id, version=version,
        changes={"stage": stage, "ecog": 2},
    )  # fmt: skip
    assert same.ecog == 2


@pytest.mark.parametrize("who", ["trainee", "consultant"])
def test_trainees_and_consultants_read(team: CaseTeam, who: str) -> None:
    for kind in KINDS:
        with pytest.raises(Forbidden):
            put(team, kind, who=who)
    assert client_of(team, who).get(f"/api/cases/{team.case_id}/clinical").status_code == 200


@pytest.mark.parametrize("who", ["outsider", "system_admin", "ai_admin", "auditor"])
def test_for_strangers_the_case_is_not_there(team: CaseTeam, who: str) -> None:
    entry = put(team, "performance")
    client = client_of(team, who)
    base = f"/api/cases/{team.case_id}"
    for path in (
        "clinical",
        "timeline",
        "clinical/performance",
        f"clinical/performance/{entry.pk}",
    ):
        assert client.get(f"{base}/{path}").status_code == 404, path
    with pytest.raises(NotVisible):
        put(team, "performance", who=who, value=2)


def test_an_entry_of_another_case_is_not_there(team: CaseTeam) -> None:
    other = make_case_team()
    theirs = put(other, "performance")
    client = client_of(team, "chair")
    url = f"/api/cases/{team.case_id}/clinical/performance/{theirs.pk}"
    assert client.get(url).status_code == 404
    done = client.patch(url, {"value": 2}, content_type="application/json", HTTP_IF_MATCH='"1"')
    assert done.status_code == 404


def test_html_stays_the_text_that_it_is(team: CaseTeam) -> None:
    entry = put(team, "preference", text="<img src=x onerror=alert(1)>\r\n=1+1")
    assert entry.text == "<img src=x onerror=alert(1)>\n=1+1"


@pytest.mark.parametrize("rows", [1, 10, 200])
def test_lists_cost_the_same_queries_at_any_length(
    team: CaseTeam, rows: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    author = team.people["oncologist"]
    CodedDiagnosis.objects.bulk_create(
        CodedDiagnosis(
            case=team.case, text=f"Diagnosis {number}", certainty="confirmed", recorded_by=author
        )
        for number in range(rows)
    )
    client = client_of(team, "oncologist")
    client.get("/api/me")
    base = f"/api/cases/{team.case_id}"
    with django_assert_max_num_queries(9):  # session, person, policy and audit among them
        got = client.get(f"{base}/clinical/diagnoses?limit=200").json()["results"]
    assert len(got) == rows
    with django_assert_max_num_queries(20):
        assert len(client.get(f"{base}/clinical").json()["diagnoses"]) == rows
    with django_assert_max_num_queries(26):
        assert len(client.get(f"{base}/timeline").json()["results"]) == rows
