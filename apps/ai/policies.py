"""Who may run models, see findings, and say whether one is right (clinical reference, F)."""

from typing import Any
from uuid import UUID

from apps.accounts.choices import CLINICAL_DISCIPLINES, IMAGING_DISCIPLINES, Discipline
from apps.accounts.selectors import TRAINEE_ROLE
from apps.ai.choices import OpinionKind
from apps.ai.models import Finding, FindingReview, Job
from apps.annotations.segmentations.policies import put_segmentation, view_segmentation
from apps.cases import policies as case_policies
from apps.cases.embargo import AiHidden, require_ai_shown
from apps.cases.selectors import is_only_guest, visible_cases
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden, NotVisible
from apps.core.policies import require_role, signed_in
from apps.imaging.models import CaseStudy

AI_ADMIN = "ai_admin"
ADMINISTRATION, CLINIC = "administration", "clinic"
CONTOUR_DISCIPLINES = IMAGING_DISCIPLINES | {Discipline.RADIATION_ONCOLOGY}


def view_models(*, actor: Actor, **ids: Any) -> None:
    """Model cards are for everybody who may meet their results."""
    signed_in(actor=actor)


def manage_models(*, actor: Actor, **ids: Any) -> None:
    require_role(actor, AI_ADMIN)


def administer_model(*, actor: Actor, **ids: Any) -> None:
    """A person of AI administration: nothing puts a model in or out of use by itself."""
    require_role(actor, AI_ADMIN)
    if not actor.is_person:
        raise Forbidden("This is done by a person.", code="person_needed")


def confirm_activation(*, actor: Actor, **ids: Any) -> None:
    """The second word: a clinician, of no side but the clinic's."""
    approve_model(actor=actor)
    if approval_side(actor=actor) != CLINIC:
        raise Forbidden("A clinician confirms what AI administration proposes.")


def approve_model(*, actor: Actor, **ids: Any) -> None:
    """AI administration or a clinician; two different people are counted by the service."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Approvals are given by people.")
    if not approval_side(actor=actor):
        raise Forbidden("Approvals come from AI administration and from clinicians.")


def view_monitoring(*, actor: Actor, **ids: Any) -> None:
    """AI administration, and the clinicians who meet the results. It names no patient."""
    signed_in(actor=actor)
    if actor.is_system or (actor.is_person and approval_side(actor=actor)):
        return
    raise Forbidden("Figures of models are for AI administration and clinicians.")


def approval_side(*, actor: Actor) -> str:
    """Which side's word the actor gives on a model; empty for whoever gives none, as guests."""
    if actor.has_role(AI_ADMIN):
        return ADMINISTRATION
    if actor.discipline in CLINICAL_DISCIPLINES and not actor.has_role(TRAINEE_ROLE):
        return "" if is_only_guest(actor=actor) else CLINIC
    return ""


def list_in_case(*, actor: Actor, **ids: Any) -> None:
    """Lists take their case from the query; the selector asks ``view_results`` for it."""
    signed_in(actor=actor)


def read_content(*, actor: Actor, **ids: Any) -> None:
    """The files of a bundle: for those who give a word on them."""
    approve_model(actor=actor)


def view_reach(*, actor: Actor, **ids: Any) -> None:
    """What a version touched: the AI administrator by pseudonyms, others in their own cases."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("This is read by people.", code="person_needed")


def view_results(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Results carry the study's identifiers: identified members of the case only."""
    case_policies.view_identified(actor=actor, case_id=case_id)


def read_results(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """As ``view_results``, and nothing is to be read first: what one result says."""
    view_results(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)


def export_research(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case identified: the side-car holds what leads back to the patient."""
    view_results(actor=actor, case_id=case_id)
    case_policies.refuse_place(actor)
    if not actor.is_person:
        raise Forbidden("Research data is taken out by people.", code="person_needed")


def import_mask(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Who may paint in the case: a mask that is brought in is its author's word, too."""
    put_segmentation(actor=actor, case_id=case_id)
    if not actor.is_person:
        raise Forbidden("A segmentation is a person's word.", code="person_needed")


def run_model(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Not while results are hidden: the answer may be one that is there already."""
    case_policies.run_ai(actor=actor, case_id=case_id)
    read_results(actor=actor, case_id=case_id)


def measure_segment(*, actor: Actor, segmentation_id: UUID, **ids: Any) -> None:
    """Whoever may see the segmentation: measured is what a person drew, it is no AI result."""
    view_segmentation(actor=actor, segmentation_id=segmentation_id)


def measure_imported(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case identified; what AI made and is hidden the selector refuses."""
    view_results(actor=actor, case_id=case_id)


def view_job(*, actor: Actor, job_id: UUID, **ids: Any) -> None:
    """Members of a case that shows the study; the AI administrator, without patient data."""
    signed_in(actor=actor)
    if actor.is_system or actor.has_role(AI_ADMIN):
        return
    _require_any_case(actor=actor, study_id=_study_of_job(job_id), policy=read_results)


def control_job(*, actor: Actor, job_id: UUID, **ids: Any) -> None:
    """Cancel and retry: who may run models in a case that shows the study, or the AI admin."""
    signed_in(actor=actor)
    if actor.is_system or actor.has_role(AI_ADMIN):
        return
    _require_any_case(actor=actor, study_id=_study_of_job(job_id), policy=run_model)


def view_finding(*, actor: Actor, finding_id: UUID, **ids: Any) -> None:
    signed_in(actor=actor)
    study_id = _study_of_finding(finding_id)
    _require_any_case(actor=actor, study_id=study_id, policy=read_results)


def review_finding(*, actor: Actor, finding_id: UUID, **ids: Any) -> None:
    """May review it in at least one case; the service asks again for the case it is in."""
    signed_in(actor=actor)
    study_id = _study_of_finding(finding_id)
    _require_any_case(actor=actor, study_id=study_id, policy=_review_in_case)


def review_finding_in_case(*, actor: Actor, finding_id: UUID, case_id: UUID, **ids: Any) -> None:
    """Radiologist, board member or chair of the case, each in their own discipline."""
    case_policies.view_identified(actor=actor, case_id=case_id)
    study_id = _study_of_finding(finding_id)
    if not CaseStudy.objects.filter(case_id=case_id, study_id=study_id).exists():
        raise NotVisible()
    _review_in_case(actor=actor, case_id=case_id)
    if not actor.is_person:
        raise Forbidden("A review is a person's word.")


def view_finding_in_case(*, actor: Actor, finding_id: UUID, case_id: UUID, **ids: Any) -> None:
    """The finding as this case shows it."""
    read_results(actor=actor, case_id=case_id)
    study_id = _study_of_finding(finding_id)
    if not CaseStudy.objects.filter(case_id=case_id, study_id=study_id).exists():
        raise NotVisible()


def view_amendment(*, actor: Actor, finding_id: UUID, review_id: UUID, **ids: Any) -> None:
    """Whoever sees the results of the case in which it was amended."""
    view_finding(actor=actor, finding_id=finding_id)
    case_id = (
        FindingReview.objects.filter(pk=review_id, finding_id=finding_id)
        .values_list("case_id", flat=True)
        .first()
    )
    if case_id is None:
        raise NotVisible()
    view_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)


def give_opinion(*, actor: Actor, finding_id: UUID, case_id: UUID, **ids: Any) -> None:
    """Whoever may draw in the case: clinicians, trainees, identified consultants (table F)."""
    view_finding_in_case(actor=actor, finding_id=finding_id, case_id=case_id)
    case_policies.annotate_case(actor=actor, case_id=case_id)
    if not actor.is_person:
        raise Forbidden("An opinion is a person's word.")


def opinion_kind(*, actor: Actor, case_id: UUID) -> OpinionKind:
    """What the actor's word beside a review is."""
    if actor.has_role(TRAINEE_ROLE):
        return OpinionKind.PROPOSAL
    try:
        case_policies.review_findings(actor=actor, case_id=case_id)
    except Forbidden:
        return OpinionKind.OPINION
    return OpinionKind.DISSENT


def send_structure_set(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Contours for planning: clinicians of the case from imaging or radiation oncology."""
    read_results(actor=actor, case_id=case_id)
    case_policies.refuse_place(actor)
    case_policies.run_ai(actor=actor, case_id=case_id)
    if actor.is_system:
        return
    if actor.has_role(TRAINEE_ROLE):
        raise Forbidden("Trainees propose; a clinician sends.", code="trainee")
    if actor.discipline not in CONTOUR_DISCIPLINES:
        raise Forbidden(
            "Contours are sent by radiology, nuclear medicine or radiation oncology.",
            code="wrong_discipline",
        )
    if not actor.is_person:
        raise Forbidden("Contours are sent by people.", code="person_needed")


def _review_in_case(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.review_findings(actor=actor, case_id=case_id)
    require_ai_shown(actor=actor, case_id=case_id)


def cases_showing_study(*, actor: Actor, study_id: UUID) -> list[UUID]:
    """The actor's cases that show the study, in a stable order."""
    linked = CaseStudy.objects.filter(study_id=study_id).values("case_id")
    cases = visible_cases(actor=actor).filter(pk__in=linked)
    return list(cases.order_by("created_at", "id").values_list("pk", flat=True))


def _require_any_case(*, actor: Actor, study_id: UUID, policy: Any) -> None:
    cases = cases_showing_study(actor=actor, study_id=study_id)
    if not cases:
        raise NotVisible()
    refusal: Exception = NotVisible()
    found = False
    for case_id in cases:
        try:
            policy(actor=actor, case_id=case_id)
        except AiHidden:
            raise  # hidden in one of their cases is hidden: the finding is the same
        except (Forbidden, NotVisible) as error:
            refusal = error
        else:
            found = True
    if found:
        return
    raise refusal


def _study_of_job(job_id: UUID) -> UUID:
    """Of a job people may see: one that ran in shadow is not there."""
    jobs = Job.objects.filter(pk=job_id, is_shadow=False)
    study_id = jobs.values_list("series__study_id", flat=True).first()
    if study_id is None:
        raise NotVisible()
    return study_id


def _study_of_finding(finding_id: UUID) -> UUID:
    study_id = Finding.objects.filter(pk=finding_id).values_list("study_id", flat=True).first()
    if study_id is None:
        raise NotVisible()
    return study_id
