"""OHIF as published, configured and nothing else, shows a study of the gateway.

`make test` fetches the published package from the npm registry (tests/system_parts.py); the
configuration is the one of docs/walkthroughs/connect-ohif.md.
"""

from __future__ import annotations

import functools
import io
import re
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright
from pydicom.uid import generate_uid

from apps.imaging.services import import_files
from tests.apps.imaging.dicom import make_slice, to_bytes, write_files
from tests.apps.imaging.test_importing import patient_fields
from tests.contracts.dicomweb import Gateway, live_gateway
from tests.e2e.conftest import CHROMIUM_ARGUMENTS, SCREENSHOTS
from tests.people import SYSTEM
from tests.system_parts import find_chromium, find_ohif, is_required

DIST = find_ohif()
WALKTHROUGH = Path(__file__).parents[2] / "docs" / "walkthroughs" / "connect-ohif.md"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.chromium,
    pytest.mark.skipif(
        DIST is None and not is_required(), reason="OHIF is not here (make test fetches it)"
    ),
]


class Pages(SimpleHTTPRequestHandler):
    """OHIF's files with our app-config.js; unknown paths are its single page."""

    config = ""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/app-config.js":
            body = self.config.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if not Path(self.translate_path(path)).is_file():
            self.path = "/index.html"
        super().do_GET()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def pages() -> Iterator[ThreadingHTTPServer]:
    assert DIST is not None, "OHIF is not here (make test fetches it)"
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Pages, directory=DIST))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()


@pytest.fixture(scope="module")
def gateway(
    pages: ThreadingHTTPServer,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("ohif")
    origin = f"http://127.0.0.1:{pages.server_port}"
    with django_db_blocker.unblock(), live_gateway(folder, origins=origin) as live:
        write_files(folder / "ct", ellipsoids(live))
        import_files(actor=SYSTEM, case_id=live.team.case_id, paths=[folder / "ct"])
        yield live


def ellipsoids(gateway: Gateway) -> list[bytes]:
    """A body with two lungs and a nodule, a little noise: forty slices of 160 × 160."""
    fields = patient_fields(gateway.team) | {
        "study_uid": generate_uid(),
        "series_uid": generate_uid(),
    }
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    rng = np.random.default_rng(1)
    made = []
    for index, z in enumerate(np.linspace(-1, 1, 40)):
        values = np.full((160, 160), -1000.0)
        values[(x / 0.85) ** 2 + (y / 0.6) ** 2 < 1] = 40
        for side in (-0.4, 0.4):
            values[((x - side) / 0.3) ** 2 + (y / 0.42) ** 2 + (z / 0.9) ** 2 < 1] = -850
        values[(x + 0.45) ** 2 + (y - 0.1) ** 2 + z**2 < 0.01] = 60
        values[x**2 / 0.01 + (y - 0.42) ** 2 / 0.008 < 1] = 600
        values += rng.normal(0, 25, values.shape)
        one = make_slice(index=index, shape=(160, 160), RescaleSlope=1, **fields)
        one.PixelSpacing, one.PixelData = [2.0, 2.0], (values + 1024).astype("<i2").tobytes()
        made.append(to_bytes(one))
    return made


def test_ohif_shows_a_study(
    db: None, gateway: Gateway, pages: ThreadingHTTPServer, tmp_path: Path
) -> None:
    study_uid = max(gateway.get("/studies").json(), key=lambda one: one["00201208"]["Value"][0])[
        "0020000D"
    ]["Value"][0]
    (config,) = re.findall(r"```js\n(.*?)```", WALKTHROUGH.read_text("utf-8"), re.DOTALL)
    Pages.config = config.replace(
        "https://consilium.hospital.example/dicomweb/cases/<case id>", gateway.root
    )
    answers: list[tuple[int, str]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1100, "height": 700})
        page.on("response", lambda one: answers.append((one.status, one.url)))
        page.on("requestfailed", lambda one: answers.append((0, one.url)))
        page.goto(
            f"http://127.0.0.1:{pages.server_port}/viewer?StudyInstanceUIDs={study_uid}"
            f"&token={gateway.token}"
        )
        for _ in range(60):
            page.wait_for_timeout(1000)
            canvas = page.query_selector("canvas.cornerstone-canvas")
            if canvas is None:
                continue
            grey = np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("L"))
            if len(np.unique(grey[::4, ::4])) > 40:
                break
        page.get_by_text("Skip all").click()
        page.wait_for_timeout(3000)
        shot = page.screenshot()
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        (SCREENSHOTS / "ohif.png").write_bytes(shot)
        title = page.url
        browser.close()
    asked = [(status, url) for status, url in answers if url.startswith(gateway.root)]
    assert any("/frames/" in url and status == 200 for status, url in asked), asked[-20:]
    assert [(status, url) for status, url in asked if status not in (200, 204, 304)] == []
    assert "token" not in title
    assert len(np.unique(grey[::4, ::4])) > 40
