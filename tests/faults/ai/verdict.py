"""Was anything lost or doubled? By the database, by Orthanc, by the disk, by the audit trail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

Row = dict[str, object]


@dataclass
class Facts:
    """What is there when everything has come to rest.

    Attributes
    ----------
    expected
        Series Instance UID of each question to (state, reason code, number of findings).
    jobs
        One row per job: ``series_uid``, ``state``, ``reason_code``, ``numbers`` (of its
        findings), ``has_lease``, ``completions`` (entries of the trail that it was completed).
    exports
        One row per export: ``finding``, ``state``, ``has_lease``, ``completions``.
    owed
        Accepted findings; each must have exactly one export.
    must_hold
        SOP Instance UID to (Study Instance UID, SHA-256): the images, and the objects of every
        accepted finding as this house keeps them.
    listed
        What QIDO-RS lists, as (Study, SOP Instance UID).
    held
        What Orthanc's own API holds, as (SOP Instance UID, SHA-256 of its bytes).
    indexed
        What our archive's index holds of the objects we made: (SOP Instance UID, SHA-256).
    kept, named
        Files in the store of results, and those that a row names.
    leftovers
        Whatever a dead process left: scratch, drafts, processes; one word each.
    unsent, unsealed
        Messages still in the outbox, entries of the trail without a seal.
    broken
        Why the trail's chain does not hold; empty when it does.
    """

    expected: dict[str, tuple[str, str, int]]
    jobs: list[Row]
    exports: list[Row]
    owed: list[str]
    must_hold: dict[str, tuple[str, str]]
    listed: list[tuple[str, str]]
    held: list[tuple[str, str]]
    indexed: list[tuple[str, str]]
    results: set[str] = field(default_factory=set)
    kept: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    leftovers: list[str] = field(default_factory=list)
    unsent: int = 0
    unsealed: int = 0
    broken: str = ""


def judge(facts: Facts) -> list[str]:
    """One line per loss; none when everything is there once."""
    return [
        *_job_losses(facts),
        *_export_losses(facts),
        *_pacs_losses(facts),
        *_archive_losses(facts),
        *(f"left behind: {one}" for one in facts.leftovers),
        *([f"{facts.unsent} messages are still in the outbox"] if facts.unsent else []),
        *([f"{facts.unsealed} entries of the trail are not sealed"] if facts.unsealed else []),
        *([f"the trail is broken: {facts.broken}"] if facts.broken else []),
    ]


def _job_losses(facts: Facts) -> list[str]:
    losses = []
    times = Counter(str(job["series_uid"]) for job in facts.jobs)
    for uid in facts.expected:
        if times[uid] != 1:
            losses.append(f"the question about {uid} has {times[uid]} jobs")
    losses += [f"nobody asked about {uid}" for uid in times if uid not in facts.expected]
    for job in facts.jobs:
        uid = str(job["series_uid"])
        state, reason, findings = facts.expected.get(uid, ("", "", 0))
        found = (job["state"], job["reason_code"])
        if found != (state, reason):
            losses.append(f"the job of {uid} ended {found}, not {(state, reason)}")
        if job["numbers"] != list(range(1, findings + 1)):
            losses.append(f"the job of {uid} has findings {job['numbers']}, not {findings}")
        if job["has_lease"]:
            losses.append(f"the job of {uid} still has a lease")
        completions = int(state in {"findings", "no_findings"})
        if job["completions"] != completions:
            losses.append(f"the job of {uid} was completed {job['completions']} times")
    return losses


def _export_losses(facts: Facts) -> list[str]:
    losses = []
    times = Counter(str(export["finding"]) for export in facts.exports)
    owed = set(facts.owed)
    losses += [f"finding {one} has {times[one]} exports" for one in owed if times[one] != 1]
    losses += [f"finding {one} was exported and not accepted" for one in times if one not in owed]
    for export in facts.exports:
        finding = export["finding"]
        if export["state"] != "stored":
            losses.append(f"the export of finding {finding} is {export['state']}")
        if export["has_lease"]:
            losses.append(f"the export of finding {finding} still has a lease")
        if export["completions"] != 1:
            losses.append(f"finding {finding} was exported {export['completions']} times")
    return losses


def _pacs_losses(facts: Facts) -> list[str]:
    studies = {(study, uid) for uid, (study, _) in facts.must_hold.items()}
    hashes = {(uid, sha256) for uid, (_, sha256) in facts.must_hold.items()}
    return [
        *_compare("QIDO lists", facts.listed, studies),
        *_compare("Orthanc holds", facts.held, hashes),
    ]


def _archive_losses(facts: Facts) -> list[str]:
    ours = {(uid, sha256) for uid, (_, sha256) in facts.must_hold.items() if uid in facts.results}
    losses = _compare("our archive lists", facts.indexed, ours)
    losses += [f"a result is not kept: {one}" for one in sorted(facts.named - facts.kept)]
    losses += [f"kept, and nobody's: {one}" for one in sorted(facts.kept - facts.named)]
    return losses


def _compare(
    who: str, found: Iterable[tuple[str, str]], expected: set[tuple[str, str]]
) -> list[str]:
    times = Counter(found)
    losses = [f"{who} {one} {count} times" for one, count in times.items() if count > 1]
    losses += [f"{who} a stray {one}" for one in times if one not in expected]
    losses += [f"{who} no {one}" for one in expected if one not in times]
    return losses
