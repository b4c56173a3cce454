"""The wire format: golden messages pass, broken ones fail, generated files are current.

The same JSON files run in the browser's tests (vitest), against the generated schema.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from apps.live.protocol import client_messages, server_messages
from apps.live.protocol.export import build_schema, render_schema, render_typescript

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).parent / "live_fixtures"
GOLDEN = sorted((FIXTURES / "golden").glob("*.json"))
MUST_FAIL = sorted((FIXTURES / "must_fail").glob("*.json"))


def _adapter(direction: str) -> TypeAdapter[Any]:
    return {"client": client_messages, "server": server_messages}[direction]


def _validator(direction: str) -> Draft202012Validator:
    schema = build_schema()
    name = {"client": "ClientMessage", "server": "ServerMessage"}[direction]
    return Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_golden_message_is_accepted_and_survives_a_round_trip(path: Path) -> None:
    fixture = json.loads(path.read_text())
    message = _adapter(fixture["direction"]).validate_json(
        json.dumps(fixture["message"]), strict=True
    )
    written = json.loads(message.model_dump_json())
    assert {key: written[key] for key in fixture["message"]} == fixture["message"] or _same(
        written, fixture["message"]
    )
    errors = list(_validator(fixture["direction"]).iter_errors(fixture["message"]))
    assert errors == []


def _same(written: Any, given: Any) -> bool:
    """Equal but for fields that were left out where they have a default."""
    if isinstance(given, dict):
        return all(_same(written[key], value) for key, value in given.items())
    if isinstance(given, list):
        return len(written) == len(given) and all(map(_same, written, given))
    return bool(written == given)


@pytest.mark.parametrize("path", MUST_FAIL, ids=lambda path: path.stem)
def test_broken_message_is_refused(path: Path) -> None:
    fixture = json.loads(path.read_text())
    with pytest.raises(ValidationError):
        _adapter(fixture["direction"]).validate_json(json.dumps(fixture["message"]), strict=True)
    refused = not _validator(fixture["direction"]).is_valid(fixture["message"])
    assert refused is fixture["schema_can_tell"], fixture["reason"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    text = f'{{"type":"ping","t":{number}}}'
    with pytest.raises(ValidationError):
        client_messages.validate_json(text, strict=True)


def test_every_message_type_has_a_golden_fixture() -> None:
    shown = set()
    for path in GOLDEN:
        message = json.loads(path.read_text())["message"]
        shown.add(
            (
                message["type"],
                message.get("kind") if message["type"] != "op.ack" else None,
            )
        )
    declared = set()
    for name, definition in build_schema()["$defs"].items():
        properties = definition.get("properties", {})
        if "type" not in properties or "const" not in properties["type"]:
            continue
        kind = properties.get("kind", {})
        kinds = [kind["const"]] if "const" in kind else kind.get("enum", [None])
        for shown_kind in kinds if name != "OpAck" else [None]:
            declared.add((properties["type"]["const"], shown_kind))
    assert declared - shown == set()


def test_generated_files_are_current() -> None:
    folder = ROOT / "frontend" / "src" / "protocol"
    assert (folder / "schema.json").read_text() == render_schema()
    assert (folder / "generated.ts").read_text() == render_typescript()


def test_values_sent_both_ways_have_no_optional_fields() -> None:
    """Otherwise a type would mean different things to reader and writer in TypeScript.

    What was added later has a default, so that older clients go on.
    """
    later = {
        "Viewport": {"reformat", "fusion", "visible_mm", "visible_px", "cine"},
        "StageState": {"comparison", "pages", "hanging"},
    }
    definitions = build_schema()["$defs"]
    for name in (
        "StageState",
        "Viewport",
        "Camera",
        "ImageCamera",
        "Pointer",
        "StageFrame",
        "StagePage",
        "Cine",
        "Whereabouts",
    ):
        definition = definitions[name]
        expected = set(definition["properties"]) - later.get(name, set())
        assert set(definition["required"]) == expected, name
