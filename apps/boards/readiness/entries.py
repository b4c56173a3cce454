"""What entries of the case say of items that are otherwise recorded by hand.

Keyed by the item, not by its source: a template that asks for comorbidity is met by an entry,
or by a word said by hand where somebody keeps it elsewhere.
"""

from apps.boards.readiness_items import NOTHING, Evidence
from apps.cases.clinical.kinds import COMORBIDITY, PREFERENCE, Kind
from apps.cases.clinical.reading import NEWEST_FIRST, entries_of
from apps.cases.models import Case

ENTRY_OF_ITEM: dict[str, Kind] = {
    "comorbidity": COMORBIDITY,
    "patient_preference": PREFERENCE,
}


def find_entry(*, case: Case, key: str) -> Evidence:
    """The newest entry that stands, if the item is one that entries say."""
    kind = ENTRY_OF_ITEM.get(key)
    if kind is None:
        return NOTHING
    entry = entries_of(kind=kind, case_id=case.pk).order_by(*NEWEST_FIRST).first()
    if entry is None:
        return NOTHING
    return Evidence(
        is_there=True,
        kind="record",
        ref=kind.name,
        by=entry.recorded_by.display_name if entry.recorded_by else "",
        at=entry.created_at.isoformat(),
    )
