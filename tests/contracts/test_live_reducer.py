"""The fold of events into a snapshot, on the fixtures the browser's reducer runs too."""

import json
from pathlib import Path

import pytest

from apps.live.protocol import event_messages
from apps.live.protocol.server import Snapshot
from apps.live.reducer import apply_event

FIXTURES = sorted((Path(__file__).parent / "live_fixtures" / "reducer").glob("*.json"))


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_LIVE_J4_events_fold_into_the_snapshot(path: Path) -> None:
    fixture = json.loads(path.read_text())
    snapshot = fixture["snapshot"]
    Snapshot.model_validate(snapshot)
    for event in fixture["events"]:
        event_messages.validate_python(event)
        snapshot = apply_event(snapshot, event)
    assert snapshot == fixture["result"]
    Snapshot.model_validate(snapshot)


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_repeat_of_the_last_event_changes_nothing(path: Path) -> None:
    """The fixtures end with a versioned event; chat is protected by its number (LIVE-J2)."""
    fixture = json.loads(path.read_text())
    snapshot = fixture["result"]
    last = fixture["events"][-1]
    assert apply_event(snapshot, last) == snapshot


def test_LIVE_J4_an_older_version_changes_nothing() -> None:
    fixture = json.loads((FIXTURES[0].parent / "measurements.json").read_text())
    events = fixture["events"]
    newest = fixture["result"]
    for event in events:
        if event["kind"] in ("measurement.put", "measurement.revised"):
            assert apply_event(newest, event) == newest
    assert len({event["entity_version"] for event in events}) > 1
