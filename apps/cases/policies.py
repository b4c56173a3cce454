"""May this actor do this to this case? One function per action, used by REST, socket and tasks.

Rows follow the permission table of the clinical reference (F). A case that is not the actor's
raises ``NotVisible`` (404), never ``Forbidden``: its existence is not theirs to know.
"""

from typing import Any
from uuid import UUID

from apps.accounts.choices import CLINICAL_DISCIPLINES, IMAGING_DISCIPLINES
from apps.accounts.selectors import TRAINEE_ROLE
from apps.cases.access import Standing
from apps.cases.choices import Capacity, Guise
from apps.cases.selectors import one_look, standing_in
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import require_role, signed_in

CLINICIANS = frozenset({Capacity.MEMBER, Capacity.CHAIR})
ORGANISERS = frozenset({Capacity.COORDINATOR, Capacity.CHAIR})


def require_standing(*, actor: Actor, case_id: UUID) -> Standing:
    """The actor's standing, or 404."""
    signed_in(actor=actor)
    standing = standing_in(actor=actor, case_id=case_id)
    if standing is None:
        raise NotVisible()
    return standing


def refuse_place(actor: Actor) -> None:
    """The screen of a room looks; every act is a person's."""
    if actor.is_place:
        raise Forbidden("A screen only shows the meeting.", code="place")


def _require_capacity(*, actor: Actor, case_id: UUID, allowed: frozenset[Capacity]) -> Standing:
    standing = require_standing(actor=actor, case_id=case_id)
    refuse_place(actor)
    if not standing.capacities & allowed:
        raise Forbidden("Your part in this case does not allow this.")
    return standing


def list_cases(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)


def create_case(*, actor: Actor, **ids: Any) -> None:
    require_role(actor, "coordinator")


def find_patients(*, actor: Actor, **ids: Any) -> None:
    """Looking for a patient outside one's cases is a coordinator's work."""
    require_role(actor, "coordinator")


def view_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    require_standing(actor=actor, case_id=case_id)


def view_identified(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """What cannot be shown without identity: originals, documents, captures."""
    standing = require_standing(actor=actor, case_id=case_id)
    if standing.guise != Guise.IDENTIFIED:
        raise Forbidden("Not available in de-identified view.", code="deidentified_only")


def edit_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    _require_capacity(actor=actor, case_id=case_id, allowed=ORGANISERS)


def record_clinical(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Diagnosis, stage, state and wishes of the patient: whoever works on the case. Trainees and
    consultants read. A stage that a coordinator writes is a draft until a clinician confirms it.
    """
    _require_capacity(actor=actor, case_id=case_id, allowed=ORGANISERS | CLINICIANS)


def manage_members(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    _require_capacity(actor=actor, case_id=case_id, allowed=ORGANISERS)


def link_studies(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Coordinator, chair, or an imaging clinician of the case."""
    standing = require_standing(actor=actor, case_id=case_id)
    if standing.capacities & ORGANISERS:
        return
    if standing.capacities & CLINICIANS and actor.discipline in IMAGING_DISCIPLINES:
        return
    raise Forbidden("Your part in this case does not allow linking studies.")


def confirm_mismatch(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Only a coordinator may confirm, with a reason, that another identity is this patient."""
    _require_capacity(actor=actor, case_id=case_id, allowed=frozenset({Capacity.COORDINATOR}))


def annotate_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Measure and mark: clinicians, consultants and trainees on their layers; not coordinators."""
    allowed = CLINICIANS | {Capacity.CONSULTANT, Capacity.OBSERVER}
    _require_capacity(actor=actor, case_id=case_id, allowed=frozenset(allowed))


def run_ai(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Chair, board member, radiologist - and the AI administrator where a member."""
    _require_capacity(actor=actor, case_id=case_id, allowed=CLINICIANS)


def review_findings(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Accept or dismiss an imaging finding: a clinician of an imaging discipline, no trainee."""
    _require_capacity(actor=actor, case_id=case_id, allowed=CLINICIANS)
    if actor.is_system:
        return
    if actor.has_role(TRAINEE_ROLE):
        raise Forbidden("Trainees propose; a radiologist signs.", code="trainee")
    if actor.discipline not in IMAGING_DISCIPLINES:
        raise Forbidden(
            "Imaging findings are signed by radiology or nuclear medicine.",
            code="wrong_discipline",
        )


def write_decision(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Chair writes and signs; the coordinator drafts as minute-taker."""
    _require_capacity(actor=actor, case_id=case_id, allowed=ORGANISERS)


def sign_decision(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    _require_capacity(actor=actor, case_id=case_id, allowed=frozenset({Capacity.CHAIR}))


def state_position(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Agree or dissent: clinicians of the case; consultants advise but have no vote."""
    _require_capacity(actor=actor, case_id=case_id, allowed=CLINICIANS)
    if not actor.is_system and actor.discipline not in CLINICAL_DISCIPLINES:
        raise Forbidden("Positions are stated by clinicians.", code="wrong_discipline")


def tell_patient(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Write down who told the patient: clinicians of the case, and who organises it."""
    view_identified(actor=actor, case_id=case_id)
    _require_capacity(actor=actor, case_id=case_id, allowed=CLINICIANS | ORGANISERS)


def post_chat(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    refuse_place(actor)
    require_standing(actor=actor, case_id=case_id)


CAPABILITIES = {
    "edit": edit_case,
    "record_clinical": record_clinical,
    "manage_members": manage_members,
    "link_studies": link_studies,
    "confirm_mismatch": confirm_mismatch,
    "annotate": annotate_case,
    "run_ai": run_ai,
    "review_findings": review_findings,
    "write_decision": write_decision,
    "sign_decision": sign_decision,
    "state_position": state_position,
    "tell_patient": tell_patient,
    "view_identified": view_identified,
}
"""What the screen asks to know which actions to offer; the server checks again on each."""


def capabilities(*, actor: Actor, case_id: UUID) -> list[str]:
    allowed = []
    with one_look():
        for name, policy in CAPABILITIES.items():
            try:
                policy(actor=actor, case_id=case_id)
            except (Forbidden, NotVisible):
                continue
            allowed.append(name)
    return allowed
