"""A decision as plain text: what the chair reads and signs, and what goes into the record.

One line says one thing. A text that somebody typed never starts a line of its own: what follows
its first line is set in, so that nobody can write "Signed by" into a recommendation and have it
read as ours. There is no markup in it, and none is interpreted.
"""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from apps.accounts.choices import Discipline
from apps.ai.research.sidecar import RESEARCH_NOTE
from apps.boards.choices import (
    Consensus,
    DecisionQuorum,
    DecisionStatus,
    NoteKind,
    Stance,
    TrialConsidered,
    ViewConsidered,
)
from apps.boards.models import Decision, DecisionNote, Position, Recommendation
from apps.cases.models import Case

NOT_RECORDED = "not recorded"
SET_IN = "    "
WHAT_EACH_DOES = {
    Stance.AGREE: "Agrees",
    Stance.DISSENT: "DISSENTS",
    Stance.ABSTAIN: "Abstains",
}


def signed_part(decision: Decision) -> str:
    """What the signature is on; of a signed decision, what was on screen then."""
    return decision.signed_text or "\n".join(_body(decision))


def digest_of(text: str) -> str:
    """SHA-256 of the text in UTF-8, as hexadecimal: what a signer says they have read."""
    return hashlib.sha256(text.encode()).hexdigest()


def record_text(decision: Decision, *, case: Case) -> str:
    """The whole decision for the hospital record: whose, what, by whom, and what came after."""
    return "\n".join(_whole(decision, case)) + "\n"


def _whole(decision: Decision, case: Case) -> Iterator[str]:
    patient = case.patient
    born = f", born {patient.birth_date.isoformat()}" if patient.birth_date else ""
    yield "TUMOR BOARD DECISION"
    yield _said("Patient", f"{patient.name} ({patient.patient_id}){born}")
    yield _said("Case", case.title)
    yield from _standing(decision)
    yield ""
    yield signed_part(decision)
    yield ""
    if decision.status == DecisionStatus.SIGNED:
        who = decision.signed_by.display_name if decision.signed_by else "-"
        yield _said("Signed by", f"{who}, {_when(decision.signed_at)}")
        yield f"SHA-256 of what was signed: {decision.signed_digest or '-'}"
    else:
        yield "DRAFT: NOT SIGNED."
    for number, note in enumerate(decision.notes.all(), start=1):
        yield ""
        yield from _note(number, note)
    yield ""
    yield RESEARCH_NOTE


def _standing(decision: Decision) -> Iterator[str]:
    if decision.meeting is not None:
        yield _said("Board", f"{decision.meeting.board.name}, {_when(decision.meeting.starts_at)}")
    if decision.previous is not None:
        yield f"Follows the decision of {_when(decision.previous.signed_at)}."
    if decision.quorum == DecisionQuorum.MISSING:
        missing = ", ".join(_discipline(one) for one in decision.quorum_missing)
        confirmed = next((n for n in decision.notes.all() if n.kind == NoteKind.CONFIRMED), None)
        if confirmed is None:
            yield f"PROVISIONAL: decided without quorum. Missing: {missing}."
        else:
            yield (
                f"Decided without quorum (missing: {missing}), "
                f"confirmed with quorum {_when(confirmed.created_at)}."
            )
    elif decision.quorum:
        yield f"Quorum: {DecisionQuorum(decision.quorum).label}."


def _body(decision: Decision) -> Iterator[str]:
    yield from _patient_view(decision)
    for one in _in_order(decision):
        yield from _recommendation(one)
    if decision.conditions:
        yield _said("Conditions of the whole decision", decision.conditions)
    for one in decision.alternatives:
        why = one.get("why_not") or NOT_RECORDED
        yield _said("Alternative considered", one["text"])
        yield _said("  Not chosen because", why)
    yield _trial(decision)
    yield from _positions(decision)
    if decision.summary:
        yield _said("Summary", decision.summary)


def _in_order(decision: Decision) -> list[Recommendation]:
    return sorted(decision.recommendations.all(), key=lambda one: one.position)


def _patient_view(decision: Decision) -> Iterator[str]:
    known = decision.patient_view
    label = ViewConsidered(known).label.lower() if known else NOT_RECORDED
    if decision.patient_view_text:
        yield _said("What matters to this patient", decision.patient_view_text)
    yield f"Patient's view considered: {label}."


def _recommendation(one: Recommendation) -> Iterator[str]:
    yield _said(f"{one.position}.", one.text, colon=False)
    if one.condition:
        yield _said("   Only if", one.condition)
    for number, instead in enumerate(one.fallbacks, start=1):
        yield _said(f"   If it cannot be done, {number}", instead)
    facts = [
        one.get_intent_display() and f"Intent: {one.get_intent_display()}",
        one.get_modality_display() and f"Kind: {one.get_modality_display()}",
        one.get_urgency_display() and f"Urgency: {one.get_urgency_display()}",
        one.due and f"Due: {one.due.isoformat()}",
    ]
    if any(facts):
        yield "   " + " | ".join(str(fact) for fact in facts if fact)
    responsible = one.responsible.display_name if one.responsible else one.responsible_name
    yield _said("   Responsible", responsible or NOT_RECORDED)
    for source in one.evidence:
        yield _said("   Evidence", _evidence(source))


def _evidence(source: dict[str, Any]) -> str:
    parts = [source["title"]]
    parts += [f"version {source['version']}"] if source.get("version") else []
    parts += [f"level of evidence {source['grade']}"] if source.get("grade") else []
    parts += [source["url"]] if source.get("url") else []
    return ", ".join(parts)


def _trial(decision: Decision) -> str:
    known = decision.trial_considered
    label = TrialConsidered(known).label.lower() if known else NOT_RECORDED
    named = f" ({decision.trial_id})" if decision.trial_id else ""
    return f"Trial considered: {label}{named}."


def _positions(decision: Decision) -> Iterator[str]:
    stated = sorted(decision.positions.all(), key=lambda one: (one.user.display_name, str(one.pk)))
    counts = ", ".join(
        f"{stance.label.lower()} {sum(one.stance == stance for one in stated)}" for stance in Stance
    )
    yield f"Reached by: {Consensus(decision.consensus).label.lower()} ({counts})."
    for stance in (Stance.DISSENT, Stance.ABSTAIN, Stance.AGREE):
        for one in stated:
            if one.stance == stance:
                yield _position(one)


def _position(one: Position) -> str:
    who = f"{WHAT_EACH_DOES[Stance(one.stance)]}: {one.user.display_name}"
    who += f" ({_discipline(one.user.discipline)})"
    old = one.text_version < one.decision.text_version
    who += ", on an earlier text" if old else ""
    return _said(who, one.statement) if one.statement else f"{who}."


def _note(number: int, note: DecisionNote) -> Iterator[str]:
    kind = NoteKind(note.kind)
    author = note.author.display_name if note.author else note.author_name
    if kind == NoteKind.TOLD:
        how = f", {note.get_how_display().lower()}" if note.how else ""
        yield _said(f"{number}. {kind.label} by", f"{author}, {_when(note.happened_at)}{how}")
    elif kind == NoteKind.CONFIRMED:
        yield _said(f"{number}. {kind.label} by", f"{author}, {_when(note.created_at)}")
    else:
        yield _said(f"{number}. {kind.label} by", f"{author}, {_when(note.created_at)}")
        yield _said("   Because", note.reason)
    if note.text:
        yield _said("   Text", note.text)
    yield _said("   Recorded by", f"{note.recorded_by.display_name}, {_when(note.created_at)}")


def _said(what: str, words: str, *, colon: bool = True) -> str:
    """``what: words``; every further line of ``words`` is set in."""
    first, *rest = words.split("\n")
    return "\n".join([f"{what}{':' if colon else ''} {first}", *_set_in(rest)])


def _set_in(lines: Iterable[str]) -> list[str]:
    return [f"{SET_IN}{line}" for line in lines]


def _discipline(name: str) -> str:
    return Discipline(name).label if name in Discipline.values else name


def _when(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "-"
