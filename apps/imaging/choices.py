"""The states of imaging, each with its allowed moves, and the types of DICOM objects."""

from django.db import models


class AuthKind(models.TextChoices):
    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"


class StudyState(models.TextChoices):
    QUEUED = "queued"
    INGESTING = "ingesting"
    READY = "ready"
    FAILED = "failed"


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


JOB_MOVES: dict[str, frozenset[str]] = {
    JobState.QUEUED: frozenset({JobState.RUNNING, JobState.FAILED}),
    JobState.RUNNING: frozenset({JobState.DONE, JobState.FAILED, JobState.QUEUED}),
    JobState.FAILED: frozenset({JobState.QUEUED}),
    JobState.DONE: frozenset({JobState.QUEUED}),
}


class StudySource(models.TextChoices):
    PACS = "pacs"
    UPLOAD = "upload"


class SeriesKind(models.TextChoices):
    """What a series is to the board, from its SOP classes (PS3.4 B.5)."""

    IMAGE = "image"
    SEG = "seg"
    SR = "sr"
    RTSTRUCT = "rtstruct"
    RTPLAN = "rtplan"
    RTDOSE = "rtdose"
    REG = "reg"
    KOS = "kos"
    PR = "pr"
    PDF = "pdf"
    PARAMETRIC_MAP = "parametric_map"
    REAL_WORLD_VALUE = "rwv"
    WAVEFORM = "waveform"
    RTRECORD = "rtrecord"
    DOCUMENT = "document"
    ANNOTATION = "annotation"
    SURFACE = "surface"
    RAW = "raw"
    OTHER = "other"


class TokenScope(models.TextChoices):
    """What a machine client may do; nothing implies anything else."""

    READ = "dicomweb:read", "Query and retrieve"
    WRITE = "dicomweb:write", "Store"
    AI_UNREVIEWED = "ai:unreviewed", "See AI objects that nobody has reviewed"


class ImportState(models.TextChoices):
    RECEIVING = "receiving", "Files are being uploaded"
    PENDING = "pending", "Waiting for a worker"
    RUNNING = "running", "Files are being read"
    WAITING = "waiting", "Somebody has to say whose images these are"
    DONE = "done", "Every file has its verdict"
    FAILED = "failed", "Cut off by an error"
    CANCELLED = "cancelled", "Given up before everything had arrived"


IMPORT_MOVES: dict[str, frozenset[str]] = {
    ImportState.RECEIVING: frozenset({ImportState.PENDING, ImportState.CANCELLED}),
    ImportState.PENDING: frozenset({ImportState.RUNNING}),
    ImportState.RUNNING: frozenset(
        {ImportState.PENDING, ImportState.WAITING, ImportState.DONE, ImportState.FAILED}
    ),
    ImportState.WAITING: frozenset({ImportState.PENDING, ImportState.DONE}),
    ImportState.DONE: frozenset(),
    ImportState.FAILED: frozenset(),
    ImportState.CANCELLED: frozenset(),
}


class FileVerdict(models.TextChoices):
    PENDING = "pending"
    STORED = "stored"
    DUPLICATE = "duplicate"
    HELD = "held"
    REJECTED = "rejected"


class SourceState(models.TextChoices):
    """Where an archived object stands to its PACS. Only what the PACS holds may be evicted."""

    OURS = "ours", "Never seen in a PACS"
    HELD = "held", "The PACS holds the same object"
    CHANGED = "changed", "The PACS holds another object under this UID"
    GONE = "gone", "The PACS no longer lists it"
    REPLACED = "replaced", "Fetched again after eviction, with other content"
    ELSEWHERE = "elsewhere", "From a PACS that stood in; the study's own has not listed it since"


FETCHABLE_STATES = frozenset({SourceState.HELD, SourceState.REPLACED})


class ImagesState(models.TextChoices):
    """How complete a case's images are, by the PACS's own counts."""

    NONE = "none"
    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    UNREACHABLE = "unreachable"
    UNKNOWN = "unknown"
