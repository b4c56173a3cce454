"""Whether those present make a quorum. Pure; the browser's twin runs the same examples
(``tests/contracts/live_fixtures/quorum.json``).
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attendee:
    """One person as the quorum sees them."""

    discipline: str
    counts: bool
    present: bool


def missing_disciplines(*, needs: Iterable[str], attendees: Iterable[Attendee]) -> list[str]:
    """Disciplines the board needs and nobody who counts and is here now brings, in its order."""
    here = {one.discipline for one in attendees if one.counts and one.present}
    return [discipline for discipline in needs if discipline not in here]
