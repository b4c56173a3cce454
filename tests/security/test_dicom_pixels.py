"""The pixel path bypasses Django: forged, expired, foreign and revoked tickets get nothing."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import imagecodecs
import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections
from django.test import Client, override_settings
from django.utils import timezone
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, generate_uid

from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.imaging.models import CaseStudy, PixelTicket
from apps.imaging.pixels import app as pixel_module
from apps.imaging.pixels import guard as guard_module
from apps.imaging.pixels import tokens
from apps.imaging.projection import Projection
from apps.imaging.services import import_files
from apps.imaging.stacks import stacks_document
from tests import pixel_client
from tests.apps.imaging.dicom import make_series, make_slice, read_bytes, to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.pixel_client import fetch, get
from tests.tallies import Tally

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


@pytest.fixture(autouse=True)
def archive_root(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_ROOT = tmp_path / "archive"


@pytest.fixture(autouse=True)
def fresh_guard(monkeypatch: pytest.MonkeyPatch) -> Iterator[guard_module.TicketGuard]:
    guard = guard_module.TicketGuard()
    monkeypatch.setattr(pixel_module, "guard", guard)
    yield guard
    guard.stop()


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def objects(team: CaseTeam, tmp_path: Path) -> list[bytes]:
    made = make_series(count=3, study_uid=generate_uid(), **patient_fields(team))
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    return made


def sign_in(team: CaseTeam, who: str) -> Client:
    client = Client()
    client.force_login(team.people[who], backend="django.contrib.auth.backends.ModelBackend")
    return client


def mint(team: CaseTeam, who: str, study_uid: str) -> dict[str, Any]:
    return pixel_client.mint(sign_in(team, who), case_id=team.case_id, study_uid=study_uid)


def frame_path(minted: dict[str, Any], raw: bytes) -> str:
    return f"{minted['series'][0]['base_url']}/instances/{read_bytes(raw).SOPInstanceUID}/frames/1"


def test_a_ticket_opens_metadata_frames_and_thumbnail(team: CaseTeam, objects: list[bytes]) -> None:
    one = read_bytes(objects[0])
    minted = mint(team, "surgeon", one.StudyInstanceUID)
    assert minted["header"] == "X-Consilium-Ticket"
    base, held = minted["series"][0]["base_url"], minted["headers"]
    metadata = fetch(f"{base}/metadata", held, **{"accept-encoding": "gzip"})
    assert metadata.headers["content-encoding"] == "gzip"
    uids = [document["00080018"]["Value"][0] for document in metadata.json()]
    assert uids == [read_bytes(raw).SOPInstanceUID for raw in objects]
    assert "7FE00010" not in metadata.json()[0]
    plain = fetch(f"{base}/metadata", held, **{"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == metadata.json()
    frame = fetch(frame_path(minted, objects[0]), held)
    assert frame.headers["content-type"] == ("image/jphc; transfer-syntax=1.2.840.10008.1.2.4.202")
    assert np.array_equal(imagecodecs.htj2k_decode(frame.content), one.pixel_array)
    assert frame.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert "content-encoding" not in frame.headers
    again = fetch(frame_path(minted, objects[0]), held, **{"if-none-match": frame.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    part = fetch(frame_path(minted, objects[0]), held, range="bytes=2-9")
    assert (part.status_code, part.content) == (206, frame.content[2:10])
    assert part.headers["content-range"] == f"bytes 2-9/{len(frame.content)}"
    assert fetch(f"{base}/thumbnail", held).content.startswith(b"\xff\xd8")
    entry = AuditEntry.objects.get(action="images.accessed")
    assert entry.actor_id == team.people["surgeon"].pk


def _forgeries(good: str) -> Iterator[tuple[str, str]]:
    """Everything that is not quite a ticket, and what it is refused with."""
    body, _, seal = good.partition(".")
    claims = tokens.read(good)
    yield "", "ticket_missing"
    for text in ("nonsense", f"{body}.", f".{seal}", f"{seal}.{body}", "x" * 5000, good + "é"):
        yield text, "ticket_invalid"
    for at in range(0, len(good), 3):
        changed = "A" if good[at] != "A" else "B"
        # The last character of a part holds spare bits that base64 does not read.
        if good[at] != "." and at not in (len(body) - 1, len(good) - 1):
            yield good[:at] + changed + good[at + 1 :], "ticket_invalid"
    yield _signed_elsewhere(claims), "ticket_invalid"
    yield tokens.sign(replace(claims, expires_at=int(time.time()) - 1)), "ticket_expired"
    yield tokens.sign(replace(claims, ticket_id=uuid4())), "ticket_revoked"


def _signed_elsewhere(claims: tokens.Claims) -> str:
    with override_settings(SECRET_KEY="the key of another house"):
        return tokens.sign(claims)


def test_without_a_genuine_ticket_nothing_is_served(
    team: CaseTeam, objects: list[bytes], fresh_guard: guard_module.TicketGuard, tally: Tally
) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    path, sent = frame_path(minted, objects[0]), minted["headers"]
    refused: Counter[str] = Counter()
    for ticket, code in _forgeries(minted["ticket"]):
        header: bytes = ticket.encode("latin-1")
        answer = fetch(path, sent | {"X-Consilium-Ticket": header})
        status = 403 if code == "ticket_revoked" else 401
        assert (answer.status_code, answer.json()["code"]) == (status, code), ticket[:20]
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        refused[code] += 1
    for who in ("of nobody", "of another member", "of the same person elsewhere"):
        stolen = sent | {"Cookie": _cookie(team, who)}
        answer = fetch(path, stolen)
        assert (answer.status_code, answer.json()["code"]) == (401, "ticket_for_other_session"), who
        refused["ticket_for_other_session"] += 1
    assert fetch(path, sent).status_code == 200
    fresh_guard.poll()
    noted: Counter[str] = Counter()
    for entry in AuditEntry.objects.filter(action="images.refused"):
        noted[entry.details["code"]] += entry.details["count"]
    assert noted == refused
    tally("forged and stolen tickets", tried=refused.total(), served=0, in_audit=noted.total())


def _cookie(team: CaseTeam, who: str) -> str:
    if who == "of nobody":
        return "theme=dark; sessionid="
    client = sign_in(team, "surgeon" if who == "of the same person elsewhere" else "chair")
    return pixel_client.pixel_headers(client, "")["Cookie"]


def test_a_ticket_opens_its_own_study_only(
    team: CaseTeam, objects: list[bytes], tmp_path: Path
) -> None:
    other = make_series(count=1, study_uid=generate_uid(), **patient_fields(team))
    write_files(tmp_path / "other", other)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "other"])
    mine = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    theirs = mint(team, "surgeon", read_bytes(other[0]).StudyInstanceUID)
    answer = fetch(frame_path(theirs, other[0]), mine["headers"])
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket_for_other_study")


def test_the_stacks_of_a_series_are_told_to_holders_of_a_ticket_without_any_uid(
    team: CaseTeam, tmp_path: Path
) -> None:
    fields = patient_fields(team) | {"study_uid": generate_uid(), "series_uid": generate_uid()}
    made = [
        to_bytes(make_slice(index=z, ImageType=["ORIGINAL", "PRIMARY", kind], seed=n, **fields))
        for z in range(2)
        for n, kind in enumerate(("DOE_JANE", "WATER"))
    ]
    write_files(tmp_path / "in", made)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    minted = mint(team, "surgeon", str(fields["study_uid"]))
    path = f"{minted['series'][0]['base_url']}/stacks"
    assert fetch(path).status_code == 401
    answer = fetch(path, minted["headers"])
    stacks = answer.json()["stacks"]
    assert [stack["label"] for stack in stacks] == ["ORIGINAL DOE JANE", "ORIGINAL WATER"]
    assert sorted(tuple(stack["frames"]) for stack in stacks) == [(0, 1, 1, 1), (2, 1, 3, 1)]
    assert answer.headers["cache-control"] == "private, no-cache"
    again = fetch(path, minted["headers"], **{"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    key = minted["series"][0]["base_url"].rpartition("/")[2]
    withheld = stacks_document(key, is_deidentified=True)
    assert b"DOE" not in withheld
    assert str(fields["study_uid"]).encode() not in withheld


@pytest.mark.parametrize(
    "path",
    [
        "/pixels/../../etc/passwd",
        "/pixels/%2e%2e/%2e%2e/etc/passwd/metadata",
        f"/pixels/{'a' * 64}/metadata",
        f"/pixels/{'a' * 64}/instances/..%2f..%2fmanifest.json/frames/1",
        f"/pixels/{'a' * 64}/manifest.json",
        f"/pixels/{'A' * 64}/metadata",
    ],
)
def test_odd_paths_are_404(team: CaseTeam, objects: list[bytes], path: str) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    assert fetch(path, minted["headers"]).status_code == 404


def test_a_frame_that_is_not_there_is_404(team: CaseTeam, objects: list[bytes]) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    path = frame_path(minted, objects[0])
    assert fetch(path[:-1] + "2", minted["headers"]).status_code == 404
    assert fetch(path.replace("instances/", "instances/9."), minted["headers"]).status_code == 404
    assert fetch(path, minted["headers"], range="bytes=99999999-").status_code == 416


def test_an_image_that_cannot_be_decoded_is_said_to_be_so(team: CaseTeam, tmp_path: Path) -> None:
    dataset = read_bytes(make_series(count=1, study_uid=generate_uid(), **patient_fields(team))[0])
    dataset.PixelData = encapsulate([b"no codestream at all"])
    dataset["PixelData"].is_undefined_length = True
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    write_files(tmp_path / "in", [broken := to_bytes(dataset)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    minted = mint(team, "surgeon", dataset.StudyInstanceUID)
    answer = fetch(frame_path(minted, broken), minted["headers"])
    assert (answer.status_code, answer.json()["code"]) == (422, "pixels_undecodable")


def _revoke_grant(team: CaseTeam) -> None:
    CaseGrant.objects.filter(user=team.people["surgeon"]).update(revoked_at=timezone.now())


def _end_grant(team: CaseTeam) -> None:
    CaseGrant.objects.filter(user=team.people["surgeon"]).update(expires_at=timezone.now())


def _sign_out(team: CaseTeam) -> None:
    Session.objects.all().delete()


def _deactivate(team: CaseTeam) -> None:
    team.people["surgeon"].is_active = False
    team.people["surgeon"].save()


def _unlink(team: CaseTeam) -> None:
    CaseStudy.objects.all().delete()


def _revoke_ticket(team: CaseTeam) -> None:
    PixelTicket.objects.update(revoked_at=timezone.now())


def _downgrade(team: CaseTeam) -> None:
    CaseGrant.objects.filter(user=team.people["surgeon"]).update(guise="deidentified")


@pytest.mark.parametrize(
    "ending",
    [_revoke_grant, _end_grant, _sign_out, _deactivate, _unlink, _revoke_ticket, _downgrade],
    ids=lambda ending: ending.__name__.strip("_"),
)
def test_access_that_ends_is_refused_within_two_seconds(
    team: CaseTeam, objects: list[bytes], ending: Any
) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    path = frame_path(minted, objects[0])

    async def watch() -> tuple[float, httpx.Response]:
        assert (await get(path, minted["headers"])).status_code == 200
        await sync_to_async(ending)(team)
        started = time.monotonic()
        while time.monotonic() - started < 10:
            answer = await get(path, minted["headers"])
            if answer.status_code != 200:
                return time.monotonic() - started, answer
            await asyncio.sleep(0.05)
        raise AssertionError("still served")

    took_s, answer = asyncio.run(watch())
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket_revoked")
    assert took_s < 2.0


def test_refusals_reach_the_audit(
    team: CaseTeam, objects: list[bytes], fresh_guard: guard_module.TicketGuard
) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    for _ in range(30):
        fetch(frame_path(minted, objects[0]), {tokens.HEADER: "forged"})
    fresh_guard.poll()
    entries = AuditEntry.objects.filter(action="images.refused", details__code="ticket_invalid")
    assert sum(entry.details["count"] for entry in entries) == 30
    assert entries.count() <= 3


def test_when_postgresql_cannot_be_asked_nothing_is_served(
    team: CaseTeam, objects: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    path = frame_path(minted, objects[0])
    monkeypatch.setattr(guard_module, "STALE_AFTER_S", 1.0)

    def broken(*_: Any) -> set[Any]:
        raise OperationalError("server closed the connection")

    async def watch() -> httpx.Response:
        assert (await get(path, minted["headers"])).status_code == 200
        monkeypatch.setattr(guard_module, "tickets_in_force", broken)
        await asyncio.sleep(1.5)
        return await get(path, minted["headers"])

    answer = asyncio.run(watch())
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_a_ticket_ends_with_the_grant_that_gives_it(team: CaseTeam, objects: list[bytes]) -> None:
    end = timezone.now() + timedelta(seconds=40)
    CaseGrant.objects.filter(user=team.people["surgeon"]).update(expires_at=end)
    minted = mint(team, "surgeon", read_bytes(objects[0]).StudyInstanceUID)
    assert tokens.read(minted["ticket"]).expires_at <= end.timestamp()


@pytest.mark.parametrize(("who", "status"), [("outsider", 404), ("auditor", 404), (None, 401)])
def test_tickets_are_minted_for_members_only(
    team: CaseTeam, objects: list[bytes], who: str | None, status: int
) -> None:
    client = sign_in(team, who) if who else Client()
    uid = read_bytes(objects[0]).StudyInstanceUID
    answer = client.post(f"/api/cases/{team.case_id}/studies/{uid}/ticket")
    assert answer.status_code == status


def test_a_deidentified_ticket_shows_no_identity_and_its_own_urls(
    team: CaseTeam, objects: list[bytes]
) -> None:
    one = read_bytes(objects[0])
    client = sign_in(team, "consultant")
    listed = client.get(f"/api/cases/{team.case_id}/studies")
    study_uid = listed.json()["results"][0]["study_instance_uid"]
    minted = mint(team, "consultant", study_uid)
    base, held = minted["series"][0]["base_url"], minted["headers"]
    metadata = fetch(f"{base}/metadata", held)
    said = listed.content + json.dumps(minted).encode() + metadata.content
    said += gzip.decompress(metadata.content) if metadata.content[:2] == b"\x1f\x8b" else b""
    for secret in (
        one.PatientID, "Test^Patient", one.StudyInstanceUID,
        one.SeriesInstanceUID, one.SOPInstanceUID, "20250102", "2025-01-02", "19600101", "ACC-7731",
    ):  # fmt: skip
        assert str(secret).encode() not in said, secret
    shown = metadata.json()[0]
    grant = CaseGrant.objects.get(user=team.people["consultant"])
    projection = Projection(grant_id=grant.pk)
    assert shown["00080018"]["Value"] == [projection.uid(one.SOPInstanceUID)]
    assert shown["00280030"]["Value"] == [0.5, 0.75]
    frame = fetch(f"{base}/instances/{shown['00080018']['Value'][0]}/frames/1", held)
    assert np.array_equal(imagecodecs.htj2k_decode(frame.content), one.pixel_array)
    identified = base.partition(".")[0]
    answer = fetch(f"{identified}/metadata", held)
    assert (answer.status_code, answer.json()["code"]) == (403, "ticket_for_other_guise")
    member = mint(team, "surgeon", one.StudyInstanceUID)
    assert fetch(f"{base}/metadata", member["headers"]).status_code == 403


def test_captures_are_withheld_from_a_deidentified_viewer(
    team: CaseTeam, objects: list[bytes], tmp_path: Path
) -> None:
    fields = patient_fields(team) | {
        "study_uid": read_bytes(objects[0]).StudyInstanceUID,
        "series_uid": generate_uid(),
    }
    burned = make_slice(index=0, seed=5, BurnedInAnnotation="YES", **fields)
    write_files(tmp_path / "burned", [to_bytes(burned)])
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "burned"])
    client = sign_in(team, "consultant")
    (study,) = client.get(f"/api/cases/{team.case_id}/studies").json()["results"]
    shown = {one["disclosure"]: one for one in study["series"]}
    assert set(shown) == {"open", "withheld"}
    assert shown["withheld"]["base_url"] == shown["withheld"]["archive_key"] == ""
    assert shown["withheld"]["thumbnail_url"] is None
    minted = mint(team, "consultant", study["study_instance_uid"])
    assert len(minted["series"]) == 1
    whole = mint(team, "surgeon", burned.StudyInstanceUID)
    keys = {one["series_instance_uid"]: one["base_url"] for one in whole["series"]}
    scope = minted["series"][0]["base_url"].partition(".")[2]
    answer = fetch(f"{keys[burned.SeriesInstanceUID]}.{scope}/metadata", minted["headers"])
    assert (answer.status_code, answer.json()["code"]) == (403, "withheld")


@pytest.fixture(autouse=True)
def close_threads_connections() -> Iterator[None]:
    yield
    connections.close_all()
