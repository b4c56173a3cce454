"""The templates that come with the product, read once from the document beside this file."""

import json
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from apps.boards.case_templates.document import CaseTemplateDocument
from apps.cases.choices import TumourType

_PATH = Path(__file__).with_name("builtin.json")
_BY_TYPE = TypeAdapter(dict[TumourType, CaseTemplateDocument])


@cache
def builtin_templates() -> dict[TumourType, CaseTemplateDocument]:
    """One for each tumour type; ``other`` is the generic one. Copied into rows, then the site's.

    The ages (CT 56 days, bloods 14 days) are the proposal of the product's clinical reference:
    a place to start from, not a guideline.
    """
    return _BY_TYPE.validate_python(json.loads(_PATH.read_text(encoding="utf-8")))
