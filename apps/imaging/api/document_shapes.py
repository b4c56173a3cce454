"""How documents of a case look over REST."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.imaging.choices import SeriesKind
from apps.imaging.documents.key_images import read_key_images
from apps.imaging.documents.measurements import Region, read_groups
from apps.imaging.documents.pages import WIDTHS
from apps.imaging.documents.presentations import (
    Presentation,
    PresentedImage,
    read_presentation,
    window_on_image,
)
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.reports import read_report
from apps.imaging.documents.selectors import DocumentInCase, OpenedDocument
from apps.imaging.documents.values import ImageReference, Point


def _points() -> serializers.ListField:
    """A field of its own each time: one that is shared belongs to the last who named it."""
    return serializers.ListField(child=serializers.ListField(child=serializers.FloatField()))


class DocumentProblemSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    message = serializers.CharField()
    severity = serializers.ChoiceField(choices=["error", "warning", "note"])


class DocumentSerializer(serializers.Serializer[Any]):
    """One report, key-image list, presentation state or PDF of the case."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["sr", "kos", "pr", "pdf", "document"])
    withheld = serializers.BooleanField(help_text="Only that it is there is told.")
    readable = serializers.BooleanField(help_text="Its words may be asked for.")
    study_instance_uid = serializers.CharField()
    series_instance_uid = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    title = serializers.CharField()
    description = serializers.CharField()
    author = serializers.CharField()
    manufacturer = serializers.CharField()
    date = serializers.CharField(help_text="DICOM date of the object, or empty.")
    time = serializers.CharField(help_text="DICOM time of the object, or empty.")
    verified = serializers.BooleanField(allow_null=True)
    complete = serializers.BooleanField(allow_null=True)
    verified_by = serializers.CharField()
    verified_at = serializers.CharField()
    unreviewed = serializers.BooleanField(help_text="By an algorithm, and nobody answers for it.")
    measurement_groups = serializers.IntegerField()
    references = serializers.IntegerField(help_text="Images it refers to.")
    missing = serializers.IntegerField(help_text="Those that are not in this case.")
    own = serializers.BooleanField(help_text="A finding of this house says the same.")
    page_url = serializers.CharField(help_text="Of a PDF; add a page's number.")
    widths = serializers.ListField(child=serializers.IntegerField())
    problems = DocumentProblemSerializer(many=True)


class DocumentImageSerializer(serializers.Serializer[Any]):
    """An image spoken of; without a series it is not in this case."""

    sop_instance_uid = serializers.CharField()
    frame = serializers.IntegerField(allow_null=True)
    study_instance_uid = serializers.CharField(allow_null=True)
    series_instance_uid = serializers.CharField(allow_null=True)


class ReportLineSerializer(serializers.Serializer[Any]):
    depth = serializers.IntegerField()
    kind = serializers.CharField(help_text="The value type, in small letters; see: a reference.")
    name = serializers.CharField()
    value = serializers.CharField()
    unit = serializers.CharField()
    relationship = serializers.CharField()
    images = DocumentImageSerializer(many=True)


class DocumentRegionSerializer(serializers.Serializer[Any]):
    """``points_image``: column, row, whole numbers at pixel centres; ``points_lps``: mm."""

    shape = serializers.CharField()
    points_image = _points()
    points_lps = _points()
    frame_of_reference_uid = serializers.CharField()
    images = DocumentImageSerializer(many=True)


class MeasuredValueSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField()
    unit = serializers.CharField()
    derivation = serializers.CharField()
    method = serializers.CharField()


class MeasurementGroupSerializer(serializers.Serializer[Any]):
    tracking_id = serializers.CharField()
    tracking_uid = serializers.CharField()
    category = serializers.CharField()
    finding = serializers.CharField()
    site = serializers.CharField()
    method = serializers.CharField()
    values = MeasuredValueSerializer(many=True)
    regions = DocumentRegionSerializer(many=True)
    images = DocumentImageSerializer(many=True)
    unreadable = serializers.IntegerField()


class DocumentGraphicSerializer(serializers.Serializer[Any]):
    shape = serializers.CharField()
    points_image = _points()
    filled = serializers.BooleanField()
    colour = serializers.CharField(allow_null=True)


class DocumentAnnotationSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    box = _points()
    anchor = serializers.ListField(child=serializers.FloatField(), allow_null=True)
    colour = serializers.CharField(allow_null=True)


class ShownRangeSerializer(serializers.Serializer[Any]):
    """In the image's own values; reversed: the lower end is white."""

    lower = serializers.FloatField()
    upper = serializers.FloatField()
    is_reversed = serializers.BooleanField()


class ShownAreaSerializer(serializers.Serializer[Any]):
    """Corners as they lie after turning, in pixels."""

    top_left = serializers.ListField(child=serializers.FloatField())
    bottom_right = serializers.ListField(child=serializers.FloatField())


class ShutterSerializer(serializers.Serializer[Any]):
    shape = serializers.CharField()
    points_image = _points()


class PresentedImageSerializer(serializers.Serializer[Any]):
    image = DocumentImageSerializer()
    voi = ShownRangeSerializer(allow_null=True)
    area = ShownAreaSerializer(allow_null=True)
    graphics = DocumentGraphicSerializer(many=True)
    annotations = DocumentAnnotationSerializer(many=True)


class PresentationSerializer(serializers.Serializer[Any]):
    turn = serializers.IntegerField(help_text="Degrees clockwise, before the flip.")
    flipped = serializers.BooleanField(help_text="Left and right, after the turn.")
    lut = serializers.CharField(help_text="IDENTITY, INVERSE or empty")
    shutters = ShutterSerializer(many=True)
    images = PresentedImageSerializer(many=True)


class OpenedDocumentSerializer(DocumentSerializer):
    """With all that it says: what of these is filled depends on its kind."""

    lines = ReportLineSerializer(many=True)
    groups = MeasurementGroupSerializer(many=True)
    images = DocumentImageSerializer(many=True)
    presentation = PresentationSerializer(allow_null=True)
    pages = serializers.IntegerField()


class PageTextSerializer(serializers.Serializer[Any]):
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    text = serializers.CharField()


def show_document(one: DocumentInCase, *, case_id: UUID) -> dict[str, Any]:
    row, header, projection = one.row, one.header, one.projection
    day = row.series.study.study_date
    pages = f"/api/cases/{case_id}/documents/{row.pk}/pages/"
    texts = ("title", "description", "author", "manufacturer", "date", "time")
    words = {name: getattr(header, name, "") for name in (*texts, "verified_by", "verified_at")}
    return words | {
        "id": row.pk,
        "kind": one.kind,
        "withheld": one.is_withheld,
        "readable": header is not None,
        "study_instance_uid": one.uid(row.series.study.study_instance_uid),
        "series_instance_uid": one.uid(row.series.series_instance_uid),
        "study_date": projection.shift(day) if projection and day else day,
        "verified": header.is_verified if header else None,
        "complete": header.is_complete if header else None,
        "unreviewed": header.is_unreviewed_ai if header else False,
        "measurement_groups": header.measurement_groups if header else 0,
        "references": one.references,
        "missing": one.missing,
        "own": one.is_own,
        "page_url": pages if one.has_pages else "",
        "widths": list(WIDTHS) if one.has_pages else [],
        "problems": [_show_problem(problem) for problem in one.problems],
    }


def show_opened(opened: OpenedDocument, *, case_id: UUID) -> dict[str, Any]:
    shown = show_document(opened.listed, case_id=case_id)
    said: dict[str, Any] = {
        "lines": [], "groups": [], "images": [], "presentation": None, "pages": opened.pages,
    }  # fmt: skip
    kind = opened.listed.kind
    problems: tuple[Problem, ...] = ()
    if kind == SeriesKind.SR:
        report = read_report(opened.document)
        problems = report.problems
        said["lines"] = [
            {
                "depth": line.depth,
                "kind": line.kind,
                "name": line.name,
                "value": line.value,
                "unit": line.unit,
                "relationship": line.relationship,
                "images": _show_images(opened, line.references),
            }
            for line in report.lines
        ]
        said["groups"] = _show_groups(opened)
    elif kind == SeriesKind.KOS:
        key_images = read_key_images(opened.document)
        problems = key_images.problems
        said["images"] = _show_images(opened, key_images.images)
    elif kind == SeriesKind.PR:
        presentation = read_presentation(opened.document)
        problems = presentation.problems
        said["presentation"] = _show_presentation(opened, presentation)
    shown["problems"] += [_show_problem(problem) for problem in problems]
    return shown | said


def _show_problem(problem: Problem) -> dict[str, Any]:
    return {"code": problem.code, "message": problem.message, "severity": problem.severity}


def _show_points(points: tuple[Point, ...]) -> list[list[float]]:
    return [[round(value, 4) for value in point] for point in points]


def _show_images(
    opened: OpenedDocument, references: tuple[ImageReference, ...]
) -> list[dict[str, Any]]:
    return [
        _show_image(opened, reference, frame)
        for reference in references
        for frame in reference.frames or (None,)
    ]


def _show_image(
    opened: OpenedDocument, reference: ImageReference, frame: int | None
) -> dict[str, Any]:
    series = opened.place(reference).series
    return {
        "sop_instance_uid": reference.sop_instance_uid,
        "frame": frame,
        "study_instance_uid": series.study.study_instance_uid if series else None,
        "series_instance_uid": series.series_instance_uid if series else None,
    }


def _show_groups(opened: OpenedDocument) -> list[dict[str, Any]]:
    return [
        {
            "tracking_id": group.tracking_id,
            "tracking_uid": group.tracking_uid,
            "category": group.category,
            "finding": group.finding,
            "site": group.site,
            "method": group.method,
            "values": [
                {
                    "name": one.name,
                    "value": one.value,
                    "unit": one.unit,
                    "derivation": one.derivation,
                    "method": one.method,
                }
                for one in group.values
            ],
            "regions": [_show_region(opened, region) for region in group.regions],
            "images": _show_images(opened, group.images),
            "unreadable": group.unreadable,
        }
        for group in read_groups(opened.document)
    ]


def _show_region(opened: OpenedDocument, region: Region) -> dict[str, Any]:
    return {
        "shape": region.shape,
        "points_image": _show_points(region.points_image),
        "points_lps": _show_points(region.points_lps),
        "frame_of_reference_uid": region.frame_of_reference_uid,
        "images": _show_images(opened, region.images),
    }


def _show_presentation(opened: OpenedDocument, one: Presentation) -> dict[str, Any]:
    return {
        "turn": one.turn,
        "flipped": one.is_flipped,
        "lut": one.lut,
        "shutters": [
            {"shape": shutter.shape, "points_image": _show_points(shutter.points_image)}
            for shutter in one.shutters
        ],
        "images": [
            _show_presented(opened, one, image, frame)
            for image in one.images
            for frame in image.reference.frames or (None,)
        ],
    }


def _show_presented(
    opened: OpenedDocument, one: Presentation, image: PresentedImage, frame: int | None
) -> dict[str, Any]:
    header = opened.image_header(image.reference)
    area = image.area
    return {
        "image": _show_image(opened, image.reference, frame),
        "voi": window_on_image(one, image.window, header) if header else None,
        "area": {
            "top_left": list(area.top_left),
            "bottom_right": list(area.bottom_right),
        }
        if area
        else None,
        "graphics": [
            {
                "shape": graphic.shape,
                "points_image": _show_points(graphic.points_image),
                "filled": graphic.is_filled,
                "colour": graphic.colour,
            }
            for graphic in image.graphics
        ],
        "annotations": [
            {
                "text": note.text,
                "box": _show_points(note.box) if note.box else [],
                "anchor": [round(v, 4) for v in note.anchor] if note.anchor else None,
                "colour": note.colour,
            }
            for note in image.annotations
        ],
    }
