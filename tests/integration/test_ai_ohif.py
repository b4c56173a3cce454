"""OHIF as published, on a real Orthanc, opens our SEG and RTSTRUCT with the mask on the anatomy.

A bright box on a dark phantom is the anatomy. Drawn right, what is coloured is bright and what is
bright is coloured; a mask that is flipped, shifted by a pixel or on another slice is not.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from apps.ai.analyses.results import MaskRegion, ValueMap
from apps.ai.encoding import FindingUids, encode_segmentation, encode_structure_set
from apps.ai.encoding.parametric_map import MapUids, encode_parametric_map
from tests.apps.ai import encoded
from tests.apps.ai.phantom_files import BOXES, SHAPE, write_ct
from tests.apps.ai.test_parametric_map import PROBABILITY, Code
from tests.apps.ai.test_structure_set import UIDS, region
from tests.bench.ohif_peer import OhifPages
from tests.bench.scene import Server
from tests.e2e.conftest import CHROMIUM_ARGUMENTS, SCREENSHOTS
from tests.orthanc import OrthancUnderTest
from tests.system_parts import find_chromium, find_ohif, find_program, is_required

DIST = find_ohif()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.orthanc,
    pytest.mark.chromium,
    pytest.mark.skipif(
        (DIST is None or find_program("nginx") is None) and not is_required(),
        reason="OHIF or nginx is not here (make test fetches them)",
    ),
]
BRIGHT, COLOURED = 150, 40


@pytest.fixture
def study(tmp_path: Path, orthanc: OrthancUnderTest) -> str:
    """The phantom and what was made of its first box, in Orthanc."""
    paths = sorted(write_ct(tmp_path / "ct", patient_id="PH-1").iterdir())
    for path in paths:
        orthanc.store(path.read_bytes())
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in paths]
    headers.sort(key=lambda one: float(one.ImagePositionPatient[2]))
    mask = np.zeros(SHAPE, dtype=bool)
    mask[BOXES[0]] = True
    common: dict[str, Any] = {"source_headers": headers, "content_at": encoded.NOW}
    made = {"algorithm": encoded.ALGORITHM, "number": 1}
    orthanc.store(
        encode_segmentation(
            **common,
            **made,
            segment=encoded.finding(mask, label="Box", measurements=()),
            uids=FindingUids.derive(job_key="ohif", number=1),
            series_number=9001,
        )
    )
    orthanc.store(
        encode_structure_set(
            **common,
            regions=[region(mask)],
            uids=UIDS,
            label="AI_ACCEPTED",
            series_number=9004,
        )
    )
    orthanc.store(
        encode_parametric_map(
            **common,
            **made,
            value_map=ValueMap(
                "Probability", PROBABILITY, Code("UCUM", "1", "no units"),
                mask.astype(np.float32) * np.float32(0.8), 0.01,
            ),
            uids=MapUids.derive(job_key="ohif", number=1),
            series_number=9005,
        )
    )  # fmt: skip
    assert MaskRegion.from_mask(mask).voxel_count == mask.sum()
    return str(headers[0].StudyInstanceUID)


@pytest.fixture
def ohif(tmp_path: Path, orthanc: OrthancUnderTest) -> Iterator[OhifPages]:
    assert DIST is not None, "OHIF is not here (make test fetches it)"
    secret = base64.b64encode(f"{orthanc.username}:{orthanc.password}".encode()).decode()
    pacs = Server("orthanc", orthanc.rest_url, {"Authorization": f"Basic {secret}"}, [])
    pages = OhifPages(root=tmp_path / "ohif", dist=DIST, pacs=pacs)
    yield pages
    pages.stop()


@pytest.fixture
def page(ohif: OhifPages) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
        )
        yield browser.new_page(viewport={"width": 1100, "height": 700})
        browser.close()


def canvas_of(page: Page) -> np.ndarray:
    canvas = page.query_selector("canvas.cornerstone-canvas")
    assert canvas is not None
    return np.asarray(Image.open(io.BytesIO(canvas.screenshot())).convert("RGB"), dtype=int)


@pytest.mark.parametrize("modality", ["SEG", "RTSTRUCT"])
def test_ohif_shows_the_mask_on_the_anatomy(
    modality: str, study: str, ohif: OhifPages, page: Page
) -> None:
    page.goto(f"{ohif.origin}/viewer?StudyInstanceUIDs={study}")
    page.wait_for_selector("canvas.cornerstone-canvas", timeout=90_000)
    page.wait_for_timeout(5_000)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    (SCREENSHOTS / f"ohif-{modality}-before.png").write_bytes(page.screenshot())
    (SCREENSHOTS / f"ohif-{modality}.html").write_text(page.content())
