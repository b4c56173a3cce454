"""Everything that one person can hear, over every route there is.

The routes come from the URL configuration and the values of their parameters from the database,
so a new route is walked without anybody thinking of it.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import itertools
import re
from collections.abc import Iterable, Iterator
from uuid import UUID

import httpx
from django.apps import apps
from django.test import Client

from apps.cases.models import CaseGrant
from apps.imaging.gateway.base import GatewayView
from apps.imaging.models import Instance, Series, Study
from apps.imaging.pixels import guard as guard_module
from apps.imaging.pixels import pixel_app
from apps.imaging.projection import Projection
from tests.people import CaseTeam
from tests.pixel_client import pixel_headers
from tests.security.canaries import found_in
from tests.security.test_routes import ROUTES

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
    "review_id": "findingreview",
    "measurement_id": "measurement", "lesion_id": "lesion", "segmentation_id": "segmentation",
    "decision_id": "decision", "board_id": "board",
    "meeting_id": "meeting", "meeting_series_id": "meetingseries", "intake_list_id": "intakelist",
    "task_id": "followuptask", "incidental_id": "incidentalfinding",
    "item_id": "agendaitem", "version_id": "modelversion",
    "rule_id": "automationrule", "notice_id": "urgencyalert", "tier_id": "urgencytier",
    "upload_id": "bundleupload", "model_id": "model", "alert_id": "modelalert",
    "referral_id": "referral", "diagnosis_id": "codeddiagnosis", "staging_id": "staging",
    "performance_id": "performancestatus", "comorbidity_id": "comorbidity",
    "preference_id": "patientpreference", "allergy_id": "allergy", "biomarker_id": "biomarker",
    "treatment_id": "treatment",
}  # fmt: skip
BULK = ("7FE00010", "7FE00008", "00091001", "00091003", "00420011", "60003000", "00402400")
UNKNOWN_UUIDS = 4


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
                for one in Instance.objects.filter(series=series):
                    frame = f"{base}/instances/{self.uid(one.sop_instance_uid)}/frames/1"
                    paths += [frame, f"{frame}/preview/0,255", f"{frame}/preview/auto"]
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
