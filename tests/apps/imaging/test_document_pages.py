"""PDF pages are drawn by a limited child: visible, bounded, closed to whom withheld."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.test import Client
from PIL import Image

from apps.audit.models import AuditEntry
from apps.imaging.archive.layout import archive_root
from apps.imaging.documents.pages import DRAW_LIMITS
from apps.imaging.models import Instance, Series
from apps.imaging.parsing import ParserPool
from apps.imaging.services import clear_pictures, import_files, withhold_pictures
from tests.apps.imaging.dicom import to_bytes, write_files
from tests.apps.imaging.pdfs import encapsulate, inflating_pdf, make_pdf, slow_pdf
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam

FIELDS: dict[str, Any] = {"study_uid": "1.2.3.4", "series_uid": "1.2.3.4.8"}
SENTENCE = "A letter without any name on it."


@pytest.fixture(scope="module")
def pool() -> Iterator[ParserPool]:
    made = ParserPool(size=1)
    yield made
    made.close()


def draw(pool: ParserPool, folder: Path, content: bytes, *, page: int = 1, width: int = 400) -> Any:
    source = folder / "letter.dcm"
    source.write_bytes(to_bytes(encapsulate(content, **FIELDS)))
    return pool.draw_page(
        source=source,
        prefix=folder / "page",
        page=page,
        width=width,
        limits=DRAW_LIMITS,
        timeout_s=10,
    )


def test_a_page_is_drawn_where_its_ink_is(pool: ParserPool, tmp_path: Path) -> None:
    """The bar of 200 x 40 points from (72, 600), on a page of 612 x 792, at 400 / 612."""
    outcome = draw(pool, tmp_path, make_pdf("First", "Second"), page=2)
    assert (outcome.code, outcome.summary["pages"]) == ("", 2)
    grey = np.asarray(Image.open(tmp_path / "page.png").convert("L"))
    assert grey.shape == (518, 400)
    rows, columns = np.nonzero(grey[70:140] < 60)
    scale = 400 / 612
    assert columns.min() == pytest.approx(72 * scale, abs=1.5)
    assert columns.max() == pytest.approx(272 * scale, abs=1.5)
    assert 70 + rows.max() == pytest.approx((792 - 600) * scale, abs=1.5)
    assert (tmp_path / "page.txt").read_text() == "Second"


@pytest.mark.parametrize(
    ("content", "page", "code"),
    [
        (b"%PDF-1.4\n" + b"junk" * 50, 1, "pdf_unreadable"),
        (b"MZ this is a program", 1, "not_a_pdf"),
        (make_pdf("One"), 9, "no_such_page"),
        (make_pdf(*["x"] * 501), 1, "too_many_pages"),
    ],
    ids=["broken", "no pdf", "page", "pages"],
)
def test_what_cannot_be_drawn_is_refused_by_name(
    pool: ParserPool, tmp_path: Path, content: bytes, page: int, code: str
) -> None:
    assert draw(pool, tmp_path, content, page=page).code == code
    assert not (tmp_path / "page.png").exists()


@pytest.mark.parametrize("bomb", [slow_pdf, inflating_pdf], ids=["slow", "inflating"])
def test_a_bomb_costs_seconds_and_a_bounded_memory(
    pool: ParserPool, tmp_path: Path, bomb: Any
) -> None:
    content = bomb()
    assert len(content) < 1_000_000
    assert draw(pool, tmp_path, make_pdf("warm")).code == ""
    began = time.monotonic()
    outcome = draw(pool, tmp_path, content)
    took = time.monotonic() - began
    assert outcome.code in {"parser_crashed", "out_of_memory", "pdf_unreadable", ""}
    assert took < 6  # two seconds of processor, on a machine that others use
    assert draw(pool, tmp_path, make_pdf("after")).code == ""  # the next one is not its victim


def test_a_huge_page_is_drawn_smaller_and_a_script_does_nothing(
    pool: ParserPool, tmp_path: Path
) -> None:
    script = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\); while\\(true\\){}) >>"
    assert draw(pool, tmp_path, make_pdf("Wide", size=(14400, 9), extra=script)).code == ""
    assert Image.open(tmp_path / "page.png").width == 400
    outcome = draw(pool, tmp_path, make_pdf("Tall", size=(2, 14400)), width=2400)
    assert outcome.code == ""
    picture = Image.open(tmp_path / "page.png")
    assert picture.width * picture.height <= 16_100_000


# --- in a case -------------------------------------------------------------------------------


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture()
def letter(team: CaseTeam, tmp_path: Path) -> Instance:
    pdf = encapsulate(make_pdf("Dear Jane Doe", "Page two"), **FIELDS | patient_fields(team))
    write_files(tmp_path / "in", [to_bytes(pdf)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    return Instance.objects.get()


@pytest.mark.django_db(transaction=True)
def test_a_member_reads_it_page_by_page(team: CaseTeam, letter: Instance) -> None:
    surgeon = sign_in(team, "surgeon")
    (listed,) = surgeon.get(f"/api/cases/{team.case_id}/documents").json()["results"]
    assert (listed["title"], listed["kind"], listed["withheld"]) == ("Letter", "pdf", False)
    opened = surgeon.get(f"/api/cases/{team.case_id}/documents/{letter.pk}").json()
    assert opened["pages"] == 2
    answer = surgeon.get(f"{listed['page_url']}2?width=1000")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert Image.open(BytesIO(answer.content)).width == 1000
    assert surgeon.get(f"{listed['page_url']}2/text").json()["text"] == "Page two"
    assert surgeon.get(f"{listed['page_url']}2?width=999").json()["code"] == "page_width"
    assert surgeon.get(f"{listed['page_url']}3").json()["code"] == "no_such_page"
    again = surgeon.get(f"{listed['page_url']}2?width=1000", HTTP_IF_NONE_MATCH=answer["ETag"])
    assert again.status_code == 304
    assert list((archive_root() / "documents").glob("*.png"))
    assert not list((archive_root() / "documents").glob("*draft*"))
    assert AuditEntry.objects.filter(action="document.viewed").exists()


@pytest.mark.django_db(transaction=True)
def test_a_guest_gets_drawn_pages_once_cleared_and_never_anything_else(
    team: CaseTeam, letter: Instance
) -> None:
    guest = sign_in(team, "consultant")
    base = f"/api/cases/{team.case_id}/documents"
    (listed,) = guest.get(base).json()["results"]
    assert (listed["withheld"], listed["title"], listed["page_url"]) == (True, "", "")
    page = f"{base}/{letter.pk}/pages/1"
    assert guest.get(page).status_code == 404
    series = Series.objects.get()
    named = {
        "case_id": team.case_id,
        "study_instance_uid": "1.2.3.4",
        "series_instance_uid": series.series_instance_uid,
    }
    clear_pictures(
        actor=team.actor("coordinator"),
        archive_key=series.archive_key,
        statement=SENTENCE,
        **named,
    )
    (listed,) = guest.get(base).json()["results"]
    assert (listed["withheld"], listed["title"], listed["author"]) == (False, "", "")
    seen = sign_in(team, "coordinator").get(page).content
    assert guest.get(listed["page_url"] + "1").content == seen  # what the person saw
    assert guest.get(f"{page}/text").status_code == 403
    assert guest.get(f"{base}/{letter.pk}").status_code == 403
    studies = guest.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    (shown,) = studies[0]["series"]
    assert (shown["disclosure"], shown["base_url"], shown["archive_key"]) == ("cleared", "", "")
    study, one = studies[0]["study_instance_uid"], shown["series_instance_uid"]
    gateway = f"/dicomweb/cases/{team.case_id}/studies/{study}/series/{one}"
    assert guest.get(gateway).status_code == 404
    withhold_pictures(actor=team.actor("coordinator"), **named)
    assert guest.get(page).status_code == 404
