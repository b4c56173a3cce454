"""Withheld pictures are cleared by who may, for what they saw, and the record says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.audit.models import AuditEntry
from apps.imaging.models import PictureClearance, Series
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:No directory at")]
SENTENCE = "No text but measurements."


@pytest.fixture()
def burned(team: CaseTeam, tmp_path: Path) -> Series:
    """A series that says itself that something is burned in, beside one that does not."""
    fields = {"study_uid": "1.2.3.4", **patient_fields(team)}
    plain = make_slice(series_uid="1.2.3.4.1", **fields)
    marked = make_slice(series_uid="1.2.3.4.2", seed=5, BurnedInAnnotation="YES", **fields)
    write_files(tmp_path / "in", [to_bytes(plain), to_bytes(marked)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    return Series.objects.get(series_instance_uid="1.2.3.4.2")


def client_of(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def url(team: CaseTeam, series_uid: str = "1.2.3.4.2") -> str:
    return f"/api/cases/{team.case_id}/studies/1.2.3.4/series/{series_uid}/clearance"


def clear(team: CaseTeam, who: str, series: Series, **changes: Any) -> Any:
    body = {"archive_key": series.archive_key, "statement": SENTENCE} | changes
    path = url(team, series.series_instance_uid)
    return client_of(team, who).post(path, body, content_type="application/json")


@pytest.mark.parametrize("who", ["coordinator", "chair", "radiologist"])
def test_who_knows_the_patient_and_the_images_clears_them(
    team: CaseTeam, burned: Series, who: str
) -> None:
    assert client_of(team, who).get(url(team)).json()["code"] == "not_cleared"
    made = clear(team, who, burned)
    assert made.status_code == 201
    assert made.json()["statement"] == SENTENCE
    assert client_of(team, who).get(url(team)).json() == made.json()
    (row,) = PictureClearance.objects.all()
    assert (row.cleared_by, row.content_sha256) == (team.people[who], burned.content_sha256)
    entry = AuditEntry.objects.get(action="pictures.cleared")
    assert str(entry.entity_id) == str(burned.pk)


@pytest.mark.parametrize(
    ("who", "status"),
    [("surgeon", 403), ("trainee", 403), ("consultant", 403), ("outsider", 404)],
)
def test_nobody_else_does(team: CaseTeam, burned: Series, who: str, status: int) -> None:
    assert clear(team, who, burned).status_code == status
    assert client_of(team, who).get(url(team)).status_code == status
    assert client_of(team, who).delete(url(team)).status_code == status
    assert not PictureClearance.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"archive_key": "0" * 64}, 409, "stale_version"),
        ({"statement": "fine"}, 400, "statement_too_short"),
    ],
)
def test_a_clearing_needs_a_sentence_and_the_content_that_is_there(
    team: CaseTeam, burned: Series, changes: dict[str, str], status: int, code: str
) -> None:
    answer = clear(team, "radiologist", burned, **changes)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not PictureClearance.objects.exists()


def test_what_is_open_or_cleared_is_not_cleared_again(team: CaseTeam, burned: Series) -> None:
    plain = Series.objects.get(series_instance_uid="1.2.3.4.1")
    assert clear(team, "radiologist", plain).json()["code"] == "not_clearable"
    assert clear(team, "radiologist", burned).status_code == 201
    assert clear(team, "chair", burned).json()["code"] == "already_cleared"


def test_a_clearing_is_taken_back_and_may_be_given_again(team: CaseTeam, burned: Series) -> None:
    client = client_of(team, "coordinator")
    assert client.delete(url(team)).json()["code"] == "not_cleared"
    assert clear(team, "radiologist", burned).status_code == 201
    assert client.delete(url(team)).status_code == 204
    assert AuditEntry.objects.filter(action="pictures.withheld").count() == 1
    assert clear(team, "radiologist", burned).status_code == 201
    assert PictureClearance.objects.count() == 2


def test_an_overlay_in_the_pixels_is_never_cleared(team: CaseTeam, tmp_path: Path) -> None:
    one = make_slice(study_uid="1.2.3.4", series_uid="1.2.3.4.2", **patient_fields(team))
    one.add_new(0x60000010, "US", 16)
    one.add_new(0x60000011, "US", 24)
    one.add_new(0x60000100, "US", 16)
    one.add_new(0x60000102, "US", 12)
    write_files(tmp_path / "in", [to_bytes(one)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    answer = clear(team, "radiologist", Series.objects.get())
    assert answer.json()["code"] == "overlay_in_pixels"
