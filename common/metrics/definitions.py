"""Every metric that a process shows: its name, its labels, and when to worry. Each series has the label
`worker` (registrar, ticker or status; web or board of the web processes) besides.

No label has a value that a stranger makes up: requests are those that lead to the worker's queues, or
`other`; problem codes are a closed list; routes are patterns of addresses, or `other`; hospitals and clinics
are those of the catalog.
"""

from enum import StrEnum
from typing import Final, NamedTuple


class Kind(StrEnum):
    """A type of metric, as Prometheus calls it."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Metric(NamedTuple):
    """A metric, whose `labels` come after `worker`."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()


INFO: Final = Metric("antrean_worker_info", Kind.GAUGE, "Always 1; says which version runs.", ("version",))
READY: Final = Metric(
    "antrean_ready",
    Kind.GAUGE,
    "1 while a worker consumes and publishes and its database answers, a web process is connected; else 0.",
)
RECEIVED: Final = Metric(
    "antrean_requests_received_total",
    Kind.COUNTER,
    "Messages that were handled, by request; more than answered and refused together where there are ticks.",
    ("request",),
)
ANSWERED: Final = Metric(
    "antrean_requests_answered_total",
    Kind.COUNTER,
    "Requests that were carried out and answered; none while others are received: look at the refusals.",
    ("request",),
)
REFUSED: Final = Metric(
    "antrean_requests_refused_total",
    Kind.COUNTER,
    "Requests that were answered with a problem; internal_error and temporarily_unavailable are ours.",
    ("request", "code"),
)
SURPLUS: Final = Metric(
    "antrean_surplus_refused_total",
    Kind.COUNTER,
    "Requests that were answered busy because their sender had too many waiting: somebody floods.",
    ("exchange",),
)
BATCH_SIZE: Final = Metric(
    "antrean_batch_size",
    Kind.HISTOGRAM,
    "Messages in one batch; at ANTREAN_BATCH_SIZE all the time, there are too few workers.",
    ("queue",),
)
BATCH_SECONDS: Final = Metric(
    "antrean_batch_seconds",
    Kind.HISTOGRAM,
    "How long one batch took, from reading it to sending its replies; slow: look at its parts.",
    ("queue",),
)
PART_SECONDS: Final = Metric(
    "antrean_batch_part_seconds_total",
    Kind.COUNTER,
    "Where the time of batches goes; mostly load, save and commit: the database is what to look at.",
    ("part",),
)
REPLY_DELAY: Final = Metric(
    "antrean_reply_delay_seconds",
    Kind.HISTOGRAM,
    "From when a request was sent, by its own timestamp in whole seconds, to its reply, within 900 s.",
    ("queue",),
)
OLDEST_UNANSWERED: Final = Metric(
    "antrean_oldest_unanswered_seconds",
    Kind.GAUGE,
    "How long ago the oldest request that waits at this worker was sent; at most 900 s, 0 where none waits.",
    ("queue",),
)
UNSETTLED: Final = Metric(
    "antrean_unsettled_deliveries",
    Kind.GAUGE,
    "Deliveries at this worker that are not acknowledged; for minutes at the prefetch: it is too slow.",
    ("queue",),
)
UNCONFIRMED: Final = Metric(
    "antrean_unconfirmed_messages",
    Kind.GAUGE,
    "Events and dead letters that the broker has not confirmed; growing, the broker takes nothing.",
)
DEAD_LETTERS: Final = Metric(
    "antrean_dead_letters_total",
    Kind.COUNTER,
    "Messages that were set aside because they could not be processed; every single one is to be looked at.",
)
DEAD_LETTERS_HELD: Final = Metric(
    "antrean_dead_letters_held",
    Kind.GAUGE,
    "Dead letters that antrean.dead does not take and that wait here; more than 0: make room there.",
)
QUARANTINED: Final = Metric(
    "antrean_quarantined_total",
    Kind.COUNTER,
    "Messages that came back so often that they may be what kills workers.",
)
EVENTS_DROPPED: Final = Metric(
    "antrean_events_dropped_total",
    Kind.COUNTER,
    "Events that a full queue of an integrator refused for good; publish them again.",
)
LINKS_LOST: Final = Metric(
    "antrean_links_lost_total",
    Kind.COUNTER,
    "Connections to the broker that were lost or could not be opened, by publisher or queue.",
    ("link",),
)
STORE_RETRIES: Final = Metric(
    "antrean_store_retries_total",
    Kind.COUNTER,
    "Batches that are tried again because the database did not answer, or lost to another transaction.",
)
TAKEN_APART: Final = Metric(
    "antrean_batches_taken_apart_total",
    Kind.COUNTER,
    "Batches in which something failed, so that each message was handled alone.",
)
CATALOG_VERSION: Final = Metric(
    "antrean_catalog_version",
    Kind.GAUGE,
    "The version of the catalog that the worker knows; workers that stay behind others have had no message.",
)

OF_EVERY_WORKER: Final = (
    INFO,
    READY,
    RECEIVED,
    ANSWERED,
    REFUSED,
    SURPLUS,
    BATCH_SIZE,
    BATCH_SECONDS,
    PART_SECONDS,
    REPLY_DELAY,
    OLDEST_UNANSWERED,
    UNSETTLED,
    UNCONFIRMED,
    DEAD_LETTERS,
    DEAD_LETTERS_HELD,
    QUARANTINED,
    EVENTS_DROPPED,
    LINKS_LOST,
    STORE_RETRIES,
    TAKEN_APART,
    CATALOG_VERSION,
)

PATIENTS_WAITING: Final = Metric(
    "antrean_patients_waiting", Kind.GAUGE, "Patients who wait to be called, in all clinics together."
)
CLINICS_WAITING: Final = Metric(
    "antrean_clinics_waiting", Kind.GAUGE, "Queues of clinics in which somebody waits."
)
CLINICS_OVERDUE: Final = Metric(
    "antrean_clinics_overdue",
    Kind.GAUGE,
    "Queues whose next change by the clock is late by three intervals of ticks; if any, look at the tickers.",
)
CLINIC_OVERDUE: Final = Metric(
    "antrean_clinic_overdue_seconds",
    Kind.GAUGE,
    "For how long the next change of a clinic is overdue; the 20 worst.",
    ("hospital", "clinic"),
)
CLINIC_STANDSTILL: Final = Metric(
    "antrean_clinic_standstill_seconds",
    Kind.GAUGE,
    "For how long nobody was called in an open clinic where patients wait; the 20 worst.",
    ("hospital", "clinic"),
)
ESTIMATES: Final = Metric(
    "antrean_estimates",
    Kind.GAUGE,
    "What became of the intervals that patients of days under way were told; four of five are to be held.",
    ("verdict",),
)
READING_FAILED: Final = Metric(
    "antrean_queue_reading_failed",
    Kind.GAUGE,
    "1 where the database did not say in time how the queues are; the figures above are missing then.",
)

OF_ALL_QUEUES: Final = (
    PATIENTS_WAITING,
    CLINICS_WAITING,
    CLINICS_OVERDUE,
    CLINIC_OVERDUE,
    CLINIC_STANDSTILL,
    ESTIMATES,
    READING_FAILED,
)
"""What status responders read from the database, and show beside the rest."""

HTTP_REQUESTS: Final = Metric(
    "antrean_http_requests_total",
    Kind.COUNTER,
    "What was answered, by route and status; 5xx: see the log, 429: somebody asks too often.",
    ("route", "status"),
)
HTTP_SECONDS: Final = Metric(
    "antrean_http_seconds",
    Kind.HISTOGRAM,
    "From a request that was read to the beginning of its answer; slow: start more workers or web processes.",
    ("route",),
)
STREAMS_OPEN: Final = Metric(
    "antrean_streams_open",
    Kind.GAUGE,
    "Browsers that are told live; near 5,000, start another process.",
)
STREAM_MESSAGES: Final = Metric(
    "antrean_stream_messages_total",
    Kind.COUNTER,
    "What was sent to them; none while queues move: is it ready?",
)
PUSH_NOTIFICATIONS: Final = Metric(
    "antrean_push_notifications_total",
    Kind.COUNTER,
    "Notifications by what came of them: `sent`; `gone`: nobody wants it; `busy`, `unreachable`: sent"
    " again; `refused`: many of these, look at the key and the contact address.",
    ("result",),
)
PUSH_HELD: Final = Metric(
    "antrean_push_held",
    Kind.GAUGE,
    "Telephones that a process sees to; near 2,000, start another process.",
)

OF_WEB_PROCESSES: Final = (
    *(HTTP_REQUESTS, HTTP_SECONDS, STREAMS_OPEN, STREAM_MESSAGES),
    *(PUSH_NOTIFICATIONS, PUSH_HELD),
)
"""What web processes show beside INFO and READY."""
