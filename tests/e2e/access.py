"""One way of asking a page whether everybody can use it: axe, sizes of targets, the focus.

The theme is switched in place, as the account menu does: a route is loaded once for both.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.harness import BASE_DIRECTORY

AXE = BASE_DIRECTORY / "frontend/node_modules/axe-core/axe.min.js"
THEMES = ("dark", "light")
SEEN = 40  #: of 255, in one colour: 3:1 on either theme is far more
LOADING = ".mantine-Skeleton-root, .mantine-Loader-root"

#: Mantine hears of a theme that another window has chosen; so does this page then.
SET_THEME = """(scheme) => {
  const key = 'mantine-color-scheme-value'
  localStorage.setItem(key, scheme)
  const told = { key, newValue: scheme, storageArea: localStorage }
  dispatchEvent(new StorageEvent('storage', told))
}"""

#: Colours are what the last frame had, not what is on its way.
TWO_FRAMES = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => done())))"""

RUN_AXE = """async (within) => {
  const context = within === null ? document : { include: [[within]] }
  const options = { resultTypes: ['violations'] }
  // A part of a page has no main heading and no landmarks of its own.
  if (within !== null) options.rules = { region: { enabled: false } }
  const { violations } = await axe.run(context, options)
  const told = ({ html, any, all, none }) => {
    const why = [...any, ...all, ...none].map(({ message }) => message)
    return [html.slice(0, 200), ...why].join(' = ')
  }
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(told).join(' | ')}`)
}"""

#: WCAG 2.5.8: what can be pressed is at least 24 x 24 CSS px. Two exceptions count, as it has them:
#: a target in a sentence, and an undersized one whose circle of 24 px about its middle meets no
#: other target, nor the circle of another undersized one. What is disabled is no target.
SMALL_TARGETS = """([within, side]) => {
  const PRESSED = ['a[href]', 'button', 'select', 'textarea', 'summary', 'input:not([type=hidden])',
    ...['button', 'link', 'menuitem', 'menuitemradio', 'menuitemcheckbox', 'tab', 'switch', 'radio',
      'checkbox', 'option', 'slider', 'combobox'].map((role) => `[role=${role}]`)].join(',')
  const isSeen = (one) => one.checkVisibility({ visibilityProperty: true })
    && getComputedStyle(one).clipPath === 'none'
  const isOff = (one) => one.matches(':disabled, [aria-disabled=true], [data-disabled=true]')
    || one.closest('[inert]') !== null
  // A field that is drawn by its label is pressed there.
  const pressedAt = (one) => {
    const drawn = getComputedStyle(one)
    const box = one.getBoundingClientRect()
    const isHidden = one.tagName === 'INPUT' && (drawn.opacity === '0' || box.width <= 1)
    if (!isHidden && !(one.tagName === 'INPUT' && one.closest('label'))) return one
    return one.labels?.[0] ?? one.closest('label') ?? one
  }
  const boxOf = (one) => {
    const boxes = [one, ...(one.labels ?? [])].map((part) => part.getBoundingClientRect())
      .filter((box) => box.width > 0)
    if (one.tagName !== 'INPUT' || boxes.length < 2) return one.getBoundingClientRect()
    // Field and label that touch are one target.
    const [a, b] = boxes
    const touch = a.left <= b.right + 1 && b.left <= a.right + 1
      && a.top <= b.bottom + 1 && b.top <= a.bottom + 1
    if (!touch) return a
    const [left, top] = [Math.min(a.left, b.left), Math.min(a.top, b.top)]
    const [right, bottom] = [Math.max(a.right, b.right), Math.max(a.bottom, b.bottom)]
    return new DOMRect(left, top, right - left, bottom - top)
  }
  const found = new Map()
  for (const one of document.querySelectorAll(PRESSED)) {
    const at = pressedAt(one)
    if (isOff(one) || !isSeen(at)) continue
    const box = boxOf(at)
    if (box.width <= 1 || box.height <= 1) continue
    found.set(at, box)
  }
  const all = [...found].map(([one, box]) => ({
    one, box, x: box.left + box.width / 2, y: box.top + box.height / 2,
    isSmall: box.width < side - 0.1 || box.height < side - 0.1,
  }))
  const isInSentence = ({ one }) => {
    if (!getComputedStyle(one).display.startsWith('inline')) return false
    if (one.matches('button, input, select')) return false
    const words = one.parentElement.cloneNode(true)
    words.querySelectorAll(PRESSED).forEach((inner) => inner.remove())
    return words.textContent.trim() !== ''
  }
  const away = ({ x, y }, box) => Math.hypot(
    Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom))
  const hasRoom = (a) => all.every((b) => {
    if (b === a || b.one.contains(a.one) || a.one.contains(b.one)) return true
    const meets = away(a, b.box) < side / 2
    const near = b.isSmall && Math.hypot(a.x - b.x, a.y - b.y) < side
    return !meets && !near
  })
  return all
    .filter(({ one, isSmall }) => isSmall && one.closest(within) !== null)
    .filter((one) => !isInSentence(one) && (side > 24 || !hasRoom(one)))
    .map(({ one, box }) => {
      const name = one.getAttribute('aria-label') || one.textContent || one.outerHTML
      return `${name.slice(0, 60)}: ${box.width.toFixed(1)} x ${box.height.toFixed(1)}`
    })
}"""

#: What has the focus: its name and its place on the page.
FOCUSED = """() => {
  const one = document.activeElement
  if (!one || one === document.body) return null
  const drawn = one.matches('input') && getComputedStyle(one).opacity === '0'
    ? (one.labels?.[0] ?? one.parentElement) : one
  const { left, top, right, bottom } = drawn.getBoundingClientRect()
  const name = one.getAttribute('aria-label') || one.labels?.[0]?.textContent
    || one.textContent.trim().slice(0, 80) || one.tagName
  return { name, tag: one.tagName, viewport: one.getAttribute('data-viewport'),
    box: [Math.max(0, left - 5), Math.max(0, top - 5),
      Math.min(innerWidth, right + 5), Math.min(innerHeight, bottom + 5)] }
}"""
LOSE_FOCUS = "() => { window.__held = document.activeElement; window.__held.blur() }"
FOCUS_AGAIN = "() => window.__held.focus({ preventScroll: true })"


def find_accessibility_faults(page: Page, *, within: str | None = None) -> list[str]:
    """Rules of axe that the page, or a part of it, breaks; each with the elements that do."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE.read_text("utf-8"))
    found: list[str] = page.evaluate(RUN_AXE, within)
    return found


def small_targets(page: Page, *, within: str = "body", side: int = 24) -> list[str]:
    """Targets smaller than a side; above 24 px, WCAG's own number, room is no excuse."""
    found: list[str] = page.evaluate(SMALL_TARGETS, [within, side])
    return found


def faults_in_both_themes(page: Page, *, within: str | None = None) -> list[str]:
    """Of one route or of what lies above it, in the dark and in the light."""
    faults = [f"target {one}" for one in small_targets(page, within=within or "body")]
    for theme in THEMES:
        page.evaluate(SET_THEME, theme)
        page.locator(f"html[data-mantine-color-scheme={theme}]").wait_for(state="attached")
        page.evaluate(TWO_FRAMES)
        faults += [f"{theme} {one}" for one in find_accessibility_faults(page, within=within)]
    return faults


def wait_until_loaded(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_be_attached(timeout=30_000)
    expect(page.locator(LOADING)).to_have_count(0, timeout=30_000)


def focused(page: Page) -> dict[str, Any]:
    """What has the focus; fails where nothing has, or where the screen is the same without it."""
    found: dict[str, Any] | None = page.evaluate(FOCUSED)
    assert found is not None, "the focus is lost"
    left, top, right, bottom = found["box"]
    assert right > left and bottom > top, f"{found['name']!r} has the focus outside of the screen"
    clip: Any = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    held = _pixels(page.screenshot(clip=clip))
    page.evaluate(LOSE_FOCUS)
    lost = _pixels(page.screenshot(clip=clip))
    page.evaluate(FOCUS_AGAIN)
    changed = int((np.abs(held - lost).max(axis=2) > SEEN).sum())
    # At least a line along one of its sides.
    needed = min(right - left, bottom - top) * 0.8
    assert changed >= needed, f"the focus on {found['name']!r} is not seen: {changed} pixels"
    return found


def _pixels(png: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), np.int16)
