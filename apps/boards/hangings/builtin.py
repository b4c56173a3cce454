"""The built-in hanging protocols, read once from the document beside this file."""

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from apps.boards.hangings.document import BuiltinHanging

_PATH = Path(__file__).with_name("builtin.json")
_LIST = TypeAdapter(list[BuiltinHanging])


@cache
def builtin_hangings() -> tuple[BuiltinHanging, ...]:
    """In the order in which they win when two match equally well."""
    return tuple(_LIST.validate_python(json.loads(_PATH.read_text(encoding="utf-8"))))
