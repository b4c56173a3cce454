"""Registrations, structure sets, key objects, presentation states and maps with canaries.

Each says its secrets in its own places, beside those every object has.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.sr.codedict import codes
from pydicom.uid import (
    GrayscaleSoftcopyPresentationStateStorage,
    KeyObjectSelectionDocumentStorage,
    RTStructureSetStorage,
    SpatialRegistrationStorage,
)

if TYPE_CHECKING:
    from tests.security.canaries import Aviary

Study = dict[str, Any]


def derived_objects(
    aviary: Aviary, study: Study, stack: list[FileDataset]
) -> Iterator[tuple[str, FileDataset]]:
    """What a study holds about the images of ``stack``."""
    yield "registration", _registration(aviary, study, stack)
    yield "structures", _structure_set(aviary, study, stack)
    yield "key-images", _key_objects(aviary, study, stack)
    yield "presentation", _presentation_state(aviary, study, stack)
    yield "map", _parametric_map(aviary, stack)


def _item(**values: Any) -> Dataset:
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def _image(one: FileDataset) -> Dataset:
    return _item(ReferencedSOPClassUID=one.SOPClassUID, ReferencedSOPInstanceUID=one.SOPInstanceUID)


def _series_of(stack: list[FileDataset]) -> Dataset:
    return _item(
        SeriesInstanceUID=stack[0].SeriesInstanceUID,
        ReferencedSOPSequence=[_image(one) for one in stack],
        ReferencedImageSequence=[_image(one) for one in stack],
    )


def _code(aviary: Aviary) -> Dataset:
    """A code of somebody's own, with words in every place."""
    return _item(
        CodeValue=aviary.word(),
        CodingSchemeDesignator="99" + aviary.word(),
        CodeMeaning=aviary.word(),
    )


def _content(aviary: Aviary, dataset: FileDataset) -> FileDataset:
    """What derived objects say of themselves (PS3.3 10.9)."""
    dataset.ContentLabel, dataset.ContentDescription = aviary.word(), aviary.word()
    dataset.ContentCreatorName, dataset.InstanceNumber = aviary.name(), 1
    dataset.Manufacturer, dataset.SeriesDescription = aviary.word(), aviary.word()
    return dataset


def _registration(aviary: Aviary, study: Study, stack: list[FileDataset]) -> FileDataset:
    """PS3.3 A.39: a rigid shift of another frame of reference onto that of the images."""
    reg = _content(aviary, aviary.header(study, SpatialRegistrationStorage, "REG"))
    reg.FrameOfReferenceUID = stack[0].FrameOfReferenceUID
    items = []
    for uid, shift in ((reg.FrameOfReferenceUID, 0), (aviary.uid(), 12)):
        matrix = np.eye(4)
        matrix[0, 3] = shift
        one = _item(
            FrameOfReferenceTransformationMatrixType="RIGID",
            FrameOfReferenceTransformationMatrix=[f"{value:g}" for value in matrix.ravel()],
            FrameOfReferenceTransformationComment=aviary.word(),
        )
        registration = _item(
            MatrixSequence=[one],
            FrameOfReferenceTransformationComment=aviary.word(),
            RegistrationTypeCodeSequence=[_code(aviary)],
        )
        item = _item(
            FrameOfReferenceUID=uid,
            MatrixRegistrationSequence=[registration],
            ReferencedImageSequence=[_image(one) for one in stack],
        )
        aviary.add_private(item)
        items.append(item)
    reg.RegistrationSequence = items
    reg.ReferencedSeriesSequence = [_series_of(stack)]
    return reg


def _structure_set(aviary: Aviary, study: Study, stack: list[FileDataset]) -> FileDataset:
    """PS3.3 A.19: a contour with a name, a description and an interpreter."""
    rt = _content(aviary, aviary.header(study, RTStructureSetStorage, "RTSTRUCT"))
    rt.StructureSetLabel, rt.StructureSetName = aviary.word(), aviary.word()
    rt.StructureSetDescription, rt.StructureSetDate = aviary.word(), study_day(stack)
    rt.ReferencedFrameOfReferenceSequence = [
        _item(
            FrameOfReferenceUID=stack[0].FrameOfReferenceUID,
            RTReferencedStudySequence=[
                _item(
                    ReferencedSOPInstanceUID=study["study_uid"],
                    RTReferencedSeriesSequence=[_series_of(stack)],
                )
            ],
        )
    ]
    rt.StructureSetROISequence = [
        _item(
            ROINumber=1,
            ReferencedFrameOfReferenceUID=stack[0].FrameOfReferenceUID,
            ROIName=aviary.word(),
            ROIDescription=aviary.word(),
            ROIGenerationAlgorithm="MANUAL",
            ROIGenerationDescription=aviary.word(),
        )
    ]
    contour = _item(
        ContourGeometricType="CLOSED_PLANAR",
        NumberOfContourPoints=3,
        ContourData=[0, 0, 30, 5, 0, 30, 5, 5, 30],
        ContourImageSequence=[_image(stack[0])],
    )
    rt.ROIContourSequence = [_item(ReferencedROINumber=1, ContourSequence=[contour])]
    rt.RTROIObservationsSequence = [
        _item(
            ObservationNumber=1,
            ReferencedROINumber=1,
            ROIObservationLabel=aviary.word(),
            ROIObservationDescription=aviary.word(),
            RTROIInterpretedType="GTV",
            ROIInterpreter=aviary.name(),
            RTROIIdentificationCodeSequence=[_code(aviary)],
        )
    ]
    for item in (rt.StructureSetROISequence[0], rt.RTROIObservationsSequence[0]):
        aviary.add_private(item)
    return rt


def _key_objects(aviary: Aviary, study: Study, stack: list[FileDataset]) -> FileDataset:
    """PS3.3 A.35.4: the key images, and a sentence why."""
    kos = _content(aviary, aviary.header(study, KeyObjectSelectionDocumentStorage, "KO"))
    kos.ValueType, kos.ContinuityOfContent = "CONTAINER", "SEPARATE"
    kos.ConceptNameCodeSequence = [_code(aviary)]
    kos.ReferencedRequestSequence = [
        _item(
            StudyInstanceUID=study["study_uid"],
            AccessionNumber=aviary.word(),
            RequestedProcedureDescription=aviary.word(),
            PlacerOrderNumberImagingServiceRequest=aviary.word(),
        )
    ]
    kos.CurrentRequestedProcedureEvidenceSequence = [
        _item(StudyInstanceUID=study["study_uid"], ReferencedSeriesSequence=[_series_of(stack)])
    ]
    name = [_code(aviary)]
    kos.ContentSequence = [
        _item(
            RelationshipType="CONTAINS",
            ValueType="TEXT",
            ConceptNameCodeSequence=name,
            TextValue=aviary.word(),
        ),
        _item(
            RelationshipType="HAS OBS CONTEXT",
            ValueType="PNAME",
            ConceptNameCodeSequence=name,
            PersonName=aviary.name(),
        ),
        _item(
            RelationshipType="CONTAINS",
            ValueType="IMAGE",
            ReferencedSOPSequence=[_image(stack[0])],
        ),
    ]
    return kos


def _presentation_state(aviary: Aviary, study: Study, stack: list[FileDataset]) -> FileDataset:
    """PS3.3 A.33.1: words drawn onto a picture."""
    pr = _content(aviary, aviary.header(study, GrayscaleSoftcopyPresentationStateStorage, "PR"))
    pr.PresentationCreationDate, pr.PresentationCreationTime = study_day(stack), "101112"
    pr.PresentationLUTShape = "IDENTITY"
    pr.ReferencedSeriesSequence = [_series_of(stack)]
    text = _item(
        UnformattedTextValue=aviary.word(),
        AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=[1.0, 1.0],
        AnchorPointVisibility="Y",
    )
    aviary.add_private(text)
    pr.GraphicAnnotationSequence = [
        _item(
            ReferencedImageSequence=[_image(stack[0])],
            GraphicLayer="WORDS",
            TextObjectSequence=[text],
        )
    ]
    pr.GraphicLayerSequence = [
        _item(GraphicLayer="WORDS", GraphicLayerOrder=1, GraphicLayerDescription=aviary.word())
    ]
    area = _item(
        DisplayedAreaTopLeftHandCorner=[1, 1],
        DisplayedAreaBottomRightHandCorner=[24, 16],
        PresentationSizeMode="SCALE TO FIT",
    )
    pr.DisplayedAreaSelectionSequence = [area]
    window = _item(WindowCenter=40, WindowWidth=400, WindowCenterWidthExplanation=aviary.word())
    pr.SoftcopyVOILUTSequence = [window]
    return pr


def _parametric_map(aviary: Aviary, stack: list[FileDataset]) -> FileDataset:
    """PS3.3 A.75: one number a pixel, and words on what it means."""
    mapping = hd.pm.RealWorldValueMapping(
        lut_label=aviary.word(),
        lut_explanation=aviary.word(),
        unit=codes.UCUM.NoUnits,
        value_range=(0.0, 1.0),
        slope=1.0,
        intercept=0.0,
    )
    values = np.random.default_rng(7).random((len(stack), 16, 24)).astype(np.float32)
    made = hd.pm.ParametricMap(
        source_images=stack,
        pixel_array=values,
        series_instance_uid=aviary.uid(),
        series_number=400,
        sop_instance_uid=aviary.uid(),
        instance_number=1,
        manufacturer=aviary.word(),
        manufacturer_model_name=aviary.word(),
        software_versions=aviary.word(),
        device_serial_number=aviary.word(),
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[mapping],
        voi_lut_transformations=[hd.VOILUTTransformation(window_center=0.5, window_width=1.0)],
        content_label=aviary.word(),
        content_description=aviary.word(),
        content_creator_name=aviary.name(),
    )
    made.SeriesDescription, made.ImageComments = aviary.word(), aviary.word()
    aviary.nest(made)
    return made


def study_day(stack: list[FileDataset]) -> str:
    return str(stack[0].StudyDate)
