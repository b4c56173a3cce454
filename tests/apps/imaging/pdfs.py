"""Small PDF files made for tests, good and hostile, and their DICOM wrapping."""

from __future__ import annotations

import zlib
from typing import Any

from pydicom.dataset import FileDataset
from pydicom.uid import EncapsulatedPDFStorage

from tests.apps.imaging.dicom import make_slice

IMAGE_ONLY = (
    "PixelData", "Rows", "Columns", "SamplesPerPixel", "PhotometricInterpretation",
    "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "ImagePositionPatient",
    "ImageOrientationPatient", "PixelSpacing", "RescaleSlope", "RescaleIntercept",
    "WindowCenter", "WindowWidth", "SliceThickness",
)  # fmt: skip


def make_pdf(*pages: str, size: tuple[int, int] = (612, 792), extra: bytes = b"") -> bytes:
    """One page per text, with a black bar; a plain PDF 1.4 with a right cross-reference."""
    contents = [
        f"0 0 0 rg 72 600 200 40 re f BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
        for text in pages
    ]
    return build(contents, size=size, extra=extra)


def build(
    contents: list[bytes], *, size: tuple[int, int] = (612, 792), extra: bytes = b""
) -> bytes:
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(contents)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R " + extra + b" >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(contents)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for n, content in enumerate(contents):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {size[0]} {size[1]}] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>".encode()
        )
        packed = zlib.compress(content, 9)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode >>\nstream\n".encode()
        objects.append(head + packed + b"\nendstream")
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{at:010d} 00000 n \n".encode() for at in offsets)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n".encode()
    return bytes(out + b"%%EOF\n")


def slow_pdf() -> bytes:
    """Half a megabyte that fills the page over and over for minutes."""
    return build([b"0.5 g 0 0 612 792 re f " * 2_000_000])


def inflating_pdf() -> bytes:
    """A page whose content stream inflates to 600 MB."""
    return build([b" " * 600_000_000])


def encapsulate(content: bytes, **fields: Any) -> FileDataset:
    """An Encapsulated PDF (PS3.3 A.45.1)."""
    pdf = make_slice(modality="DOC", seed=len(content) % 9973, **fields)
    for keyword in IMAGE_ONLY:
        delattr(pdf, keyword)
    pdf.SOPClassUID = pdf.file_meta.MediaStorageSOPClassUID = EncapsulatedPDFStorage
    pdf.DocumentTitle, pdf.MIMETypeOfEncapsulatedDocument = "Letter", "application/pdf"
    pdf.ContentDate, pdf.ContentTime, pdf.BurnedInAnnotation = "20260201", "091500", "YES"
    pdf.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    return pdf
