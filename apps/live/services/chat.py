from uuid import UUID

from django.db import transaction

from apps.audit.services import record_entry
from apps.cases.policies import post_chat as may_post_chat
from apps.core.actors import Actor
from apps.core.events import actor_fields, record
from apps.core.exceptions import Forbidden, InvalidInput
from apps.live.events import ChatPosted
from apps.live.models import ChatMessage
from apps.live.policies import act_in_session
from apps.live.protocol.ops import MAX_CHAT_CHARACTERS
from apps.live.selectors import describe_chat


@transaction.atomic
def post_chat(*, actor: Actor, session_id: UUID, text: str) -> ChatMessage:
    """Say something in the room. Kept with the case; withheld from de-identified guises."""
    session = act_in_session(actor=actor, session_id=session_id)
    may_post_chat(actor=actor, case_id=session.case_id)
    said = text.strip()
    if not said or len(said) > MAX_CHAT_CHARACTERS or "\x00" in said:
        raise InvalidInput("Say something, in at most 2000 characters.", code="bad_text")
    if actor.id is None:
        raise Forbidden("Only a person speaks.")
    message = ChatMessage.objects.create(
        session=session, case_id=session.case_id, author_id=actor.id, text=said
    )
    record_entry(
        actor=actor,
        action="chat.posted",
        case_id=session.case_id,
        entity="chat_message",
        entity_id=message.pk,
        details={"characters": len(said)},
    )
    record(
        ChatPosted(
            **actor_fields(actor),
            session_id=session.pk,
            case_id=session.case_id,
            entity_id=str(message.pk),
            entity_version=1,
            message=describe_chat(message),
        )
    )
    return message
