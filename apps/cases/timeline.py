"""One timeline of a case, made of what every floor knows (``core.registry.timeline``)."""

from typing import Any
from uuid import UUID

from apps.cases.selectors import one_look, standing_in
from apps.core.actors import Actor
from apps.core.exceptions import NotVisible
from apps.core.registry import timeline

MOST_LINES = 1000
HIDDEN_FROM_GUESTS = ("decision", "draft", "meeting")
"""Their days are the hospital's own. A guest who knows one, beside the same day moved, would know
by how much every date of the patient is moved."""

Line = dict[str, Any]


def read_timeline(*, actor: Actor, case_id: UUID) -> dict[str, Any]:
    """Lines newest first; those without a date at the end.

    A line is ``{at, precision, kind, id, title, detail, source, tags, link}``. Each provider shows
    only what this viewer may see.

    Raises
    ------
    NotVisible
        The case is not this actor's.
    """
    lines: list[Line] = []
    with one_look():
        standing = standing_in(actor=actor, case_id=case_id)
        if standing is None:
            raise NotVisible()
        for _, provider in timeline.items():
            for line in provider(actor=actor, case_id=case_id):
                lines.append({"tags": [], "link": None, **line})
    hidden = HIDDEN_FROM_GUESTS if standing.is_deidentified else ()
    lines = [one for one in lines if one["kind"] not in hidden]
    return {
        "results": in_order(lines)[:MOST_LINES],
        "withheld": list(hidden),
        "truncated": len(lines) > MOST_LINES,
    }


def in_order(lines: list[Line]) -> list[Line]:
    """Newest first. A month or a year stands behind the days within it, which are later."""
    dated = sorted(
        (one for one in lines if one["at"]),
        key=lambda one: (one["at"], one["kind"], one["id"]),
        reverse=True,
    )
    undated = [one for one in lines if not one["at"]]
    return dated + sorted(undated, key=lambda one: (one["kind"], one["title"], one["id"]))
