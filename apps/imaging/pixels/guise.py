"""A series as the holder of a de-identified ticket sees it."""

import gzip
from functools import lru_cache
from uuid import UUID

import orjson

from apps.imaging.archive.reader import SeriesArchive, open_series
from apps.imaging.projection import Projection

EXPLICIT_LE = "1.2.840.10008.1.2.1"


@lru_cache(maxsize=256)
def projection_of(grant_id: UUID) -> Projection:
    return Projection(grant_id=grant_id)


@lru_cache(maxsize=32)
def projected_gz(archive_key: str, grant_id: UUID) -> bytes:
    projection = projection_of(grant_id)
    archive = open_series(archive_key)
    cleared = not archive.manifest["deidentifiable"]
    documents = []
    for one, profile in zip(archive.instances, archive.viewer_profile(), strict=True):
        if archive.keeps_source_codestream(one["sop_instance_uid"]):
            profile["00083002"] = {"vr": "UI", "Value": [EXPLICIT_LE]}
        documents.append(projection.project(profile, pixels_cleared=cleared))
    return gzip.compress(orjson.dumps(documents), 6, mtime=0)


@lru_cache(maxsize=64)
def original_uids(archive_key: str, grant_id: UUID) -> dict[str, str]:
    projection = projection_of(grant_id)
    archive = open_series(archive_key)
    return {
        projection.uid(one["sop_instance_uid"]): one["sop_instance_uid"]
        for one in archive.instances
    }


def decoded_frame(archive: SeriesArchive, sop_instance_uid: str, frame: int) -> bytes:
    values = archive.decode(sop_instance_uid, frame)
    return values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
