"""What a browser of an older version is sent: only what its own schema knows (LIVE-B5).

A page stays open over an update of the server until its meeting ends. It refuses what its schema
does not know, so it gets a message fitted to that schema: fields it does not know are left out;
so are items of a list, and whole messages; an event of a kind it does not know arrives withheld,
so that its numbers stay whole. A viewport that says something it does not know arrives empty:
it shows nothing there rather than another picture than the presenter's.
"""

import json
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import orjson

from apps.live.protocol.base import PROTOCOL_MINOR, PROTOCOL_NAME

HISTORY = Path(__file__).parent / "history"

Json = dict[str, Any]

MEANS_WHAT_IT_SAYS = frozenset({"Viewport", "Pointer"})
"""Of these nothing may be left out: what would remain shows or says something else."""

_REF = "#/$defs/"
_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


class DoesNotFit(ValueError):
    """The older schema has no place for this."""


def minor_of(subprotocols: Iterable[str]) -> int:
    """The client's minor version, by the second subprotocol it offers; the first ones had none."""
    found = [re.fullmatch(rf"{re.escape(PROTOCOL_NAME)}\.([0-9]{{1,4}})", s) for s in subprotocols]
    return max((int(one[1]) for one in found if one), default=0)


def fit_text(text: str, *, minor: int) -> str | None:
    """The message as a client of ``minor`` may read it; ``None`` where it has no such message."""
    return text if minor >= PROTOCOL_MINOR else _fit_text(text, minor)


@lru_cache(maxsize=64)
def _fit_text(text: str, minor: int) -> str | None:
    """Once for all older windows of a view: they are sent the same text one after the other."""
    message = orjson.loads(text)
    schema = schema_of(minor)
    try:
        return orjson.dumps(fit(message, {"$ref": f"{_REF}ServerMessage"}, schema)).decode()
    except DoesNotFit:
        if message["type"] != "event":
            return None
    return orjson.dumps({"type": "event", "kind": "withheld", "seq": message["seq"]}).decode()


@cache
def schema_of(minor: int) -> Json:
    """The schema as it was released; of what never was, the first."""
    path = HISTORY / f"v1.{minor}.json"
    found: Json = json.loads((path if path.exists() else HISTORY / "v1.0.json").read_text("utf-8"))
    return found


def fit(value: Any, definition: Json, schema: Json, *, name: str = "") -> Any:
    """``value`` without what ``definition`` does not know.

    Raises
    ------
    DoesNotFit
        What is left is nothing the definition allows.
    """
    if "$ref" in definition:
        name = definition["$ref"].removeprefix(_REF)
        return fit(value, schema["$defs"][name], schema, name=name)
    options = definition.get("oneOf") or definition.get("anyOf")
    if options:
        return _fit_one_of(value, options, schema)
    if "const" in definition or "enum" in definition:
        if value not in definition.get("enum", [definition.get("const")]):
            raise DoesNotFit
        return value
    kind = definition.get("type")
    if kind is None:
        return value
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise DoesNotFit
    if isinstance(value, dict):
        return _fit_object(value, definition, schema, name=name)
    if isinstance(value, list):
        return _fit_array(value, definition, schema)
    _check_scalar(value, definition)
    return value


def _fit_one_of(value: Any, options: list[Json], schema: Json) -> Any:
    for option in options:
        try:
            return fit(value, option, schema)
        except DoesNotFit:
            continue
    if {"type": "null"} in options:
        return None
    raise DoesNotFit


def _fit_object(value: Json, definition: Json, schema: Json, *, name: str) -> Json:
    known: Json = definition.get("properties", {})
    more = definition.get("additionalProperties", True)
    fitted: Json = {}
    for key, one in value.items():
        if key not in known:
            if more is not False:
                fitted[key] = one if more is True else fit(one, more, schema)
            elif name in MEANS_WHAT_IT_SAYS and one not in (None, False, "", [], {}):
                raise DoesNotFit
            continue
        try:
            fitted[key] = fit(one, known[key], schema)
        except DoesNotFit:
            if key in definition.get("required", ()) or name in MEANS_WHAT_IT_SAYS:
                raise
    if not set(definition.get("required", ())) <= set(fitted):
        raise DoesNotFit
    return fitted


def _fit_array(value: list[Any], definition: Json, schema: Json) -> list[Any]:
    if "prefixItems" in definition:
        places = definition["prefixItems"]
        if len(places) != len(value):
            raise DoesNotFit
        return [fit(one, place, schema) for one, place in zip(value, places, strict=True)]
    fitted = []
    for one in value:
        try:
            fitted.append(fit(one, definition.get("items", {}), schema))
        except DoesNotFit:
            continue
    if not definition.get("minItems", 0) <= len(fitted) <= definition.get("maxItems", 10**9):
        raise DoesNotFit
    return fitted


def _check_scalar(value: Any, definition: Json) -> None:
    if isinstance(value, str):
        pattern = definition.get("pattern")
        if pattern is not None and re.search(pattern, value) is None:
            raise DoesNotFit
        if not definition.get("minLength", 0) <= len(value) <= definition.get("maxLength", 10**9):
            raise DoesNotFit
    elif isinstance(value, int | float) and not isinstance(value, bool):
        if not definition.get("minimum", value) <= value <= definition.get("maximum", value):
            raise DoesNotFit
        if value <= definition.get("exclusiveMinimum", value - 1):
            raise DoesNotFit
        if value >= definition.get("exclusiveMaximum", value + 1):
            raise DoesNotFit
