"""What a DICOM Spatial Registration says (PS3.3 A.39, C.20.2), from its archived DICOM JSON.

Each item of the Registration Sequence maps points of its own frame of reference (the source) into
the registered one, which the object itself names: ``p_registered = M @ p_source`` (PS3.3
C.20.2.1.1). Only one rigid matrix per item is applied; everything else is refused by name. Pure.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from apps.imaging.dicom_json import Document, items_of, values_of

FloatArray = npt.NDArray[np.float64]

RIGID = "RIGID"
DEFORMABLE_CLASS = "1.2.840.10008.5.1.4.1.1.66.3"
#: Headers write matrices with few digits: so far may a rotation be from one.
ORTHONORMAL_TOLERANCE = 1e-3
FARTHEST_MM = 10_000.0
MAX_ITEMS = 64
MAX_TEXT = 200

REFUSALS: dict[str, str] = {
    "not_rigid": "The registration bends or scales: only rigid ones are applied.",
    "deformable": "The registration is deformable: only rigid ones are applied.",
    "not_orthonormal": "Its matrix is called rigid, but is no rotation.",
    "several_matrices": "It chains several matrices, which are not applied.",
    "malformed": "Its matrix cannot be read.",
    "no_frame_of_reference": "It registers images that name no frame of reference.",
}


@dataclass(frozen=True, slots=True)
class Link:
    """Points of ``source`` into ``target``; LPS millimetres.

    Attributes
    ----------
    matrix : row by row, 4 x 4, where it is applied.
    refusal : a code of ``REFUSALS`` where it is not; empty where it is.
    """

    source_frame_of_reference_uid: str
    target_frame_of_reference_uid: str
    matrix: tuple[float, ...] | None
    refusal: str = ""

    @property
    def reason(self) -> str:
        return REFUSALS.get(self.refusal, "")


@dataclass(frozen=True, slots=True)
class RegistrationHeader:
    """A registration object: who made it, when, and what it links."""

    sop_instance_uid: str
    label: str
    description: str
    manufacturer: str
    content_date: str
    content_time: str
    links: tuple[Link, ...]


def read_registration(document: Document) -> RegistrationHeader:
    """The links of one object; what cannot be applied has a refusal, never an exception."""
    target = _text(document, "00200052")[:64]
    if _text(document, "00080016") == DEFORMABLE_CLASS:
        items = items_of(document, "00640002")
        links = [
            Link(_text(item, "00640003")[:64], target, None, "deformable")
            for item in items[:MAX_ITEMS]
        ]
    else:
        items = items_of(document, "00700308")
        links = [_read_link(item, target=target) for item in items[:MAX_ITEMS]]
    return RegistrationHeader(
        sop_instance_uid=_text(document, "00080018"),
        label=_text(document, "00700080"),
        description=_text(document, "00700081") or _text(document, "0008103E"),
        manufacturer=_text(document, "00080070"),
        content_date=_text(document, "00080023"),
        content_time=_text(document, "00080033"),
        links=tuple(link for link in links if _says_something(link)),
    )


def _says_something(link: Link) -> bool:
    """Objects list the registered frame of reference itself, too, with the identity."""
    return link.source_frame_of_reference_uid != link.target_frame_of_reference_uid


def _read_link(item: Document, *, target: str) -> Link:
    source = _text(item, "00200052")[:64]
    if not source or not target:
        return Link(source, target, None, "no_frame_of_reference")
    matrices = [
        matrix
        for registration in items_of(item, "00700309")
        for matrix in items_of(registration, "0070030A")
    ]
    if len(matrices) != 1:
        return Link(source, target, None, "several_matrices" if matrices else "malformed")
    kind = _text(matrices[0], "0070030C").upper()
    values = _numbers(matrices[0], "300600C6")
    if values is None:
        return Link(source, target, None, "malformed")
    if kind != RIGID:
        return Link(source, target, None, "not_rigid")
    refusal = check_rigid(np.asarray(values).reshape(4, 4))
    return Link(source, target, None if refusal else values, refusal)


def check_rigid(matrix: FloatArray) -> str:
    """A refusal, or empty: rotation of determinant +1, last row 0 0 0 1, a place on earth."""
    rotation = matrix[:3, :3]
    if not np.allclose(matrix[3], (0, 0, 0, 1), atol=1e-6):
        return "not_orthonormal"
    if np.abs(rotation @ rotation.T - np.eye(3)).max() > ORTHONORMAL_TOLERANCE:
        return "not_orthonormal"
    if np.linalg.det(rotation) <= 0:  # a mirror image is no patient
        return "not_orthonormal"
    return "malformed" if np.abs(matrix[:3, 3]).max() > FARTHEST_MM else ""


def _text(document: Document, tag: str) -> str:
    values = values_of(document, tag)
    return str(values[0]).strip()[:MAX_TEXT] if values and values[0] is not None else ""


def _numbers(document: Document, tag: str) -> tuple[float, ...] | None:
    try:
        parsed = tuple(float(value) for value in values_of(document, tag))
    except (TypeError, ValueError):
        return None
    return parsed if len(parsed) == 16 and bool(np.isfinite(parsed).all()) else None
