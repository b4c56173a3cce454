"""The pixels a segmentation is painted on: one stack of one series, as it lies in the archive."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.annotations.exceptions import ImageNotInCase
from apps.annotations.segmentations.exceptions import NoSuchStack
from apps.core.exceptions import NotVisible
from apps.imaging.choices import SeriesKind
from apps.imaging.models import CaseStudy, Series
from apps.imaging.selectors import open_archive
from apps.imaging.stacks import describe_archive

MAX_GRID_VOXELS = 1 << 31
MAX_GRID_FRAMES = 20_000


@dataclass(frozen=True, slots=True)
class Grid:
    """Images in slice order, with one size; their spacing where they are a regular stack."""

    frames: tuple[tuple[str, int], ...]
    rows: int
    columns: int
    frame_of_reference_uid: str
    spacing_mm: tuple[float, float, float] | None  # slice, row, column
    refusal: str

    def as_json(self) -> dict[str, Any]:
        return {
            "frames": [list(frame) for frame in self.frames],
            "rows": self.rows,
            "columns": self.columns,
            "spacing_mm": self.spacing_mm and list(self.spacing_mm),
            "refusal": self.refusal,
        }


def find_grid(
    *, case_id: UUID, study_instance_uid: str, series_instance_uid: str, stack: int
) -> Grid:
    """The grid of a stack; the series must belong to a study of the case.

    Raises
    ------
    ImageNotInCase
        It does not.
    NoSuchStack
        No stack has this number, or its frames have different sizes.
    """
    series = (
        Series.objects.filter(
            series_instance_uid=series_instance_uid,
            study__study_instance_uid=study_instance_uid,
            study__in=CaseStudy.objects.filter(case_id=case_id).values("study_id"),
            kind=SeriesKind.IMAGE,
        )
        .exclude(archive_key="")
        .first()
    )
    if series is None:
        raise ImageNotInCase("The series is not among the images of this case.")
    try:
        poses, geometry = describe_archive(open_archive(series.archive_key))
    except NotVisible:
        raise ImageNotInCase("The series is not in the archive.") from None
    found = next((one for one in geometry.stacks if one.number == stack), None)
    if found is None or not found.order:
        raise NoSuchStack("The series has no such stack.")
    members = [poses[index] for index in found.order]
    first = members[0]
    if any((one.rows, one.columns) != (first.rows, first.columns) for one in members):
        raise NoSuchStack("The images of this stack have different sizes.")
    if len(members) > MAX_GRID_FRAMES or len(members) * first.rows * first.columns > (
        MAX_GRID_VOXELS
    ):
        raise NoSuchStack("The stack is too large to paint on.")
    regular = not found.refusal and found.spacing_mm is not None
    return Grid(
        frames=tuple((one.sop_instance_uid, one.frame) for one in members),
        rows=first.rows,
        columns=first.columns,
        frame_of_reference_uid=first.frame_of_reference_uid,
        spacing_mm=found.spacing_mm if regular else None,
        refusal=found.refusal,
    )
