"""Key Object Selection: why, and which images, in order (PS3.3 A.35.4, TID 2010)."""

from dataclasses import dataclass

from apps.imaging.dicom_json import Document, items_of
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.reports import title_of, walk
from apps.imaging.documents.values import ImageReference, code_of, references_of, text_of

MAX_IMAGES = 5_000
KEY_DESCRIPTION = "113012"


@dataclass(frozen=True, slots=True)
class KeyImages:
    title: str
    description: str
    images: tuple[ImageReference, ...]
    problems: tuple[Problem, ...]


def read_key_images(document: Document) -> KeyImages:
    """The images of the content, else of the evidence: some writers fill only that."""
    images: list[ImageReference] = []
    description = ""
    for item, _ in walk(document):
        kind = text_of(item, "0040A040", limit=16)
        if kind in ("IMAGE", "COMPOSITE", "WAVEFORM"):
            images.extend(references_of(item))
        elif kind == "TEXT" and code_of(item, "0040A043").value == KEY_DESCRIPTION:
            description = description or text_of(item, "0040A160")
    if not images:
        images = list(evidence_of(document))
    kept = tuple(dict.fromkeys(images))[:MAX_IMAGES]
    problems = () if kept else (Problem.of("no_images_named"),)
    return KeyImages(title_of(document), description, kept, problems)


def evidence_of(document: Document) -> list[ImageReference]:
    """Everything that was looked at (PS3.3 C.17.2): both evidence sequences."""
    return [
        reference
        for tag in ("0040A375", "0040A385")
        for study in items_of(document, tag)
        for series in items_of(study, "00081115")
        for reference in references_of(series)
    ][:MAX_IMAGES]
