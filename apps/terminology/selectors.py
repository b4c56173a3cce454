"""Looking up codes: bundled lists and those that the site has loaded, together."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from apps.terminology.bundled import bundled_concepts
from apps.terminology.choices import SYSTEMS
from apps.terminology.models import CodeList, ListedCode
from apps.terminology.search import MOST_ANSWERS, Concept, Index, Match


def find_codes(*, system: str, text: str, limit: int = MOST_ANSWERS) -> list[Match]:
    """At most ``limit`` concepts for what was typed, the best first."""
    return _index(system, _loaded(system)).find(text, limit=min(limit, MOST_ANSWERS))


def look_up(*, system: str, code: str) -> Concept | None:
    """The concept of a code; ``None`` when no list here knows it: it may exist all the same."""
    return _index(system, _loaded(system)).get(code)


def describe_systems() -> list[dict[str, Any]]:
    """Each system: what is bundled of it and what the site has loaded."""
    loaded: dict[str, list[CodeList]] = {}
    for one in CodeList.objects.filter(retired_at__isnull=True).order_by("name"):
        loaded.setdefault(one.system, []).append(one)
    rows = []
    for name in sorted({*SYSTEMS, *loaded}):
        known = SYSTEMS.get(name)
        rows.append(
            {
                "system": name,
                "title": known.title if known else name,
                "uri": known.uri if known else "",
                "version": known.version if known else "",
                "extent": known.extent if known else "",
                "licence": known.licence if known else "",
                "bundled": len(bundled_concepts(name)),
                "loaded": [
                    {"name": one.name, "count": one.count, "licence": one.licence}
                    for one in loaded.get(name, ())
                ],
            }
        )
    return rows


def knows_system(system: str) -> bool:
    known = CodeList.objects.filter(system=system, retired_at__isnull=True)
    return system in SYSTEMS or known.exists()


def _loaded(system: str) -> tuple[UUID, ...]:
    lists = CodeList.objects.filter(system=system, retired_at__isnull=True)
    return tuple(lists.order_by("created_at", "id").values_list("pk", flat=True))


@lru_cache(maxsize=32)
def _index(system: str, list_ids: tuple[UUID, ...]) -> Index:
    """Kept by the ids of the loaded lists: rows of a list never change, a new file is a new one."""
    concepts = list(bundled_concepts(system))
    names = dict(CodeList.objects.filter(pk__in=list_ids).values_list("pk", "name"))
    rows = ListedCode.objects.filter(code_list__in=list_ids).order_by("code_list", "id")
    by_list: dict[UUID, list[Concept]] = {one: [] for one in list_ids}
    for row in rows.iterator():
        by_list[row.code_list_id].append(
            Concept(
                system, row.code, row.display, tuple(row.synonyms), names.get(row.code_list_id, "")
            )
        )
    for one in list_ids:
        concepts += by_list[one]
    return Index(concepts)
