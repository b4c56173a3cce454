"""Objects that a floor above makes about studies (AI results): offered, never imported from here.

The archive may hold such objects too, once they came back from a PACS. Which of them a case may
show is for their maker to say, case by case: that is what ``state`` carries.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from apps.core.registry import Registry


class ReviewState(StrEnum):
    """What the case thinks of the object; only accepted ones leave without a special scope."""

    UNREVIEWED = "unreviewed"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    REPLACED = "replaced"
    """Something else stands for it: an amended mask, or what a newer version found."""


@dataclass(frozen=True, slots=True)
class DerivedObject:
    """One DICOM object about a study, as Part 10 bytes that ``read`` gives."""

    study_id: UUID
    sop_instance_uid: str
    sha256: str
    state: ReviewState
    read: Callable[[], bytes]


derived_objects: "Registry[Callable[..., Iterable[DerivedObject]]]" = Registry("derived objects")
"""``provider(*, case_id, study_ids) -> DerivedObjects`` of those studies, as the case sees them."""


def objects_about(*, case_id: UUID, study_ids: Iterable[UUID]) -> list[DerivedObject]:
    """From every provider, for callers that have checked access to the case."""
    wanted = list(study_ids)
    return [
        one
        for _, provider in derived_objects.items()
        for one in provider(case_id=case_id, study_ids=wanted)
    ]
