"""Which store holds the series of this installation."""

from datetime import timedelta
from functools import cache

from django.conf import settings

from apps.imaging.archive.store import DirectoryStore, SeriesStore

GIVE_UP_AFTER = timedelta(seconds=10)


def series_store() -> SeriesStore:
    """The bucket of ``CONSILIUM_ARCHIVE_S3``, or the directory."""
    bucket = settings.ARCHIVE_S3
    return _object_store(bucket, settings.ARCHIVE_S3_ENDPOINT) if bucket else DirectoryStore()


@cache
def _object_store(bucket: str, endpoint: str) -> SeriesStore:
    """Credentials and region come from the environment, as AWS's own tools read them."""
    from obstore.store import S3Store  # most installations never need it

    from apps.imaging.archive.object_store import ObjectStore

    return ObjectStore(
        S3Store.from_url(
            bucket,
            config={"endpoint": endpoint} if endpoint else {},
            client_options={
                "allow_http": endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=3),
                "timeout": timedelta(seconds=30),
            },
            retry_config={"max_retries": 3, "retry_timeout": GIVE_UP_AFTER},
        )
    )
