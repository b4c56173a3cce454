"""Of lesions: nothing across cases, one measurement a time point (LIVE-N3, N4)."""

from tests.protocol.mutation import Mutation, named

SERVICES = "tests/apps/annotations/test_lesions.py"
ROOM = "tests/apps/live/test_lesions.py"
ASSIGNING = "apps/annotations/services/assigning.py"

MUTATIONS = (
    Mutation(
        "a measurement is assigned to a lesion of any case",
        "LIVE-N3",
        ASSIGNING,
        "pk=lesion_id, case_id=measurement.case_id, removed_at__isnull=True",
        "pk=lesion_id, removed_at__isnull=True",
        named(SERVICES, "test_LIVE_N3_a_lesion_of_another_case_is_refused")
        + named(ROOM, "test_LIVE_N3_nothing_is_assigned_across_cases"),
    ),
    Mutation(
        "a lesion is measured twice at one time point",
        "LIVE-N4",
        ASSIGNING,
        "    if other is not None:\n",
        "    if other is not None and other.lesion_id is None:\n",
        named(SERVICES, "test_LIVE_N4_a_lesion_is_measured_once_a_study_and_kind")
        + named(
            ROOM,
            "test_LIVE_N4_the_second_measurement_of_a_time_point_is_refused_and_names_the_first",
        ),
    ),
)
