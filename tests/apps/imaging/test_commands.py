"""The imaging commands as an operator types them."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.imaging.models import CaseStudy, PacsConnection
from tests.apps.imaging.dicom import make_series, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, **options)
    return out.getvalue()


def test_import_dicom_stores_the_good_and_names_the_bad(team: CaseTeam, tmp_path: Path) -> None:
    write_files(tmp_path / "in", make_series(count=3, **patient_fields(team)))
    (tmp_path / "in" / "notes.txt").write_text("nothing of DICOM")
    said = run("import_dicom", tmp_path / "in", "--case", team.case_id)
    assert "rejected notes.txt: not_dicom" in said
    assert "1 rejected, 3 stored" in said
    assert CaseStudy.objects.filter(case_id=team.case_id).count() == 1
    assert "3 duplicate" in run("import_dicom", tmp_path / "in", "--case", team.case_id)


def test_import_dicom_wants_a_reason_for_another_patient(team: CaseTeam, tmp_path: Path) -> None:
    fields = patient_fields(team) | {"patient_id": "OTHER", "birth_date": "19010101"}
    write_files(tmp_path / "in", make_series(count=2, study_uid=generate_uid(), **fields))
    out = StringIO()
    with pytest.raises(CommandError, match="nothing was stored"):
        call_command("import_dicom", str(tmp_path / "in"), "--case", str(team.case_id), stdout=out)
    assert out.getvalue().count("patient_mismatch") == 2
    assert not CaseStudy.objects.exists()
    reason = "Number changed with the hospital's merger; letter on file."
    run("import_dicom", tmp_path / "in", "--case", team.case_id, "--mismatch-reason", reason)
    assert CaseStudy.objects.filter(case_id=team.case_id).count() == 1


@pytest.mark.parametrize("what", ["no such case", "no such folder", "an empty folder"])
def test_import_dicom_says_what_is_missing(team: CaseTeam, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    folder = tmp_path / ("absent" if what == "no such folder" else "empty")
    case_id = uuid4() if what == "no such case" else team.case_id
    with pytest.raises(CommandError):
        run("import_dicom", folder, "--case", case_id)


def test_ensure_pacs_makes_one_connection_and_renews_it(db: None, settings: Any) -> None:
    settings.CONSILIUM_PACS_URL = ""
    assert "not set" in run("ensure_pacs")
    settings.CONSILIUM_PACS_URL = "http://house:s3cret@127.0.0.1:8042/dicom-web"
    assert run("ensure_pacs").strip() == "http://127.0.0.1:8042/dicom-web"
    settings.CONSILIUM_PACS_URL = "http://house:s3cret@127.0.0.1:8043/dicom-web"
    run("ensure_pacs")
    (connection,) = PacsConnection.objects.filter(managed_by_settings=True)
    assert connection.base_url == "http://127.0.0.1:8043/dicom-web"
    assert b"s3cret" not in connection.base_url.encode() + bytes(connection.secret_encrypted)
    assert AuditEntry.objects.filter(action="pacs.created").count() == 1
    settings.CONSILIUM_PACS_URL = "ftp://127.0.0.1/dicom-web"
    with pytest.raises(CommandError):
        run("ensure_pacs")
