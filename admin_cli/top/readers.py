"""What reads each part of the picture; none changes anything, each takes a bounded time."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from admin_cli.broker.dead_letters import DeadLetters
from admin_cli.broker.inspection import QueueState, inspecting
from admin_cli.broker.management import vhost_of
from admin_cli.broker.traffic import MetricsAddress, QueueTraffic, Traffic, WorkerTraffic
from admin_cli.database.slow_clinics import ClinicReader, ClinicReading
from admin_cli.doctor.database_checks import tick_grace
from admin_cli.top.picture import BrokerPicture, LetterPicture, Missing, WorkerLine
from admin_cli.top.worker_pages import Answer, reachable, read_pages
from common.errors import BrokerUnavailable
from common.settings import Settings
from common.storage.engine import open_engine
from common.storage.schema import check_schema
from common.translation import N_

LETTERS_READ_MAX: Final = 50
"""Dead letters that are shown; each reading holds them for a moment."""

RETRIED_AMONG_MAX: Final = 1_000
"""Dead letters among which one is looked for that is to be sent again."""

_HOSTS_NAMED_MAX: Final = 5

_NO_MANAGEMENT: Final = N_(
    "Rates and workers are not shown: set ANTREAN_MANAGEMENT_URL (http://deploy:PASSWORD@host:15672/) and"
    " enable the plugin rabbitmq_management."
)
_MANAGEMENT_FAILED: Final = N_("Rates and workers are not shown: {reason}")
_NO_METRICS: Final = N_(
    "Latency is not shown: start the workers with ANTREAN_METRICS_PORT=0 or a port for each."
)
_METRICS_ELSEWHERE: Final = N_(
    "Latency on {hosts} is not shown: the metrics there are for the machine itself; see"
    " ANTREAN_METRICS_ADDRESS, or run this there."
)
NO_DATABASE: Final = N_("Clinics are not shown: set ANTREAN_DATABASE_URL.")


class BrokerReader:
    """Reads queues and workers, by the management API, or as far as AMQP tells. Latency is of the time since
    the reading before."""

    def __init__(self, settings: Settings) -> None:
        self._amqp_url = settings.require_amqp_url()
        url = settings.management_url
        self._traffic = None if url is None else Traffic(url, vhost_of(self._amqp_url))
        self._answers: Mapping[MetricsAddress, Answer] = {}

    def read(self) -> BrokerPicture:
        """Raises BrokerUnavailable where neither tells anything."""
        if self._traffic is None:
            return BrokerPicture(self._by_amqp(), None, [Missing(_NO_MANAGEMENT)])
        try:
            queues, workers = self._traffic.queues(), self._traffic.workers()
        except BrokerUnavailable as error:
            return BrokerPicture(self._by_amqp(), None, [Missing(_MANAGEMENT_FAILED, {"reason": error})])
        before, self._answers = self._answers, read_pages(each.metrics for each in workers if each.metrics)
        lines = [_line(each, before, self._answers) for each in workers]
        return BrokerPicture(queues, lines, _missing_metrics(workers))

    def _by_amqp(self) -> list[QueueTraffic]:
        with inspecting(self._amqp_url) as inspection:
            return [_counted(name, state) for name, state in inspection.queue_states().items()]


def read_letters(amqp_url: str) -> LetterPicture:
    """The first dead letters; raises BrokerUnavailable and RequestNotTaken."""
    with DeadLetters(amqp_url) as source:
        letters = list(source.read(LETTERS_READ_MAX))
        return LetterPicture(letters, source.unread)


def retry_letter(amqp_url: str, letter_id: str) -> int:
    """Sends the dead letters with this id again, and says how many; raises as `read_letters` does."""
    count = 0
    with DeadLetters(amqp_url) as source:
        for letter in source.read(RETRIED_AMONG_MAX):
            if letter.id == letter_id and letter.obstacle is None:
                source.retry(letter)
                count += 1
    return count


def clinic_reader(settings: Settings) -> Callable[[str | None], ClinicReading]:
    """What reads the slowest clinics, of one hospital or of all. It raises StoreUnavailable and
    SchemaMismatch."""
    engine = open_engine(settings.require_database_url())
    reader, clock, grace = ClinicReader(engine), settings.clock(), tick_grace(settings)
    checked = False

    def read(hospital: str | None) -> ClinicReading:
        nonlocal checked
        if not checked:
            check_schema(engine)
            checked = True
        return reader.read(clock.now(), grace, hospital)

    return read


def _counted(name: str, state: QueueState) -> QueueTraffic:
    return QueueTraffic(name, state.messages, None, state.consumers)


def _line(
    worker: WorkerTraffic,
    before: Mapping[MetricsAddress, Answer],
    now: Mapping[MetricsAddress, Answer],
) -> WorkerLine:
    if worker.metrics is None:
        return WorkerLine(worker)
    page, is_silent = now[worker.metrics]
    if page is None:
        return WorkerLine(worker, is_silent=is_silent)
    earlier = before.get(worker.metrics, Answer()).page
    batches = 0.0 if earlier is None else page.batches - earlier.batches
    if earlier is None or batches <= 0:  # it did nothing, or was started again
        return WorkerLine(worker, bool(page.ready))
    return WorkerLine(worker, bool(page.ready), (page.batch_seconds - earlier.batch_seconds) / batches)


def _missing_metrics(workers: Sequence[WorkerTraffic]) -> list[Missing]:
    if not workers:
        return []
    addresses = [each.metrics for each in workers if each.metrics is not None]
    if not addresses:
        return [Missing(_NO_METRICS)]
    hosts = sorted({each.host for each in addresses if reachable(each) is None})
    shown = [*hosts[:_HOSTS_NAMED_MAX], *(["..."] if len(hosts) > _HOSTS_NAMED_MAX else [])]
    return [Missing(_METRICS_ELSEWHERE, {"hosts": ", ".join(shown)})] if hosts else []
