"""The decision: drafted by the minute-taker, positions by name, signed by the chair, then fixed."""

from apps.boards.services.decisions.drafting import save_draft
from apps.boards.services.decisions.notes import add_addendum, confirm_decision, note_told
from apps.boards.services.decisions.positions import call_for_votes, state_position
from apps.boards.services.decisions.signing import ToSign, sign_decision, sign_many
from apps.boards.services.decisions.words import (
    AlternativeDraft,
    DraftWords,
    EvidenceDraft,
    PositionDraft,
    RecommendationDraft,
)

__all__ = [
    "AlternativeDraft",
    "DraftWords",
    "EvidenceDraft",
    "PositionDraft",
    "RecommendationDraft",
    "ToSign",
    "add_addendum",
    "call_for_votes",
    "confirm_decision",
    "note_told",
    "save_draft",
    "sign_decision",
    "sign_many",
    "state_position",
]
