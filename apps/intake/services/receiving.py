"""A list arrives: read, mapped as the site mapped it before or by its headings, checked."""

from uuid import UUID

from django.db import transaction

from apps.accounts.models import User
from apps.audit.services import record_entry
from apps.core.actors import Actor
from apps.core.exceptions import InvalidInput
from apps.intake import policies
from apps.intake.choices import DATE_FIELDS
from apps.intake.columns import guess_columns, signature
from apps.intake.dates import decide_order
from apps.intake.models import IntakeList, IntakeRow, SiteMapping
from apps.intake.reading import Table, read_file, read_text
from apps.intake.reading.cells import clean_cell
from apps.intake.services.checks import check_list
from apps.intake.services.studies import ask_pacs


def receive_list(
    *,
    actor: Actor,
    board_id: UUID,
    text: str = "",
    content: bytes | None = None,
    file_name: str = "",
) -> IntakeList:
    """Take in a pasted table (``text``) or a file (``content``) for one board.

    Raises
    ------
    NotVisible, Forbidden
        The board is not the actor's to know, or to run.
    InvalidInput, TooLarge
        What ``reading`` refuses; nothing is kept then.
    """
    policies.run_board(actor=actor, board_id=board_id)
    if (content is None) == (not text.strip()):
        raise InvalidInput("Send a text or a file.", code="list_empty")
    table = read_text(text) if content is None else read_file(content)
    return _keep(actor=actor, board_id=board_id, table=table, file_name=file_name)


@transaction.atomic
def _keep(*, actor: Actor, board_id: UUID, table: Table, file_name: str) -> IntakeList:
    institution_id = (
        User.objects.filter(pk=actor.person_id).values_list("institution_id", flat=True).get()
    )
    digest = signature(table.headers) if table.has_headings else f"columns:{len(table.headers)}"
    known = SiteMapping.objects.filter(
        institution_id=institution_id, headings_sha256=digest
    ).first()
    mapping = known.mapping if known else guess_columns(table.headers)
    intake_list = IntakeList.objects.create(
        board_id=board_id,
        institution_id=institution_id,
        created_by_id=actor.person_id,
        source=table.source,
        file_name=clean_cell(file_name)[-200:],
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheet=table.sheet,
        headings=table.headers,
        headings_sha256=digest,
        is_known=known is not None,
        mapping=mapping,
        date_orders=_orders_that_fit(known, table) if known else {},
        issuer=known.issuer if known else "",
    )
    IntakeRow.objects.bulk_create(
        IntakeRow(intake_list=intake_list, position=number, cells=cells)
        for number, cells in enumerate(table.rows, start=1)
    )
    check_list(actor=actor, intake_list=intake_list)
    record_entry(
        actor=actor,
        action="intake.received",
        entity="intake_list",
        entity_id=intake_list.pk,
        details={"rows": len(table.rows), "source": table.source, "known": known is not None},
    )
    ask_pacs(actor=actor, intake_list=intake_list)
    return intake_list


def _orders_that_fit(known: SiteMapping, table: Table) -> dict[str, str]:
    """A site's order of dates, unless this very column says the contrary."""
    orders = {}
    for name in DATE_FIELDS:
        order, column = known.date_orders.get(name), known.mapping.get(name)
        if order is None or column is None or column >= len(table.headers):
            continue
        seen, _ = decide_order(row[column] for row in table.rows)
        if seen == order or (seen is None and not _contradicts(table, column)):
            orders[str(name)] = order
    return orders


def _contradicts(table: Table, column: int) -> bool:
    """Days above twelve on both sides: no order reads all of it."""
    seen = {decide_order([row[column]])[0] for row in table.rows} - {None}
    return len(seen) > 1
