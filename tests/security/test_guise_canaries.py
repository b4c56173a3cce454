"""Every byte that a de-identified viewer can reach, searched for 500 and more canaries.

The routes come from the URL configuration and the values of their parameters from the database,
so a new route is walked without anybody thinking of it. The same search finds the canaries in
what an identified member gets: it can fail.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.apps import apps
from django.test import Client

from apps.cases.choices import Sex
from apps.cases.models import CaseGrant
from apps.cases.services import create_patient, edit_case
from apps.imaging.gateway import projected
from apps.imaging.gateway.base import GatewayView
from apps.imaging.models import Instance, Series, Study
from apps.imaging.pixels import app as pixel_module
from apps.imaging.pixels import guard as guard_module
from apps.imaging.pixels import pixel_app
from apps.imaging.projection import Projection
from apps.imaging.services import clear_pictures, import_files, withhold_pictures
from apps.imaging.withholding import is_clearable
from apps.live.services.chat import post_chat
from apps.live.services.sessions import open_ad_hoc_session
from tests.people import SYSTEM, CaseTeam, make_case_team
from tests.pixel_client import pixel_headers
from tests.security.canaries import BIRTH_DAY, Aviary, found_in
from tests.security.test_routes import ROUTES

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

ACCEPTS = (
    "*/*",
    "application/dicom",
    'multipart/related; type="application/dicom"; transfer-syntax=*',
    'multipart/related; type="application/octet-stream"; transfer-syntax=*',
    'multipart/related; type="application/dicom+xml"',
    "image/jphc, image/jpeg",
)
NEGOTIATED = frozenset(
    route for route, entry in ROUTES if issubclass(getattr(entry.callback, "cls", int), GatewayView)
)
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
OF_MODEL = {
    "pacs_id": "pacsconnection", "import_id": "import", "token_id": "accesstoken",
    "instance_id": "instance", "series_id": "series", "grant_id": "casegrant", "user_id": "user",
    "session_id": "livesession", "job_id": "job", "finding_id": "finding",
    "measurement_id": "measurement", "decision_id": "decision", "board_id": "board",
    "meeting_id": "meeting", "item_id": "agendaitem", "version_id": "modelversion",
}  # fmt: skip
BULK = ("7FE00010", "00091001", "00091003", "00420011", "60003000", "00402400")
UNKNOWN_UUIDS = 4


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
        },
    )
    identity = {
        "patient_id": patient.patient_id,
        "name": patient.name,
        "birth_date": BIRTH_DAY,
        "sex": "F",
    }
    aviary.write(tmp_path / "in", identity)
    import_files(actor=SYSTEM, case_id=team.case_id, paths=[tmp_path / "in"])
    session, _ = open_ad_hoc_session(actor=team.actor("chair"), case_id=team.case_id)
    post_chat(actor=team.actor("chair"), session_id=session.pk, text=aviary.word())
    return team


class Listener:
    """Everything that one person can hear, and what it said."""

    def __init__(self, team: CaseTeam, who: str, guard: guard_module.TicketGuard) -> None:
        self.team, self.guard = team, guard
        self.client = Client(raise_request_exception=True)
        user = team.people[who]
        self.client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        grant = CaseGrant.objects.filter(user=user, case=team.case).first()
        self.projection = None
        if grant is not None and grant.guise == "deidentified":
            self.projection = Projection(grant_id=grant.pk)
        self.heard: dict[bytes, str] = {}
        self.answers = self.last_status = 0
        self.good: set[str] = set()

    def walk(self) -> None:
        """Read everything; then write to each route once, for what refusals say."""
        self.read()
        for route, _ in ROUTES:
            for path in itertools.islice(self._paths(route), 1):
                for method in ("post", "patch", "delete", "options"):
                    self.ask(method, path, route)

    def read(self, *, only: str = "") -> None:
        for route, _ in ROUTES:
            if not route.startswith(only):
                continue
            for path in self._paths(route):
                self.ask("get", path, route, HTTP_ACCEPT=ACCEPTS[0])
                if route in NEGOTIATED and self.last_status == 200:
                    for accept in ACCEPTS[1:]:
                        self.ask("get", path, route, HTTP_ACCEPT=accept)
        for params in ("includefield=all", "PatientName=ZQ*", "StudyDescription=*ZQ*"):
            for level in ("studies", "series", "instances"):
                self.ask("get", f"/dicomweb/cases/{self.team.case_id}/{level}?{params}", params)
        self.ask("get", "/api/cases?search=zq", "search")
        self.fetch_pixels()

    def ask(self, method: str, path: str, route: str, **headers: str) -> None:
        options = {"content_type": "application/json"} if method != "get" else {}
        answer = getattr(self.client, method)(path, **options, **headers)
        self.last_status = answer.status_code
        body = b"".join(answer) if answer.streaming else answer.content
        if answer.status_code < 300 and method == "get":
            self.good.add(route)
        asked = path.encode()  # an error may quote what was asked: that is no news to the asker
        head = "\n".join(f"{name}: {value}" for name, value in answer.items()).encode()
        self.hear((head + b"\n" + body).replace(asked, b""), f"{method} {path}")

    def hear(self, said: bytes, where: str) -> None:
        self.answers += 1
        for form in unfold(said):
            for one in found_in(form):
                self.heard.setdefault(one, where)

    def fetch_pixels(self) -> None:
        """The raw path, with a ticket for each study: every document of every series there is."""
        for study in Study.objects.filter(case_studies__case=self.team.case):
            uid = self.uid(study.study_instance_uid)
            minted = self.client.post(f"/api/cases/{self.team.case_id}/studies/{uid}/ticket")
            if minted.status_code != 200:
                continue
            self.hear(minted.content, f"ticket {uid}")
            scope = f".{self.projection.scope}" if self.projection else ""
            paths = []
            for series in Series.objects.filter(study=study).exclude(archive_key=""):
                base = f"/pixels/{series.archive_key}{scope}"
                paths += [f"{base}/metadata", f"{base}/thumbnail", f"{base}/stacks"]
                paths += [
                    f"{base}/instances/{self.uid(one.sop_instance_uid)}/frames/1"
                    for one in Instance.objects.filter(series=series)
                ]
            self.guard.poll()
            for path, answer in asyncio.run(self._fetch(paths, minted.json()["ticket"])):
                head = "\n".join(f"{k}: {v}" for k, v in answer.headers.items()).encode()
                self.hear(head + b"\n" + answer.content, path)
                if answer.status_code == 200:
                    self.good.add(path.rsplit("/", 1)[-1] if "frames" not in path else "frame")

    async def _fetch(self, paths: list[str], ticket: str) -> list[tuple[str, httpx.Response]]:
        transport = httpx.ASGITransport(app=pixel_app)
        headers = pixel_headers(self.client, ticket)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [(path, await client.get(path, headers=headers)) for path in paths]

    def uid(self, original: str) -> str:
        return self.projection.uid(original) if self.projection else original

    def _paths(self, route: str) -> Iterable[str]:
        if "<" not in route:
            return [] if route.startswith(("^", "api/schema", "api/docs")) else [f"/{route}"]
        if "sop_uid" in route or "series_uid" in route:
            return list(self._image_paths(route))
        names = PARAMETER.findall(route)
        choices = [self._values(converter, name) for converter, name in names]
        return [_filled(route, values) for values in itertools.product(*choices)]

    def _image_paths(self, route: str) -> Iterator[str]:
        """One instance of each series by the UIDs this viewer knows, and by the original ones."""
        for series in Series.objects.filter(study__case_studies__case=self.team.case):
            instance = Instance.objects.filter(series=series).first()
            assert instance is not None
            for mapped in {True, self.projection is None}:
                given = {
                    "case_id": str(self.team.case_id),
                    "study_uid": series.study.study_instance_uid,
                    "series_uid": series.series_instance_uid,
                    "sop_uid": instance.sop_instance_uid,
                    "frames": "1",
                }
                if mapped:
                    given |= {k: self.uid(v) for k, v in given.items() if k.endswith("_uid")}
                for bulk in BULK if "<str:path>" in route else [""]:
                    yield _filled(
                        route,
                        [{**given, "path": bulk}[name] for _, name in PARAMETER.findall(route)],
                    )

    def _values(self, converter: str, name: str) -> list[str]:
        if name == "case_id":
            return [str(self.team.case_id)]
        if name == "study_uid":
            uids = Study.objects.values_list("study_instance_uid", flat=True)
            return sorted({*map(self.uid, uids), *uids})
        if converter == "int":
            return ["1"]
        if converter == "str":
            return ["1.2.3"]
        return list(_keys(OF_MODEL.get(name)))


def _keys(model_name: str | None) -> Iterator[str]:
    """Primary keys of the model the parameter names; of every model when it is a new one."""
    for model in apps.get_models():
        named = model_name is None or model._meta.model_name == model_name
        if named and model.__module__.startswith("apps."):
            keys = model.objects.values_list("pk", flat=True)[
                : UNKNOWN_UUIDS if not model_name else 8
            ]
            yield from (str(key) for key in keys if isinstance(key, UUID))


def _filled(route: str, values: Iterable[str]) -> str:
    for value in values:
        route = PARAMETER.sub(value, route, count=1)
    return f"/{route}"


def unfold(said: bytes) -> Iterator[bytes]:
    """The bytes, what they are when unpacked, and what their base64 says."""
    yield said
    for start in (m.start() for m in re.finditer(rb"\x1f\x8b\x08", said)):
        try:
            yield gzip.decompress(said[start:])
        except (OSError, EOFError):
            continue
    for text in re.findall(rb'"InlineBinary":\s*"([A-Za-z0-9+/=]+)"', said):
        yield base64.b64decode(text)


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


def test_no_canary_in_any_byte_of_a_deidentified_viewer(
    team: CaseTeam, aviary: Aviary, guard: guard_module.TicketGuard
) -> None:
    assert len(aviary.planted) >= 500
    kinds = {one.kind for one in Series.objects.all()}
    assert {"image", "seg", "sr", "pdf"} <= kinds
    guest = Listener(team, "consultant", guard)
    guest.walk()
    assert guest.heard == {}
    listed = guest.client.get(f"/api/cases/{team.case_id}/studies").json()["results"][0]["series"]
    shown = {(one["modality"], one["disclosure"]) for one in listed}
    assert shown == {
        ("CT", "open"), ("SEG", "open"), ("CT", "withheld"), ("OT", "withheld"),
        ("US", "withheld"), ("DOC", "withheld"), ("SR", "withheld"),
    }  # fmt: skip
    assert {"metadata", "frame"} <= guest.good
    assert sum(route.startswith("dicomweb/") for route in guest.good) >= 20
    ways = len(guest.good)
    assert len(clear_everything(team)) == 3
    guest.read(only="dicomweb/")
    guest.fetch_pixels()
    assert guest.heard == {}
    assert len(guest.good) >= ways
    listed = guest.client.get(f"/api/cases/{team.case_id}/studies").json()["results"][0]["series"]
    assert sum(one["disclosure"] == "cleared" for one in listed) == 3
    print(f"{guest.answers} answers, {len(aviary.planted)} canaries planted, 0 found")


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
