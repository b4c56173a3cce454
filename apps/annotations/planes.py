"""The image a measurement is drawn on: in the case, with or without patient space."""

from dataclasses import dataclass, field
from uuid import UUID

from pydicom.dataset import Dataset

from apps.annotations.exceptions import FrameOfReferenceMismatch, ImageNotInCase
from apps.annotations.measures import ImagePlane
from apps.core.exceptions import Unavailable
from apps.imaging.archive import open_series
from apps.imaging.archive.writer import frame_pose
from apps.imaging.calibration import Calibration, read_calibration
from apps.imaging.evicted import explain_absence
from apps.imaging.geometry import FramePose
from apps.imaging.models import CaseStudy, Instance, Series
from apps.imaging.parser.poses import read_poses
from apps.imaging.parser.reading import numbers


@dataclass(frozen=True, slots=True)
class DrawnOn:
    """One frame of one image.

    Attributes
    ----------
    plane : ``None`` where it has no patient space.
    calibration : what it says of its own millimetres, where it has no patient space.
    aspect : height of its pixels over their width, where nothing is known of millimetres.
    archive_key, sop_instance_uid, frame : where its pixels are.
    """

    rows: int
    columns: int
    plane: ImagePlane | None
    archive_key: str
    sop_instance_uid: str
    frame: int
    header: Dataset
    calibration: Calibration = field(default_factory=Calibration)
    aspect: float = 1.0


def find_image(
    *,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str,
    frame: int,
) -> DrawnOn:
    """The frame named, which must belong to a study of the case.

    Raises
    ------
    ImageNotInCase
        The study is not linked to the case, or the UIDs do not belong together.
    """
    instance = require_image(
        case_id=case_id,
        study_instance_uid=study_instance_uid,
        series_instance_uid=series_instance_uid,
        sop_instance_uid=sop_instance_uid,
        frame=frame,
    )
    header = _read_header(instance=instance)
    pose = _read_pose(header=header, instance=instance, frame=frame)
    has_space = pose is not None and pose.has_space and bool(pose.frame_of_reference_uid)
    return DrawnOn(
        rows=instance.rows or 0,
        columns=instance.columns or 0,
        plane=_plane(pose) if pose is not None and has_space else None,
        archive_key=instance.series.archive_key,
        sop_instance_uid=sop_instance_uid,
        frame=frame,
        header=header,
        calibration=Calibration() if has_space else read_calibration(header, frame=frame),
        aspect=_aspect(header),
    )


def require_image(
    *,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    sop_instance_uid: str,
    frame: int,
) -> Instance:
    """The instance named, which must belong to a study of the case and have this frame."""
    instance = (
        Instance.objects.select_related("series")
        .filter(
            sop_instance_uid=sop_instance_uid,
            series__series_instance_uid=series_instance_uid,
            study__study_instance_uid=study_instance_uid,
            study__in=CaseStudy.objects.filter(case_id=case_id).values("study_id"),
        )
        .first()
    )
    if instance is None or not 1 <= frame <= max(instance.frames, 1):
        raise ImageNotInCase("The image is not among the studies of this case.")
    return instance


def require_space(
    *,
    case_id: UUID,
    study_instance_uid: str,
    series_instance_uid: str,
    frame_of_reference_uid: str,
) -> None:
    """A series of the case lies in this frame of reference: for what is drawn between its slices.

    Raises
    ------
    ImageNotInCase
        The series is not in a study of the case.
    FrameOfReferenceMismatch
        It lies elsewhere, or nowhere.
    """
    spaces = Series.objects.filter(
        series_instance_uid=series_instance_uid,
        study__study_instance_uid=study_instance_uid,
        study__in=CaseStudy.objects.filter(case_id=case_id).values("study_id"),
    ).values_list("frame_of_reference_uid", flat=True)
    if not spaces:
        raise ImageNotInCase("The series is not among the studies of this case.")
    if not frame_of_reference_uid or frame_of_reference_uid not in spaces:
        raise FrameOfReferenceMismatch("The points lie in another frame of reference.")


def _aspect(header: Dataset) -> float:
    """Pixel Aspect Ratio (PS3.3 C.7.6.3.1.7), as the viewer draws the picture."""
    pair = numbers(header, "PixelAspectRatio", 2)
    return pair[0] / pair[1] if pair is not None and min(pair) > 0 else 1.0


def _read_header(*, instance: Instance) -> Dataset:
    """The archived header; the index keeps no positions."""
    try:
        return open_series(instance.series.archive_key).read_header(instance.sop_instance_uid)
    except FileNotFoundError:
        raise explain_absence(instance.series.archive_key) from None
    except (ValueError, KeyError):
        raise Unavailable("The image is not in the archive.", code="image_unavailable") from None


def _read_pose(*, header: Dataset, instance: Instance, frame: int) -> FramePose | None:
    records = read_poses(header, frame_count=max(instance.frames, 1))
    return frame_pose(records[frame - 1]) if len(records) >= frame else None


def _plane(pose: FramePose) -> ImagePlane:
    assert pose.position_lps and pose.orientation and pose.pixel_spacing_mm
    return ImagePlane(
        origin_lps=pose.position_lps,
        row_direction=pose.orientation[:3],
        column_direction=pose.orientation[3:],
        spacing_mm=pose.pixel_spacing_mm,
        rows=pose.rows,
        columns=pose.columns,
        frame_of_reference_uid=pose.frame_of_reference_uid,
    )
