"""Every screen for everybody: axe finds nothing, and nothing to press is smaller than 24 px.

The screens are those of the router itself: one that nobody visits here fails. What a screen hides
(dialogs, menus, panels, what is said when something fails) is opened too. One page per person,
each screen loaded once, the theme switched in place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.access import faults_in_both_themes, small_targets, wait_until_loaded
from tests.e2e.conftest import sign_in
from tests.e2e.harness import PASSWORD, Stack, wait_for
from tests.e2e.meetings import PET_CT, open_session
from tests.e2e.screen import Screen

pytestmark = [pytest.mark.chromium, pytest.mark.orthanc, pytest.mark.timeout(900)]
DIALOG = "[role=dialog]"
#: Which person sees which screen of the router. ``{case}``: a case with images.
ROUTES = {
    "/": ("coordinator", "/"),
    "/worklist": ("coordinator", "/worklist"),
    "/cases/:caseId": ("coordinator", "/cases/{case}"),
    "/meetings": ("coordinator", "/meetings"),
    "/meetings/:meetingId": ("coordinator", "/meetings/{meeting}"),
    "/templates": ("coordinator", "/templates"),
    "/sign": ("chair", "/sign"),
    "/intake": ("coordinator", "/intake"),
    "/intake/:listId": ("coordinator", "/intake/{intake}"),
    "/follow-up": ("coordinator", "/follow-up"),
    "/numbers": ("chair", "/numbers"),
    "/findings": ("radiologist", "/findings"),
    "/models": ("ai-admin", "/models"),
    "/models/upload": ("ai-admin", "/models/upload"),
    "/models/versions/:versionId": ("ai-admin", "/models/versions/{version}"),
    "/automation": ("ai-admin", "/automation"),
    "/models/validation": ("ai-admin", "/models/validation"),
    "/models/validation/:runId": (
        "ai-admin",
        "/models/validation/00000000-0000-4000-8000-000000000000",
    ),
    "/models/:modelId/monitoring": ("ai-admin", "/models/{model}/monitoring"),
    "/admin": ("admin", "/admin"),
    "/audit": ("auditor", "/audit"),
    "/account/tokens": ("radiologist", "/account/tokens"),
    "/account/security": ("radiologist", "/account/security"),
    "/*": ("coordinator", "/nowhere"),
    "/sign-in": ("nobody", "/sign-in"),
    "/cases/:caseId/view": ("radiologist", "/cases/{case}/view"),
    "/cases/:caseId/companion": ("radiologist", "/cases/{case}/companion?room=x&viewport=0"),
    "/live/:sessionId": ("chair", "/live/{session}"),
    "/live/:sessionId/replay": ("chair", "/live/{session}/replay"),
    "/room": ("nobody", "/room"),
    "/checkin": ("radiologist", "/checkin"),
    "/checkin/:code": ("radiologist", "/checkin/000000"),
}
#: Screens behind the same route.
MORE = [
    ("admin", "/admin?tab=institutions"),
    ("admin", "/admin?tab=pacs"),
    ("radiologist", "/cases/00000000-0000-4000-8000-000000000000/view"),
    ("coordinator", "/cases/00000000-0000-4000-8000-000000000000"),
    ("chair", "/live/00000000-0000-4000-8000-000000000000"),
    ("coordinator", "/intake/00000000-0000-4000-8000-000000000000"),
]


@dataclass
class Persons:
    """A page per person, and what was found wrong on each screen."""

    stack: Stack
    browser: Browser
    words: dict[str, str]
    keep: Callable[[Page, str], Path]
    pages: dict[str, Page] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def page(self, role: str) -> Page:
        if role not in self.pages:
            context = self.browser.new_context(
                base_url=self.stack.base_url,
                viewport={"width": 1280, "height": 800},
                locale="en-GB",
                reduced_motion="reduce",
            )
            context.add_init_script("localStorage['consilium.mode'] ??= 'volume'")
            if role != "nobody":
                sign_in(context=context, role=role, origin=self.stack.base_url)
            self.pages[role] = context.new_page()
        return self.pages[role]

    def go(self, role: str, path: str) -> Page:
        page = self.page(role)
        page.goto(path.format(**self.words))
        if "0000" in path:
            expect(page.get_by_role("alert").first).to_be_visible(timeout=30_000)
        elif path.endswith("/view") or (path.startswith("/live") and "/replay" not in path):
            Screen(page).wait_for_picture()
        else:
            wait_until_loaded(page)
        return page

    def check(self, page: Page, place: str, *, within: str | None = None) -> None:
        found = faults_in_both_themes(page, within=within)
        self.faults += [f"{place}: {one}" for one in found]

    def opened(self, page: Page, place: str, *, what: str = DIALOG, leave: str = "Escape") -> None:
        """What has just been opened, looked at and closed again."""
        expect(page.locator(what).first).to_be_visible(timeout=30_000)
        self.check(page, place, within=what)
        if not leave:
            return
        page.keyboard.press(leave)
        expect(page.locator(what).filter(visible=True)).to_have_count(0)

    def end(self) -> None:
        for page in self.pages.values():
            page.context.close()
        assert not self.faults, "\n".join(self.faults)


@pytest.fixture(scope="module")
def words(stack: Stack) -> dict[str, str]:
    case, meeting, session = open_session(stack, PET_CT)
    models = stack.client(role="ai-admin").get("/api/models").json()["results"]
    lists = stack.client(role="coordinator").get("/api/intake-lists").json()["results"]
    return {
        "intake": lists[-1]["id"],
        "case": case["id"], "meeting": meeting, "session": session, "model": models[0]["id"],
        "version": models[0]["versions"][0]["id"],
    }  # fmt: skip


@pytest.fixture
def persons(
    stack: Stack,
    browser: Browser,
    words: dict[str, str],
    keep_screenshot: Callable[[Page, str], Path],
) -> Iterator[Persons]:
    yield (all_of_them := Persons(stack, browser, words, keep_screenshot))
    all_of_them.end()


def test_no_screen_of_the_router_breaks_a_rule_in_either_theme(persons: Persons) -> None:
    known: list[str] = persons.go("nobody", "/sign-in").evaluate("window.__consiliumRoutes")
    assert set(known) == set(ROUTES), "a screen that is not visited here, or is no more"
    for route, (role, path) in ROUTES.items():
        persons.check(persons.go(role, path), route)
    for role, path in MORE:
        persons.check(persons.go(role, path), path)
    # The menu folds here, and columns go.
    desk = persons.page("coordinator")
    for width in (1024, 1920):
        desk.set_viewport_size({"width": width, "height": 800})
        for path in ("/worklist", "/cases/{case}", "/meetings"):
            persons.go("coordinator", path)
            persons.faults += [f"{path} at {width}: {one}" for one in small_targets(desk)]


def test_no_dialog_and_no_menu_of_the_desk_breaks_a_rule(persons: Persons) -> None:
    def button(page: Page, name: str | re.Pattern[str]) -> None:
        page.get_by_role("button", name=name).first.click()

    desk = persons.go("coordinator", "/worklist")
    desk.wait_for_load_state("networkidle")  # the palette comes after the page
    desk.keyboard.press("Control+k")
    persons.opened(desk, "palette")
    desk.get_by_title("Your account").click()
    persons.opened(desk, "account", what="[role=menu]")
    desk.get_by_role("combobox", name="State").click()
    persons.opened(desk, "a list of choices", what="[role=listbox]")
    desk.get_by_role("textbox", name=re.compile("Search")).fill("nobody is called so")
    expect(desk.get_by_text("No case matches")).to_be_visible()
    persons.check(desk, "an empty worklist", within="main")
    button(desk, "New case")
    persons.opened(desk, "new case")
    persons.go("coordinator", "/cases/{case}")
    for name in ("Edit", "Link from PACS", "Upload", "Invite"):
        button(desk, name)
        persons.opened(desk, name)
    persons.go("coordinator", "/meetings")
    button(desk, re.compile("Members of"))
    persons.opened(desk, "members")
    button(desk, "Plan a meeting")
    persons.opened(desk, "plan a meeting")
    persons.go("coordinator", "/meetings/{meeting}")
    button(desk, "Add a case")
    persons.opened(desk, "add a case")

    models = persons.go("ai-admin", "/models")
    button(models, re.compile("Model card of"))
    persons.opened(models, "model card")
    persons.go("ai-admin", "/models/versions/{version}")
    button(models, "Suspend")
    expect(models.get_by_role("dialog")).to_contain_text("under your name")
    persons.opened(models, "suspend")
    admin = persons.go("admin", "/admin")
    button(admin, "Add a person")
    persons.opened(admin, "add a person")
    persons.go("admin", "/admin?tab=pacs")
    button(admin, "Connect a PACS")
    persons.opened(admin, "connect a PACS")
    reader = persons.go("radiologist", "/cases/{case}")
    button(reader, "Analyse with AI")
    persons.opened(reader, "analyse")
    button(reader, re.compile("^More for"))
    persons.opened(reader, "what else a study offers", what="[role=menu]")
    for act in ("Export for research…", "Import a mask (NIfTI)…"):
        button(reader, re.compile("^More for"))
        reader.get_by_role("menuitem", name=act).click()
        persons.opened(reader, act)
    persons.go("radiologist", "/account/tokens")
    button(reader, "New token")
    persons.opened(reader, "new token")
    persons.go("radiologist", "/account/security")
    button(reader, "Set up a second factor")
    reader.get_by_label("First confirm your password").fill(PASSWORD)
    button(reader, "Confirm")
    picture = reader.get_by_role("img", name="QR code")
    expect(picture).to_be_visible(timeout=30_000)
    drawn = "image => image.complete && image.naturalWidth > 0"
    wait_for(lambda: picture.evaluate(drawn), what="the QR code")
    persons.check(reader, "second factor", within="main")

    # What is said when something fails: the list, the server, and the session.
    desk.route("**/api/cases?*", lambda one: one.fulfill(status=503, body="{}"))
    desk.route("**/api/cases", lambda one: one.fulfill(status=503, body="{}"))
    desk.goto("/worklist")
    expect(desk.get_by_role("alert").first).to_be_visible(timeout=30_000)
    persons.check(desk, "a list that failed")
    desk.unroute_all()
    persons.go("coordinator", "/worklist")
    # Signed out under somebody's hands: what next asks the server says so.
    desk.context.clear_cookies()
    desk.locator("tr[aria-selected]").first.dispatch_event("click")
    persons.opened(desk, "signed out", leave="")
    desk.goto("/sign-in")
    desk.get_by_label("E-mail address").fill("nobody@example.org")
    desk.get_by_label("Password", exact=True).fill("wrong")
    button(desk, "Sign in")
    expect(desk.get_by_role("alert")).to_be_visible()
    persons.check(desk, "refused at the door")


def test_no_panel_and_no_menu_of_the_images_breaks_a_rule(persons: Persons) -> None:
    page = persons.go("radiologist", "/cases/{case}/view")
    screen = Screen(page)
    panels = page.get_by_role("complementary", name="Findings and measurements")
    for tab in panels.get_by_role("radio").all():
        tab.focus()
        tab.press("Space")
        page.wait_for_timeout(200)
        persons.check(page, f"panel {tab.get_attribute('value')}", within="aside:last-of-type")
    toolbar = page.get_by_role("toolbar")
    for menu in toolbar.locator("[aria-haspopup]:enabled").all():
        name = menu.get_attribute("aria-label") or ""
        menu.focus()
        menu.press("Enter")
        persons.opened(page, name, what="[role=menu], .mantine-Popover-dropdown")
    for key, name in (("?", "help"),):
        screen.press(key)
        persons.opened(page, name)
    page.get_by_test_id("device-status").click()
    persons.opened(page, "how pictures are shown", what="[role=menu]")
    persons.keep(page, "viewer-1280")

    live = persons.go("chair", "/live/{session}")
    expect(live.get_by_role("list", name="Agenda")).to_be_visible(timeout=30_000)
    for width, height in ((1920, 1080), (1280, 800)):
        live.set_viewport_size({"width": width, "height": height})
        persons.faults += [f"live at {width}: {one}" for one in small_targets(live)]
        persons.keep(live, f"live-{width}")
    # Whoever comes late is told what was so far; it is looked at, and away.
    if live.get_by_test_id("catch-up").count():
        persons.opened(live, "catch-up")
    # Every part of the right side that is folded.
    for summary in live.locator("aside:last-of-type summary").all():
        if not summary.evaluate("one => one.parentElement.open"):
            summary.click()
    persons.check(live, "live, everything open")
