"""Words that people typed: kept as they are, but for what no text has."""

import unicodedata

from apps.core.exceptions import InvalidInput


def clean_text(field: str, text: str) -> str:
    """Trimmed. HTML stays the text that it is: every screen and file escapes it.

    Raises
    ------
    InvalidInput
        ``text_invalid``: a control character other than a line break or a tab.
    """
    kept = text.replace("\r\n", "\n").strip()
    if any(unicodedata.category(one) == "Cc" and one not in "\n\t" for one in kept):
        raise InvalidInput(
            "A control character is no text.", code="text_invalid", details={"field": field}
        )
    return kept
