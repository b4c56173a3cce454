"""Why a file is not accepted. Codes are stable; the words are shown to people."""

REASONS: dict[str, str] = {
    "empty": "The file is empty.",
    "too_large": "The file is larger than the limit.",
    "not_dicom": "Not a DICOM file.",
    "dicomdir": "A DICOMDIR only lists files; the files themselves are read.",
    "truncated": "The file ends in the middle.",
    "malformed": "The file claims to be DICOM but cannot be read.",
    "missing_uid": "A required UID is missing.",
    "invalid_uid": "A UID is longer than 64 characters or holds more than digits and dots.",
    "unsupported_transfer_syntax": "The transfer syntax is not supported.",
    "too_many_elements": "The file holds more data elements than the limit.",
    "nested_too_deep": "Sequences are nested deeper than the limit.",
    "pixels_too_large": "The declared pixel data exceed the limit.",
    "pixel_length_mismatch": "The pixel data are shorter than the header declares.",
    "no_pixel_data": "An image without pixel data.",
    "parser_crashed": "Reading the file broke the parser; the file is refused.",
    "parser_timeout": "Reading the file took longer than the limit.",
    "not_a_pdf": "The document is not a PDF.",
    "pdf_unreadable": "The PDF cannot be read.",
    "pdf_encrypted": "The PDF is encrypted and needs a password.",
    "too_many_pages": "The PDF has more pages than the limit.",
    "no_such_page": "The PDF has no such page.",
    "out_of_memory": "Reading the file needs more memory than the limit.",
}


class Rejected(Exception):
    """The file is refused with a code of ``REASONS``; for the parent, never a trace."""

    def __init__(self, code: str, detail: str = "", *, listed: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.listed = listed  # SOP Instance UIDs, of a DICOMDIR only
        self.reason = REASONS[code] + (f" ({detail})" if detail else "")
