"""What an object states of one thing, before anybody has looked where it lies."""

from dataclasses import dataclass, field
from typing import Any

from apps.ai.analyses.results import Code
from apps.ai.external.makers import Maker, clean_name
from apps.ai.external.refusals import Remark
from apps.imaging.documents.measurements import Region
from apps.imaging.documents.values import Code as DicomCode
from apps.imaging.documents.values import ImageReference

MAX_LABEL = 200
MAX_CODE = 64
NOT_CODED = Code("99CONSILIUM", "not-coded", "Not coded by its maker")


@dataclass(frozen=True, slots=True)
class Statement:
    """One measurement group, segment or map.

    Attributes
    ----------
    number : of the group, from 1, or of the segment.
    maker : ``None`` where a person made it.
    segments : SOP Instance UID of a SEG and the number of a segment in it.
    measurements : as a finding keeps them (``apps.ai.models.Finding``).
    """

    number: int
    label: str
    code: Code
    category: Code
    maker: Maker | None
    site: Code | None = None
    laterality: Code | None = None
    measurements: tuple[dict[str, Any], ...] = ()
    evaluations: tuple[tuple[str, str], ...] = ()
    probability: float | None = None
    tracking_uid: str = ""
    segments: tuple[tuple[str, int], ...] = ()
    regions: tuple[Region, ...] = ()
    images: tuple[ImageReference, ...] = ()
    remarks: tuple[Remark, ...] = field(default=())


def read_code(code: DicomCode) -> Code | None:
    """A code of somebody else, bounded; ``None`` where there is none."""
    if not code.value or not code.scheme:
        return None
    return Code(
        clean_name(code.scheme, limit=16),
        clean_name(code.value, limit=MAX_CODE),
        clean_name(code.words, limit=MAX_CODE),
    )


def label_of(*candidates: str) -> str:
    """The first that says something."""
    cleaned = (clean_name(one, limit=MAX_LABEL) for one in candidates)
    return next((one for one in cleaned if one), "Not named by its maker")


def read_uid(raw: str) -> str:
    """A UID, or nothing: other text is no identifier."""
    is_uid = 0 < len(raw) <= 64 and raw[0].isdigit() and not set(raw) - set("0123456789.")
    return raw if is_uid else ""
