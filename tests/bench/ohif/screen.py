"""OHIF in a real browser: open a study and an object beside it, go to a slice, take its picture."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Error, Locator, Page

Picture = NDArray[np.int16]

FIRST_WITHIN_S = 90
SHOWN_WITHIN_S = 120
NOTHING_FOR_S = 8
COLOURED = 30
"""Difference of the highest and lowest of red, green, blue that is colour and no grey."""
_MARGIN = 0.06
"""Share of the viewport left out at each edge: frames, orientation letters, words."""

_HELPERS = """
localStorage.setItem('shownTours', JSON.stringify(['basicViewerTour']))
window.__ohif = {
  id: () => window.services.viewportGridService.getActiveViewportId(),
  viewport() {
    return window.services.cornerstoneViewportService.getCornerstoneViewport(this.id())
  },
  sets: () => window.services.displaySetService.getActiveDisplaySets(),
  setOf(uid) { return this.sets().find((one) => one.SeriesInstanceUID === uid) },
  async go(uid) {
    const viewport = this.viewport()
    const named = (id) => id.includes(`/instances/${uid}/`)
    const count = viewport.getNumberOfSlices?.() ?? viewport.getImageIds().length
    for (let index = 0; index < count; index += 1) {
      if (named(viewport.getCurrentImageId() ?? '')) break
      await window.cornerstone.utilities.jumpToSlice(viewport.element, { imageIndex: index })
    }
    viewport.render()
    return named(viewport.getCurrentImageId() ?? '')
  },
  show(visible) {
    const { visibility } = window.cornerstoneTools.segmentation.config
    for (const one of window.services.segmentationService.getSegmentationRepresentations(this.id()))
      visibility.setSegmentationRepresentationVisibility(
        this.id(), { segmentationId: one.segmentationId, type: one.type }, visible)
    const viewport = this.viewport()
    const { annotation } = window.cornerstoneTools
    for (const { annotationUID, metadata } of annotation.state.getAllAnnotations())
      if (metadata.toolName === 'DICOMSRDisplay')
        annotation.visibility.setAnnotationVisibility(annotationUID, visible)
    for (const { referencedId, uid, actor } of viewport.getActors())
      if (`${referencedId} ${uid}`.includes('pmap')) actor.setVisibility(visible)
    viewport.render()
  },
}
"""


class Viewer:
    """One page with one study.

    Attributes
    ----------
    complaints
        What the page threw, that nobody caught.
    """

    def __init__(self, page: Page, *, origin: str, study_uid: str, images: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.add_init_script(_HELPERS)
        page.goto(f"{origin}/viewer?StudyInstanceUIDs={study_uid}")
        self.viewport = page.locator(".viewport-element").first
        page.wait_for_function(
            f"() => window.services && window.__ohif.setOf('{images}')",
            timeout=FIRST_WITHIN_S * 1000,
        )
        self._wait(lambda: len(np.unique(self.picture()[::4, ::4, 0])) > 40, FIRST_WITHIN_S)

    def thumbnail(self, series_uid: str) -> Locator:
        uid = self.page.evaluate(f"window.__ohif.setOf('{series_uid}')?.displaySetInstanceUID")
        return self.page.locator(f"[id='thumbnail-{uid}']")

    def open(self, series_uid: str, *, asks: bool = False, shows: bool = True) -> float:
        """Double click its thumbnail, answer yes where OHIF asks; seconds until colour is seen.

        ``shows`` is False where nothing is expected to be seen: it gets some time, and that is all.
        """
        self.thumbnail(series_uid).scroll_into_view_if_needed()
        words_px = int(colours(self.picture()).sum())
        started = time.monotonic()
        self.thumbnail(series_uid).dblclick()
        if asks:
            self.page.get_by_role("button", name="Yes").click(timeout=SHOWN_WITHIN_S * 1000)
        self.page.mouse.move(5, 5)
        if not shows:
            self.page.wait_for_timeout(NOTHING_FOR_S * 1000)
            return 0.0
        self._wait(lambda: self._is_coloured(words_px + 200), SHOWN_WITHIN_S)
        return time.monotonic() - started

    def _is_coloured(self, least_px: int) -> bool:
        is_loading = self.page.get_by_text("Loading Parametric Map").count() > 0
        return not is_loading and int(colours(self.picture()).sum()) > least_px

    def has_read(self, series_uid: str) -> bool:
        return bool(self.page.evaluate(f"window.__ohif.setOf('{series_uid}')?.isLoaded === true"))

    def words(self) -> str:
        """What is written over the images."""
        return " ".join(self.page.locator("svg text, svg tspan").all_text_contents())

    def fill_contours(self) -> None:
        """As the switch of OHIF's panel does: contours filled, not lines alone."""
        self.page.evaluate(
            "window.services.segmentationService.setStyle({ type: 'Contour' },"
            " { renderFill: true, renderFillInactive: true, fillAlpha: 0.6 })"
        )

    def go_to(self, sop_uid: str) -> None:
        if not self.page.evaluate(f"window.__ohif.go('{sop_uid}')"):
            raise AssertionError(f"OHIF shows no slice {sop_uid}")
        self._settle()

    def pictures(self) -> tuple[Picture, Picture]:
        """The slice without what lies over it, and with it."""
        self.page.evaluate("window.__ohif.show(false)")
        self._settle()
        plain = self.picture()
        self.page.evaluate("window.__ohif.show(true)")
        self._settle()
        return plain, self.picture()

    def picture(self) -> Picture:
        """(row, column, red green blue) of the viewport without its edges."""
        box = self.viewport.bounding_box(timeout=1000)
        if box is None:
            raise Error("the viewport is not there")
        shot = Image.open(BytesIO(self.page.screenshot(clip=box))).convert("RGB")  # type: ignore[arg-type]
        pixels = np.asarray(shot).astype(np.int16)
        down, right = (int(size * _MARGIN) for size in pixels.shape[:2])
        return pixels[down:-down, right:-right]

    def _settle(self) -> None:
        self.page.evaluate(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        self.page.wait_for_timeout(150)

    def _wait(self, is_so: object, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if is_so():  # type: ignore[operator]
                    return
            except Error:  # the viewport is being replaced
                pass
            self.page.wait_for_timeout(50)
        raise AssertionError(f"not seen within {seconds} s; the page threw: {self.complaints[:3]}")


@contextmanager
def opened(browser: Browser, *, origin: str, study_uid: str, images: str) -> Iterator[Viewer]:
    """A fresh profile for each object: nothing of another lies over the picture."""
    context = browser.new_context(viewport={"width": 1100, "height": 760})
    try:
        yield Viewer(context.new_page(), origin=origin, study_uid=study_uid, images=images)
    finally:
        context.close()


def colours(picture: Picture) -> NDArray[np.bool_]:
    return np.asarray(picture.max(axis=2) - picture.min(axis=2) > COLOURED)
