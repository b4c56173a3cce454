"""Into use and out of it: proposed by AI administration, confirmed by a clinician.

Approving a content says that its code may be evaluated. Putting it into use says that its
findings may be shown to people who decide about patients. These are two words (decision 0236).
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.ai import policies, selectors
from apps.ai.choices import (
    VERSION_MOVES,
    VersionChangeKind,
    VersionState,
    check_move,
)
from apps.ai.exceptions import (
    ContentNotShown,
    ModelNotApproved,
    NothingProposed,
    NothingToRollBackTo,
    SecondPersonNeeded,
)
from apps.ai.models import ActivationProposal, ModelVersion
from apps.ai.services.people import get_person
from apps.ai.services.version_states import (
    audit_version,
    lock_version,
    lock_versions_beside,
    move_version,
    read_reason,
)
from apps.core.actors import Actor
from apps.core.exceptions import Conflict, IllegalMove, InvalidInput


@transaction.atomic
def propose_activation(
    *, actor: Actor, version_id: UUID, reason: str = "", tree_sha256: str | None = None
) -> ActivationProposal:
    """Propose a content for use; it comes into use when a clinician confirms.

    ``reason`` is needed for a bundle that was not validated here, and shown with it for good.
    ``tree_sha256``: the content the person was shown, where a screen asks.

    Raises
    ------
    ModelNotApproved
        Fewer than two people have approved the content.
    ReasonNeeded
        It was not validated here, and no reason is given.
    """
    policies.administer_model(actor=actor)
    version = lock_version(version_id)
    check_shown(version=version, tree_sha256=tree_sha256)
    check_move(
        moves=VERSION_MOVES,
        subject="model version",
        source=version.state,
        to=VersionState.ACTIVE,
    )
    _require_approval(version)
    needs_reason = not selectors.may_skip_validation(version=version)
    said = read_reason(reason) if needs_reason else reason.strip()
    if version.proposals.filter(closed_at=None).exists():
        raise Conflict("It is proposed already.", code="already_proposed")
    proposal = ActivationProposal.objects.create(
        version=version,
        tree_sha256=version.tree_sha256,
        reason=said,
        proposed_by=get_person(actor=actor),
    )
    audit_version(
        actor=actor, action="model.proposed", version=version,
        details={"proposal": str(proposal.pk), "not_validated": needs_reason},
    )  # fmt: skip
    return proposal


@transaction.atomic
def confirm_activation(
    *, actor: Actor, version_id: UUID, tree_sha256: str | None = None
) -> ModelVersion:
    """Put a proposed content into use. The version that was in use is suspended as replaced.

    Raises
    ------
    NothingProposed
        No open proposal for exactly this content.
    SecondPersonNeeded
        The person who confirms is the one who proposed.
    """
    policies.confirm_activation(actor=actor)
    versions = lock_versions_beside(version_id)
    version = versions[version_id]
    check_shown(version=version, tree_sha256=tree_sha256)
    proposal = _open_proposal(version)
    if proposal.proposed_by_id == actor.id:
        raise SecondPersonNeeded("Who proposes it cannot confirm it.")
    _require_approval(version)
    for other in versions.values():
        if other.state == VersionState.ACTIVE and other.pk != version.pk:
            move_version(
                actor=actor, version=other, to=VersionState.SUSPENDED,
                kind=VersionChangeKind.REPLACED, reason=f"Replaced by version {version.version}.",
            )  # fmt: skip
    move_version(
        actor=actor,
        version=version,
        to=VersionState.ACTIVE,
        kind=VersionChangeKind.ACTIVATED,
        reason=proposal.reason,
        proposed_by_id=proposal.proposed_by_id,
    )
    proposal.confirmed_by = get_person(actor=actor)
    proposal.closed_at = timezone.now()
    proposal.save(update_fields=["confirmed_by", "closed_at", "updated_at"])
    return version


@transaction.atomic
def decline_activation(*, actor: Actor, version_id: UUID) -> ModelVersion:
    """Close the proposal: taken back by AI administration, or declined by a clinician."""
    policies.approve_model(actor=actor)
    version = lock_version(version_id)
    proposal = _open_proposal(version)
    proposal.closed_at = timezone.now()
    proposal.save(update_fields=["closed_at", "updated_at"])
    audit_version(
        actor=actor, action="model.proposal_closed", version=version,
        details={"proposal": str(proposal.pk)},
    )  # fmt: skip
    return version


@transaction.atomic
def put_into_shadow(*, actor: Actor, version_id: UUID, reason: str) -> ModelVersion:
    """Let it run and show nothing. A person does this, never the system by itself.

    Raises
    ------
    ModelNotApproved
        Its code may not be evaluated.
    """
    policies.administer_model(actor=actor)
    version = lock_version(version_id)
    _require_approval(version)
    move_version(
        actor=actor, version=version, to=VersionState.SHADOW,
        kind=VersionChangeKind.SHADOWED, reason=read_reason(reason),
    )  # fmt: skip
    return version


@transaction.atomic
def suspend_version(*, actor: Actor, version_id: UUID, reason: str) -> ModelVersion:
    """Take a version out of use; what waits for it is cancelled and says why."""
    policies.administer_model(actor=actor)
    version = lock_version(version_id)
    move_version(
        actor=actor, version=version, to=VersionState.SUSPENDED,
        kind=VersionChangeKind.SUSPENDED, reason=read_reason(reason),
    )  # fmt: skip
    return version


@transaction.atomic
def retire_version(*, actor: Actor, version_id: UUID, reason: str) -> ModelVersion:
    """End a version for good; its jobs, findings and reviews stay readable."""
    policies.administer_model(actor=actor)
    version = lock_version(version_id)
    move_version(
        actor=actor, version=version, to=VersionState.RETIRED,
        kind=VersionChangeKind.RETIRED, reason=read_reason(reason),
    )  # fmt: skip
    return version


@transaction.atomic
def roll_back(
    *, actor: Actor, version_id: UUID, reason: str, to: str = VersionState.SUSPENDED
) -> ModelVersion:
    """Bring the version back that was in use before ``version_id``, at once.

    One person does it: the version that comes back was approved and put into use by two people
    before, and left only because it was replaced. ``to`` is where the present one goes.

    Raises
    ------
    NothingToRollBackTo
        None was in use before, or it was withdrawn for a reason of its own.
    """
    policies.administer_model(actor=actor)
    if to not in {VersionState.SHADOW, VersionState.SUSPENDED}:
        raise InvalidInput("It goes into shadow, or is suspended.", code="unknown_state")
    said = read_reason(reason)
    versions = lock_versions_beside(version_id)
    current = versions[version_id]
    if current.state != VersionState.ACTIVE and any(
        one.state == VersionState.ACTIVE for one in versions.values()
    ):
        raise IllegalMove("Another version is in use; roll that one back.")
    before = selectors.version_to_return_to(version=current)
    if before is None:
        raise NothingToRollBackTo(
            "No version that was replaced can come back: propose one for use instead."
        )
    before = versions[before.pk]
    if current.state == VersionState.ACTIVE:
        move_version(
            actor=actor, version=current, to=VersionState(to),
            kind=VersionChangeKind.ROLLED_BACK, reason=said,
        )  # fmt: skip
    move_version(
        actor=actor, version=before, to=VersionState.ACTIVE,
        kind=VersionChangeKind.BROUGHT_BACK, reason=said,
    )  # fmt: skip
    return before


def check_shown(*, version: ModelVersion, tree_sha256: str | None) -> None:
    """Refuse a word for a content other than the one that was on the person's screen."""
    if tree_sha256 is not None and tree_sha256 != version.tree_sha256:
        raise ContentNotShown("This is not the content that you were shown.")


def _require_approval(version: ModelVersion) -> None:
    if not selectors.is_approved(version=version):
        raise ModelNotApproved("Two people must approve exactly this content first.")


def _open_proposal(version: ModelVersion) -> ActivationProposal:
    proposal = version.proposals.filter(closed_at=None).first()
    if proposal is None or proposal.tree_sha256 != version.tree_sha256:
        raise NothingProposed("Nobody has proposed this version for use.")
    return proposal
