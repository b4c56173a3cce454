"""DICOM JSON (PS3.18 F): the full document and the trimmed profile a viewer needs."""

from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset

from apps.imaging.parser.frames import FrameReport
from apps.imaging.parser.reading import PIXEL_KEYWORDS

INLINE_BYTES = 16 * 1024
LOOKUP_TABLE_BYTES = 256 * 1024
BULK_MARK = "urn:consilium:bulk"

VIEWER_KEYWORDS: tuple[str, ...] = (
    # identity of the object and what the banner shows
    "SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "StudyDate",
    "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime", "StudyTime",
    "SeriesTime", "AcquisitionTime", "ContentTime", "AccessionNumber", "Modality",
    "Manufacturer", "ManufacturerModelName", "StudyDescription", "SeriesDescription",
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
    "PatientIdentityRemoved",
    "DeidentificationMethod", "PatientAge", "PatientSize", "PatientWeight", "BodyPartExamined",
    "PatientPosition",
    "ViewPosition", "StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber",
    "AcquisitionNumber", "InstanceNumber", "Laterality", "ImageLaterality",
    "TemporalPositionIdentifier", "ProtocolName", "SequenceName", "TimezoneOffsetFromUTC",
    # where it lies
    "ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "SliceLocation",
    "SliceThickness", "SpacingBetweenSlices", "PixelSpacing", "ImagerPixelSpacing",
    "NominalScannedPixelSpacing", "PixelAspectRatio", "PixelSpacingCalibrationType",
    "EstimatedRadiographicMagnificationFactor", "PatientOrientation", "GantryDetectorTilt",
    "PositionReferenceIndicator", "GridFrameOffsetVector",
    "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "SequenceOfUltrasoundRegions", "DimensionOrganizationType", "TotalPixelMatrixColumns",
    "TotalPixelMatrixRows", "TotalPixelMatrixFocalPlanes", "NumberOfOpticalPaths",
    # how it was made, as far as a reader or a formula asks
    "KVP", "XRayTubeCurrent", "ConvolutionKernel", "ContrastBolusAgent", "MagneticFieldStrength",
    "EchoTime", "RepetitionTime", "FlipAngle", "DiffusionBValue", "TriggerTime", "FrameTime",
    "FrameTimeVector", "CineRate", "RecommendedDisplayFrameRate",
    "Units", "CountsSource", "CorrectedImage", "DecayCorrection", "DecayFactor",
    "FrameReferenceTime", "ActualFrameDuration", "SUVType", "RandomsCorrectionMethod",
    "RadiopharmaceuticalInformationSequence", "DoseCalibrationFactor", "NumberOfSlices",
    "DoseUnits", "DoseType", "DoseSummationType", "DoseGridScaling",
    # pixels
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames",
    "FrameIncrementPointer", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "SmallestImagePixelValue", "LargestImagePixelValue",
    "PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleIntercept", "RescaleSlope",
    "RescaleType", "WindowCenter", "WindowWidth", "WindowCenterWidthExplanation",
    "VOILUTFunction", "ModalityLUTSequence", "VOILUTSequence", "PresentationLUTShape",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData", "BluePaletteColorLookupTableData",
    "LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod",
    "BurnedInAnnotation", "RealWorldValueMappingSequence", "QualityControlImage",
    "QualityControlSubject", "SyntheticData",
)  # fmt: skip

# Philips SUV and activity scale factors, GE acquisition time; with their private creators.
VENDOR_SUV_TAGS = frozenset({"70530010", "70531000", "70531009", "00090010", "0009100D"})
SYNTHETIC_DATA = 0x0008001C
_VIEWER_TAGS = frozenset(
    {f"{tag_for_keyword(name):08X}" for name in VIEWER_KEYWORDS if tag_for_keyword(name)}
    | {f"{SYNTHETIC_DATA:08X}"}
    | VENDOR_SUV_TAGS
)
_PIXEL_TAGS = frozenset(int(tag_for_keyword(name) or 0) for name in PIXEL_KEYWORDS)
_LOOKUP_GROUP = 0x0028


def full_metadata(dataset: FileDataset) -> dict[str, Any]:
    """The whole header as DICOM JSON; bulk values are named, not carried."""
    document: dict[str, Any] = {}
    for tag in dataset.keys():  # noqa: SIM118 - iterating a dataset yields its elements
        if int(tag) in _PIXEL_TAGS:
            continue
        try:
            element = dataset[tag]
            limit = LOOKUP_TABLE_BYTES if tag.group == _LOOKUP_GROUP else INLINE_BYTES
            document[f"{int(tag):08X}"] = element.to_json_dict(_mark_bulk, limit)
        except MemoryError:
            raise
        except Exception:  # noqa: BLE001, S112 - a value that fits no JSON model is left out
            continue
    return document


def viewer_profile(
    document: dict[str, Any], *, dataset: Dataset, report: FrameReport
) -> dict[str, Any]:
    """What Cornerstone3D and our own screens read, and what the served frames really are."""
    profile = {
        tag: value
        for tag, value in document.items()
        if tag in _VIEWER_TAGS and value.get("BulkDataURI") is None
    }
    if report.frames:
        _describe_served_pixels(profile, dataset=dataset, report=report)
    return profile


def _describe_served_pixels(
    profile: dict[str, Any], *, dataset: Dataset, report: FrameReport
) -> None:
    syntax = report.frames[0]["transfer_syntax_uid"]
    profile["00083002"] = {"vr": "UI", "Value": [syntax]}
    if report.photometric_interpretation:
        profile["00280004"] = {"vr": "CS", "Value": [report.photometric_interpretation]}
    if report.samples > 1:
        profile["00280006"] = {"vr": "US", "Value": [0]}
        profile["00280002"] = {"vr": "US", "Value": [report.samples]}


def _mark_bulk(element: DataElement) -> str:
    return f"{BULK_MARK}:{int(element.tag):08X}"


def is_synthetic(document: dict[str, Any]) -> bool:
    """Synthetic Data (0008,001C) = YES (PS3.3 C.7.5.1, since 2023a)."""
    values = document.get("0008001C", {}).get("Value") or [""]
    return str(values[0]).upper() == "YES"
