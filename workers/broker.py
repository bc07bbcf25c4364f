"""The brokers that carry doorbells: Redis or RabbitMQ between processes, memory when embedded.

A message says only "there may be something"; PostgreSQL has the facts. So nothing is retried,
nothing is kept: a lost message costs at most the pumps' poll.
"""

from queue import Empty
from typing import Any, cast

from dramatiq import Broker, Message, MessageProxy
from dramatiq.broker import Consumer
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.errors import QueueNotFound
from dramatiq.middleware import AgeLimit, Middleware
from redis import Redis

from workers.settings import PREFIX, Settings, SettingsError

SOCKET_TIMEOUT = 0.2
"""Seconds; a doorbell is never worth more waiting."""

PATIENCE = 2.0
"""Seconds for RabbitMQ's handshake, which takes several round trips; afterwards it stays open."""

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
    return RedisBroker(
        client=client, middleware=_middleware(), namespace="flowengine", dead_message_ttl=60_000
    )


def waiting(broker: Broker, queue: str) -> int:
    """Doorbells of `queue` that nobody has taken. Blocks for one round trip to the broker."""
    known: Any = broker
    if isinstance(broker, RedisBroker):
        return cast("int", known.client.llen(f"flowengine:{queue}"))
    if isinstance(broker, StubBroker):
        return cast("int", broker.queues[queue].qsize())
    return cast("int", known.get_queue_message_counts(queue)[0])


def _middleware() -> list[Middleware]:
    return [AgeLimit()]


_message = cast("Any", Message)


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
