"""What is counted of a web process: plain numbers, which its loop writes and another thread reads."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Final, Protocol

import structlog
from prometheus_client import Metric as Family
from prometheus_client.registry import Collector

from common.metrics import definitions
from common.metrics.counts import Distribution
from common.metrics.families import by_one, family, histogram, one
from common.metrics.server import PageServer
from common.metrics.showing import health_page, metrics_page, registry_of

ANSWER_SECONDS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 8, 10)
"""Behind 8 s come those for which the workers had no answer in time."""

_log = structlog.get_logger()


class WebCounts:
    """Counts since the start, and how many streams are open now."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str]] = Counter()
        """By route and status."""
        self.seconds: defaultdict[str, Distribution] = defaultdict(lambda: Distribution(ANSWER_SECONDS))
        """By route, from the request to the beginning of its answer."""
        self.streams_open = 0
        self.messages = 0


class PushNumbers(Protocol):
    """What is counted of notifications: by result, and how many telephones are held."""

    notifications: Counter[str]
    held: int


class _WebCollector(Collector):
    def __init__(
        self,
        process: str,
        counts: WebCounts,
        push: PushNumbers | None,
        trouble: Callable[[], str | None],
    ) -> None:
        self._process, self._counts, self._push, self._trouble = process, counts, push, trouble

    def collect(self) -> Iterator[Family]:
        """All families but those of the process."""
        counts = self._counts
        yield family(self._process, definitions.READY, one(self._trouble() is None))
        yield family(self._process, definitions.HTTP_REQUESTS, counts.answers.copy().items())
        yield histogram(self._process, definitions.HTTP_SECONDS, counts.seconds.copy())
        yield family(self._process, definitions.STREAMS_OPEN, one(counts.streams_open))
        yield family(self._process, definitions.STREAM_MESSAGES, one(counts.messages))
        if (push := self._push) is not None:
            yield family(self._process, definitions.PUSH_NOTIFICATIONS, by_one(push.notifications.copy()))
            yield family(self._process, definitions.PUSH_HELD, one(push.held))


class WebMetrics:
    """Shows `counts` of the process that is called `process` (`web`, `board`) at a port of its own; `trouble`
    says what keeps it from its work, and `push` counts notifications where there are any. Raises
    SettingsError where the port cannot be had."""

    def __init__(
        self,
        process: str,
        counts: WebCounts,
        push: PushNumbers | None,
        trouble: Callable[[], str | None],
        address: str,
        port: int,
    ) -> None:
        registry = registry_of(process, [_WebCollector(process, counts, push, trouble)])
        pages = {
            "/metrics": lambda: metrics_page(registry),
            "/livez": lambda: health_page(None),
            "/readyz": lambda: health_page(trouble()),
        }
        self._address, self._server = address, PageServer(address, port, pages)

    def begin(self) -> None:
        """Shows them from now on."""
        self._server.start()
        _log.info("metrics shown", address=self._address, port=self._server.port)

    def end(self) -> None:
        """Shows nothing any more."""
        self._server.stop()
