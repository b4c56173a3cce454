"""Check values of a built-in analysis: a number whose answer is known, from where, how near.

A card lists them and nothing else holds the number: the test suite computes each one anew
(``tests/apps/ai/test_builtin_cards.py``), so that a card cannot say what the code does not do.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CheckValue:
    """One known answer.

    Attributes
    ----------
    name
        Machine name, unique within its card.
    says
        What is measured on what.
    value, within, unit
        The answer, and how far the analysis may be from it.
    source
        Where the answer comes from: a publication, arithmetic, or our own first measurement, which
        shows that nothing changed and not that it is right.
    """

    name: str
    says: str
    value: float
    within: float
    unit: str
    source: str

    def line(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.says}: {self.value:.10g}{unit}, within {self.within:g} ({self.source})"


OWN = "own measurement: shows that nothing changed, not that it is right"
