"""What of a study would leave as research data, told before anything is packed."""

from dataclasses import dataclass
from uuid import UUID

from apps.ai import policies
from apps.ai.research.exporting import require_size
from apps.ai.research.masks import Masks, collect_masks
from apps.cases.embargo import AiHidden
from apps.core.actors import Actor
from apps.core.exceptions import DomainError, NotVisible
from apps.imaging.choices import SeriesKind
from apps.imaging.exceptions import SeriesEvicted
from apps.imaging.models import Series
from apps.imaging.research.grid import ImageGrid, read_grid
from apps.imaging.selectors import find_case_series, find_case_study, open_archive
from apps.imaging.stacks import describe_archive


@dataclass(frozen=True, slots=True)
class StackToExport:
    """One stack of a series: what would be in its zip, or why there is none.

    Attributes
    ----------
    stack : its number, from 1; ``None`` where the series cannot be read at all.
    grid, masks : ``None`` where it is refused.
    refusal : code and sentence; by the codes of ``export_series``.
    """

    series: Series
    stack: int | None
    grid: ImageGrid | None = None
    masks: Masks | None = None
    refusal: tuple[str, str] | None = None


def describe_study(*, actor: Actor, case_id: UUID, study_instance_uid: str) -> list[StackToExport]:
    """Every stack of every image series, with the masks that would go with it.

    A series that AI made is not among them while AI results are hidden. Nothing is written
    into the trail: nothing leaves.

    Raises
    ------
    NotVisible, Forbidden
        As for the export itself.
    """
    policies.export_research(actor=actor, case_id=case_id)
    return [
        _describe(actor=actor, case_id=case_id, series=series, stack=stack)
        for series in image_series(
            actor=actor, case_id=case_id, study_instance_uid=study_instance_uid
        )
        for stack in stack_numbers(series)
    ]


def image_series(*, actor: Actor, case_id: UUID, study_instance_uid: str) -> list[Series]:
    """Image series of a study that this actor may read now, in the order they are shown."""
    link = find_case_study(actor=actor, case_id=case_id, study_instance_uid=study_instance_uid)
    known = Series.objects.filter(study_id=link.study_id, kind=SeriesKind.IMAGE)
    readable = []
    for one in known.exclude(archive_key=""):
        try:
            found = find_case_series(
                actor=actor,
                case_id=case_id,
                study_instance_uid=study_instance_uid,
                series_instance_uid=one.series_instance_uid,
            )
        except (NotVisible, AiHidden):
            continue
        readable.append(found)
    return readable


def stack_numbers(series: Series) -> list[int | None]:
    """Numbers of its stacks; ``[None]`` where it has none, for its refusal to be told.

    An evicted series is left where it is: a look at a list fetches nothing from the PACS.
    """
    if series.evicted_at is not None:
        return [None]
    try:
        _, geometry = describe_archive(open_archive(series.archive_key))
    except DomainError:
        return [None]
    return [one.number for one in geometry.stacks] or [None]


def _describe(*, actor: Actor, case_id: UUID, series: Series, stack: int | None) -> StackToExport:
    try:
        grid = read_stack(series, stack=stack)
        require_size(grid)
    except DomainError as refused:
        return StackToExport(series, stack, refusal=(refused.error_code, refused.message))
    masks = collect_masks(actor=actor, case_id=case_id, series=series, grid=grid)
    return StackToExport(series, grid.stack, grid=grid, masks=masks)


def read_stack(series: Series, *, stack: int | None) -> ImageGrid:
    """The grid of one stack, of images that are here.

    Raises
    ------
    SeriesEvicted, NotVisible, NotAVolume
    """
    if series.evicted_at is not None:
        raise SeriesEvicted("The images are in the PACS only; open the series to fetch them.")
    return read_grid(open_archive(series.archive_key), stack=stack)
