"""May this actor do this with images? The case's own policies decide about what is in a case."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from apps.accounts.choices import IMAGING_DISCIPLINES
from apps.accounts.selectors import TRAINEE_ROLE
from apps.cases import policies as case_policies
from apps.cases.selectors import is_only_guest
from apps.core.actors import Actor
from apps.core.exceptions import Forbidden
from apps.core.policies import require_role, signed_in
from apps.imaging.choices import TokenScope


def view_studies(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.view_case(actor=actor, case_id=case_id)


def view_originals(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Original files carry identity in every header."""
    case_policies.view_identified(actor=actor, case_id=case_id)


def view_segmentations(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case; the selectors show them in the viewer's guise."""
    case_policies.view_case(actor=actor, case_id=case_id)


def view_registrations(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case; to a de-identified viewer the selector shows none."""
    case_policies.view_case(actor=actor, case_id=case_id)


def view_radiotherapy(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case; to a de-identified viewer the selectors show nothing."""
    case_policies.view_case(actor=actor, case_id=case_id)


def view_documents(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever sees the case; to a de-identified viewer cleared pages are all there is."""
    case_policies.view_case(actor=actor, case_id=case_id)


def read_document(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """What it says, and the text of its pages: never for a de-identified viewer."""
    case_policies.view_identified(actor=actor, case_id=case_id)


def link_study(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.link_studies(actor=actor, case_id=case_id)


def list_priors(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Whoever may link them, and sees the patient identified."""
    case_policies.view_identified(actor=actor, case_id=case_id)
    case_policies.link_studies(actor=actor, case_id=case_id)


def clear_pictures(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Coordinator, chair or an imaging clinician, who sees whose pictures they are."""
    case_policies.view_identified(actor=actor, case_id=case_id)
    case_policies.link_studies(actor=actor, case_id=case_id)


def import_files(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.link_studies(actor=actor, case_id=case_id)


def require_scope(actor: Actor, scope: str) -> None:
    """People have what their part in the case gives; machine clients need the scope as well."""
    if actor.is_machine and scope not in actor.scopes:
        raise Forbidden(
            "The token lacks the scope for this.",
            code="insufficient_scope",
            details={"needs": scope},
        )


def read_dicomweb(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    view_studies(actor=actor, case_id=case_id)
    require_scope(actor, TokenScope.READ)


def store_dicomweb(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    """Who may import into the case, seeing whose it is."""
    view_studies(actor=actor, case_id=case_id)
    require_scope(actor, TokenScope.WRITE)
    import_files(actor=actor, case_id=case_id)
    view_originals(actor=actor, case_id=case_id)


def manage_tokens(*, actor: Actor, **ids: Any) -> None:
    """One's own; a token never makes or ends tokens."""
    signed_in(actor=actor)
    if not actor.is_person:
        raise Forbidden("Tokens are made by people.", code="person_needed")


def mint_token(*, actor: Actor, case_id: UUID, scopes: Collection[str]) -> None:
    """Nobody gives a machine what they may not do themselves."""
    manage_tokens(actor=actor)
    view_studies(actor=actor, case_id=case_id)
    if TokenScope.WRITE in scopes:
        import_files(actor=actor, case_id=case_id)
        view_originals(actor=actor, case_id=case_id)
    if TokenScope.AI_UNREVIEWED in scopes:
        view_originals(actor=actor, case_id=case_id)


def start_import(*, actor: Actor, **ids: Any) -> None:
    """The case is in the body; the service asks ``import_files`` for it."""
    signed_in(actor=actor)


def list_imports(*, actor: Actor, **ids: Any) -> None:
    """The case is a parameter; the selector asks for it."""
    signed_in(actor=actor)


def change_import(*, actor: Actor, import_id: UUID, **ids: Any) -> None:
    """Signed in; the services ask for the case behind the import and whose upload it is."""
    signed_in(actor=actor)


def view_import(*, actor: Actor, import_id: UUID, **ids: Any) -> None:
    """Signed in; the selector answers 404 for an import of a case that is not the actor's."""
    signed_in(actor=actor)


def confirm_mismatch(*, actor: Actor, case_id: UUID, **ids: Any) -> None:
    case_policies.confirm_mismatch(actor=actor, case_id=case_id)


def search_pacs(*, actor: Actor, **ids: Any) -> None:
    """Coordinators and imaging clinicians of the house; never administrators, nor guests."""
    signed_in(actor=actor)
    if actor.is_system or actor.has_role("coordinator"):
        return
    is_reader = actor.discipline in IMAGING_DISCIPLINES and not actor.has_role(TRAINEE_ROLE)
    if is_reader and not is_only_guest(actor=actor):
        return
    raise Forbidden("Searching the PACS is a coordinator's or radiologist's work.")


def list_pacs(*, actor: Actor, **ids: Any) -> None:
    signed_in(actor=actor)
    if actor.has_role("system_admin"):
        return
    search_pacs(actor=actor)


def manage_pacs(*, actor: Actor, **ids: Any) -> None:
    require_role(actor, "system_admin")
