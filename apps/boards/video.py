"""The address of the hospital's own video call: https, and nothing of a patient in it."""

import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from apps.core.exceptions import InvalidInput

SHORTEST_NAME = 3
SHORTEST_WHOLE_NUMBER = 4
SHORTEST_NUMBER_WITHIN = 6
"""Shorter numbers stand by chance within the number of a call."""


def check_video_url(*, url: str, names: Iterable[str], patient_ids: Iterable[str]) -> None:
    """Refuse what must not stand in a link that leaves the house.

    Raises
    ------
    InvalidInput
        ``video_url_not_https``, or ``video_url_names_patient``: it holds the name or the
        number of a patient on this meeting's agenda.
    """
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.password:
        raise InvalidInput("A video call is reached by https.", code="video_url_not_https")
    said = _words(unquote(" ".join((parts.path, parts.query, parts.fragment))))
    together = "".join(said)
    named = any(
        word in said for name in names for word in _words(name) if len(word) >= SHORTEST_NAME
    )
    for number in ("".join(_words(one)) for one in patient_ids):
        named |= len(number) >= SHORTEST_WHOLE_NUMBER and number in said
        named |= len(number) >= SHORTEST_NUMBER_WITHIN and number in together
    if named:
        raise InvalidInput(
            "The link names a patient of this agenda.", code="video_url_names_patient"
        )


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", text.casefold()) if word]
