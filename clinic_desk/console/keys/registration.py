"""The key that registers a patient at the counter, and what to do where another ticket is in the way."""

from typing import Any, Final

from clinic_desk.actions import NO_REASON, desk_registration
from clinic_desk.console.dialogs.forms import priority_choices, registered_patient, registration_form
from clinic_desk.console.keys.tickets import PatientData, TicketKeys
from clinic_desk.console.queue_list import QueueList
from clinic_desk.queue_view import ticket_key
from common.domain.newborns import shown_name
from common.terminal.failures import ProblemReply
from common.terminal.registration import OPTIONS, Registration
from common.terminal.screens.questions import Choose
from common.words.moments import birth_date
from common.words.tickets import Ticket

_OF_A_STRANGER: Final = "wrong-person"


class RegistrationKeys(TicketKeys):
    """Registering at the counter."""

    def action_register(self) -> None:
        """Asks for a patient's data and whether they have priority, and registers them."""
        assert self._queue is not None
        desk, reasons = self._desk, priority_choices(self._texts, self._queue)

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers is None:
                return
            registration = Registration(desk.hospital, desk.clinic, **registered_patient(answers))
            self.push_screen(
                Choose(self._texts("Priority"), reasons, self._texts, NO_REASON),
                lambda reason: self._send_registration(registration, reason) if reason else None,
            )

        self.push_screen(registration_form(self._texts), filled_in)

    def _send_registration(self, registration: Registration, reason: str) -> None:
        action = desk_registration(registration, None if reason == NO_REASON else reason)
        self._send(lambda session: session.carry_out(action), self._registered)

    def _registered(self, ticket: Ticket) -> None:
        self._say(self._texts("{number} is registered.", number=ticket["display_number"]), "green")
        self.query_one(QueueList).follow(ticket_key(ticket))
        self._show_card(ticket)

    def _say_failure(self, error: BaseException) -> None:
        if isinstance(error, ProblemReply) and error.problem.get("holder"):
            self._ticket_in_the_way(error)
        else:
            super()._say_failure(error)

    def _ticket_in_the_way(self, error: ProblemReply) -> None:
        """Shows who holds a ticket with this patient's record number, and has it corrected or cancelled."""
        ticket, holder = error.problem["ticket"], error.problem["holder"]
        number, texts = ticket["display_number"], self._texts
        self._say(texts("{number} is in the way of this registration.", number=number), "red")
        patient: PatientData = {name: error.request[name] for name in OPTIONS}
        patient["name"] = shown_name(patient["name"], error.request.get("newborn") or 0)
        choices = [
            ("correct", texts("It is this patient's: correct it")),
            ("cancel", texts("It is a stranger's: cancel it, and register this patient")),
        ]

        def chosen(way: str | None) -> None:
            if way == "correct":
                self._correct(ticket, holder=patient | holder, shown=patient)
            elif way == "cancel":
                registration = Registration(
                    ticket["hospital"], ticket["clinic"], **registered_patient(patient)
                )
                priority = error.request.get("priority") or NO_REASON
                self._cancel_and_register(ticket, registration, priority)

        self.push_screen(Choose(self._both(number, holder, patient), choices, texts), chosen)

    def _both(self, number: str, holder: PatientData, patient: PatientData) -> str:
        """Whose the ticket in the way is, and who is at the counter, one below the other."""
        texts = self._texts
        taken = texts(
            "{number} was taken with this medical record number by {name}, born {date}.",
            number=number,
            name=holder["name"],
            date=birth_date(holder["date_of_birth"], texts),
        )
        here = texts(
            "At the counter: {name}, born {date}.",
            name=patient["name"],
            date=birth_date(patient["date_of_birth"], texts),
        )
        return f"{taken}\n{here}"

    def _cancel_and_register(self, ticket: Ticket, registration: Registration, priority: str) -> None:
        action = self._desk.cancel(ticket["number"], _OF_A_STRANGER, self._other_day(ticket))

        def cancelled(done: dict[str, Any]) -> None:
            self._done(action, done)
            self._send_registration(registration, priority)

        self._send(lambda session: session.carry_out(action), cancelled)
