"""Of permission and privacy (LIVE-A1, A2, A3)."""

from tests.protocol.mutation import Mutation, named

ACCESS = "tests/apps/live/test_access.py"
REVOCATION = "tests/apps/live/test_revocation.py"
MOVES = "tests/apps/live/test_moves.py"
GUISES = "tests/apps/live/test_guises.py"
ROOM_TS = "frontend/src/protocol/room.test.ts"

MUTATIONS = (
    Mutation(
        "a ticket is good twice",
        "LIVE-A1",
        "apps/live/services/tickets.py",
        "session_id=session_id, used_at__isnull=True, expires_at__gt=now",
        "session_id=session_id, expires_at__gt=now",
        named(ACCESS, "test_LIVE_A1_a_ticket_is_good_once"),
    ),
    Mutation(
        "a ticket never ends",
        "LIVE-A1",
        "apps/live/services/tickets.py",
        "session_id=session_id, used_at__isnull=True, expires_at__gt=now",
        "session_id=session_id, used_at__isnull=True",
        named(ACCESS, "test_LIVE_A1_a_ticket_ends_after_sixty_seconds"),
    ),
    Mutation(
        "a ticket opens any room",
        "LIVE-A1",
        "apps/live/services/tickets.py",
        "session_id=session_id, used_at__isnull=True, expires_at__gt=now",
        "used_at__isnull=True, expires_at__gt=now",
        named(ACCESS, "test_LIVE_A1_a_ticket_of_another_room_or_a_made_up_one_is_refused"),
    ),
    Mutation(
        "tickets are kept as they are",
        "LIVE-A1",
        "apps/live/services/tickets.py",
        "return sha256(token.encode()).hexdigest()",
        "return token or sha256(token.encode()).hexdigest()",
        named(ACCESS, "test_LIVE_A1_a_ticket_ends_after_sixty_seconds"),
    ),
    Mutation(
        "a socket may stay without hello",
        "LIVE-A1",
        "apps/live/consumers.py",
        "        if not self._hello_seen:\n            await self._finish(CloseCode.TICKET)",
        "        if not self._hello_seen:\n            pass",
        named(ACCESS, "test_LIVE_A1_without_hello_the_socket_closes"),
    ),
    Mutation(
        "every origin is let in",
        "LIVE-A1",
        "config/origins.py",
        "    if origin in settings.ALLOWED_ORIGINS:",
        "    if origin or origin in settings.ALLOWED_ORIGINS:",
        named(ACCESS, "test_LIVE_A1_a_foreign_origin_is_refused_at_the_handshake"),
    ),
    Mutation(
        "roles are those of the join",
        "LIVE-A2",
        "apps/live/hub/lane_handlers.py",
        "                actor=await self._actor(),\n"
        "                session_id=self.room.session_id,\n"
        "                op=op,",
        "                actor=self.member.actor,\n"
        "                session_id=self.room.session_id,\n"
        "                op=op,",
        named(ACCESS, "test_LIVE_A2_a_deactivated_account_does_nothing_more"),
    ),
    Mutation(
        "everything passes a guise",
        "LIVE-A2",
        "apps/live/projections.py",
        'return view.guise == "identified" or kind in PASSES_DEIDENTIFIED',
        'return view.guise in ("identified", "deidentified")',
        named(ACCESS, "test_LIVE_A2_a_deidentified_guest_gets_whole_numbers_and_no_content"),
    ),
    Mutation(
        "the chat of a snapshot is a guest's too",
        "LIVE-A2",
        "apps/live/projections.py",
        'shown = {**map_identifiers(shown, mapping=view.mapping), "chat": []}',
        "shown = map_identifiers(shown, mapping=view.mapping)",
        named(ACCESS, "test_LIVE_A2_a_deidentified_guest_gets_whole_numbers_and_no_content"),
    ),
    Mutation(
        "labels are a guest's too",
        "LIVE-A2",
        "apps/live/projections.py",
        'FREE_TEXT_FIELDS = frozenset({"label", "note"})',
        'FREE_TEXT_FIELDS = frozenset({"note"})',
        named(ACCESS, "test_LIVE_A2_a_deidentified_guest_follows_in_the_uids_of_its_grant"),
    ),
    Mutation(
        "a guest gets the image names of the archive",
        "LIVE-A2",
        "apps/live/projections.py",
        "        return mapping.uid(value)\n",
        "        return value\n",
        named(ACCESS, "test_LIVE_A2_a_deidentified_guest_follows_in_the_uids_of_its_grant"),
    ),
    Mutation(
        "one text for all views",
        "LIVE-A2",
        "apps/live/hub/room.py",
        "                view = member.view_of_event(event)\n                if view not in texts:",
        "                view = member.view_of_event(event)\n"
        '                texts.setdefault(view, next(iter(texts.values()), ""))\n'
        "                if not texts[view]:",
        named(ACCESS, "test_LIVE_A2_a_deidentified_guest_gets_whole_numbers_and_no_content"),
    ),
    Mutation(
        "withheld events leave holes",
        "LIVE-A2",
        "frontend/src/protocol/room.ts",
        "  if (event.kind === 'withheld') return next",
        "  if (event.kind === 'withheld') return state",
        (ROOM_TS,),
    ),
    Mutation(
        "an embargo hides nothing",
        "LIVE-A2",
        "apps/live/projections.py",
        "(view.embargoed and kind in AI_KINDS)",
        "(view.embargoed and kind in ())",
        named(
            ACCESS,
            "test_LIVE_A2_an_embargo_withholds_ai_and_nothing_else",
            "test_LIVE_A2_an_embargo_is_per_person",
        ),
    ),
    Mutation(
        "access is not looked at again",
        "LIVE-A3",
        "apps/live/hub/hub.py",
        "        await room.refresh_access()\n",
        "",
        named(
            REVOCATION,
            "test_LIVE_A3_an_expired_grant_ends_the_socket_without_any_bell",
            "test_LIVE_A3_a_deactivated_account_ends_the_socket",
        ),
    ),
    Mutation(
        "who signed off stays",
        "LIVE-A3",
        "apps/live/hub/hub.py",
        "        await self._end_signed_off(room)\n",
        "",
        named(REVOCATION, "test_LIVE_A3_signing_off_ends_the_socket"),
    ),
    Mutation(
        "unreadable access is taken for good",
        "LIVE-A3",
        "apps/live/hub/hub.py",
        "        if away_s >= limits.UNREADABLE_LIMIT_S:",
        "        if away_s >= limits.UNREADABLE_LIMIT_S + 3600:",
        named(REVOCATION, "test_LIVE_A3_unreadable_for_long_means_nobody_stays"),
    ),
    Mutation(
        "a ticket is not asked again what it stands on",
        "LIVE-A3",
        "apps/live/services/tickets.py",
        "    act_in_session(actor=actor, session_id=session_id)\n    return Admission",
        "    return Admission",
        named(REVOCATION, "test_LIVE_A3_revocation_between_ticket_and_hello_counts"),
    ),
    Mutation(
        "a new guise is told, but what was read in the old one stays",
        "LIVE-A3",
        "apps/live/hub/room.py",
        "return (changed_view or was.case_id != access.case_id) and member.welcomed",
        "return False",
        named(REVOCATION, "test_LIVE_A3_a_changed_guise_is_told_and_starts_afresh"),
    ),
    Mutation(
        "a view holds for whatever case is on",
        "LIVE-A3",
        "apps/live/hub/member.py",
        "return self.view if self.access.case_id == case_id else NOTHING",
        "return self.view",
        (MOVES,),
    ),
    Mutation(
        "the kept answer of an op shows what its former guise saw",
        "LIVE-A3",
        "apps/live/hub/lane_handlers.py",
        'return ack.model_copy(update={"current": None})',
        "return ack",
        named(GUISES, "test_LIVE_A3_a_retried_op_brings_nothing_of_the_guise_one_had"),
    ),
)
