"""The one page of the application: as built, and for a room with what it loads first."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.conf import settings as django_settings
from django.test import Client

from config.frontend import ROOMS

MANIFEST = {
    "index.html": {
        "file": "assets/index-1.js",
        "imports": ["_kit.js"],
        "css": ["assets/index.css"],
    },
    "_kit.js": {"file": "assets/kit-1.js"},
    "_room.js": {"file": "assets/room-1.js", "imports": ["_kit.js"], "css": ["assets/room.css"]},
    "src/features/viewer/ViewerRoute.tsx": {
        "file": "assets/viewer-1.js",
        "imports": ["index.html", "_kit.js", "_room.js"],
    },
    "src/features/live/LiveRoute.tsx": {"file": "assets/live-1.js", "imports": ["_room.js"]},
}
HEAD = (
    '<script type="module" crossorigin src="/assets/index-1.js"></script>'
    '<link rel="modulepreload" crossorigin href="/assets/kit-1.js">'
)


@pytest.fixture
def dist(tmp_path: Path, settings: LazySettings) -> Path:
    (tmp_path / ".vite").mkdir()
    (tmp_path / ".vite/manifest.json").write_text(json.dumps(MANIFEST))
    (tmp_path / "index.html").write_text(f"<html><head>{HEAD}</head><body></body></html>")
    settings.FRONTEND_DIST = tmp_path
    return tmp_path


def _hints(client: Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert HEAD in page
    return re.findall(r'rel="\w+"(?: as="\w+")? crossorigin href="([^"]+)"', page.replace(HEAD, ""))


def test_a_room_is_told_what_it_loads_first(client: Client, dist: Path) -> None:
    assert _hints(client, "/cases/8f/view") == [
        "/assets/viewer-1.js",
        "/assets/room-1.js",
        "/assets/index.css",
        "/assets/room.css",
        "/api/me",
        "/api/cases/8f/studies",
        "/api/cases/8f",
        "/api/hanging-protocols",
    ]
    assert _hints(client, "/live/8f")[0] == "/assets/live-1.js"


@pytest.mark.parametrize("path", ["/", "/worklist", "/cases/8f", "/cases/%22%3E/view", "/sign-in"])
def test_other_pages_are_as_built(path: str, client: Client, dist: Path) -> None:
    assert _hints(client, path) == []


def test_a_new_build_is_seen(client: Client, dist: Path) -> None:
    _hints(client, "/cases/8f/view")
    built = {**MANIFEST, "_room.js": {"file": "assets/room-2.js"}}
    (dist / ".vite/manifest.json").write_text(json.dumps(built))
    (dist / "index.html").write_text(f"<html><head>{HEAD}</head><body>2</body></html>")
    assert "/assets/room-2.js" in _hints(client, "/cases/8f/view")


def test_a_build_without_a_manifest_still_opens(client: Client, dist: Path) -> None:
    (dist / ".vite/manifest.json").unlink()
    (dist / "index.html").write_text(f"<html><head>{HEAD}</head><body>3</body></html>")
    assert not [one for one in _hints(client, "/cases/8f/view") if "assets" in one]


def test_the_rooms_are_routes_of_the_application() -> None:
    source = django_settings.BASE_DIR / "frontend"
    routes = (source / "src/app/routes.tsx").read_text("utf-8")
    for room in ROOMS:
        assert (source / room.module).is_file()
        name = room.module.removeprefix("src/").removesuffix(".tsx")
        assert f"import('@/{name}')" in routes
