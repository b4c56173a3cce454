"""The built-in hanging protocols, each chosen by itself for a case of its kind.

Held to what a protocol promises: its name, which series is in which cell, windows, planes and
links, and a known value where it lies. Beside what should hang there is what should not.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.harness import Stack, wait_for
from tests.e2e.imports import SHARED
from tests.e2e.planes import settled
from tests.e2e.screen import Screen
from tests.e2e.studies import BALL_LPS, CORONAL, SAGITTAL, Course, copy_with_own_uids, import_cases
from tests.e2e.volumes import Truth, grey

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(600)]
Keep = Callable[[Page, str], Path]
RT, US = "09-rt-breast-boost", "13-pydicom-files"
LIVER_WINDOW = (15.0, 164.0)  # width 150, level 90 (PS3.3 C.11.2.1.2)


@pytest.fixture(scope="module")
def courses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Course, dict[str, str]]]:
    """Studies and their series, by the name of the case and what the series is called here."""
    root = tmp_path_factory.mktemp("studies")
    made: dict[str, tuple[Course, dict[str, str]]] = {}

    def course(name: str, **more: Any) -> Course:
        one = Course(folder=root / name, name=name, **more)
        made[name] = (one, {})
        return one

    ct = course("ct")
    ct.add("Topogram 0.6", slices=2, orientation=CORONAL)
    ct.add("PreMonitoring", slices=16)
    ct.add("Abd cor 2.0", slices=14, orientation=CORONAL)
    made["ct"][1]["main"] = ct.add("Abd 5.0", body_part="", BodyPartExamined="ABDOMEN")
    ct.add_page("Patient Protocol")

    breast = course("breast")
    mr = {"modality": "MR", "BodyPartExamined": "BREAST", "tissue": 100}
    breast.add("Localizer", slices=18, **mr)
    breast.add("t1 dyn pre sag", ball=150, orientation=SAGITTAL, slices=16, **mr)
    for key, words, ball, more in (
        ("dynamic", "t1 dyn ph1 sag", 900, {"orientation": SAGITTAL, "slices": 16}),
        ("t2", "t2 tirm tra", 600, {"slices": 16, "slice_mm": 3.0}),
        ("dwi", "ep2d TRACEW b800", 700, {}),
        ("adc", "ep2d ADC", 300, {}),
    ):
        made["breast"][1][key] = breast.add(words, ball=ball, **mr, **more)

    liver = course("liver")
    liver.add("Lung 1.0", slices=16, BodyPartExamined="ABDOMEN")
    for key, words, ball, thickness in (
        ("delayed", "Abd delayed", 95, 4.0),
        ("portal", "Abd portal venous", 60, 3.0),
        ("native", "Abd native", 55, 4.0),
        ("arterial", "Abd arterial", 130, 4.0),
    ):
        made["liver"][1][key] = liver.add(
            words, tissue=80, ball=ball, slice_mm=thickness, BodyPartExamined="ABDOMEN"
        )

    film = course("film")
    for key, value in (("L", 2000), ("R", 1000)):
        made["film"][1][key] = film.add_film(
            "Knie ap", value, BodyPartExamined="KNEE", ImageLaterality=key
        )
    clip = course("endoscopy")
    made["endoscopy"][1]["clip"] = clip.add_clip("Rectum", modality="ES", frames=24)

    if SHARED.exists():
        parts = [one for part in ("RTPLAN", "RTSTRUCT") for one in (SHARED / RT / part).iterdir()]
        plan, *rest = copy_with_own_uids([*parts, *_planning()], root / "own")
        study_uid = str(pydicom.dcmread(plan, stop_before_pixels=True).StudyInstanceUID)
        rt = Course.beside(root / "rt", plan, study_uid=study_uid)
        rt.add("Abdomen 3.0", slices=16)
        made["rt"] = (rt, {"files": [plan, *rest]})
    return made


def _planning() -> list[Path]:
    """Twelve neighbouring slices of the planning CT, from the feet to the head."""
    files = sorted(
        (SHARED / RT / "CT").iterdir(),
        key=lambda path: float(
            pydicom.dcmread(path, specific_tags=["ImagePositionPatient"]).ImagePositionPatient[2]
        ),
    )
    return files[40:52]


@pytest.fixture(scope="module")
def cases(stack: Stack, courses: dict[str, Any]) -> dict[str, str]:
    wanted = {name: [course.folder] for name, (course, _) in courses.items()}
    if SHARED.exists():
        wanted["rt"] += courses["rt"][1]["files"]
        wanted["ultrasound"] = [next((SHARED / US).rglob("examples_ybr_color.dcm"))]
    return import_cases(stack, wanted)


@pytest.fixture
def hung(
    open_page: OpenPage, cases: dict[str, str], courses: dict[str, Any]
) -> Callable[..., tuple[Screen, list[str]]]:
    """``hung("ct", "CT", cells=1)``: the case as it opens by itself, and what is in its cells."""

    def open_one(case: str, protocol: str, *, cells: int, width: int = 1280) -> Any:
        height = 1080 if width > 1500 else 800
        path = f"/cases/{cases[case]}/view"
        page = open_page(role="radiologist", width=width, height=height, path=path)
        screen = Screen(page)
        for index in range(cells):
            screen.wait_for_picture(index=index)
        _expect_layout(page, protocol)
        known = courses.get(case, (None, {}))[1]
        names = {uid: key for key, uid in known.items() if key != "files"}
        reports = screen.read("viewports")
        return screen, [names.get(one["series_instance_uid"], "?") for one in reports]

    return open_one


def _expect_layout(page: Page, protocol: str) -> None:
    """Its name, where the layouts are chosen; the menu is closed again."""
    button = page.get_by_role("button", name="Layouts", exact=True)
    button.click()
    expect(page.locator("[role=menuitem][aria-current]")).to_contain_text(protocol)
    button.click()
    expect(page.get_by_role("menuitem")).to_have_count(0)
    page.mouse.move(4, 400)


def _window(screen: Screen, index: int) -> tuple[float, float]:
    voi = screen.viewport(index)["voi"]
    return voi["lower"], voi["upper"]


def _check_ball(screen: Screen, index: int, value: float, *, beside: float) -> None:
    """The pixels of the page where the ball is, and two radii beside it."""
    aside = [BALL_LPS[0], BALL_LPS[1] + 20, BALL_LPS[2]]
    voi = screen.viewport(index)["voi"]
    wanted = [grey(one, voi) for one in (value, beside)]
    assert abs(wanted[0] - wanted[1]) > 20, "the window tells them apart"

    def equal() -> bool:
        seen = screen.read("colours", index, [list(BALL_LPS), aside])
        return all(one and abs(one[0] - of) < 3 for one, of in zip(seen, wanted, strict=True))

    wait_for(equal, what=f"viewport {index}: {value} in {beside}", timeout_s=20)


def _links(screen: Screen) -> set[str]:
    return set(screen.read("links")["kinds"])


def _take(screen: Screen, index: int) -> tuple[float, float]:
    """Keys go to the viewport that was clicked."""
    centre = screen.focus_viewport(index)
    if screen.read("layout")["active"] != index:
        screen.page.mouse.click(*centre)
    return centre


def _go_to_ball(screen: Screen, index: int) -> None:
    _take(screen, index)
    screen.press("Home")
    screen.press("ArrowDown", times=7)
    wait_for(
        lambda: abs(screen.viewport(index)["focal_point_lps"][2] - BALL_LPS[2]) < 0.01,
        what="the slice of the ball",
        timeout_s=20,
    )


def test_a_ct_hangs_alone_whatever_the_scanner_has_saved_beside_it(
    hung: Callable[..., Any], keep_screenshot: Keep
) -> None:
    screen, shown = hung("ct", "CT", cells=1)
    assert (screen.read("layout")["rows"], shown) == (1, ["main"])
    _go_to_ball(screen, 0)
    assert screen.read("valueAt", 0, [42, 27]) == 120
    _check_ball(screen, 0, 120, beside=40)
    expect(screen.page.get_by_test_id("window")).to_have_text("W 400 L 40 HU")
    keep_screenshot(screen.page, "1280")
    # The next screen: one series in two windows, going together.
    screen.press("Shift+ArrowRight")
    wait_for(lambda: len(screen.read("viewports")) == 2, what="soft tissue and lung")
    for index in (0, 1):
        screen.wait_for_picture(index=index)
    wait_for(lambda: _window(screen, 1) == (-1350.0, 149.0), what="the lung window")
    assert len({screen.viewport(index)["series_instance_uid"] for index in (0, 1)}) == 1
    assert _links(screen) == {"scroll", "zoom"}
    _go_to_ball(screen, 1)
    wait_for(lambda: screen.viewport(0)["slice"] == 8, what="the other goes along")


def test_a_breast_hangs_after_contrast_with_what_it_is_compared_with(
    hung: Callable[..., Any], keep_screenshot: Keep
) -> None:
    screen, shown = hung("breast", "Breast MR", cells=4, width=1920)
    assert shown == ["dynamic", "t2", "dwi", "adc"]
    assert _links(screen) == {"scroll", "zoom"} and screen.read("links")["lines"]
    # Whoever stands across keeps its own middle: both sides of the patient are on the screen.
    assert [screen.viewport(index)["focal_point_lps"][0] for index in (1, 2, 3)] == [0, 0, 0]
    _go_to_ball(screen, 2)
    for index, value in ((1, 600), (2, 700), (3, 300)):
        wait_for(
            lambda index=index: abs(screen.viewport(index)["focal_point_lps"][2] - 28) < 1.6,
            what=f"viewport {index} at the ball",
        )
        _check_ball(screen, index, value, beside=100)
    # The dynamic series stands across: it is led by hand, and shows where the others cut it.
    _take(screen, 0)
    screen.press("Home")
    screen.press("ArrowDown", times=9)
    wait_for(lambda: abs(screen.viewport(0)["focal_point_lps"][0] - 20) < 0.01, what="sagittal")
    assert screen.read("valueAt", 0, [27, 31]) == 900
    _check_ball(screen, 0, 900, beside=100)
    assert len(screen.read("references", 0)) == 3
    scales = [screen.viewport(index)["mm_per_px"] for index in range(4)]
    assert scales == pytest.approx([scales[0]] * 4, rel=0.001)
    keep_screenshot(screen.page, "1920")


def test_phases_of_a_liver_hang_in_their_order_in_one_window(
    hung: Callable[..., Any], keep_screenshot: Keep
) -> None:
    screen, shown = hung("liver", "Liver, phases", cells=4)
    assert shown == ["native", "arterial", "portal", "delayed"]
    assert [_window(screen, index) for index in range(4)] == [LIVER_WINDOW] * 4
    assert _links(screen) == {"scroll", "window", "zoom"}
    _go_to_ball(screen, 0)
    for index, ball in enumerate((55, 130, 60, 95)):
        wait_for(
            lambda index=index: abs(screen.viewport(index)["focal_point_lps"][2] - 28) < 1.6,
            what=f"phase {index} at the ball",
        )
        if ball != 95:  # too like the tissue for a picture to tell
            _check_ball(screen, index, ball, beside=80)
        assert screen.read("valueAt", index, [42, 27]) == ball
    keep_screenshot(screen.page, "1280")
    x, y = _take(screen, 1)
    screen.press("w")
    screen.drag((x, y), (x + 60, y))
    changed = wait_for(lambda: (w := _window(screen, 1)) != LIVER_WINDOW and w, what="a window")
    assert [_window(screen, index) for index in range(4)] == [changed] * 4
    x, y = _take(screen, 2)
    screen.press("z")
    screen.drag((x, y), (x, y - 40))
    scales = [screen.viewport(index)["mm_per_px"] for index in range(4)]
    assert scales == pytest.approx([scales[0]] * 4, rel=1e-6)


@pytest.mark.skipif(not SHARED.exists(), reason="shared data (real DICOM) is not here")
def test_a_plan_hangs_on_the_ct_that_it_was_made_on(
    hung: Callable[..., Any], courses: dict[str, Any], keep_screenshot: Keep
) -> None:
    images = [pydicom.dcmread(path) for path in courses["rt"][1]["files"][-12:]]
    truth = Truth.of(images)
    screen, _ = hung("rt", "Radiotherapy plan", cells=1, width=1920)
    shown = screen.viewport(0)
    # Beside it lies a CT of the same day with more images, in another frame of reference.
    assert shown["series_instance_uid"] == str(images[0].SeriesInstanceUID)
    assert shown["slices"] == len(images)
    one = next(x for x in images if str(x.SOPInstanceUID) == shown["sop_instance_uid"])
    slope, intercept = float(one.RescaleSlope), float(one.RescaleIntercept)
    stored = one.pixel_array
    for column, row in ((256, 256), (200, 300), (300, 220)):
        assert screen.read("valueAt", 0, [column, row]) == stored[row, column] * slope + intercept
    assert _window(screen, 0) == (-160.0, 239.0)
    keep_screenshot(screen.page, "1920")
    screen.press("Shift+ArrowRight")
    wait_for(lambda: len(screen.read("viewports")) == 3, what="three planes")
    settled(screen, 1, 2)
    normals = [screen.viewport(index)["view_plane_normal"] for index in (1, 2)]
    assert normals == [[1, 0, 0], [0, -1, 0]]
    for index in (1, 2):
        here = screen.viewport(index)
        assert here["reformat"]["kind"] == "plane"
        sample = screen.read("planeSample", index, here["focal_point_lps"])
        assert sample["values"][0] == pytest.approx(truth.at(sample["point_lps"]), abs=0.05)
        assert _window(screen, index) == (-160.0, 239.0)
    keep_screenshot(screen.page, "planes")


def test_films_hang_as_the_patient_faces_the_reader(
    hung: Callable[..., Any], keep_screenshot: Keep
) -> None:
    screen, shown = hung("film", "Plain film", cells=2)
    # Both are called "Knie ap", the left one was taken first: the header has the side.
    assert shown == ["R", "L"]
    said = [cell.inner_text() for cell in screen.page.get_by_test_id("laterality").all()]
    assert [words[0] for words in said] == ["R", "L"]
    assert [screen.read("valueAt", index, [40, 50]) for index in (0, 1)] == [1000, 2000]
    for index, value in ((0, 1000), (1, 2000)):
        (inside, outside) = screen.read("colours", index, [[40, 50, 0], [10, 50, 0]])
        assert inside[0] == pytest.approx(255 * value / 3000, abs=3) and outside[0] == 0
    keep_screenshot(screen.page, "1280")


@pytest.mark.parametrize("case", ["endoscopy", "ultrasound"])
def test_a_clip_hangs_playing_at_the_speed_of_its_file(
    case: str, hung: Callable[..., Any], keep_screenshot: Keep
) -> None:
    if case == "ultrasound" and not SHARED.exists():
        pytest.skip("shared data (real DICOM) is not here")
    screen, _ = hung(case, "Ultrasound, endoscopy, angiography", cells=1)
    frames, rate = (24, 12) if case == "endoscopy" else (30, pytest.approx(30, rel=0.001))
    assert screen.viewport(0)["slices"] == frames
    cine = screen.read("cine", 0)
    assert cine["playing"] and cine["frames_per_second"] == rate
    seen: set[int] = set()
    wait_for(
        lambda: seen.add(screen.viewport(0)["slice"]) or len(seen) > 6,
        what="frame after frame",
        every_s=0.03,
    )
    keep_screenshot(screen.page, case)
    screen.focus_viewport(0)
    screen.press("Home")  # whoever scrolls takes over
    wait_for(lambda: not screen.read("cine", 0)["playing"], what="stopped")
    if case == "endoscopy":
        wait_for(lambda: screen.viewport(0)["slice"] == 1, what="the first frame")
        screen.press("ArrowDown", times=4)
        wait_for(lambda: screen.viewport(0)["slice"] == 5, what="the fifth frame")
        wait_for(
            lambda: np.allclose(
                screen.read("colours", 0, [[30, 20, 0]])[0][:3], [50, 0, 0], atol=2
            ),
            what="the fifth frame's own red",
        )
