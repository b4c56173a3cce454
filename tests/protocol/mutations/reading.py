"""Of reading first (LIVE-X1, X2, X3) and votes (LIVE-X4)."""

from tests.protocol.mutation import Mutation, named

REVEAL = "tests/apps/live/test_reveal.py"
READING = "tests/apps/boards/test_reading.py"
DOORS = "tests/security/test_ai_hidden.py"
VOTES = "tests/apps/boards/test_clock_and_votes.py"
DIRECT = "test_LIVE_X1_asked_directly_each_door_says_hidden_and_lists_say_so"

MUTATIONS = (
    Mutation(
        "one result is given though it is hidden",
        "LIVE-X1",
        "apps/ai/policies.py",
        "    view_results(actor=actor, case_id=case_id)\n    require_ai_shown(",
        "    view_results(actor=actor, case_id=case_id)\n    dict(",
        named(DOORS, "test_LIVE_X1_no_route_gives_anything_ai_made_before_the_reveal"),
    ),
    Mutation(
        "the gateway gives what AI made",
        "LIVE-X1",
        "apps/imaging/gateway/access.py",
        "veiled = self._veiled(wanted) if self.is_ai_hidden else frozenset()",
        "veiled: frozenset[str] = frozenset()",
        named(DOORS, DIRECT),
    ),
    Mutation(
        "a ticket of before opens what is hidden now",
        "LIVE-X1",
        "apps/imaging/pixels/app.py",
        "    if guard.is_hidden(claims.ticket_id, asked.key):",
        "    if False:",
        named(DOORS, "test_LIVE_X1_a_ticket_minted_before_opens_nothing_ai_made_after"),
    ),
    Mutation(
        "whoever reviews findings is excepted in the room too",
        "LIVE-X1",
        "apps/live/embargo.py",
        "except_reviewers=False",
        "except_reviewers=True",
        named(REVEAL, "test_LIVE_X2_the_presenter_reveals_and_each_window_gets_its_findings"),
    ),
    Mutation(
        "a reveal holds without being kept",
        "LIVE-X2",
        "apps/boards/embargo.py",
        "AgendaItem.objects.filter(~Exists(signed), ai_revealed_at__isnull=True)",
        "AgendaItem.objects.filter(~Exists(signed))",
        named(READING, "test_LIVE_X2_the_reveal_is_audited_once_and_for_good"),
    ),
    Mutation(
        "anybody reveals",
        "LIVE-X2",
        "apps/live/ops/boards.py",
        "    policies.reveal_ai(actor=actor, session=session)\n",
        "",
        named(REVEAL, "test_LIVE_X2_the_presenter_reveals_and_each_window_gets_its_findings"),
    ),
    Mutation(
        "the stage shows what is hidden",
        "LIVE-X3",
        "apps/live/projections.py",
        "    shown = _without_ai(frame) if view.embargoed else frame\n",
        "    shown = frame\n",
        named(
            REVEAL,
            "test_LIVE_X3_what_findings_draw_is_stripped_from_a_stage_for_who_reads_first",
        ),
    ),
    Mutation(
        "a vote is on whatever stands",
        "LIVE-X4",
        "apps/boards/services/decisions/positions.py",
        "    if text_version is not None and text_version != decision.text_version:",
        "    if False:",
        named(VOTES, "test_LIVE_X4_a_vote_is_on_the_text_that_was_read"),
    ),
)
