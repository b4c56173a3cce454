"""Machines that are not a desk: pages with fingers, little memory, or a card that is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

from tests.e2e.conftest import sign_in
from tests.e2e.harness import Stack

OpenDevice = Callable[..., Page]
Finger = tuple[float, float]

#: Lets a test lose the graphics card as WEBGL_lose_context does, wherever Cornerstone made it.
KEEP_CONTEXTS = """
window.__contexts = []
const getContext = HTMLCanvasElement.prototype.getContext
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  const context = getContext.call(this, kind, ...rest)
  if (kind === 'webgl2' && context && !window.__contexts.includes(context)) {
    window.__contexts.push(context)
  }
  return context
}
"""
LOSE_CONTEXTS = """() => window.__contexts
    .filter((one) => !one.isContextLost())
    .map((one) => one.getExtension('WEBGL_lose_context')?.loseContext()).length"""

#: Of one viewport: banners that reach outside or are cut, and what lies on each other.
CUT_OR_COVERED = """(cell) => {
  const faults = []
  const inside = cell.getBoundingClientRect()
  const box = (one) => one.getBoundingClientRect()
  const at = (what) => [...cell.querySelectorAll(what)].map((one) => [what, box(one)])
  const named = (name) => at(`[data-testid=${name}]`)
  const foot = [...cell.querySelectorAll('[data-testid=slice], [data-testid=plane]')]
    .map((one) => ['words at the foot', box(one.parentElement)])
    .slice(0, 1)
  const parts = [
    ...named('patient-banner'), ...named('series-banner'), ...named('colour-bar'), ...foot,
    ...at('.vw-letter'), ...at('.vw-scale-label'), ...at('[role=group]'),
  ]
  for (const [what, a] of parts) {
    const across = a.left < inside.left - 1 || a.right > inside.right + 1
    const along = a.top < inside.top - 1 || a.bottom > inside.bottom + 1
    if (across || along) faults.push(`${what} outside`)
  }
  parts.forEach(([one, a], i) => parts.slice(i + 1).forEach(([other, b]) => {
    const beside = a.right <= b.left + 1 || b.right <= a.left + 1
    const below = a.bottom <= b.top + 1 || b.bottom <= a.top + 1
    if (!beside && !below) faults.push(`${one} on ${other}`)
  }))
  for (const line of cell.querySelectorAll('[data-testid=patient-banner] div')) {
    if (line.scrollWidth > line.clientWidth + 1) faults.push(`cut: ${line.textContent}`)
  }
  return faults
}"""

#: The smallest space between the words of two tabs of the right side.
GAPS_OF_TABS_PX = """() => {
  const words = [...document.querySelectorAll('aside [role=radiogroup] label')]
    .map((one) => {
      const range = document.createRange()
      range.selectNodeContents(one)
      return range.getBoundingClientRect()
    })
  const inLine = words.slice(1).map((one, i) => [words[i], one]).filter(([a, b]) => a.top === b.top)
  return Math.min(...inLine.map(([a, b]) => b.left - a.right))
}"""


@pytest.fixture
def open_device(stack: Stack, browser: Browser) -> Iterator[OpenDevice]:
    """``open_device(path="/", storage={…}, script="…", width=…)``: a signed-in page of its own."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_one(
        *,
        path: str,
        role: str = "radiologist",
        width: int = 1280,
        height: int = 800,
        storage: dict[str, str] | None = None,
        script: str = "",
        **options: Any,
    ) -> Page:
        context = browser.new_context(
            base_url=stack.base_url,
            viewport={"width": width, "height": height},
            locale="en-GB",
            **options,
        )
        contexts.append(context)
        sign_in(context=context, role=role, origin=stack.base_url)
        # Set once: what a person chooses on the page stays chosen.
        for key, value in (storage or {}).items():
            context.add_init_script(f"localStorage[{key!r}] ??= {value!r}")
        if script:
            context.add_init_script(script)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


class Fingers:
    """Touch of one or two fingers, as the browser's own input pipeline gets it."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._session: CDPSession = page.context.new_cdp_session(page)

    def down(self, *fingers: Finger) -> None:
        self._send("touchStart", fingers)

    def move(self, *fingers: Finger) -> None:
        self._send("touchMove", fingers)

    def up(self) -> None:
        self._send("touchEnd", ())

    def drag(self, start: Finger, end: Finger, *, steps: int = 8) -> None:
        self.down(start)
        for step in range(1, steps + 1):
            share = step / steps
            self.move(
                (
                    start[0] + (end[0] - start[0]) * share,
                    start[1] + (end[1] - start[1]) * share,
                )
            )
        self.up()

    def spread(self, centre: Finger, before: float, after: float, *, steps: int = 8) -> None:
        """Two fingers beside `centre`, from `before` to `after` pixels away from it."""
        x, y = centre
        self.down((x - before, y), (x + before, y))
        for step in range(1, steps + 1):
            away = before + (after - before) * step / steps
            self.move((x - away, y), (x + away, y))
        self.up()

    def _send(self, kind: str, fingers: tuple[Finger, ...]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
