"""Serves the built single-page application's one HTML file for every screen's path."""

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe


@dataclass(frozen=True)
class Room:
    """A screen whose page says with its first lines what it will load.

    These are the screens with images: their code a browser would otherwise find only after it has
    read the application's own, and their records only after that code has run.
    """

    path: re.Pattern[str]
    module: str
    """Below `frontend/`, as the build's manifest names it."""
    records: tuple[str, ...] = ()
    """Paths of the API that are read first; filled in from the groups of `path`."""


ROOMS = (
    Room(
        re.compile(r"/cases/(?P<case>[0-9a-f-]+)/view/?"),
        "src/features/viewer/ViewerRoute.tsx",
        ("/api/cases/{case}/studies", "/api/cases/{case}", "/api/hanging-protocols"),
    ),
    Room(re.compile(r"/live/[0-9a-f-]+/?"), "src/features/live/LiveRoute.tsx"),
)
#: Asked for by every page, whatever its path.
SESSION = "/api/me"


@require_safe
@ensure_csrf_cookie
def serve_frontend(request: HttpRequest) -> HttpResponse:
    index = settings.FRONTEND_DIST / "index.html"
    if not index.exists():
        return HttpResponse(
            "The frontend is not built. Run `make demo`, or `npm run build` in frontend/.",
            status=503,
            content_type="text/plain; charset=utf-8",
        )
    built_ns = index.stat().st_mtime_ns
    page = _page(settings.FRONTEND_DIST, None, built_ns)
    for room in ROOMS:
        if found := room.path.fullmatch(request.path):
            records = [path.format(**found.groupdict()) for path in (SESSION, *room.records)]
            hints = "".join(
                f'<link rel="preload" as="fetch" crossorigin href="{path}">' for path in records
            )
            page = _page(settings.FRONTEND_DIST, room.module, built_ns)
            page = page.replace("</head>", f"{hints}</head>", 1)
    response = HttpResponse(page, content_type="text/html; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=8)
def _page(dist: Path, module: str | None, built_ns: int) -> str:
    """The HTML of a build; with scripts and styles of a module in its head."""
    page = (dist / "index.html").read_text("utf-8")
    manifest = dist / ".vite" / "manifest.json"
    if module is None or not manifest.exists():
        return page
    links = _links(json.loads(manifest.read_text("utf-8")), module)
    return page.replace("</head>", "".join(one for one in links if one not in page) + "</head>", 1)


def _links(manifest: dict[str, Any], module: str) -> list[str]:
    """Scripts and styles of a module and of all it imports, each once."""
    known = [module]
    for name in known:
        known += [one for one in manifest[name].get("imports", []) if one not in known]
    scripts = [manifest[name]["file"] for name in known if name != "index.html"]
    styles = [file for name in known for file in manifest[name].get("css", [])]
    return [
        *(f'<link rel="modulepreload" crossorigin href="/{file}">' for file in scripts),
        *(f'<link rel="preload" as="style" crossorigin href="/{file}">' for file in styles),
    ]
