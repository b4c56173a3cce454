"""What a document is called, who made it and when, and which images it speaks of. Pure."""

from dataclasses import dataclass

from pydicom._uid_dict import UID_dictionary

from apps.imaging.dicom_json import Document, items_of
from apps.imaging.documents.key_images import evidence_of, read_key_images
from apps.imaging.documents.measurements import read_groups
from apps.imaging.documents.presentations import IMAGES
from apps.imaging.documents.problems import Problem
from apps.imaging.documents.reports import title_of, walk
from apps.imaging.documents.values import ImageReference, code_of, references_of, text_of
from apps.imaging.machine_made import by_algorithm

MAX_REFERENCED = 20_000
VERIFIED = "VERIFIED"
PERSON_OBSERVER = "121008"


@dataclass(frozen=True, slots=True)
class DocumentHeader:
    """``is_verified`` is ``None`` for objects that know no verification."""

    sop_instance_uid: str
    sop_class_name: str
    title: str
    description: str
    author: str
    manufacturer: str
    date: str  # DICOM DA
    time: str  # DICOM TM
    is_verified: bool | None
    is_complete: bool | None
    verified_by: str
    verified_at: str
    is_unreviewed_ai: bool
    measurement_groups: int
    referenced: tuple[str, ...]
    problems: tuple[Problem, ...]


def read_header(document: Document, *, kind: str) -> DocumentHeader:
    """Of one archived object; what is absent is empty, never an exception."""
    groups = read_groups(document) if kind == "sr" else ()
    flag = text_of(document, "0040A493", limit=16).upper()
    verified = flag == VERIFIED if kind == "sr" else None
    observers = items_of(document, "0040A073")
    name = UID_dictionary.get(text_of(document, "00080016", limit=64), ("", "", "", "", ""))[0]
    return DocumentHeader(
        sop_instance_uid=text_of(document, "00080018", limit=64),
        sop_class_name=name.removesuffix(" Storage"),
        title=_title(document, kind) or name.removesuffix(" Storage"),
        description=_description(document, kind),
        author=_author(document, kind),
        manufacturer=text_of(document, "00080070"),
        date=_first(document, ("00700082", "00080023", "00080021", "00080020")),
        time=_first(document, ("00700083", "00080033", "00080031")),
        is_verified=verified,
        is_complete=text_of(document, "0040A491", limit=16).upper() == "COMPLETE"
        if kind == "sr"
        else None,
        verified_by=text_of(observers[0], "0040A075") if observers and verified else "",
        verified_at=text_of(observers[0], "0040A030", limit=26) if observers and verified else "",
        # A dose report comes from a device too; only what measures findings is somebody's result.
        is_unreviewed_ai=verified is False and bool(groups) and by_algorithm(document),
        measurement_groups=len(groups),
        referenced=_referenced(document, kind),
        problems=(Problem.of("not_a_pdf"),) if _is_foreign(document, kind) else (),
    )


def _title(document: Document, kind: str) -> str:
    if kind in ("sr", "kos"):
        return title_of(document)
    if kind == "pr":
        return text_of(document, "00700081") or text_of(document, "00700080")
    return text_of(document, "00420010") or code_of(document, "0040A043").words


def _description(document: Document, kind: str) -> str:
    if kind == "kos":
        return read_key_images(document).description
    if kind == "pr":
        return text_of(document, "00700080")
    return text_of(document, "0008103E")


def _author(document: Document, kind: str) -> str:
    if kind == "pr":
        return text_of(document, "00700084")
    authors = [text_of(item, "0040A123") for item in items_of(document, "0040A078")]
    if kind == "sr":
        for item, depth in walk(document):
            if depth == 0 and code_of(item, "0040A043").value == PERSON_OBSERVER:
                authors.append(text_of(item, "0040A123") or text_of(item, "0040A160"))
    return ", ".join(dict.fromkeys(name for name in authors if name))[:400]


def _first(document: Document, tags: tuple[str, ...]) -> str:
    return next((value for tag in tags if (value := text_of(document, tag, limit=26))), "")


def _is_foreign(document: Document, kind: str) -> bool:
    mime = text_of(document, "00420012", limit=64).lower()
    return kind == "pdf" and mime not in ("", "application/pdf")


def _referenced(document: Document, kind: str) -> tuple[str, ...]:
    found: list[ImageReference] = []
    if kind == "kos":
        found = list(read_key_images(document).images)
    elif kind == "pr":
        for series in items_of(document, "00081115"):
            found.extend(references_of(series, IMAGES))
    elif kind == "sr":
        for item, _ in walk(document):
            if text_of(item, "0040A040", limit=16) == "IMAGE":
                found.extend(references_of(item))
    else:
        found = [*references_of(document, "00081140"), *evidence_of(document)]
    return tuple(dict.fromkeys(one.sop_instance_uid for one in found))[:MAX_REFERENCED]
