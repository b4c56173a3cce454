"""Takes the pictures of docs/gallery.md: the demo hospital, in a real Chromium.

    python -m tests.gallery [NAME …]

Phantoms only, never shared data: the pictures are in the repository, and anybody may see them.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.conftest import CHROMIUM_ARGUMENTS, sign_in
from tests.e2e.harness import BASE_DIRECTORY, Stack, wait_for
from tests.e2e.screen import Screen
from tests.phantom_letter import import_letter
from tests.system_parts import find_chromium

PICTURES = BASE_DIRECTORY / "docs" / "pictures"
WIDTH, HEIGHT = 1280, 800
QUALITY = 82
MOST_BYTES = 150_000
HOSPITAL_TIMEOUT_S = 3_600.0
Point = tuple[float, float, float]


@dataclass
class Studio:
    """The house, a browser, and the cases of the demo hospital by their patient's tree."""

    stack: Stack
    browser: Browser

    def __post_init__(self) -> None:
        self.clients = {
            role: self.stack.client(role=role) for role in ("coordinator", "radiologist")
        }
        found = self.clients["coordinator"].get("/api/cases?limit=50").json()["results"]
        self.cases: dict[str, str] = {
            one["patient"]["name"].split("^")[0].lower(): one["id"] for one in found
        }

    @property
    def reader(self) -> httpx.Client:
        return self.clients["radiologist"]

    def series(self, tree: str, modality: str) -> str:
        """The newest series of a modality."""
        for study in self.reader.get(f"/api/cases/{self.cases[tree]}/studies").json()["results"]:
            for one in study["series"]:
                if one["modality"] == modality:
                    return str(one["series_instance_uid"])
        raise LookupError(f"{tree} has no {modality}")

    def findings(self, tree: str) -> list[dict[str, Any]]:
        """Largest first."""
        answer = self.reader.get("/api/findings", params={"case": self.cases[tree]})
        return sorted(answer.json()["results"], key=_size, reverse=True)

    @contextmanager
    def page(
        self,
        path: str,
        *,
        role: str = "radiologist",
        light: bool = False,
        width: int = WIDTH,
        height: int = HEIGHT,
        **options: Any,
    ) -> Iterator[Screen]:
        context = self.browser.new_context(
            base_url=self.stack.base_url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            reduced_motion="reduce",
            **options,
        )
        kept = {"consilium.mode": "volume"}
        if light:
            kept["mantine-color-scheme-value"] = "light"
        for key, value in kept.items():
            context.add_init_script(f"localStorage[{key!r}] ??= {value!r}")
        sign_in(context=context, role=role, origin=self.stack.base_url)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.goto(path)
        yield Screen(page)
        context.close()

    @contextmanager
    def viewer(self, tree: str, query: str = "", **options: Any) -> Iterator[Screen]:
        with self.page(f"/cases/{self.cases[tree]}/view{query}", **options) as screen:
            settle(screen)
            yield screen


def _size(finding: dict[str, Any]) -> float:
    values = [one["value"] for one in finding["measurements"] if one["quantity"] == "volume"]
    return max(values, default=0.0)


def settle(screen: Screen) -> list[dict[str, Any]]:
    """Until every viewport shows what was asked for, at full resolution."""

    def settled() -> list[dict[str, Any]] | None:
        reports = screen.read("viewports") or []
        return reports if reports and all(map(_is_settled, reports)) else None

    wait_for(settled, what="pictures", timeout_s=180)
    screen.page.wait_for_timeout(700)
    reports: list[dict[str, Any]] = wait_for(settled, what="pictures", timeout_s=180)
    return reports


def _is_settled(one: dict[str, Any]) -> bool:
    if one["reformat"]:
        return bool(one["plane_settled"])
    same = one["sop_instance_uid"] == one["target_sop_instance_uid"]
    return bool(one["sop_instance_uid"] and same and one["plane_settled"] is not False)


def keep(screen: Screen, name: str) -> None:
    """Small enough for a repository, or an error: a picture is not worth more."""
    taken = Image.open(io.BytesIO(screen.page.screenshot())).convert("RGB")
    for quality in range(QUALITY, 40, -8):
        packed = io.BytesIO()
        taken.save(packed, "WEBP", quality=quality, method=6)
        if len(packed.getvalue()) <= MOST_BYTES:
            PICTURES.mkdir(parents=True, exist_ok=True)
            (PICTURES / f"{name}.webp").write_bytes(packed.getvalue())
            print(f"{name}: {len(packed.getvalue()) // 1000} kB", flush=True)
            return
    raise AssertionError(f"{name} does not fit in {MOST_BYTES} bytes")


def tab(page: Page, name: str) -> None:
    page.locator("aside label", has_text=re.compile(f"^{name}")).first.click()


def show_finding(studio: Studio, screen: Screen, tree: str, label: str) -> Point:
    """Goes to where the largest finding of that name lies; its middle."""
    finding = next(one for one in studio.findings(tree) if one["label"].startswith(label))
    screen.page.locator(f"[data-finding='{finding['id']}'] button").first.click()
    settle(screen)
    x, y, z = finding["centroid_lps"]
    return (x, y, z)


# --- the pictures --------------------------------------------------------------------------------


def pet_ct(studio: Studio) -> None:
    with studio.viewer("alder") as screen:
        show_finding(studio, screen, "alder", "Uptake")
        keep(screen, "pet-ct")


def current_prior(studio: Studio) -> None:
    with studio.viewer("elm") as screen:
        show_finding(studio, screen, "elm", "Planted lesion")
        keep(screen, "current-prior")


def planes(studio: Studio) -> None:
    with studio.viewer("alder", f"?series={studio.series('alder', 'CT')}") as screen:
        middle = show_finding(studio, screen, "alder", "Planted lesion")
        screen.focus_viewport()
        screen.press("n")
        settle(screen)
        point_at(screen, middle)
        keep(screen, "planes")


def point_at(screen: Screen, place: Point) -> None:
    """The crosshair of three planes to a place: by two clicks, in the coronal and the axial one."""
    for index in (1, 0):
        screen.page.mouse.click(*screen.page_of(place, index))
        settle(screen)
    screen.page.mouse.move(5, 5)


def solid(studio: Studio) -> None:
    with studio.viewer("alder", f"?series={studio.series('alder', 'CT')}") as screen:
        middle = show_finding(studio, screen, "alder", "Planted lesion")
        page = screen.page
        page.get_by_role("button", name="3D", exact=True).click()
        page.get_by_role("menuitem", name="Three planes and 3D", exact=True).click()
        settle(screen)
        point_at(screen, middle)
        keep(screen, "solid")


def radiotherapy(studio: Studio) -> None:
    with studio.viewer("juniper", f"?series={studio.series('juniper', 'CT')}") as screen:
        page = screen.page
        tab(page, "RT")
        page.get_by_role("button", name="PTV", exact=False).first.click()
        settle(screen)
        for name in ("GTV", "CORD"):
            page.get_by_label(f"Show {name}", exact=True).focus()
            page.keyboard.press("Space")
        page.get_by_role("switch", name="Show Dose").focus()
        page.keyboard.press("Space")
        page.locator("[data-region='CORD']").wait_for()
        page.get_by_test_id("dvh").scroll_into_view_if_needed()
        screen.focus_viewport()
        screen.press("+", times=3)
        settle(screen)
        keep(screen, "radiotherapy")


def painting(studio: Studio) -> None:
    with studio.viewer("birch") as screen:
        middle = show_finding(studio, screen, "birch", "Planted lesion")
        page = screen.page
        page.get_by_role("switch", name="Show AI outlines").click()
        screen.focus_viewport()
        screen.press("2")
        screen.press("o")
        page.get_by_role("button", name="New segmentation").click()
        page.get_by_role("button", name="Stop painting").wait_for()
        screen.press("+", times=4)
        settle(screen)
        x, y = screen.page_of(middle)
        for down in (-14, 0, 14):
            half = 12 if down else 22
            screen.drag((x - half, y + down), (x + half, y + down), steps=6)
            page.wait_for_timeout(600)
        page.mouse.move(x + 70, y + 50)
        settle(screen)
        keep(screen, "painting")


def documents(studio: Studio) -> None:
    import_letter(studio.stack, studio.reader, studio.cases["dogwood"])
    with studio.viewer("dogwood") as screen:
        page = screen.page
        tab(page, "Docs")
        page.locator("[data-kind='pdf'] button").first.click()
        page.get_by_role("button", name="Show in viewport").click()
        page.get_by_test_id("document").locator("img").wait_for()
        page.wait_for_timeout(1500)
        keep(screen, "documents")


def tools(studio: Studio) -> None:
    with studio.viewer("ginkgo") as screen:
        x, y, z = show_finding(studio, screen, "ginkgo", "Planted lesion")
        page = screen.page
        page.get_by_role("switch", name="Show AI outlines").click()
        screen.focus_viewport()
        screen.press("3")
        screen.press("+", times=3)
        settle(screen)

        def at(right: float, down: float) -> tuple[float, float]:
            return screen.page_of((x + right, y + down, z))

        for key, start, end in (
            ("b", at(-33, 5), at(33, -5)),
            ("e", at(20, -62), at(44, -42)),
            ("m", at(-35, 62), at(35, 50)),
        ):
            screen.press(key)
            screen.drag(start, end)
            page.wait_for_timeout(900)
        screen.press("Escape")
        tab(page, "Measured")
        page.mouse.move(5, 5)
        settle(screen)
        keep(screen, "tools")


def live(studio: Studio) -> None:
    session = studio.reader.post("/api/live/sessions", json={"case": studio.cases["alder"]}).json()
    path = f"/live/{session['id']}"
    with studio.page(path) as presenter, studio.page(path, role="chair") as follower:
        for screen in (presenter, follower):
            wait_for(lambda one=screen: one.live().get("status") == "open", what="joined")
            settle(screen)
        x, y = presenter.focus_viewport()
        presenter.press("ArrowUp", times=6)
        follower.page.mouse.move(x, y)
        settle(follower)
        keep(follower, "live")


def tablet(studio: Studio) -> None:
    size = {"width": 1024, "height": 768}
    with studio.viewer("alder", has_touch=True, **size) as screen:
        keep(screen, "tablet")


def projector(studio: Studio) -> None:
    with studio.viewer("elm") as screen:
        show_finding(studio, screen, "elm", "Planted lesion")
        screen.press("Alt+p")
        settle(screen)
        keep(screen, "projector")


def light(studio: Studio) -> None:
    with studio.viewer("cedar", light=True) as screen:
        show_finding(studio, screen, "cedar", "Planted lesion")
        keep(screen, "light")


PAINTERS: dict[str, Callable[[Studio], None]] = {
    "pet-ct": pet_ct,
    "current-prior": current_prior,
    "planes": planes,
    "solid": solid,
    "radiotherapy": radiotherapy,
    "painting": painting,
    "documents": documents,
    "tools": tools,
    "live": live,
    "tablet": tablet,
    "projector": projector,
    "light": light,
}


def main(names: list[str]) -> int:
    wanted = names or list(PAINTERS)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        house = Stack(directory=Path(folder))
        try:
            house.start()
            house.manage("demo_hospital", timeout_s=HOSPITAL_TIMEOUT_S)
            browser = playwright.chromium.launch(
                executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS
            )
            studio = Studio(house, browser)
            for name in wanted:
                PAINTERS[name](studio)
            browser.close()
        finally:
            house.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
