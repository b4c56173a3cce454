from apps.core.actors import Actor
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops
from apps.live.services import asks


@handles("presenter.ask")
def ask_to_present(*, actor: Actor, session: LiveSession, op: ops.PresenterAskOp) -> None:
    if op.payload.asking:
        asks.ask_to_present(actor=actor, session_id=session.pk)
    else:
        asks.withdraw_ask(actor=actor, session_id=session.pk)


@handles("presenter.decline")
def decline_ask(*, actor: Actor, session: LiveSession, op: ops.PresenterDecline) -> None:
    asks.decline_ask(actor=actor, session_id=session.pk, user_id=op.payload.user)
