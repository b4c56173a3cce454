"""Gauges computed when `/metrics` is read; request timings come from django-prometheus."""

import logging
import shutil
from collections.abc import Iterator

import redis
from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from apps.core.models import Heartbeat, OutboxMessage

logger = logging.getLogger(__name__)

QUEUES = ("default", "ai")
REDIS_TIMEOUT_S = 2.0


class HouseCollector(Collector):
    """Outbox backlog, queue lengths, heartbeat ages, archive room.

    A source that does not answer is left out of the reading and counted in
    ``consilium_metrics_sources_failing``: a gap in a graph is honest, a zero is not.
    """

    def describe(self) -> list[GaugeMetricFamily]:
        return []  # so that registering does not query the database

    def collect(self) -> Iterator[GaugeMetricFamily]:
        failing = 0
        for source in (_read_database, _read_broker, _read_archive):
            try:
                yield from source()
            except (DatabaseError, redis.RedisError, OSError) as error:
                logger.warning("metrics: %s (%s)", source.__name__, type(error).__name__)
                failing += 1
        yield GaugeMetricFamily(
            "consilium_metrics_sources_failing", "Sources that did not answer", value=failing
        )


def _read_database() -> list[GaugeMetricFamily]:
    unsent = OutboxMessage.objects.filter(sent_at__isnull=True).count()
    ages = GaugeMetricFamily(
        "consilium_heartbeat_age_seconds", "Since a process last spoke", labels=["process"]
    )
    now = timezone.now()
    for name, at in Heartbeat.objects.values_list("name", "at"):
        ages.add_metric([name], (now - at).total_seconds())
    backlog = GaugeMetricFamily("consilium_outbox_unsent", "Tasks owed, not sent", value=unsent)
    return [backlog, ages]


def _read_broker() -> list[GaugeMetricFamily]:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=REDIS_TIMEOUT_S)
    lengths = GaugeMetricFamily(
        "consilium_queue_length", "Messages waiting in a Celery queue", labels=["queue"]
    )
    try:
        for queue in QUEUES:
            lengths.add_metric([queue], client.llen(queue))
    finally:
        client.close()
    return [lengths]


def _read_archive() -> list[GaugeMetricFamily]:
    free_bytes = shutil.disk_usage(settings.ARCHIVE_ROOT).free
    return [GaugeMetricFamily("consilium_archive_free_bytes", "Room left", value=free_bytes)]


REGISTRY.register(HouseCollector())
