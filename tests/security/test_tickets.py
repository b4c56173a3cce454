"""The pixel path bypasses Django: forged, expired, foreign and revoked tickets get nothing."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone
from pydicom.uid import generate_uid

from apps.audit.models import AuditEntry
from apps.cases.models import CaseGrant
from apps.imaging.models import CaseStudy, PixelTicket
from apps.imaging.pixels import guard as guard_module
from apps.imaging.pixels import tokens
from apps.imaging.services import import_files
from tests import pixel_client
from tests.apps.imaging.dicom import make_series, read_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.people import SYSTEM, CaseTeam
from tests.pixel_client import fetch, get
from tests.security.pixel_path import (
    archive_root,
    close_threads_connections,
    frame_path,
    fresh_guard,
    mint,
    objects,
    sign_in,
    team,
)
from tests.tallies import Tally

__all__ = ["archive_root", "close_threads_connections", "fresh_guard", "objects", "team"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:No directory at"),
]


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
