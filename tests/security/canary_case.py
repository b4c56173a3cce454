"""A case that says a secret everywhere, and what a test needs to listen for it.

A module that imports these fixtures uses them.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from apps.annotations.services import Saying, put_lesion
from apps.cases.choices import Sex
from apps.cases.models import Patient
from apps.cases.services import create_patient, edit_case, record_clinical
from apps.imaging.gateway import projected
from apps.imaging.models import Series
from apps.imaging.pixels import app as pixel_module
from apps.imaging.pixels import guard as guard_module
from apps.imaging.services import clear_pictures, import_files
from apps.imaging.withholding import is_clearable
from apps.live.services.chat import post_chat
from apps.live.services.sessions import open_ad_hoc_session
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.security.canaries import BIRTH_DAY, Aviary


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> Iterator[None]:
    settings.ARCHIVE_ROOT = tmp_path / "archive"
    projected._projected.cache_clear()
    yield


@pytest.fixture(autouse=True)
def guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[guard_module.TicketGuard]:
    made = guard_module.TicketGuard()
    monkeypatch.setattr(pixel_module, "guard", made)
    yield made
    made.stop()


@pytest.fixture()
def aviary() -> Aviary:
    return Aviary()


@pytest.fixture()
def team(db: None, aviary: Aviary, tmp_path: Path) -> CaseTeam:
    """A case that says a secret everywhere, in its own record and in its studies."""
    patient = create_patient(
        actor=SYSTEM,
        patient_id=aviary.word(),
        issuer=aviary.word(),
        name=aviary.name(),
        birth_date=date(1911, 2, 3),
        sex=Sex.FEMALE,
    )
    team = make_case_team(patient=patient, title=aviary.word())
    edit_case(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        version=team.case.version,
        changes={
            "history": aviary.word(),
            "urgency_reason": aviary.word(),
            "diagnosis_text": aviary.word(),
            "diagnosis_display": aviary.word(),
            "diagnosis_code": aviary.word(),
        },
    )
    _say_clinically(team, aviary)
    aviary.write(tmp_path / "in", identity_of(patient))
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    session, _ = open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    post_chat(actor=team.actor("chair"), session_id=session.pk, text=aviary.word())
    put_lesion(
        actor=team.actor("radiologist"),
        case_id=team.case_id,
        saying=Saying(label=aviary.word(), site=aviary.word(), role="target"),
    )
    return team


def _say_clinically(team: CaseTeam, aviary: Aviary) -> None:
    """An entry of each kind, every word of it a secret."""
    said: dict[str, dict[str, Any]] = {
        "referral": {"reason": "other", "referrer": aviary.word(), "institution": aviary.word()},
        "diagnosis": {"certainty": "refuted", "text": aviary.word()},
        "staging": {"scheme": "figo", "group": "IIB"},
        "performance": {"scale": "kps", "value": 80, "on": "2020-07-04"},
        "comorbidity": {"text": aviary.word()},
        "preference": {"text": aviary.word()},
        "allergy": {"substance": aviary.word(), "reaction": aviary.word(), "criticality": "high"},
        "biomarker": {
            "kind": "variant",
            "result": "not_detected",
            "gene": aviary.word(),
            "method": aviary.word(),
            "specimen_detail": aviary.word(),
        },
        "treatment": {"kind": "surgery", "description": aviary.word(), "on": "2020-07"},
    }
    for kind, fields in said.items():
        record_clinical(
            actor=team.actor("oncologist"),
            case_id=team.case_id,
            kind=kind,
            fields={"note": aviary.word(), "source_detail": aviary.word(), **fields},
        )


def identity_of(patient: Patient) -> dict[str, Any]:
    """As the objects of this patient say it."""
    return {
        "patient_id": patient.patient_id,
        "name": patient.name,
        "birth_date": BIRTH_DAY,
        "sex": "F",
    }


def clear_everything(team: CaseTeam) -> list[Series]:
    cleared = []
    for series in Series.objects.filter(study__case_studies__case=team.case):
        if is_clearable(series):
            clear_pictures(
                actor=team.actor("radiologist"),
                case_id=team.case_id,
                study_instance_uid=series.study.study_instance_uid,
                series_instance_uid=series.series_instance_uid,
                archive_key=series.archive_key,
                statement="I have looked at every picture.",
            )
            cleared.append(series)
    return cleared
