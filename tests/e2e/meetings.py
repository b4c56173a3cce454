"""Cases of the demo hospital, and a meeting that begins soon, as a coordinator plans it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.e2e.harness import Stack, wait_for

PET_CT = "Ivy"
"""Patient of the demo hospital with PET, CT, and findings that nobody has reviewed."""


def all_cases(client: httpx.Client) -> list[dict[str, Any]]:
    """Every case that this person may see, page by page; other tests bring more than one page."""
    found: list[dict[str, Any]] = []
    page: str | None = "/api/cases?limit=200"
    while page:
        answer = client.get(page).json()
        found += answer["results"]
        page = answer["next"]
    return found


def cases_with_images(client: httpx.Client) -> list[dict[str, Any]]:
    return [one for one in all_cases(client) if one["images"]["total"]]


def phantom_cases(client: httpx.Client) -> list[dict[str, Any]]:
    """The demo's own, which the archive has, too; other tests import what it does not have."""
    found = cases_with_images(client)
    return [one for one in found if one["patient"]["patient_id"].startswith("PHX-")]


def demo_cases(client: httpx.Client, *names: str) -> list[dict[str, Any]]:
    """Cases of the demo's patients, by family name, whatever other tests brought or touched."""
    cases = {one["patient"]["name"].split("^")[0]: one for one in reversed(phantom_cases(client))}
    return [cases[name] for name in names]


def take_away_drawings(stack: Stack) -> None:
    """Nothing that another test drew lies on the demo's images: a drag would move it."""
    client = stack.client(role="radiologist")
    for case in phantom_cases(client):
        for kind in ("measurements", "key-images", "segmentations"):
            asked = client.get(f"/api/{kind}", params={"case": case["id"], "limit": 200})
            for one in asked.json()["results"]:
                gone = client.delete(
                    f"/api/{kind}/{one['id']}", headers={"If-Match": str(one["version"])}
                )
                assert gone.is_success, gone.text


def found_board(stack: Stack, name: str, *, seats: dict[str, str], ai_reading: str) -> str:
    """A board of a test's own; its name sorts behind the demo's, which others take as the first."""
    coordinator = stack.client(role="coordinator")
    board = str(coordinator.post("/api/boards", json={"name": name}).json()["id"])
    for role, seat in seats.items():
        person = stack.client(role=role).get("/api/me").json()["id"]
        seated = coordinator.post(
            f"/api/boards/{board}/members", json={"user": person, "role": seat}
        )
        assert seated.status_code == 201, seated.text
    setting = coordinator.put(f"/api/boards/{board}/ai-reading", json={"ai_reading": ai_reading})
    assert setting.status_code == 200, setting.text
    return board


def plan_meeting(
    coordinator: httpx.Client, cases: list[dict[str, Any]], *, board_id: str | None = None
) -> str:
    """A meeting within the prefetch window, with these cases on its agenda."""
    board_id = board_id or coordinator.get("/api/boards").json()["results"][0]["id"]
    for hours in range(2, 20):
        start = datetime.now(UTC) + timedelta(hours=hours)
        made = coordinator.post(
            "/api/meetings",
            json={
                "board": board_id,
                "starts_at": start.isoformat(),
                "ends_at": (start + timedelta(minutes=50)).isoformat(),
            },
        )
        if made.status_code == 201:
            break
    meeting_id = str(made.json()["id"])
    for case in cases:
        added = coordinator.post(f"/api/meetings/{meeting_id}/agenda", json={"case": case["id"]})
        assert added.status_code == 201, added.text
    return meeting_id


def open_session(
    stack: Stack, name: str, *, board_id: str | None = None
) -> tuple[dict[str, Any], str, str]:
    """A demo case whose images are here, the meeting it is on, and its live session (IDs)."""
    coordinator, chair = stack.client(role="coordinator"), stack.client(role="chair")
    (case,) = demo_cases(coordinator, name)
    meeting = plan_meeting(coordinator, [case], board_id=board_id)

    def is_here() -> bool:
        held = [one for one in cases_with_images(chair) if one["id"] == case["id"]]
        return bool(held) and held[0]["images"]["state"] == "complete"

    wait_for(is_here, what="the images of the case", timeout_s=180)
    session = chair.post("/api/live/sessions", json={"meeting": meeting}).json()
    return case, meeting, str(session["id"])
