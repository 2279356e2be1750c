"""Whether the integrators get their events."""

from collections.abc import Iterator

from admin_cli.doctor.findings import Finding, ok, warning
from admin_cli.integrator_errors import NoManagement
from admin_cli.integrator_list import read_integrators
from common.errors import BrokerUnavailable, SettingsError
from common.settings import Settings
from common.translation import N_


def integrator_findings(settings: Settings) -> Iterator[Finding]:
    """Findings about integrators; none where there is no integrator, where the management API does not tell
    who they are, or where the broker does not answer, which is said elsewhere."""
    if settings.amqp_url is None:
        return
    try:
        found = read_integrators(settings)
    except (NoManagement, BrokerUnavailable, SettingsError):
        return
    full = [each.name for each in found if any(queue.is_full for queue in each.queues)]
    without_queue = [each.name for each in found if not each.queues]
    if full:
        yield warning(
            "integrators",
            N_("Integrators whose queue is full, so that the oldest events are dropped: {names}."),
            N_("See that these programs run and take their events; they can ask for what they missed."),
            names=", ".join(full),
        )
    if without_queue:
        yield warning(
            "integrators",
            N_("Integrators without a queue, which is deleted after seven days without use: {names}."),
            N_("Make each again with antrean-admin integrator add, or remove the integrator."),
            names=", ".join(without_queue),
        )
    if found and not full and not without_queue:
        yield ok(
            "integrators", N_("Every integrator has a queue with room for events: {count}."), count=len(found)
        )
