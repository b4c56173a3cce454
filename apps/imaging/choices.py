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
    OTHER = "other"


class TokenScope(models.TextChoices):
    """What a machine client may do; nothing implies anything else."""

    READ = "dicomweb:read", "Query and retrieve"
    WRITE = "dicomweb:write", "Store"
    AI_UNREVIEWED = "ai:unreviewed", "See AI objects that nobody has reviewed"


class ImportState(models.TextChoices):
    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FileVerdict(models.TextChoices):
    PENDING = "pending"
    STORED = "stored"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"
