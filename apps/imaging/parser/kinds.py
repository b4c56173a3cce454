"""What an object is to the board, from its SOP class (PS3.4 B.5)."""

from pydicom.dataset import Dataset

from apps.imaging.parser.reading import text

STORAGE = "1.2.840.10008.5.1.4.1.1."

_EXACT: dict[str, str] = {
    "66.4": "seg",
    "66.7": "seg",
    "66.1": "reg",
    "66.3": "reg",
    "481.2": "rtdose",
    "481.3": "rtstruct",
    "481.5": "rtplan",
    "481.8": "rtplan",
    "30": "parametric_map",
    "67": "rwv",
    "88.59": "kos",
    "104.1": "pdf",
    "104.2": "document",  # CDA
    "104.3": "document",  # STL
    "104.4": "document",  # OBJ
    "104.5": "document",  # MTL
    "481.4": "rtrecord",
    "481.6": "rtrecord",
    "481.7": "rtrecord",
    "481.9": "rtrecord",
    "91.1": "annotation",
    "66": "raw",
    "66.5": "surface",
    "66.6": "surface",
}
_PREFIX: tuple[tuple[str, str], ...] = (("88.", "sr"), ("11.", "pr"), ("9.", "waveform"))

KINDS_WITH_FRAMES = frozenset({"image", "rtdose", "parametric_map"})
DEIDENTIFIABLE_MODALITIES = frozenset({"CT", "MR", "PT"})
CAPTURE_WORDS = ("SCREEN", "CAPTURE", "DOSE_INFO", "PROTOCOL", "REPORT")
SECONDARY_CAPTURE = STORAGE + "7"


def kind_of(dataset: Dataset) -> str:
    """One of ``choices.SeriesKind``."""
    sop_class = text(dataset, "SOPClassUID")
    if sop_class.startswith(STORAGE):
        rest = sop_class[len(STORAGE) :]
        if rest in _EXACT:
            return _EXACT[rest]
        for prefix, kind in _PREFIX:
            if rest.startswith(prefix):
                return kind
    return "image" if "Rows" in dataset and "Columns" in dataset else "other"


def may_be_deidentified(dataset: Dataset) -> bool:
    """Whether header projection alone removes identity: no text burned into the pixels.

    Conservative (PS3.15 E.3.1 needs a person otherwise): only cross-sectional images with a
    position in the patient, one sample, no capture, no overlay hidden in the pixel bits; and
    segmentations, whose pixels say only which of the source's pixels are meant.
    """
    if kind_of(dataset) == "seg":
        return not has_overlay(dataset)
    sop_class = text(dataset, "SOPClassUID")
    image_type = text(dataset, "ImageType").upper()
    return (
        kind_of(dataset) == "image"
        and text(dataset, "Modality") in DEIDENTIFIABLE_MODALITIES
        and not sop_class.startswith(SECONDARY_CAPTURE)
        and text(dataset, "BurnedInAnnotation").upper() != "YES"
        and text(dataset, "ConversionType") == ""
        and text(dataset, "SamplesPerPixel") in ("", "1")
        and not any(word in image_type for word in CAPTURE_WORDS)
        and not has_overlay(dataset)
        and ("ImagePositionPatient" in dataset or "PerFrameFunctionalGroupsSequence" in dataset)
    )


def has_overlay(dataset: Dataset) -> bool:
    return any((int(tag) >> 16) & 0xFF00 == 0x6000 for tag in dataset.keys())  # noqa: SIM118 - iterating yields elements
