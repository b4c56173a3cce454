"""Of the ops: once, in order, by the same policy as REST (LIVE-O1, O2, O3, O6)."""

from tests.protocol.mutation import Mutation, named

OPS = "tests/apps/live/test_ops.py"
QUEUE_TS = "frontend/src/protocol/opQueue.test.ts"

MUTATIONS = (
    Mutation(
        "the row does not say which op made it",
        "LIVE-O1",
        "apps/live/log.py",
        "op_id=_take_op_id(session_id=session_id, seq=seq)",
        "op_id=None",
        named(OPS, "test_LIVE_O1_an_op_calls_the_service_and_appends_one_row_with_its_id"),
    ),
    Mutation(
        "the bell rings before the commit",
        "LIVE-O1",
        "apps/live/log.py",
        "    after_commit(lambda: ring(session_id=session_id))",
        "    ring(session_id=session_id)",
        named(OPS, "test_LIVE_O1_the_bell_rings_after_the_commit_and_not_at_all_without_one"),
    ),
    Mutation(
        "the number is taken without a lock",
        "LIVE-O1",
        "apps/live/log.py",
        '            "UPDATE live_livesession SET head = head + 1, updated_at = %s"\n'
        "            \" WHERE id = %s AND case_id = %s AND state = 'open' RETURNING head\",\n"
        "            [timezone.now(), session_id, case_id],",
        '            "SELECT coalesce(max(seq), 0) + 1 FROM live_liveevent WHERE session_id = %s"\n'
        '            " AND %s::uuid IS NOT NULL",\n'
        "            [session_id, case_id],",
        named(
            OPS,
            "test_LIVE_O1_the_number_is_the_transactions_last_lock_so_the_log_has_no_holes",
            "test_LIVE_O1_an_op_calls_the_service_and_appends_one_row_with_its_id",
        ),
    ),
    Mutation(
        "an op asks no policy",
        "LIVE-O1",
        "apps/annotations/services/measurements.py",
        "    policies.put_measurement(actor=actor, case_id=case_id)\n",
        "",
        named(OPS, "test_LIVE_O1_no_permission_no_row"),
    ),
    Mutation(
        "a retry is carried out again",
        "LIVE-O2",
        "apps/live/services/ops.py",
        "[session_id, op.op_id, actor.id, op.kind, content]",
        '[session_id, UUID(int=(op.op_id.int + id(object())) % 2**128), actor.id, op.kind, ""]',
        named(
            OPS,
            "test_LIVE_O2_retry_returns_first_outcome",
            "test_LIVE_O2_two_copies_at_once_are_one",
        ),
    ),
    Mutation(
        "a refusal is forgotten",
        "LIVE-O2",
        "apps/live/services/ops.py",
        "    if isinstance(error, PASSING):\n",
        "    if isinstance(error, DomainError):\n",
        named(OPS, "test_LIVE_O2_a_rejection_is_an_outcome_too"),
    ),
    Mutation(
        "an op_id is anybody's, for anything",
        "LIVE-O2",
        "apps/live/services/ops.py",
        "if row.user_id != actor.id or row.content_sha256 != content:",
        "if row.user_id is None:",
        named(OPS, "test_LIVE_O2_an_op_id_belongs_to_one_person_and_one_content"),
    ),
    Mutation(
        "a second answer takes another op out of the browser's queue",
        "LIVE-O2",
        "frontend/src/protocol/opQueue.ts",
        "queue.waiting.filter((op) => op.op_id !== ack.op_id)",
        "queue.waiting.slice(1)",
        (QUEUE_TS,),
    ),
    Mutation(
        "a stale version is taken",
        "LIVE-O3",
        "apps/core/versions.py",
        "if row.version != version:",
        "if row.version < 0:",
        named(OPS, "test_LIVE_O3_a_stale_version_is_rejected_with_the_current_entity"),
    ),
    Mutation(
        "a refusal does not say what stands",
        "LIVE-O3",
        "apps/live/services/ops.py",
        "current=current if isinstance(current, dict) else None,",
        "current=None,",
        named(OPS, "test_LIVE_O3_a_stale_version_is_rejected_with_the_current_entity"),
    ),
    Mutation(
        "a refusal that passes is kept for ever",
        "LIVE-O3",
        "apps/live/services/ops.py",
        "PASSING = (Unavailable, RateLimited)",
        "PASSING = ()",
        named(OPS, "test_LIVE_O3_an_unavailable_dependency_is_not_kept_as_the_outcome"),
    ),
    Mutation(
        "writes of REST are not logged",
        "LIVE-O6",
        "apps/live/log.py",
        "    _note_recorded()\n    for session_id in sessions:",
        "    _note_recorded()\n    for session_id in sessions if _op_scope.get() else ():",
        named(OPS, "test_LIVE_O6_a_rest_write_appends_the_same_single_event"),
    ),
    Mutation(
        "only one room of the case hears a write",
        "LIVE-O6",
        "apps/live/log.py",
        "    for session_id in sessions:\n        seq = _append(",
        "    for session_id in sessions[:1]:\n        seq = _append(",
        named(OPS, "test_LIVE_O6_both_rooms_of_a_case_hear_a_write"),
    ),
)
