"""A window of an older version in a room with others (LIVE-B5)."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.live.protocol import PROTOCOL_NAME, older
from apps.live.protocol.export import build_schema
from tests.apps.live.conftest import Connect
from tests.live_client import stage
from tests.people import CaseTeam

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture()
def former(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Today's schema without chat events, key images, planes of volumes and people who join."""
    schema = copy.deepcopy(build_schema())
    definitions = schema["$defs"]
    del definitions["Viewport"]["properties"]["reformat"]
    del definitions["Snapshot"]["properties"]["key_images"]
    definitions["Snapshot"]["required"].remove("key_images")
    for union, gone in (("LogEvent", "ChatPosted"), ("ServerMessage", "ParticipantJoined")):
        options = definitions[union]["oneOf"]
        options[:] = [one for one in options if gone not in one["$ref"]]
    monkeypatch.setattr(older, "schema_of", lambda minor: schema)
    older._fit_text.cache_clear()
    yield schema
    older._fit_text.cache_clear()


async def test_LIVE_B5_an_older_window_goes_on_beside_newer_ones(
    connect: Connect, team: CaseTeam, study: str, former: dict[str, Any]
) -> None:
    chair = await connect("chair")
    old = await connect("surgeon", subprotocols=(PROTOCOL_NAME,))
    assert "key_images" not in old.welcome["snapshot"]
    ack = await chair.op("chat.post", {"text": "after"})
    for window in (chair, old):
        await window.sync(ack["seq"])
    assert old.seen[-1] == {"type": "event", "kind": "withheld", "seq": ack["seq"]}
    await connect("oncologist")  # of whose coming it cannot be told

    shown = stage(study, epoch=1, rev=1)
    await chair.send(shown)
    plain = await old.until("stage")
    assert plain["frame"]["state"]["viewports"][0]["study_instance_uid"] == study
    reformat = {"kind": "plane", "projection": "max", "slab_mm": 5.0}
    shown = stage(study, epoch=1, rev=2)
    shown["state"]["viewports"][0]["reformat"] = reformat
    await chair.send(shown)
    empty = await old.until("stage", where=lambda one: one["frame"]["rev"] == 2)
    assert empty["frame"]["state"]["viewports"] == [None]

    assert (await old.op("chat.post", {"text": "mine"}))["outcome"] == "committed"
    validator = Draft202012Validator({**former, "$ref": "#/$defs/ServerMessage"})
    for text in old.texts:
        assert validator.is_valid(json.loads(text)), text[:200]
    assert any("after" in text for text in chair.texts)
    assert not any("after" in text for text in old.texts)
