"""A window of an older version goes on until its meeting ends (LIVE-B5)."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from apps.live.protocol import PROTOCOL_MINOR, SUBPROTOCOLS
from apps.live.protocol.export import build_schema
from apps.live.protocol.older import HISTORY, fit, fit_text, minor_of, schema_of

Json = dict[str, Any]
GOLDEN = sorted((Path(__file__).parent / "live_fixtures" / "golden").glob("*.json"))
SERVER = {"$ref": "#/$defs/ServerMessage"}
MINORS = range(PROTOCOL_MINOR)


def _golden(name: str) -> Json:
    path = next(path for path in GOLDEN if path.stem == name)
    message: Json = json.loads(path.read_text())["message"]
    return message


def _valid(message: Json, *, schema: Json) -> bool:
    return Draft202012Validator({**schema, **SERVER}).is_valid(message)


def test_LIVE_B5_a_client_says_which_minor_version_it_speaks() -> None:
    assert minor_of(SUBPROTOCOLS) == PROTOCOL_MINOR
    assert minor_of(["consilium.live.v1"]) == 0
    assert minor_of(["consilium.live.v1", "consilium.live.v1.12"]) == 12
    assert minor_of(["consilium.live.v1.x", "consilium.live.v2.3", "", "1"]) == 0


@pytest.mark.parametrize("minor", MINORS)
def test_LIVE_B5_the_schema_of_every_version_before_is_kept(minor: int) -> None:
    assert (HISTORY / f"v1.{minor}.json").is_file()


@pytest.mark.parametrize("minor", MINORS)
@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_LIVE_B5_whatever_is_sent_today_an_older_window_takes(path: Path, minor: int) -> None:
    fixture = json.loads(path.read_text())
    if fixture["direction"] != "server":
        return
    text = fit_text(json.dumps(fixture["message"]), minor=minor)
    if text is None:
        known = json.dumps(schema_of(minor))
        assert f'"const": "{fixture["message"]["type"]}"' not in known, "it knows this message"
        return
    message = json.loads(text)
    assert _valid(message, schema=schema_of(minor))
    assert message.get("seq") == fixture["message"].get("seq")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_LIVE_B5_what_today_knows_is_left_as_it_is(path: Path) -> None:
    fixture = json.loads(path.read_text())
    if fixture["direction"] == "server":
        assert fit(fixture["message"], SERVER, build_schema()) == fixture["message"]


def _before_fusion() -> Json:
    """Today's schema as it would have been before fused series and key images."""
    schema = copy.deepcopy(build_schema())
    del schema["$defs"]["Viewport"]["properties"]["fusion"]
    del schema["$defs"]["Snapshot"]["properties"]["key_images"]
    schema["$defs"]["Snapshot"]["required"].remove("key_images")
    schema["$defs"]["Capability"]["enum"].remove("chat")
    events = schema["$defs"]["LogEvent"]
    events["oneOf"] = [one for one in events["oneOf"] if "KeyImageAdded" not in one["$ref"]]
    messages = schema["$defs"]["ServerMessage"]["oneOf"]
    messages.remove({"$ref": "#/$defs/LeaseChanged"})
    return schema


def test_LIVE_B5_what_an_older_window_does_not_know_is_left_out() -> None:
    schema = _before_fusion()
    welcome = _golden("welcome_with_snapshot")
    assert "key_images" in welcome["snapshot"] and "chat" in welcome["can"]
    assert not _valid(welcome, schema=schema)
    fitted = fit(welcome, SERVER, schema)
    assert _valid(fitted, schema=schema)
    assert "key_images" not in fitted["snapshot"]
    assert fitted["can"] == [one for one in welcome["can"] if one != "chat"]
    assert fitted["snapshot"]["chat"] == welcome["snapshot"]["chat"]


def test_LIVE_B5_an_event_it_does_not_know_arrives_withheld_and_a_message_not_at_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from apps.live.protocol import older

    monkeypatch.setattr(older, "schema_of", lambda minor: _before_fusion())
    older._fit_text.cache_clear()
    event = _golden("event_key_image_added")
    said = json.loads(fit_text(json.dumps(event), minor=0) or "null")
    assert said == {"type": "event", "kind": "withheld", "seq": event["seq"]}
    assert fit_text(json.dumps(_golden("lease_changed")), minor=0) is None
    older._fit_text.cache_clear()


def test_LIVE_B5_a_viewport_it_cannot_show_is_empty_and_never_another_picture() -> None:
    schema = _before_fusion()
    stage = _golden("stage")
    viewports = stage["frame"]["state"]["viewports"]
    place = next(number for number, one in enumerate(viewports) if one is not None)
    plain = {**viewports[place], "fusion": None}
    fused = {**plain, "fusion": {"series_instance_uid": "1.2.3", "stack": 1}}
    for given, seen in ((plain, {k: v for k, v in plain.items() if k != "fusion"}), (fused, None)):
        viewports[place] = given
        fitted = fit(stage, SERVER, schema)
        assert fitted["frame"]["state"]["viewports"][place] == seen
        assert len(fitted["frame"]["state"]["viewports"]) == len(viewports)


@pytest.mark.parametrize("minor", MINORS)
def test_LIVE_B5_whatever_an_older_window_says_is_still_taken(minor: int) -> None:
    old, new = schema_of(minor), build_schema()
    gone = _narrowed({"$ref": "#/$defs/ClientMessage"}, {"$ref": "#/$defs/ClientMessage"}, old, new)
    assert gone == []


def _narrowed(
    was: Json, now: Json, old: Json, new: Json, seen: frozenset[str] = frozenset()
) -> list[str]:
    """Where today's schema refuses what the former one allowed."""
    if "$ref" in was and "$ref" in now:
        name = was["$ref"].rpartition("/")[2]
        if name in seen:
            return []
        return [
            f"{name}: {one}"
            for one in _narrowed(
                old["$defs"][name],
                new["$defs"][now["$ref"].rpartition("/")[2]],
                old,
                new,
                seen | {name},
            )
        ]
    choices = was.get("oneOf") or was.get("anyOf")
    if choices:
        today = now.get("oneOf") or now.get("anyOf") or [now]
        found = []
        for one in choices:
            tries = [_narrowed(one, other, old, new, seen) for other in today if _kin(one, other)]
            found += min(tries, key=len) if tries else [f"no place for {json.dumps(one)[:80]}"]
        return found
    required = set(now.get("required", [])) - set(was.get("required", []))
    found = [f"{name} is required now" for name in sorted(required)]
    for name, one in was.get("properties", {}).items():
        if name not in now.get("properties", {}):
            found.append(f"{name} is gone")
        else:
            inner = _narrowed(one, now["properties"][name], old, new, seen)
            found += [f"{name}: {problem}" for problem in inner]
    allowed = set(was.get("enum", [was["const"]] if "const" in was else []))
    if allowed and not allowed <= set(now.get("enum", [now.get("const")])):
        found.append(f"{sorted(allowed)} are not all allowed")
    if "items" in was:
        found += _narrowed(was["items"], now.get("items", {}), old, new, seen)
    for limit in ("maxLength", "maxItems", "maximum", "minLength", "minItems", "minimum"):
        sign = 1 if limit.startswith("max") else -1
        if limit in now and sign * now[limit] < sign * was.get(limit, sign * float("inf")):
            found.append(f"{limit} is narrower")
    return found


def _kin(one: Json, other: Json) -> bool:
    if "$ref" in one or "$ref" in other:
        return one.get("$ref") == other.get("$ref")
    return one.get("type") == other.get("type")
