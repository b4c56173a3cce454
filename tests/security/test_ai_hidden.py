"""Read first: while AI results are hidden no route gives any of them, by whatever name (LIVE-X1).

The walk takes routes from the URL configuration and ids from the database, so that a new route
is walked without anybody thinking of it. The same walk after the reveal finds the results: it
can fail.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from django.test import Client

from apps.ai.models import Finding, UrgencyAlert
from apps.boards import services as boards
from apps.boards.choices import AiReading
from apps.imaging.models import Instance, Series, Study
from apps.imaging.pixels import guard as guard_module
from tests.people import CaseTeam, make_case_team
from tests.pixel_client import get, pixel_headers
from tests.security import canary_case
from tests.security.ai_scene import Scene
from tests.security.listener import ACCEPTS, NEGOTIATED, Listener
from tests.security.test_routes import ROUTES

archive_root, guard = canary_case.archive_root, canary_case.guard

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous"),
    pytest.mark.filterwarnings("ignore:No directory at"),
]

REFUSED = {"get 403 ai_hidden", "get 403 no_policy"}
"""Or the route has no GET at all."""
BY_RESULT = ("<uuid:finding_id>", "<uuid:job_id>", "<uuid:alert_id>")


@pytest.fixture()
def team(db: None) -> CaseTeam:
    return make_case_team()


@pytest.fixture()
def scene(team: CaseTeam, tmp_path: Path) -> Scene:
    return Scene.make(team, tmp_path)


class Reader(Listener):
    """Walks every route and remembers what it heard of the secrets, and refusals."""

    def __init__(self, scene: Scene, who: str, guard: guard_module.TicketGuard) -> None:
        super().__init__(scene.team, who, guard)
        self.secrets = [one.encode() for one in scene.secrets]
        self.codes: dict[str, set[str]] = {}

    def hear(self, said: bytes, where: str) -> None:
        self.answers += 1
        for one in self.secrets:
            if one in said:
                self.heard.setdefault(one, where)

    def ask(self, method: str, path: str, route: str, **headers: str) -> None:
        options = {"content_type": "application/json"} if method != "get" else {}
        answer = getattr(self.client, method)(path, **options, **headers)
        self.last_status = answer.status_code
        body = b"".join(answer) if answer.streaming else answer.content
        if answer.status_code >= 400:
            code = answer.json().get("code", "") if "json" in answer["Content-Type"] else ""
            self.codes.setdefault(route, set()).add(f"{method} {answer.status_code} {code}")
        head = "\n".join(f"{name}: {value}" for name, value in answer.items()).encode()
        self.hear((head + b"\n" + body).replace(path.encode(), b""), f"{method} {path}")

    def read_routes(self) -> None:
        for route, _ in ROUTES:
            for path in self._paths(route):
                for accept in ACCEPTS if route in NEGOTIATED else ACCEPTS[:1]:
                    self.ask("get", path, route, HTTP_ACCEPT=accept)
        for level in ("studies", "series", "instances"):
            self.ask("get", f"/dicomweb/cases/{self.team.case_id}/{level}?includefield=all", level)


@pytest.fixture()
def reader(scene: Scene, guard: guard_module.TicketGuard) -> Reader:
    """Of all people somebody who reviews findings: in the room nobody is excepted."""
    return Reader(scene, "radiologist", guard)


def test_LIVE_X1_no_route_gives_anything_ai_made_before_the_reveal(
    scene: Scene, reader: Reader
) -> None:
    reader.read_routes()
    reader.fetch_pixels()
    assert reader.heard == {}
    for route, _ in ROUTES:
        if any(name in route for name in BY_RESULT) and route in reader.codes:
            assert reader.codes[route] <= REFUSED, route
    asked = {route for route in reader.codes if any(name in route for name in BY_RESULT)}
    assert "get 403 ai_hidden" in reader.codes["api/findings/<uuid:finding_id>"]
    assert "get 403 ai_hidden" in reader.codes["api/findings/<uuid:finding_id>/mask"]
    assert "get 403 ai_hidden" in reader.codes["api/jobs/<uuid:job_id>"]
    assert len(asked) >= 5


def test_LIVE_X1_the_walk_finds_them_once_they_are_revealed(scene: Scene, reader: Reader) -> None:
    boards.reveal_ai(actor=scene.team.actor("chair"), item_id=scene.item.pk)
    reader.read_routes()
    reader.fetch_pixels()
    assert set(reader.heard) == set(reader.secrets)
    assert not any("ai_hidden" in code for codes in reader.codes.values() for code in codes)


def test_LIVE_X1_asked_directly_each_door_says_hidden_and_lists_say_so(
    scene: Scene, guard: guard_module.TicketGuard
) -> None:
    """Never that there is nothing: hidden is not absent."""
    team = scene.team
    client = Client()
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    case = f"/api/cases/{team.case_id}"
    for url in (
        f"/api/findings?case={team.case_id}",
        f"/api/jobs?case={team.case_id}",
        f"{case}/segmentations",
        f"{case}/documents",
    ):
        body = client.get(url).json()
        assert (body["results"], body["ai_hidden"]) == ([], True), url
    assert client.get(f"{case}/studies").json()["ai_hidden"] is True
    detail = client.get(case).json()
    assert (detail["findings_unreviewed"], detail["ai_hidden"]) == (None, True)
    assert detail["ai_urgency"] is None
    assert client.get("/api/urgency-notices").json() == {"notices": [], "demotions": []}
    listed = client.get("/api/findings").json()
    assert (listed["results"], listed["ai_hidden"]) == ([], True)
    study = Study.objects.get()
    for series in Series.objects.exclude(modality="CT"):
        one = Instance.objects.get(series=series)
        place = f"studies/{study.study_instance_uid}/series/{series.series_instance_uid}"
        door = f"/dicomweb/cases/{team.case_id}/{place}/instances/{one.sop_instance_uid}"
        paths = [door, f"{door}/metadata", f"{case}/{place}/thumbnail"]
        paths.append(f"{case}/{place}/nifti")
        if series.modality == "SEG":
            images = Series.objects.get(modality="CT")
            mask = f"{case}/segmentations/{one.pk}/segments/1/series/{images.pk}/mask"
            paths += [mask, f"{mask}-geometry", f"{mask.removesuffix('mask')}radiomics"]
        else:
            paths.append(f"{case}/documents/{one.pk}")
        for path in paths:
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "ai_hidden"), path
    found = client.get(f"/dicomweb/cases/{team.case_id}/series")
    assert len(found.json()) == 1 and "ai_hidden" in found["Warning"]
    whole = client.get(
        f"/dicomweb/cases/{team.case_id}/studies/{study.study_instance_uid}/metadata"
    )
    assert "ai_hidden" in whole["Warning"]


def test_LIVE_X1_a_ticket_minted_before_opens_nothing_ai_made_after(
    scene: Scene, guard: guard_module.TicketGuard
) -> None:
    team = scene.team
    boards.set_ai_reading(
        actor=team.actor("chair"),
        board_id=scene.item.meeting.board_id,
        ai_reading=AiReading.NEVER,
    )
    client = Client()
    client.force_login(team.people["surgeon"], backend="django.contrib.auth.backends.ModelBackend")
    study = Study.objects.get()
    url = f"/api/cases/{team.case_id}/studies/{study.study_instance_uid}/ticket"
    headers = pixel_headers(client, client.post(url).json()["ticket"])
    segmentation = Series.objects.filter(modality="SEG").first()
    images = Series.objects.get(modality="CT")
    assert segmentation is not None

    def status(series: Series) -> tuple[int, str]:
        guard.poll()
        answer = asyncio.run(get(f"/pixels/{series.archive_key}/metadata", headers))
        return answer.status_code, "" if answer.is_success else answer.json()["code"]

    assert status(segmentation) == (200, "")
    boards.set_ai_reading(
        actor=team.actor("chair"),
        board_id=scene.item.meeting.board_id,
        ai_reading=AiReading.IN_MEETING,
    )
    assert status(segmentation) == (403, "ai_hidden")
    assert status(images) == (200, "")


def test_LIVE_X1_nothing_is_written_to_a_hidden_result(scene: Scene) -> None:
    client = Client()
    client.force_login(
        scene.team.people["radiologist"], backend="django.contrib.auth.backends.ModelBackend"
    )
    found = Finding.objects.get(external__isnull=True)
    job = found.job
    alert = UrgencyAlert.objects.get()
    for path, body in (
        (f"/api/urgency-notices/{alert.pk}/acknowledge", {}),
        (f"/api/findings/{found.pk}/accept", {"version": 2}),
        (f"/api/findings/{found.pk}/dismiss", {"version": 2, "reason_code": "artefact"}),
        (f"/api/findings/{found.pk}/export/retry", {}),
        (f"/api/jobs/{job.pk}/cancel", {}),
        (f"/api/jobs/{job.pk}/retry", {}),
    ):
        answer = client.post(path, body, content_type="application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "ai_hidden"), path
