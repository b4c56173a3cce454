"""How models do in use: figures per version and week, by subgroup, drift, and rules that warn.

Counted from jobs, findings and reviews when asked for. See ``docs/ai-monitoring.md``.
"""
