"""CAD reports as their templates say (PS3.16 TID 4000, 4100), item by item with pydicom.

``mammography_example`` is the report of PS3.17 E.3.2: a mass of two densities, a density that is
not for presentation, two clusters of calcifications, one with its calcifications.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

MAMMOGRAPHY = "1.2.840.10008.5.1.4.1.1.88.50"
CHEST = "1.2.840.10008.5.1.4.1.1.88.65"
COLON = "1.2.840.10008.5.1.4.1.1.88.69"
REQUIRED, OPTIONAL, HIDDEN = "111150", "111151", "111152"
Spec = tuple[str, str]

DENSITY = ("129793001", "Mammography breast density")
MASS = ("4147007", "Mass")
CLUSTER = ("129769006", "Calcification Cluster")
CALCIFICATION = ("129770000", "Individual Calcification")


def coded(value: str, meaning: str, scheme: str = "DCM") -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def entry(
    relationship: str,
    kind: str,
    name: Spec | None,
    *children: Dataset,
    scheme: str = "DCM",
    **fields: Any,
) -> Dataset:
    item = Dataset()
    item.RelationshipType, item.ValueType = relationship, kind
    if name is not None:
        item.ConceptNameCodeSequence = [coded(*name, scheme=scheme)]
    for keyword, value in fields.items():
        setattr(item, keyword, value)
    if kind == "CONTAINER":
        item.ContinuityOfContent = "SEPARATE"
    if children:
        item.ContentSequence = list(children)
    return item


def code(relationship: str, name: Spec, value: Dataset, *children: Dataset) -> Dataset:
    return entry(relationship, "CODE", name, *children, ConceptCodeSequence=[value])


def text(relationship: str, name: Spec, value: str) -> Dataset:
    return entry(relationship, "TEXT", name, TextValue=value)


def number(relationship: str, name: Spec, value: str, unit: str) -> Dataset:
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [coded(unit, unit, "UCUM")]
    return entry(relationship, "NUM", name, MeasuredValueSequence=[measured])


def pointing(relationship: str, *path: int) -> Dataset:
    item = Dataset()
    item.RelationshipType = relationship
    item.ReferencedContentItemIdentifier = list(path)
    return item


def image(dataset: Dataset) -> Dataset:
    referenced = Dataset()
    referenced.ReferencedSOPClassUID = dataset.SOPClassUID
    referenced.ReferencedSOPInstanceUID = dataset.SOPInstanceUID
    return entry("CONTAINS", "IMAGE", None, ReferencedSOPSequence=[referenced])


def intent(value: str) -> Dataset:
    return code("HAS CONCEPT MOD", ("111056", "Rendering Intent"), coded(value, "intent"))


def algorithm(name: str, version: str) -> list[Dataset]:
    return [
        text("HAS PROPERTIES", ("111001", "Algorithm Name"), name),
        text("HAS PROPERTIES", ("111003", "Algorithm Version"), version),
    ]


def drawn(concept: Spec, shape: str, points: Sequence[float], on: Sequence[int]) -> Dataset:
    return entry(
        "HAS PROPERTIES", "SCOORD", concept, pointing("SELECTED FROM", *on),
        GraphicType=shape, GraphicData=list(points),
    )  # fmt: skip


def centre(x: float, y: float, on: Sequence[int]) -> Dataset:
    return drawn(("111010", "Center"), "POINT", [x, y], on)


def square(x: float, y: float, on: Sequence[int], half: float = 2.0) -> Dataset:
    ring = [
        x - half, y - half, x + half, y - half, x + half, y + half, x - half, y + half,
        x - half, y - half,
    ]  # fmt: skip
    return drawn(("111041", "Outline"), "POLYLINE", ring, on)


def feature(
    concept: Spec,
    what: Spec,
    shown: str,
    made_by: tuple[str, str],
    *more: Dataset,
    relationship: str = "CONTAINS",
) -> Dataset:
    return code(
        relationship,
        concept,
        coded(*what, scheme="SCT"),
        intent(shown),
        *algorithm(*made_by),
        *more,
    )


COMPOSITE = ("111015", "Composite Feature")
SINGLE = ("111059", "Single Image Finding")


def single(what: Spec, shown: str, made_by: tuple[str, str], *more: Dataset, **at: Any) -> Dataset:
    return feature(SINGLE, what, shown, made_by, *more, **at)


def composite(what: Spec, shown: str, made_by: tuple[str, str], *more: Dataset) -> Dataset:
    return feature(COMPOSITE, what, shown, made_by, *more)


def impression(shown: str, *features: Dataset) -> Dataset:
    name = ("111034", "Individual Impression/Recommendation")
    return entry("INFERRED FROM", "CONTAINER", name, intent(shown), *features)


def report(
    images: Sequence[Dataset],
    *impressions: Dataset,
    summary: str | None = "111242",
    sop_class: str = MAMMOGRAPHY,
    root: Spec = ("111036", "Mammography CAD Report"),
) -> Dataset:
    """A report whose image library is its first entry: image ``n`` is 1.1.n."""
    document = Dataset()
    document.file_meta = FileMetaDataset()
    document.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    document.SOPClassUID = document.file_meta.MediaStorageSOPClassUID = sop_class
    document.SOPInstanceUID = generate_uid()
    document.file_meta.MediaStorageSOPInstanceUID = document.SOPInstanceUID
    for keyword in (
        "StudyInstanceUID", "PatientID", "PatientName", "PatientBirthDate", "PatientSex",
        "StudyDate", "StudyTime", "AccessionNumber",
    ):  # fmt: skip
        setattr(document, keyword, images[0].get(keyword, ""))
    if "IssuerOfPatientID" in images[0]:
        document.IssuerOfPatientID = images[0].IssuerOfPatientID
    document.Modality, document.SeriesInstanceUID = "SR", generate_uid()
    document.SeriesNumber, document.InstanceNumber = 800, 1
    document.Manufacturer, document.ManufacturerModelName = "Acme Imaging", "CAD Server"
    document.SoftwareVersions = "7"
    document.ContentDate, document.ContentTime = "20250102", "120000"
    document.CompletionFlag, document.VerificationFlag = "COMPLETE", "UNVERIFIED"
    document.ValueType, document.ContinuityOfContent = "CONTAINER", "SEPARATE"
    document.ConceptNameCodeSequence = [coded(*root)]
    library = entry(
        "CONTAINS", "CONTAINER", ("111028", "Image Library"), *[image(one) for one in images]
    )
    document.ContentSequence = [library]
    if summary is not None:
        said = coded(summary, "summary")
        name = ("111017", "CAD Processing and Findings Summary")
        document.ContentSequence.append(code("CONTAINS", name, said, *impressions))
    return document


def mammography_example(images: Sequence[Dataset]) -> Dataset:
    """PS3.17 E.3.2; images in its order: RCC, LCC, RMLO, LMLO."""
    density, clustering = ("Density Detector", "V3.7"), ("Calc Clustering", "V2.4")
    rcc, lcc, rmlo, lmlo = ([1, 1, n] for n in (1, 2, 3, 4))
    inferred = {"relationship": "INFERRED FROM"}

    def calcification(x: float, y: float) -> Dataset:
        return single(
            CALCIFICATION, OPTIONAL, ("Calc Detector", "V2.4"),
            centre(x, y, rcc), square(x, y, rcc, 0.5), **inferred,
        )  # fmt: skip

    related = coded("111153", "Target content items are related spatially")
    mass = composite(
        MASS, REQUIRED, ("Mass Maker", "V1.9"),
        code("HAS CONCEPT MOD", ("111016", "Composite type"), related),
        number("HAS PROPERTIES", ("111012", "Certainty of Finding"), "80", "%"),
        number("HAS PROPERTIES", ("111047", "Probability of cancer"), "54", "%"),
        single(DENSITY, REQUIRED, density, centre(8, 6, lcc), square(8, 6, lcc), **inferred),
        single(DENSITY, REQUIRED, density, centre(9, 7, lmlo), square(9, 7, lmlo), **inferred),
    )  # fmt: skip
    return report(
        images,
        impression(REQUIRED, mass),
        impression(
            HIDDEN, single(DENSITY, HIDDEN, density, centre(15, 5, lcc), square(15, 5, lcc))
        ),
        impression(
            REQUIRED,
            single(
                CLUSTER, REQUIRED, ("Calc Cluster Detector", "V2.4"),
                centre(6, 9, rmlo), square(6, 9, rmlo),
                number("HAS PROPERTIES", ("111038", "Number of calcifications"), "20", "1"),
            ),
        ),
        impression(
            REQUIRED,
            single(
                CLUSTER, REQUIRED, clustering, centre(10, 4, rcc), square(10, 4, rcc),
                number("HAS PROPERTIES", ("111038", "Number of calcifications"), "2", "1"),
                calcification(9.5, 4), calcification(10.5, 4),
            ),
        ),
    )  # fmt: skip
