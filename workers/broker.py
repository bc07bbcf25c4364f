"""The brokers that carry doorbells: Redis or RabbitMQ between processes, memory when embedded.

A message says only "there may be something"; PostgreSQL has the facts. So nothing is retried,
nothing is kept: a lost message costs at most the pumps' poll.
"""

import time
from queue import Empty
from typing import Any, cast

from dramatiq import Broker, Message, MessageProxy
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import ConnectionClosed, QueueNotFound
from dramatiq.middleware import AgeLimit, Middleware
from redis import Redis, RedisError

from workers.settings import PREFIX, Settings, SettingsError

SOCKET_TIMEOUT = 0.2
"""Seconds; a doorbell is never worth more waiting."""

PATIENCE = 2.0
"""Seconds for RabbitMQ's handshake, which takes several round trips; afterwards it stays open."""

NAMESPACE = "flowengine"
"""Before the names of our keys in Redis."""

LONGEST_WAIT = 5.0
"""Seconds after which a Redis that answers no call of a waiting consumer is away."""

IN_VAIN = 0.05
"""Seconds that a consumer rests which was called for nothing."""

MOST_WAITING = 64
"""Doorbells in one queue of a broker: beyond it nobody answers, and one more would not help."""


def shared_broker(settings: Settings) -> Broker | None:
    """The settings' broker between processes; None where there is none: then the workers poll."""
    if settings.broker_url is not None:
        return rabbitmq_broker(settings.broker_url.get_secret_value())
    if settings.redis_url is not None:
        return redis_broker(settings.redis_url.get_secret_value())
    return None


def rabbitmq_broker(url: str) -> Broker:
    """Doorbells by RabbitMQ. Raises `SettingsError` where the library for it is not installed."""
    try:
        import pika
        from dramatiq.brokers.rabbitmq import RabbitmqBroker
    except ImportError:
        raise SettingsError(
            f"{PREFIX}BROKER_URL pede a biblioteca pika: instale requirements-production.txt, ou"
            f" deixe-a vazia e use {PREFIX}REDIS_URL."
        ) from None
    broker: Any = RabbitmqBroker(url=url, middleware=_middleware())
    parameters: Any = pika.URLParameters(url)
    parameters.socket_timeout = parameters.stack_timeout = PATIENCE
    parameters.blocked_connection_timeout = PATIENCE
    broker.parameters = parameters
    return broker


def redis_broker(url: str) -> RedisBroker:
    """Doorbells between processes. No result, no retry, dead letters forgotten in a minute."""
    connect: Any = Redis
    client: Any = connect.from_url(
        url, socket_timeout=SOCKET_TIMEOUT, socket_connect_timeout=SOCKET_TIMEOUT
    )
    broker = _ListeningBroker(
        client=client, middleware=_middleware(), namespace=NAMESPACE, dead_message_ttl=60_000
    )
    broker.waiter = connect.from_url(
        url, socket_timeout=LONGEST_WAIT, socket_connect_timeout=SOCKET_TIMEOUT
    )
    return broker


def waiting(broker: Broker, queue: str) -> int:
    """Doorbells of `queue` that nobody has taken. Blocks for one round trip to the broker."""
    known: Any = broker
    if isinstance(broker, RedisBroker):
        return cast("int", known.client.llen(f"{NAMESPACE}:{queue}"))
    if isinstance(broker, StubBroker):
        return cast("int", broker.queues[queue].qsize())
    return cast("int", known.get_queue_message_counts(queue)[0])


def _middleware() -> list[Middleware]:
    return [AgeLimit()]


_message = cast("Any", Message)


class _ListeningBroker(RedisBroker):
    """Dramatiq's broker on Redis, with consumers that wait at their queue.

    Its own ask each queue again and again, and one beside it for delayed messages, which doorbells
    never are: eight threads that were a fifth of a busy worker's CPU (measured).
    """

    waiter: Any = None
    """A client of its own: its answers come when somebody rings."""

    def declare_queue(self, queue_name: str) -> None:
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        return _ListeningConsumer(
            super().consume(queue_name, prefetch, timeout=1), self.waiter, queue_name, timeout
        )

    def close(self) -> None:
        known: Any = self
        for client in (known.client, self.waiter):
            client.close()


class _ListeningConsumer(Consumer):
    """`fetching` takes what is there; while nothing is, Redis answers as soon as there is."""

    def __init__(self, fetching: Consumer, waiter: Any, queue: str, timeout: int) -> None:
        self._fetching = fetching
        self._waiter = waiter
        self._list = f"{NAMESPACE}:{queue}"
        self._timeout = timeout / 1000
        self._called = False

    def ack(self, message: MessageProxy) -> None:
        self._fetching.ack(message)

    def nack(self, message: MessageProxy) -> None:
        self._fetching.nack(message)

    def __next__(self) -> MessageProxy | None:
        message = next(self._fetching)
        if message is not None:
            self._called = False
        elif self._called:
            # Another process was quicker, or all threads here are busy: nothing to run after.
            time.sleep(IN_VAIN)
            self._called = False
        else:
            self._called = self._wait()
        return message

    def _wait(self) -> bool:
        """Whether somebody rang within the timeout. Moving the last to the end changes nothing."""
        try:
            return bool(
                self._waiter.blmove(self._list, self._list, self._timeout, "RIGHT", "RIGHT")
            )
        except (RedisError, OSError) as error:
            raise ConnectionClosed(error) from None


class EmbeddedBroker(StubBroker):
    """Dramatiq's broker in memory, for one process.

    The stub is made for tests and keeps every failed message for ever, with its traceback; a
    product that runs for months must not.
    """

    def __init__(self) -> None:
        super().__init__(middleware=_middleware())

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 100) -> Consumer:
        if queue_name not in self.queues:
            raise QueueNotFound(queue_name)
        return _EmbeddedConsumer(self.queues[queue_name], timeout)


class _EmbeddedConsumer(Consumer):
    def __init__(self, queue: Any, timeout: int) -> None:
        self._queue = queue
        self._timeout = timeout / 1000

    def ack(self, message: MessageProxy) -> None:
        self._queue.task_done()

    def nack(self, message: MessageProxy) -> None:
        self._queue.task_done()

    def __next__(self) -> MessageProxy | None:
        try:
            return MessageProxy(_message.decode(self._queue.get(timeout=self._timeout)))
        except Empty:
            return None
