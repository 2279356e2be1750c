"""What integrators ask: the events of a queue, as the journal has them."""

import json

from common.messages import problems
from common.messages.integrators import Events, EventsSince, clinic_day_of
from common.messages.message import Reply, Request
from common.messages.pages import page_of
from common.messages.problems import Problem
from common.messages.request_parsing import parse_request
from common.messaging.delivery import Delivery
from common.messaging.topology import hospital_asked_through
from common.storage.catalog import CatalogCache
from common.storage.engine import Connection
from status_responder import store

_REQUEST_TYPES: dict[str, type[Request]] = {EventsSince.name: EventsSince}

_BYTES_BESIDES = 200
"""Of a page of events, its other members."""


def read_events_since(delivery: Delivery) -> EventsSince | Problem:
    """What an integrator asks, or why it gets no answer: through the exchange of a hospital only that one's
    events are told. Raises RequestRefused."""
    request = parse_request(_REQUEST_TYPES, delivery.name, delivery.content_type, delivery.body)
    assert isinstance(request, EventsSince)
    hospital = hospital_asked_through(delivery.exchange)
    if hospital is not None and hospital != clinic_day_of(request.source).hospital:
        return problems.other_hospital(hospital)
    return request


def events_since(connection: Connection, catalog: CatalogCache, request: EventsSince) -> Reply:
    """The reply, from the snapshot of `connection`. A queue in which nothing has happened has no events; of
    one that the catalog has never had, that is said."""
    day = clinic_day_of(request.source)
    # One more than a page may hold tells whether there are more.
    bodies = store.events_after(connection, day, request.after, request.limit + 1)
    if not bodies and catalog.clinic(day.hospital, day.clinic) is None:
        return problems.no_such_clinic(has_hospital=catalog.hospital(day.hospital) is not None)
    page, more = page_of(bodies, len, limit=request.limit, bytes_besides=_BYTES_BESIDES)
    return Events(source=request.source, events=[json.loads(body) for body in page], more=more)
