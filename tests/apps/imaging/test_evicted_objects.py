"""An evicted report or segmentation keeps its line and is asked back; its neighbours are read."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from apps.imaging import archive
from apps.imaging.archive.layout import series_directory
from apps.imaging.documents import selectors as documents
from apps.imaging.models import Series
from apps.imaging.segmentations import archived
from apps.imaging.services import import_files
from tests.apps.imaging.dicom import to_bytes, write_files
from tests.apps.imaging.pdfs import encapsulate, make_pdf
from tests.apps.imaging.segs import blob, make_seg
from tests.apps.imaging.test_importing import patient_fields
from tests.apps.imaging.test_segmentations import Door, bring, stack
from tests.people import SYSTEM, CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


def evict(uid: str) -> Series:
    """As the archive's budget does to what came from a PACS; seen by another process."""
    series = Series.objects.get(series_instance_uid=uid)
    Series.objects.filter(pk=series.pk).update(evicted_at=timezone.now())
    shutil.rmtree(series_directory(series.archive_key))
    archive.reader._open_series._held.clear()
    documents._headers.cache_clear()
    archived._headers.cache_clear()
    return series


def test_documents_are_listed_line_by_line(team: CaseTeam, tmp_path: Path) -> None:
    for number, words in enumerate(("Here", "Away")):
        fields = {"study_uid": "1.2.3.4", "series_uid": f"1.2.3.4.{number}"}
        pdf = encapsulate(make_pdf(words), **fields | patient_fields(team))
        write_files(tmp_path / words, [to_bytes(pdf)])
        import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / words])
    evicted = evict("1.2.3.4.1")
    client = Door(team).client
    base = f"/api/cases/{team.case_id}/documents"
    answer = client.get(base)
    assert answer.status_code == 200, answer.content
    listed: dict[str, Any] = {one["series_instance_uid"]: one for one in answer.json()["results"]}
    here, away = listed["1.2.3.4.0"], listed["1.2.3.4.1"]
    assert (here["title"], here["readable"], here["problems"]) == ("Letter", True, [])
    assert client.get(f"{here['page_url']}1?width=1000").status_code == 200
    assert (away["kind"], away["title"], away["readable"]) == ("pdf", "", False)
    assert (away["withheld"], away["page_url"], away["widths"]) == (False, "", [])
    (problem,) = away["problems"]
    assert (problem["code"], problem["severity"]) == ("evicted", "error")
    assert "being fetched" in problem["message"]
    assert client.get(f"{base}/{away['id']}").json()["code"] == "series_evicted"
    evicted.refresh_from_db()
    assert evicted.wanted_at is not None, "reading the list asks for it"


def test_segmentations_are_listed_line_by_line(team: CaseTeam, tmp_path: Path) -> None:
    images = stack(team)
    kept, gone = (make_seg(images, blob()) for _ in range(2))
    bring(team, tmp_path, [*images, kept, gone])
    evicted = evict(str(gone.SeriesInstanceUID))
    for who in ("surgeon", "consultant"):
        listed = {
            tuple(problem["code"] for problem in one["problems"]): one
            for one in Door(team, who).list()
        }
        assert listed.keys() == {(), ("evicted",)}, who
        assert listed[()]["segments"][0]["masks"]
        assert (listed[("evicted",)]["segments"], listed[("evicted",)]["label"]) == ([], "")
    evicted.refresh_from_db()
    assert evicted.wanted_at is not None
