"""The judge of the chaos sees each kind of loss: a harness that finds nothing proves nothing."""

from collections.abc import Callable

import pytest

from tests.faults.ai.verdict import Facts, judge


def _facts() -> Facts:
    """Two questions: one with an accepted finding in the PACS, one that failed as it must."""
    return Facts(
        expected={"1.1": ("findings", "", 1), "1.2": ("failed", "damaged", 0)},
        jobs=[
            {
                "series_uid": "1.1",
                "state": "findings",
                "reason_code": "",
                "numbers": [1],
                "has_lease": False,
                "completions": 1,
            },
            {
                "series_uid": "1.2",
                "state": "failed",
                "reason_code": "damaged",
                "numbers": [],
                "has_lease": False,
                "completions": 0,
            },
        ],
        exports=[{"finding": "f", "state": "stored", "has_lease": False, "completions": 1}],
        owed=["f"],
        must_hold={"9.1": ("1", "image"), "9.2": ("1", "seg")},
        listed=[("1", "9.1"), ("1", "9.2")],
        held=[("9.1", "image"), ("9.2", "seg")],
        indexed=[("9.2", "seg")],
        results={"9.2"},
        kept={"seg"},
        named={"seg"},
    )


def test_what_is_whole_has_no_losses() -> None:
    assert judge(_facts()) == []


SPOILT: list[tuple[Callable[[Facts], object], str]] = [
    (lambda one: one.jobs.pop(), "1.2 has 0 jobs"),
    (lambda one: one.jobs.append(one.jobs[0]), "1.1 has 2 jobs"),
    (lambda one: one.expected.pop("1.2"), "nobody asked about 1.2"),
    (lambda one: one.jobs[0].update(state="no_findings"), "ended ('no_findings', '')"),
    (lambda one: one.jobs[1].update(reason_code="quarantined"), "ended ('failed', 'quarantined')"),
    (lambda one: one.jobs[0].update(numbers=[1, 2]), "findings [1, 2], not 1"),
    (lambda one: one.jobs[0].update(numbers=[]), "findings [], not 1"),
    (lambda one: one.jobs[0].update(has_lease=True), "still has a lease"),
    (lambda one: one.jobs[0].update(completions=2), "was completed 2 times"),
    (lambda one: one.jobs[0].update(completions=0), "was completed 0 times"),
    (lambda one: one.exports.clear(), "finding f has 0 exports"),
    (lambda one: one.exports.append(one.exports[0]), "finding f has 2 exports"),
    (lambda one: one.owed.clear(), "finding f was exported and not accepted"),
    (lambda one: one.exports[0].update(state="queued"), "finding f is queued"),
    (lambda one: one.exports[0].update(has_lease=True), "finding f still has a lease"),
    (lambda one: one.exports[0].update(completions=2), "finding f was exported 2 times"),
    (lambda one: one.listed.append(("1", "9.2")), "QIDO lists ('1', '9.2') 2 times"),
    (lambda one: one.listed.remove(("1", "9.2")), "QIDO lists no ('1', '9.2')"),
    (lambda one: one.listed.append(("2", "9.2")), "QIDO lists a stray ('2', '9.2')"),
    (lambda one: one.held.append(("9.3", "x")), "Orthanc holds a stray ('9.3', 'x')"),
    (lambda one: one.held.append(("9.2", "seg")), "Orthanc holds ('9.2', 'seg') 2 times"),
    (lambda one: one.held.__setitem__(1, ("9.2", "other")), "Orthanc holds no ('9.2', 'seg')"),
    (lambda one: one.indexed.clear(), "our archive lists no ('9.2', 'seg')"),
    (lambda one: one.indexed.append(("9.1", "image")), "our archive lists a stray"),
    (lambda one: one.kept.clear(), "a result is not kept: seg"),
    (lambda one: one.kept.add("more"), "kept, and nobody's: more"),
    (lambda one: one.leftovers.append("scratch x"), "left behind: scratch x"),
    (lambda one: setattr(one, "unsent", 1), "1 messages are still in the outbox"),
    (lambda one: setattr(one, "unsealed", 1), "1 entries of the trail are not sealed"),
    (lambda one: setattr(one, "broken", "position 3 is missing"), "the trail is broken"),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILT, ids=[said for _, said in SPOILT])
def test_each_kind_of_loss_is_told(spoil: Callable[[Facts], object], said: str) -> None:
    facts = _facts()
    spoil(facts)
    assert any(said in one for one in judge(facts)), judge(facts)
