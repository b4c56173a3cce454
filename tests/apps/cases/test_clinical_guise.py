"""A de-identified viewer gets no word of any clinical entry that could name somebody.

Every text field of every kind is planted with a canary of its own; a field that is added later is
planted too, because the fields are read from the models.
"""

import json
from datetime import date
from typing import Any

import pytest
from django.db import models
from django.test import Client

from apps.cases.clinical.kinds import KINDS
from apps.cases.models import CaseGrant, ClinicalEntry
from apps.cases.services import edit_case
from apps.cases.shifting import date_shift
from apps.imaging.projection import Projection
from tests.people import CaseTeam, make_case_team
from tests.security.canaries import CANARY

pytestmark = pytest.mark.django_db
BACKEND = "django.contrib.auth.backends.ModelBackend"
DAY = date(2020, 7, 4)
CHOSEN: dict[str, dict[str, Any]] = {
    "referral": {"reason": "recurrence"},
    "diagnosis": {"certainty": "confirmed"},
    "staging": {"scheme": "other"},
    "performance": {"scale": "ecog", "value": 1},
    "comorbidity": {"conditions": ["renal"]},
    "preference": {},
    "allergy": {"criticality": "high"},
    "biomarker": {"kind": "variant", "result": "detected"},
    "treatment": {"kind": "surgery"},
}
CHECKED = {
    "staging": {"t", "n", "m", "group"},
    "biomarker": {"hgvs_c", "hgvs_p"},
}
"""Text that passes because its rule has checked its form; no canary has that form."""


def plant(team: CaseTeam) -> dict[str, str]:
    """One entry of each kind, written past the rules, with a canary in each text field."""
    planted: dict[str, str] = {}
    for name, kind in KINDS.items():
        values = dict(CHOSEN[name])
        for column in kind.model._meta.concrete_fields:
            is_text = isinstance(column, models.CharField | models.TextField)
            if not is_text or column.choices or column.name in CHECKED.get(name, ()):
                if isinstance(column, models.DateField) and column.name in kind.fields:
                    values[column.name] = DAY
                continue
            if column.name.endswith("_display"):
                continue  # written by the terminology alone
            word = f"ZQ{len(planted):05d}XV"
            if column.max_length and column.max_length < len(word):
                word = word[: column.max_length]
            values[column.name] = word
            planted[f"{name}.{column.name}"] = word
        kind.model._default_manager.create(
            case=team.case, on=DAY, precision="day", recorded_by=team.people["oncologist"], **values
        )
    return planted


def answers(team: CaseTeam, who: str) -> str:
    client = Client()
    client.force_login(team.people[who], backend=BACKEND)
    base = f"/api/cases/{team.case_id}"
    paths = [base, "/api/cases", f"{base}/clinical", f"{base}/timeline"]
    for kind in KINDS.values():
        paths += [f"{base}/clinical/{kind.plural}?history=true"]
        for entry in kind.model._default_manager.all():
            paths.append(f"{base}/clinical/{kind.plural}/{entry.pk}")
    said = []
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        said.append(answer.content.decode())
    return "\n".join(said)


def test_no_canary_and_no_true_date_reaches_a_guest() -> None:
    team = make_case_team()
    planted = plant(team)
    assert len(planted) >= 40
    told = answers(team, "oncologist")
    hidden = {"group_table", "group_table_sha256"}  # said, and looked for like the others
    for place, word in planted.items():
        assert word in told, f"{place}: the search would not find it"
    assert hidden <= {place.split(".")[1] for place in planted}
    heard = answers(team, "consultant")
    assert CANARY.search(heard.encode()) is None
    for place, word in planted.items():
        assert f'"{word}"' not in heard, place
    assert DAY.isoformat() in told
    assert DAY.isoformat() not in heard
    assert "Oncologist Person" in told
    assert "Oncologist Person" not in heard


def test_what_a_guest_gets_is_what_the_board_needs() -> None:
    team = make_case_team()
    client = Client()
    client.force_login(team.people["oncologist"], backend=BACKEND)
    base = f"/api/cases/{team.case_id}/clinical"

    def put(path: str, body: dict[str, Any]) -> None:
        made = client.post(f"{base}/{path}", body, content_type="application/json")
        assert made.status_code == 201, made.content

    put("diagnoses", {"icd10_code": "C34.1", "certainty": "confirmed", "text": "of Mrs Doe"})
    put("diagnoses", {"icd10_code": "Q12.3456", "certainty": "confirmed"})
    put("biomarkers", {"kind": "variant", "gene": "EGFR", "hgvs_c": "NM_123456789.1:c.2573T>G",
                       "result": "detected"})  # fmt: skip
    put("biomarkers", {"kind": "variant", "gene": "JANEDOE1961", "hgvs_p": "p.Leu858Arg",
                       "result": "detected"})  # fmt: skip
    put("stagings", {"scheme": "tnm", "edition": "uicc_8", "prefix": "c", "t": "T2a", "n": "N1",
                     "m": "M0", "group": "IIB", "on": "2020-07-04"})  # fmt: skip
    client.force_login(team.people["consultant"], backend=BACKEND)
    shown = client.get(base).json()
    text = json.dumps(shown)
    for secret in ("Doe", "JANEDOE", "Q12.3456", "123456789", "2020-07-04"):
        assert secret not in text, secret
    assert shown["is_withheld"] is True
    codes = {(one["icd10_code"], one["icd10_display"][:9]) for one in shown["diagnoses"]}
    assert codes == {("C34.1", "Malignant"), ("", "")}
    genes = {(one["gene"], one["hgvs_c"], one["hgvs_p"]) for one in shown["biomarkers"]}
    assert genes == {("EGFR", "c.2573T>G", ""), ("", "", "p.Leu858Arg")}
    (stage,) = shown["stagings"]
    assert (stage["t"], stage["group"], stage["is_draft"]) == ("T2a", "IIB", False)


def test_what_was_typed_into_the_case_passes_only_where_it_is_a_code_or_a_stage() -> None:
    team = make_case_team()

    def glance(**changes: Any) -> dict[str, Any]:
        team.case.refresh_from_db()
        edit_case(
            actor=team.actor("chair"), case_id=team.case_id, version=team.case.version,
            changes=changes,
        )  # fmt: skip
        client = Client()
        client.force_login(team.people["consultant"], backend=BACKEND)
        shown: dict[str, Any] = client.get(f"/api/cases/{team.case_id}").json()
        return shown

    typed = {
        "diagnosis_system": "http://hl7.org/fhir/sid/icd-10",
        "diagnosis_code": "C34.1",
        "diagnosis_display": "Lung cancer of Mrs ZQ00001XV",
        "stage": "cT2a cN1, stage IIB (UICC 8)",
    }
    shown = glance(**typed)
    assert shown["stage"] == "cT2a cN1, stage IIB (UICC 8)"
    name = "Malignant neoplasm of upper lobe, bronchus or lung"
    assert (shown["diagnosis"]["code"], shown["diagnosis"]["display"]) == ("C34.1", name)
    shown = glance(diagnosis_code="ZQ00001XV", stage="cT2a Mrs Doe (ZQ00002XV), IIB")
    assert shown["stage"] == "cT2a IIB"
    assert shown["diagnosis"] == {"system": "", "code": "", "display": "", "text": ""}
    shown = glance(diagnosis_system="ZQ00003XV", diagnosis_code="C34.1")
    assert CANARY.search(json.dumps(shown).encode()) is None


def test_dates_move_as_those_of_the_images_do() -> None:
    team = make_case_team()
    grant = CaseGrant.objects.get(user=team.people["consultant"])
    assert date_shift(grant_id=grant.pk) == Projection(grant_id=grant.pk).date_shift
    other = CaseGrant.objects.get(user=team.people["chair"])
    assert date_shift(grant_id=grant.pk) != date_shift(grant_id=other.pk)


def test_every_kind_is_a_clinical_entry_and_every_field_is_known() -> None:
    for kind in KINDS.values():
        assert issubclass(kind.model, ClinicalEntry)
        own = {one.name for one in kind.model._meta.concrete_fields} - {
            one.name for one in ClinicalEntry._meta.get_fields()
        }
        assert own - {"id", "version", "created_at", "updated_at"} == (
            {*kind.fields, *kind.derived} - set()
        ), kind.name
        assert kind.open <= {*kind.fields, *kind.derived}
