"""Every byte that a de-identified viewer can reach, searched for 500 and more canaries.

The same search finds the canaries in what an identified member gets: it can fail. What goes
over the live room's socket is searched in ``test_guise_live.py``.
"""

from __future__ import annotations

import pytest

from apps.imaging.models import Series, Study
from apps.imaging.pixels import guard as guard_module
from apps.imaging.services import withhold_pictures
from tests.people import CaseTeam
from tests.security.canaries import Aviary
from tests.security.canary_case import archive_root, aviary, clear_everything, guard, team
from tests.security.listener import ACCEPTS, Listener
from tests.tallies import Tally

__all__ = ["archive_root", "aviary", "guard", "team"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

KINDS = {"image", "seg", "sr", "pdf", "reg", "rtstruct", "kos", "pr", "parametric_map"}


def test_no_canary_in_any_byte_of_a_deidentified_viewer(
    team: CaseTeam, aviary: Aviary, guard: guard_module.TicketGuard, tally: Tally
) -> None:
    assert len(aviary.planted) >= 500
    kinds = {one.kind for one in Series.objects.all()}
    assert kinds == KINDS
    guest = Listener(team, "consultant", guard)
    guest.walk()
    guest.ask("get", f"/api/lesions?case={team.case_id}", "lesions")
    assert guest.heard == {}
    assert "lesions" not in guest.good
    listed = guest.client.get(f"/api/cases/{team.case_id}/studies").json()["results"][0]["series"]
    shown = {(one["modality"], one["disclosure"]) for one in listed}
    assert shown == {
        ("CT", "open"), ("SEG", "open"), ("CT", "withheld"), ("OT", "withheld"),
        ("US", "withheld"), ("DOC", "withheld"), ("SR", "withheld"), ("REG", "withheld"),
        ("RTSTRUCT", "withheld"), ("KO", "withheld"), ("PR", "withheld"),
    }  # fmt: skip
    assert {"metadata", "frame"} <= guest.good
    assert sum(route.startswith("dicomweb/") for route in guest.good) >= 20
    ways = len(guest.good)
    assert len(clear_everything(team)) == 4
    guest.read(only="dicomweb/")
    guest.read(only="api/cases/<uuid:case_id>/documents")
    guest.fetch_pixels()
    assert guest.heard == {}
    assert len(guest.good) >= ways
    listed = guest.client.get(f"/api/cases/{team.case_id}/studies").json()["results"][0]["series"]
    assert sum(one["disclosure"] == "cleared" for one in listed) == 4
    tally("canaries", planted=len(aviary.planted), found=len(guest.heard), answers=guest.answers)


def test_the_search_finds_them_where_they_may_be(
    team: CaseTeam, aviary: Aviary, guard: guard_module.TicketGuard
) -> None:
    member = Listener(team, "radiologist", guard)
    case = f"/dicomweb/cases/{team.case_id}"
    for study in Study.objects.all():
        url = f"{case}/studies/{study.study_instance_uid}"
        for accept in (ACCEPTS[0], ACCEPTS[2]):
            member.ask("get", url, "study", HTTP_ACCEPT=accept)
        member.ask("get", f"{url}/metadata", "metadata")
        for series in Series.objects.filter(study=study):
            one = Listener(team, "radiologist", guard)
            one.ask("get", f"{url}/series/{series.series_instance_uid}/metadata", "series")
            assert len(aviary.planted & set(one.heard)) >= 20, series.kind
    registrations = Listener(team, "radiologist", guard)
    registrations.ask("get", f"/api/cases/{team.case_id}/registrations", "registrations")
    assert aviary.planted & set(registrations.heard)
    radiotherapy = Listener(team, "radiologist", guard)
    radiotherapy.ask("get", f"/api/cases/{team.case_id}/radiotherapy", "radiotherapy")
    assert aviary.planted & set(radiotherapy.heard)
    lesions = Listener(team, "radiologist", guard)
    lesions.ask("get", f"/api/lesions?case={team.case_id}", "lesions")
    assert len(aviary.planted & set(lesions.heard)) == 2
    for series in Series.objects.filter(kind__in=("sr", "kos", "pr", "pdf")):
        said = Listener(team, "radiologist", guard)
        for one in series.instances.all():
            said.ask("get", f"/api/cases/{team.case_id}/documents/{one.pk}", series.kind)
            if series.kind == "pdf":
                page = f"/api/cases/{team.case_id}/documents/{one.pk}/pages/1/text"
                before = len(said.heard)
                said.ask("get", page, "text")
                assert len(said.heard) > before  # the page has words that a guest must not get
        assert aviary.planted & set(said.heard), series.kind
    clinical = Listener(team, "radiologist", guard)
    clinical.ask("get", f"/api/cases/{team.case_id}/clinical", "clinical")
    clinical.ask("get", f"/api/cases/{team.case_id}/timeline", "timeline")
    assert len(aviary.planted & set(clinical.heard)) >= 29
    member.ask("get", f"/api/cases/{team.case_id}", "case")
    member.ask("get", f"/api/cases/{team.case_id}/studies", "studies")
    member.fetch_pixels()
    words = {one for one in member.heard if one in aviary.planted}
    assert len(words) >= 500
    assert any(one.startswith(b"1.2.826.0.1.3680043.10.424242.") for one in member.heard)
    assert b"20310704" in member.heard
    assert b"1911-02-03" in member.heard


def test_a_clearing_ends_with_its_content_or_when_taken_back(
    team: CaseTeam, guard: guard_module.TicketGuard
) -> None:
    (series, *_) = clear_everything(team)
    guest = Listener(team, "consultant", guard)
    path = f"/api/cases/{team.case_id}/studies/{guest.uid(series.study.study_instance_uid)}"
    path += f"/series/{guest.uid(series.series_instance_uid)}/thumbnail"
    assert guest.client.get(path).status_code == 200
    before = series.content_sha256
    Series.objects.filter(pk=series.pk).update(content_sha256="0" * 64)
    assert guest.client.get(path).status_code == 404
    Series.objects.filter(pk=series.pk).update(content_sha256=before)
    withhold_pictures(
        actor=team.actor("coordinator"),
        case_id=team.case_id,
        study_instance_uid=series.study.study_instance_uid,
        series_instance_uid=series.series_instance_uid,
    )
    assert guest.client.get(path).status_code == 404
