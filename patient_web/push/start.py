"""Notifications of one process, where its settings name a contact for them."""

from typing import TYPE_CHECKING

from common.clock import Clock
from common.settings import Settings
from patient_web.push.counts import PushCounts
from patient_web.push.offer import Offer
from patient_web.ticket_streams.hub import LookUp, TicketStreams
from patient_web.tokens import Tokens

if TYPE_CHECKING:
    from patient_web.push.attending import Attending
    from patient_web.push.sending import Sender

_NAME = "antrean web notifications"


class Push:
    """`offer` is what pages offer, `counts` what has come of it."""

    def __init__(self, attending: "Attending", sender: "Sender", offer: Offer) -> None:
        self._attending, self._sender, self.offer = attending, sender, offer

    @property
    def counts(self) -> PushCounts:
        """Since the start."""
        return self._attending.counts

    async def run(self) -> None:
        """Attends to subscriptions, until it is cancelled."""
        try:
            await self._attending.run()
        finally:
            self._sender.close()


def push_of(
    settings: Settings, look_up: LookUp, hub: TicketStreams, tokens: Tokens, clock: Clock
) -> Push | None:
    """None without a contact: then nothing is loaded for it. Raises SettingsError where it cannot be used."""
    if settings.web_push_contact is None:
        return None
    from patient_web.push.attending import Attending
    from patient_web.push.keys import push_key
    from patient_web.push.sending import Sender

    key = push_key(settings)
    sender = Sender(key, settings.web_push_services)
    attending = Attending(settings.current_amqp_url, look_up, hub, sender.send, tokens, clock, name=_NAME)
    return Push(attending, sender, Offer(key.public, settings.web_push_services, attending.subscribe))
