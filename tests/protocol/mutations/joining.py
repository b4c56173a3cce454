"""Of joining, resuming and presenting (LIVE-J1…J4, P1)."""

from tests.protocol.mutation import Mutation, named

JOIN = "tests/apps/live/test_join.py"
MEETING = "tests/apps/live/test_meeting.py"
PRESENTER = "tests/apps/live/test_presenter.py"
ROOM_TS = "frontend/src/protocol/room.test.ts"
SESSION_TS = "frontend/src/features/live/liveSession.test.ts"

MUTATIONS = (
    Mutation(
        "of two snapshots the older may come last",
        "LIVE-J2",
        "apps/live/hub/room.py",
        "        async with self._catching_up:\n            await self._send_snapshot(members)",
        "        if True:\n            await self._send_snapshot(members)",
        named(JOIN, "test_LIVE_J2_a_snapshot_never_takes_back_what_came_after_it_was_read"),
    ),
    Mutation(
        "events that come while the welcome is read are dropped",
        "LIVE-J1",
        "apps/live/hub/room.py",
        "                member.pending.append(event)",
        "                pass",
        named(JOIN, "test_LIVE_J1_an_event_between_subscribing_and_welcome_is_not_lost"),
    ),
    Mutation(
        "a long gap is answered with the events that fit",
        "LIVE-J1",
        "apps/live/selectors.py",
        " or session.head - after_seq > SNAPSHOT_GAP:",
        ":",
        named(JOIN, "test_LIVE_J1_a_known_gap_brings_events_and_a_long_one_a_snapshot"),
    ),
    Mutation(
        "a gap over a change of case is answered with events",
        "LIVE-J1",
        "apps/live/selectors.py",
        "return None if any(event.kind in NEEDS_SNAPSHOT for event in events) else events",
        "return events",
        named(
            MEETING,
            "test_LIVE_J1_a_gap_over_a_change_of_case_brings_a_snapshot",
        ),
    ),
    Mutation(
        "the browser applies an event over a gap",
        "LIVE-J2",
        "frontend/src/protocol/room.ts",
        "if (event.seq > state.head + 1) return { ...state, gap_after: state.head }",
        "if (event.seq > state.head + 1e9) return { ...state, gap_after: state.head }",
        (ROOM_TS,),
    ),
    Mutation(
        "the browser does not ask for what is missing",
        "LIVE-J2",
        "frontend/src/features/live/liveSession.ts",
        "this.transport.send({ type: 'resume', after_seq: room.gap_after })",
        "this.transport.send({ type: 'ping', t: room.gap_after })",
        (SESSION_TS,),
    ),
    Mutation(
        "a resume leaves out the first event",
        "LIVE-J2",
        "apps/live/hub/room.py",
        "session_id=self.session_id, after_seq=after_seq\n",
        "session_id=self.session_id, after_seq=after_seq + 1\n",
        named(JOIN, "test_LIVE_J2_resume_fills_a_gap"),
    ),
    Mutation(
        "the browser sends nothing again after a welcome",
        "LIVE-J3",
        "frontend/src/features/live/liveSession.ts",
        "      this.resend()\n      this.transport.send({ type: 'follow.set'",
        "      this.transport.send({ type: 'follow.set'",
        (SESSION_TS,),
    ),
    Mutation(
        "the browser keeps no op that could not be sent",
        "LIVE-J3",
        "frontend/src/features/live/liveSession.ts",
        "    this.set({ ops: submitted(this.current.ops, op) })\n",
        "    void submitted\n",
        (SESSION_TS,),
    ),
    Mutation(
        "head, entities and events are read one after the other",
        "LIVE-J4",
        "apps/live/selectors.py",
        "        _freeze_reads()\n",
        "        str(_freeze_reads)\n",
        named(JOIN, "test_LIVE_J4_what_is_written_while_a_room_is_read_is_in_neither_part"),
    ),
    Mutation(
        "an older version replaces a newer one",
        "LIVE-J4",
        "apps/live/reducer.py",
        'if one["id"] not in known or _newness(known[one["id"]]) <= _newness(one):',
        'if one["id"] not in known or _newness(known[one["id"]]) != _newness(one):',
        named(
            "tests/contracts/test_live_reducer.py", "test_LIVE_J4_an_older_version_changes_nothing"
        ),
    ),
    Mutation(
        "no snapshot follows a move to another case",
        "LIVE-J4",
        "apps/live/hub/room.py",
        '        if event["kind"] in reducer.NEEDS_SNAPSHOT:\n            await',
        '        if event["kind"] in reducer.NEEDS_SNAPSHOT - {"agenda.moved"}:\n            await',
        named(
            MEETING,
            "test_LIVE_O6_an_agenda_moved_by_rest_moves_the_room_with_one_event",
        ),
    ),
    Mutation(
        "anybody's frames are shown",
        "LIVE-P1",
        "apps/live/hub/stage_lane.py",
        "if not self._people.is_presenter(member) or frame.epoch != epoch:",
        "if frame.epoch != epoch:",
        named(PRESENTER, "test_LIVE_P1_frames_of_somebody_else_in_the_right_epoch_are_ignored"),
    ),
    Mutation(
        "frames of another epoch are taken",
        "LIVE-P1",
        "apps/live/hub/stage_lane.py",
        "if not self._people.is_presenter(member) or frame.epoch != epoch:",
        "if not self._people.is_presenter(member):",
        named(PRESENTER, "test_LIVE_P1_a_presenter_speaks_in_the_epoch_that_is_on"),
    ),
    Mutation(
        "late frames of an old epoch are shown",
        "LIVE-P1",
        "apps/live/hub/stage.py",
        'if frame["epoch"] < epoch or position <= self.position():',
        "if position <= self.position():",
        named(PRESENTER, "test_LIVE_P1_a_late_frame_of_an_old_epoch_is_not_shown"),
    ),
    Mutation(
        "anybody grants the token",
        "LIVE-P1",
        "apps/live/policies.py",
        '    raise Forbidden("The chair steers the session.")\n',
        "",
        named(PRESENTER, "test_LIVE_P1_who_is_not_chair_cannot_take_or_grant"),
    ),
    Mutation(
        "the browser shows the stage of an epoch that is over",
        "LIVE-P1",
        "frontend/src/protocol/room.ts",
        "if (frame === null || frame.epoch < state.presenter.epoch) return state",
        "if (frame === null) return state",
        (ROOM_TS,),
    ),
)
