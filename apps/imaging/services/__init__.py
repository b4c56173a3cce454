"""Everything that changes imaging. Each module is one concern; this is the public door."""

from apps.imaging.services.checking import check_study
from apps.imaging.services.clearing import clear_pictures, withhold_pictures
from apps.imaging.services.importing import import_files, open_import, process_import
from apps.imaging.services.ingesting import queue_ingest, retry_ingest, run_ingest
from apps.imaging.services.linking import link_archived_study, link_study
from apps.imaging.services.pacs import (
    create_connection,
    delete_connection,
    ensure_connection_from_settings,
    update_connection,
)
from apps.imaging.services.pacs import test_connection as test_connection
from apps.imaging.services.prefetching import note_case_opened, prefetch_case
from apps.imaging.services.receiving import receive_objects
from apps.imaging.services.reconciling import reconcile_import
from apps.imaging.services.retention import enforce_budget, evict_series, keep_archive
from apps.imaging.services.searching import search_studies
from apps.imaging.services.storing import StoreOutcome, store_objects
from apps.imaging.services.tickets import MintedTicket, mint_ticket
from apps.imaging.services.tokens import MintedToken, create_token, revoke_token
from apps.imaging.services.uploading import (
    AnnouncedFile,
    cancel_upload,
    omit_file,
    open_upload,
    receive_piece,
)

__all__ = [
    "AnnouncedFile",
    "MintedTicket",
    "MintedToken",
    "StoreOutcome",
    "cancel_upload",
    "check_study",
    "clear_pictures",
    "create_connection",
    "create_token",
    "delete_connection",
    "enforce_budget",
    "ensure_connection_from_settings",
    "evict_series",
    "import_files",
    "keep_archive",
    "link_archived_study",
    "link_study",
    "mint_ticket",
    "note_case_opened",
    "omit_file",
    "open_import",
    "open_upload",
    "prefetch_case",
    "process_import",
    "queue_ingest",
    "receive_objects",
    "receive_piece",
    "reconcile_import",
    "retry_ingest",
    "revoke_token",
    "run_ingest",
    "search_studies",
    "store_objects",
    "test_connection",
    "update_connection",
    "withhold_pictures",
]
