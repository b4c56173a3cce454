"""What the pixel path is asked for, and in which words it refuses."""

import re
from dataclasses import dataclass
from typing import Any

_PATH = re.compile(
    r"^/pixels/(?P<key>[0-9a-f]{64})(?:\.(?P<scope>[0-9a-f]{16}))?/"
    r"(?:(?P<document>metadata|stacks|thumbnail)|"
    r"instances/(?P<uid>[0-9.]{1,64})/frames/(?P<frame>[1-9][0-9]{0,6})"
    r"(?:/preview/(?:(?P<auto>auto)|(?P<lower>-?[0-9]{1,10}),(?P<upper>-?[0-9]{1,10})))?)$"
)
TITLES = {
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    416: "Range not satisfiable",
    422: "Cannot be decoded",
    503: "Temporarily unavailable",
}


class Refusal(Exception):
    """Answered as problem+json."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(code)
        self.status, self.code, self.detail = status, code, detail


@dataclass(frozen=True, slots=True)
class PreviewRange:
    """Stored values drawn black and white; None: where the values of the frame lie."""

    lower: int | None
    upper: int | None

    @property
    def mark(self) -> str:
        """For an ETag, where a comma would part two of them."""
        return "auto" if self.lower is None else f"{self.lower}to{self.upper}"


@dataclass(frozen=True, slots=True)
class Asked:
    """One parsed request."""

    key: str
    scope: str
    document: str
    uid: str
    frame: int
    #: None for the frame itself.
    preview: PreviewRange | None
    headers: dict[bytes, bytes]


def parse(scope: dict[str, Any]) -> Asked:
    """The request line and headers.

    Raises
    ------
    Refusal
        404: no such path.
    """
    match = _PATH.match(scope["path"])
    if not match:
        raise Refusal(404, "not_found", "Not found.")
    return Asked(
        key=match["key"],
        scope=match["scope"] or "",
        document=match["document"] or "",
        uid=match["uid"] or "",
        frame=int(match["frame"] or 0),
        preview=_preview(match),
        headers={name.lower(): value for name, value in scope["headers"]},
    )


def _preview(match: re.Match[str]) -> PreviewRange | None:
    if match["auto"]:
        return PreviewRange(None, None)
    if match["lower"] is None:
        return None
    lower, upper = int(match["lower"]), int(match["upper"])
    if upper <= lower:
        raise Refusal(404, "not_found", "No such range.")
    return PreviewRange(lower, upper)
