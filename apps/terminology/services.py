"""Loading a code list of the site, and retiring one."""

import csv
import hashlib
import io
import re
import unicodedata

from django.db import transaction
from django.utils import timezone

from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput, NotVisible, TooLarge
from apps.terminology import policies
from apps.terminology.models import CodeList, ListedCode
from apps.terminology.search import fold_code

MOST_CODES = 50_000
MOST_BYTES = 20 * 1024 * 1024
_SYSTEM = re.compile(r"^[a-z0-9][a-z0-9-]{1,39}$")


@transaction.atomic
def load_code_list(
    *, actor: Actor, content: bytes, system: str, name: str, licence: str = ""
) -> CodeList:
    """Load a CSV with the columns ``code``, ``display`` and, if there is one, ``synonyms``
    (separated by ``|``). A list of the same name is retired; nothing is loaded in part.

    Raises
    ------
    InvalidInput
        ``code_list_invalid``; details name the line and what is wrong with it.
    TooLarge
        More than 20 MB or 50,000 codes.
    """
    policies.load_codes(actor=actor)
    if not _SYSTEM.match(system) or not name.strip() or len(name) > 100:
        raise InvalidInput("A code list needs a system and a name.", code="code_list_invalid")
    if len(content) > MOST_BYTES:
        raise TooLarge("A code list has at most 20 MB.")
    rows = list(_read(content))
    CodeList.objects.select_for_update().filter(name=name, retired_at__isnull=True).update(
        retired_at=timezone.now()
    )
    code_list = CodeList.objects.create(
        system=system,
        name=name,
        licence=licence[:300],
        sha256=hashlib.sha256(content).hexdigest(),
        count=len(rows),
    )
    ListedCode.objects.bulk_create(
        [
            ListedCode(code_list=code_list, code=code, display=display, synonyms=synonyms)
            for code, display, synonyms in rows
        ],
        batch_size=2000,
    )
    record_entry(
        actor=actor,
        action="code_list.loaded",
        entity="code_list",
        entity_id=code_list.pk,
        details={"system": system, "count": len(rows), "sha256": code_list.sha256},
    )
    return code_list


@transaction.atomic
def retire_code_list(*, actor: Actor, name: str) -> None:
    """Take a loaded list out of use. What was recorded with its codes stays as it is."""
    policies.load_codes(actor=actor)
    found = CodeList.objects.select_for_update().filter(name=name, retired_at__isnull=True).first()
    if found is None:
        raise NotVisible("No code list of this name is in use.")
    found.retired_at = timezone.now()
    found.save(update_fields=["retired_at", "updated_at"])
    record_entry(actor=actor, action="code_list.retired", entity="code_list", entity_id=found.pk)


def _read(content: bytes) -> list[tuple[str, str, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput("The file is not UTF-8.", code="code_list_invalid") from error
    lines = csv.DictReader(io.StringIO(text, newline=""))
    if not {"code", "display"} <= set(lines.fieldnames or ()):
        raise InvalidInput("Columns code and display are needed.", code="code_list_invalid")
    rows: list[tuple[str, str, list[str]]] = []
    seen: set[str] = set()
    try:
        for line in lines:
            rows.append(_row(line, lines.line_num, seen))
            if len(rows) > MOST_CODES:
                raise TooLarge("A code list has at most 50,000 codes.")
    except csv.Error as error:
        raise _wrong(lines.line_num, str(error)) from error
    if not rows:
        raise InvalidInput("The file has no codes.", code="code_list_invalid")
    return rows


def _row(line: dict[str, str | None], number: int, seen: set[str]) -> tuple[str, str, list[str]]:
    code, display = (line.get("code") or "").strip(), (line.get("display") or "").strip()
    synonyms = [one.strip() for one in (line.get("synonyms") or "").split("|") if one.strip()]
    if not code or len(code) > 40 or not fold_code(code):
        raise _wrong(number, "the code is empty or too long")
    if not display or len(display) > 300 or any(len(one) > 300 for one in synonyms):
        raise _wrong(number, "the display is empty, or a name is longer than 300 characters")
    if any(unicodedata.category(one)[0] == "C" for one in code + display + "".join(synonyms)):
        raise _wrong(number, "a control character")
    if fold_code(code) in seen:
        raise _wrong(number, "the code stands twice")
    seen.add(fold_code(code))
    return code, display, synonyms


def _wrong(line: int, what: str) -> InvalidInput:
    return InvalidInput(
        f"Line {line}: {what}.", code="code_list_invalid", details={"line": line, "what": what}
    )
