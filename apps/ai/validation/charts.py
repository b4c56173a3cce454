"""Three small charts of a report as plain SVG. Numbers only enter, so nothing needs escaping."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

WIDTH, HEIGHT = 420, 260
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
INK, MUTED, LINE = "#1b1f24", "#6b7480", "#1f6feb"
FROC_RANGE = (0.125, 8.0)
MOST_POINTS = 500


def draw_froc(points: Sequence[dict[str, float]]) -> str:
    """Sensitivity over false positives per scan, logarithmic from 1/8 to 8."""
    low, high = (math.log2(one) for one in FROC_RANGE)

    def across(rate: float) -> float:
        held = min(max(rate, FROC_RANGE[0]), FROC_RANGE[1])
        return _x((math.log2(held) - low) / (high - low))

    ticks = [(across(2.0**k), f"{2.0**k:g}") for k in range(int(low), int(high) + 1)]
    path = " ".join(
        f"{across(one['fp_per_scan']):.1f},{_y(one['sensitivity']):.1f}"
        for one in points[:MOST_POINTS]
    )
    body = f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>'
    marks = "".join(
        f'<circle cx="{across(one["fp_per_scan"]):.1f}" cy="{_y(one["sensitivity"]):.1f}" r="2.5" '
        f'fill="{LINE}"/>'
        for one in points[:MOST_POINTS]
    )
    return _frame("FROC curve", "False positives per scan", "Sensitivity", ticks, body + marks)


def draw_reliability(bins: Sequence[dict[str, Any]]) -> str:
    """Observed share over the probability stated, with Wilson's interval; the line is perfect."""
    ticks = [(_x(k / 5), f"{k / 5:.1f}") for k in range(6)]
    body = (
        f'<line x1="{_x(0):.1f}" y1="{_y(0):.1f}" x2="{_x(1):.1f}" y2="{_y(1):.1f}" '
        f'stroke="{MUTED}" stroke-dasharray="4 4"/>'
    )
    for one in bins:
        x = _x(one["mean_probability"])
        observed = one["observed"]
        body += (
            f'<line x1="{x:.1f}" y1="{_y(observed["lower"]):.1f}" x2="{x:.1f}" '
            f'y2="{_y(observed["upper"]):.1f}" stroke="{LINE}"/>'
            f'<circle cx="{x:.1f}" cy="{_y(observed["value"]):.1f}" r="3.5" fill="{LINE}"/>'
        )
    return _frame("Reliability", "Probability stated", "Share that was right", ticks, body)


def draw_dice(histogram: Sequence[int]) -> str:
    """Studies by Dice, ten bins from 0 to 1."""
    if not any(histogram):
        return ""
    most = max(histogram)
    ticks = [(_x(k / 5), f"{k / 5:.1f}") for k in range(6)]
    bars = ""
    for place, count in enumerate(histogram):
        left, right = _x(place / len(histogram)), _x((place + 1) / len(histogram))
        top = _y(count / most)
        bars += (
            f'<rect x="{left + 1:.1f}" y="{top:.1f}" width="{right - left - 2:.1f}" '
            f'height="{_y(0) - top:.1f}" fill="{LINE}"/>'
        )
        if count:
            bars += (
                f'<text x="{(left + right) / 2:.1f}" y="{top - 3:.1f}" font-size="11" '
                f'text-anchor="middle" fill="{INK}">{int(count)}</text>'
            )
    return _frame("Dice of the studies", "Dice", "", ticks, bars, with_scale=False)


def _x(share: float) -> float:
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM - 12)


def _frame(
    title: str,
    across: str,
    upward: str,
    ticks: Sequence[tuple[float, str]],
    body: str,
    *,
    with_scale: bool = True,
) -> str:
    base = _y(0)
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}" '
        f'font-family="system-ui,sans-serif">',
        f'<line x1="{_x(0)}" y1="{base}" x2="{_x(1)}" y2="{base}" stroke="{MUTED}"/>',
    ]
    parts += [
        f'<text x="{x:.1f}" y="{base + 15:.1f}" font-size="11" text-anchor="middle" '
        f'fill="{MUTED}">{text}</text>'
        for x, text in ticks
    ]
    if with_scale:
        for k in range(0, 6):
            y = _y(k / 5)
            parts.append(
                f'<line x1="{_x(0)}" y1="{y:.1f}" x2="{_x(1)}" y2="{y:.1f}" stroke="{MUTED}" '
                f'stroke-opacity="0.25"/><text x="{LEFT - 6}" y="{y + 4:.1f}" font-size="11" '
                f'text-anchor="end" fill="{MUTED}">{k / 5:.1f}</text>'
            )
    parts.append(body)
    parts.append(
        f'<text x="{_x(0.5)}" y="{HEIGHT - 8}" font-size="12" text-anchor="middle" '
        f'fill="{INK}">{across}</text>'
    )
    if upward:
        parts.append(
            f'<text x="12" y="{_y(0.5):.1f}" font-size="12" text-anchor="middle" fill="{INK}" '
            f'transform="rotate(-90 12 {_y(0.5):.1f})">{upward}</text>'
        )
    parts.append("</svg>")
    return "".join(parts)
