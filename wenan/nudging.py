"""Nudges between processes, by RQ on Redis: jobs that carry ids only.

Redis is asked for nothing that matters: flushed, restarted or gone, it costs seconds, because gateways and
keepers look at the ledger by themselves all the time.
"""

from __future__ import annotations

import atexit
import queue
import threading
from collections.abc import Callable, Mapping, Sequence

import structlog
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.timeouts import TimerDeathPenalty

from records.nudges import Nudge, Work

log = structlog.get_logger(__name__)

STALE_S = 30
"""A nudge that nobody took by then says nothing new: everybody has looked at the ledger meanwhile."""
MOST_WAITING = 200
REDIS_PATIENCE_S = 2.0
PAUSE_S = 2.0
LAST_WORDS_S = 1.0
"""How long a process that ends waits for its last nudges to go out."""

_listeners: dict[Work, Callable[[], None]] = {}
"""What a nudge does in this process, by the kind of work."""


def carry(work: str, subject_id: int) -> None:
    """The job: wake whoever does such work in the process that took it."""
    log.debug("nudged", work=work, subject=subject_id)
    listener = _listeners.get(Work(work))
    if listener is not None:
        listener()


class RedisNudges:
    """Sends nudges to whichever process is idle, and takes those that others sent."""

    def __init__(self, url: str) -> None:
        """``url``: redis://host:port/number. Nothing here connects yet, or ever raises for it."""
        self._url = url
        self._waiting: queue.Queue[Nudge | None] = queue.Queue(MOST_WAITING)
        self._sender: threading.Thread | None = None
        self._closing = threading.Event()
        self._starting = threading.Lock()

    def send(self, nudges: Sequence[Nudge]) -> None:
        """Pass nudges on from a thread of its own; those that are too many are left out."""
        with self._starting:
            if self._sender is None:
                self._sender = threading.Thread(target=self._send_all, name="nudges", daemon=True)
                self._sender.start()
                atexit.register(self.close)
        try:
            for nudge in nudges:
                self._waiting.put_nowait(nudge)
        except queue.Full:
            log.debug("a nudge was left out")

    def listen(self, does: Mapping[Work, Callable[[], None]]) -> None:
        """Take nudges for these kinds of work until the process ends; called in a thread of its own."""
        _listeners.update(does)
        thread = threading.Thread(target=self._take_all, args=(tuple(does),), name="nudged", daemon=True)
        thread.start()

    def close(self) -> None:
        """Send what is waiting, within a moment, and send no more."""
        self._closing.set()
        if self._sender is not None and self._sender.is_alive():
            try:
                self._waiting.put_nowait(None)
            except queue.Full:
                return
            self._sender.join(LAST_WORDS_S)

    def _send_all(self) -> None:
        redis = Redis.from_url(
            self._url, socket_timeout=REDIS_PATIENCE_S, socket_connect_timeout=REDIS_PATIENCE_S
        )
        queues = {work: _queue(work, redis) for work in Work}
        while (nudge := self._waiting.get()) is not None:
            try:
                queues[nudge.work].enqueue(
                    carry,
                    args=(nudge.work.value, nudge.subject_id),
                    ttl=STALE_S,
                    result_ttl=0,
                    failure_ttl=0,
                )
            except RedisError as error:
                log.warning("no nudges: Redis does not answer", problem=type(error).__name__)
                self._closing.wait(PAUSE_S)

    def _take_all(self, works: Sequence[Work]) -> None:
        while not self._closing.is_set():
            try:
                redis = Redis.from_url(self._url, socket_connect_timeout=REDIS_PATIENCE_S)
                worker = _ThreadWorker(
                    [_queue(work, redis) for work in works], connection=redis, serializer=JSONSerializer
                )
                worker.work(logging_level="ERROR")
            except Exception as error:  # noqa: BLE001 - RQ raises its own when Redis is flushed under a job
                # Nudges only save time: whatever it is, nobody may stop listening for good because of it.
                log.warning("no nudges for a moment", problem=type(error).__name__)
            self._closing.wait(PAUSE_S)


def _queue(work: Work, redis: Redis) -> Queue:
    return Queue(f"wenan-{work}", connection=redis, serializer=JSONSerializer)


class _ThreadWorker(SimpleWorker):
    """RQ's worker within a thread: signals belong to the process, and time runs out by a timer."""

    death_penalty_class = TimerDeathPenalty

    def _install_signal_handlers(self) -> None:
        """Only the main thread may have any."""
