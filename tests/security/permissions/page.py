"""The table as a page for people: docs/permissions.md."""

from __future__ import annotations

from collections import defaultdict

from tests.security.permissions.table import NONE, OTHER, OWN, Table

HEAD = """# Permissions

<!-- Printed from tests/security/permissions/table.json: python -m tests.security.permissions -->

Who may do what, by role. Membership opens a case and a board, never the role alone: everything of
a case or a board is there only for people of it (● in their own, nothing in another's: 404);
○ in theirs and in every other; · is refused (403, or 404 where it is not theirs to know).
Every route and every op of the live session is tried with every role in its own board, with
another board and with none (`tests/security/test_permissions.py`).

"""


def print_page(table: Table) -> str:
    named: dict[str, list[str]] = defaultdict(list)
    for kind in ("routes", "ops"):
        for name, permission in table.data[kind].items():
            named[permission].append(name)
    for policy, permission in table.data["policies"].items():
        named[permission].append(policy.removeprefix("apps.").replace(".policies.", "."))
    roles = list(table.data["roles"].items())
    lines = [
        "| permission | of the table | " + " | ".join(label for _, label in roles) + " |",
        "|---|---|" + "---|" * len(roles),
    ]
    for permission, said in sorted(table.permissions.items()):
        marks = " | ".join(_mark(table, permission, role) for role, _ in roles)
        lines.append(f"| `{permission}` | {said['row']} | {marks} |")
    lines += ["", "## What asks for each", ""]
    for permission in sorted(named):
        asks = ", ".join(f"`{one}`" for one in sorted(named[permission]))
        lines.append(f"- **{permission}**: {asks}")
    return HEAD + "\n".join(lines) + "\n"


def _mark(table: Table, permission: str, role: str) -> str:
    allowed = {
        standing: table.cell(permission=permission, role=role, standing=standing).is_allowed
        for standing in (OWN, OTHER, NONE)
    }
    if allowed[OWN] and allowed[OTHER]:
        return "○"
    return "●" if allowed[OWN] else "·"
