"""The house and the browsers of the end-to-end tests."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, sync_playwright

from tests.e2e.harness import PASSWORD, Stack, account
from tests.e2e.houses import ByHouse
from tests.e2e.meetings import take_away_drawings
from tests.orthanc import skip_without_orthanc
from tests.system_parts import find_chromium, is_required

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
SCREENSHOTS = Path(__file__).resolve().parents[2] / "var" / "e2e"
OpenPage = Callable[..., Page]
LOG_TAIL = 4_000  # characters
ANSWERS = pytest.StashKey[list[str]]()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByHouse:
    return ByHouse(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With a failure comes what the house logged, and what its server refused the pages."""
    report = yield
    if report.failed and call.when == "call":
        given = getattr(item, "funcargs", {})
        house = given.get("stack")
        if isinstance(house, Stack):
            report.sections.append(("Last lines of the house", house.log_text()[-LOG_TAIL:]))
        report.sections.append(("Answers to the pages", "\n".join(item.stash.get(ANSWERS, []))))
    return report


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A house with people, a board and phantoms in its own Orthanc."""
    skip_without_orthanc()
    house = Stack(directory=tmp_path_factory.mktemp("house"))
    try:
        house.start()
        house.manage("demo_hospital", "--small")
        yield house
    finally:
        house.stop()


@pytest.fixture(scope="module", autouse=True)
def _nothing_drawn(request: pytest.FixtureRequest) -> None:
    """Each file finds the demo's images without what the files before it drew on them."""
    here = [item for item in request.session.items if item.path == request.path]
    if any("stack" in getattr(item, "fixturenames", ()) for item in here):
        take_away_drawings(request.getfixturevalue("stack"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium with software WebGL, which Cornerstone3D needs."""
    executable = find_chromium()
    if executable is None:
        reason = "Chromium is not installed (make test says how)"
        pytest.fail(reason) if is_required() else pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable, headless=True, args=CHROMIUM_ARGUMENTS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(stack: Stack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[OpenPage]:
    """``open_page(role="radiologist", width=1280, height=800, scale=1)``: a signed-in page.

    Each has cookies of its own, as two people at two machines have. What the page's console calls
    an error fails the test at its end.
    """
    contexts: list[BrowserContext] = []
    errors: list[str] = []
    answers = request.node.stash.setdefault(ANSWERS, [])

    def note(role: str, answer: Response) -> None:
        if answer.status >= HTTPStatus.BAD_REQUEST:
            answers.append(f"{role}: {answer.status} {answer.request.method} {answer.url}")

    def open_one(
        *, role: str, width: int = 1280, height: int = 800, scale: float = 1.0, path: str = "/"
    ) -> Page:
        context = browser.new_context(
            base_url=stack.base_url,
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            locale="en-GB",
        )
        contexts.append(context)
        # A busy machine may take itself for a slow one and ask for pictures of the server.
        context.add_init_script("localStorage['consilium.mode'] ??= 'volume'")
        sign_in(context=context, role=role, origin=stack.base_url)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(f"{role}: {error}"))
        page.on("response", lambda answer: note(role, answer))
        page.goto(path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert not errors, "\n".join(errors)


def sign_in(*, context: BrowserContext, role: str, origin: str) -> None:
    """Sign the context's cookies in, without the screen (which has a test of its own)."""
    context.request.get("/api/csrf")
    token = next(c["value"] for c in context.cookies() if c["name"] == "csrftoken")
    answer = context.request.post(
        "/_allauth/browser/v1/auth/login",
        data={"email": account(role), "password": PASSWORD},
        headers={"X-CSRFToken": token, "Origin": origin, "Referer": f"{origin}/"},
    )
    assert answer.ok, answer.text()


@pytest.fixture
def keep_screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], Path]:
    """``keep_screenshot(page, "b-follows")``: kept under ``var/e2e`` for people to look at."""

    def keep(page: Page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{request.node.name}-{name}.png"
        page.screenshot(path=path)
        return path

    return keep
