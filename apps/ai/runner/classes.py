"""The probabilities of a classification as one statement about the series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.ai.analyses.results import Code, MeasuredValue, SeriesStatement
from apps.ai.runner.label_maps import describe_output
from apps.ai.runner.refusals import BundleRefused
from apps.ai.side_car import OutputPart

_UNIT_ONE = Code("UCUM", "1", "no units")
_OWN_SCHEME = "99CONSILIUM"


def read_probabilities(raw: Any, *, activate: bool) -> NDArray[np.float64]:
    """The class probabilities (C,), by softmax when the bundle did not turn scores into any.

    Raises
    ------
    BundleRefused
        ``output_values``.
    """
    value = raw.detach().cpu().numpy() if hasattr(raw, "detach") else raw
    scores = np.asarray(value, dtype=np.float64).reshape(-1)
    if not 2 <= scores.size <= 1_000 or not np.isfinite(scores).all():
        raise BundleRefused("output_values", "The model's output holds no class probabilities.")
    if activate:
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
    if scores.min() < 0 or scores.max() > 1:
        raise BundleRefused("output_values", "A class probability lies outside 0 to 1.")
    return scores


def state_class(
    *, probabilities: NDArray[np.float64], outputs: Sequence[OutputPart]
) -> tuple[SeriesStatement | None, dict[str, float]]:
    """The most probable class as a statement, with the probability of every class.

    None when that class is one of those the side-car calls no finding, or has no meaning.

    Raises
    ------
    BundleRefused
        ``output_values``: the side-car names a class the model does not have.
    """
    meanings = {int(output.channel or 0): output for output in outputs}
    if max(meanings) >= len(probabilities):
        raise BundleRefused("output_values", "The model has fewer classes than are named.")
    table = {
        output.label: round(float(probabilities[channel]), 6)
        for channel, output in sorted(meanings.items())
    }
    top = int(probabilities.argmax())
    output = meanings.get(top)
    if output is None or not output.finding:
        return None, table
    measurements = tuple(
        MeasuredValue(
            quantity=f"probability_{channel}",
            value=round(float(probabilities[channel]), 6),
            unit="1",
            concept=_probability_of(one),
            unit_code=_UNIT_ONE,
        )
        for channel, one in sorted(meanings.items())
    )
    statement = SeriesStatement(
        **describe_output(output),
        label=output.label,
        measurements=measurements,
        probability=float(probabilities[top]),
        tracking_identifier=output.label,
    )
    return statement, table


def _probability_of(output: OutputPart) -> Code:
    """No standard code says "probability of this class": ours carries the class's code."""
    value = f"P-{output.code.system}-{output.code.code}"[:64]
    return Code(_OWN_SCHEME, value, f"Probability: {output.label}"[:64])
