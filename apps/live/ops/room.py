from apps.core.actors import Actor
from apps.live.models import LiveSession
from apps.live.ops.registry import handles
from apps.live.protocol import ops
from apps.live.services.chat import post_chat
from apps.live.services.presenter import grant_presenter


@handles("chat.post")
def say(*, actor: Actor, session: LiveSession, op: ops.ChatPost) -> None:
    post_chat(actor=actor, session_id=session.pk, text=op.payload.text)


@handles("presenter.grant")
def grant(*, actor: Actor, session: LiveSession, op: ops.PresenterGrant) -> None:
    grant_presenter(actor=actor, session_id=session.pk, user_id=op.payload.user)
