"""One page of an encapsulated PDF as a picture and its words, by PDFium, in this limited process.

PDFium is built without scripts. What is drawn is what a person cleared: the picture is all that
leaves to whoever may not read the text.
"""

from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
from pydicom.dataset import FileDataset

from apps.imaging.parser.limits import Limits
from apps.imaging.parser.reading import read_dataset, text, value_of
from apps.imaging.parser.verdicts import Rejected

MOST_PAGES = 500
MOST_PIXELS = 16_000_000
MOST_SIDE = 10_000
MOST_TEXT = 20_000
PDF_CLASS = "1.2.840.10008.5.1.4.1.1.104.1"
WRONG_PASSWORD = 4  # FPDF_ERR_PASSWORD


def render_page(
    *, raw: bytes, prefix: Path, limits: Limits, page: int, width: int
) -> dict[str, Any]:
    """Page ``page`` from 1 as ``<prefix>.png`` and ``.txt``; of page 0 only how many there are."""
    import pypdfium2  # here, so that children without a PDF to draw stay small

    document = _open(_bytes_of(read_dataset(raw, limits=limits)), pypdfium2)
    count = len(document)
    if count > MOST_PAGES:
        raise Rejected("too_many_pages", f"{count}")
    summary: dict[str, Any] = {"pages": count}
    if page:
        if page > count:
            raise Rejected("no_such_page")
        summary |= _draw(document, prefix, page=page, width=width)
    draft = prefix.with_name(f"{prefix.name}.json-draft")
    draft.write_bytes(orjson.dumps(summary))
    draft.rename(prefix.with_name(f"{prefix.name}.json"))
    return {"ok": True}


def _bytes_of(dataset: FileDataset) -> bytes:
    content = value_of(dataset, "EncapsulatedDocument")
    if text(dataset, "SOPClassUID") != PDF_CLASS or not isinstance(content, bytes):
        raise Rejected("not_a_pdf")
    if b"%PDF-" not in content[:1024]:
        raise Rejected("not_a_pdf")
    return content


def _open(content: bytes, pypdfium2: Any) -> Any:
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == WRONG_PASSWORD:
            raise Rejected("pdf_encrypted") from None
        raise Rejected("pdf_unreadable") from None
    if len(document) == 0:
        raise Rejected("pdf_unreadable", "no pages")
    if document.get_formtype():
        document.init_forms()  # or what was filled in would be missing from the picture
    return document


def _draw(document: Any, prefix: Path, *, page: int, width: int) -> dict[str, Any]:
    import pypdfium2

    try:
        opened = document[page - 1]
        page_width, page_height = opened.get_size()
        if not (0 < page_width < 1e5 and 0 < page_height < 1e5):
            raise Rejected("pdf_unreadable", "a page without a size")
        scale = min(
            width / page_width,
            MOST_SIDE / max(page_width, page_height),
            (MOST_PIXELS / (page_width * page_height)) ** 0.5,
        )
        image = opened.render(scale=scale, fill_color=(255, 255, 255, 255)).to_pil()
        words = opened.get_textpage().get_text_bounded()[:MOST_TEXT]
    except pypdfium2.PdfiumError:
        raise Rejected("pdf_unreadable", f"page {page}") from None
    out = BytesIO()
    image.convert("RGB").save(out, "PNG", compress_level=4)
    prefix.with_name(f"{prefix.name}.png").write_bytes(out.getvalue())
    prefix.with_name(f"{prefix.name}.txt").write_text(words, encoding="utf-8", errors="replace")
    return {"width": image.width, "height": image.height}
