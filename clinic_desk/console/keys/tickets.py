"""The keys that do something with one ticket, and with a patient at the counter."""

from collections.abc import Mapping
from typing import Any, Final

from clinic_desk.actions import CANCEL_REASONS, NO_REASON, desk_registration
from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.forms import correction_form, priority_choices, registration_form
from clinic_desk.console.dialogs.questions import Choose
from clinic_desk.console.queue_list import QueueList
from clinic_desk.queue_view import CALL_REASONS
from common.terminal import card
from common.terminal.card import Ticket
from common.terminal.failures import ProblemReply
from common.terminal.hospitals import clinics
from common.terminal.moments import birth_date
from common.terminal.registration import OPTIONS, Registration
from common.translation import N_

_OF_A_STRANGER: Final = "wrong-person"


class TicketKeys(ActingApp):
    """What is done with a ticket."""

    def action_ticket(self, command: str) -> None:
        """Does with a ticket what the command of that name does."""
        if (ticket := self._meant(command)) is not None:
            self._do(self._desk.with_ticket(command, ticket["number"], self._other_day(ticket)))

    def action_park(self) -> None:
        """Puts a called ticket on hold; the chosen one, where it is on hold, waits again."""
        chosen = self.query_one(QueueList).chosen
        self.action_ticket("unpark" if chosen and chosen["status"] == "parked" else "park")

    def action_call_number(self) -> None:
        """Asks why, and calls the chosen ticket to this console's room, out of turn."""
        if (ticket := self._meant("call")) is None:
            return
        desk, room = self._desk, self._room
        choices = [(reason, self._texts(words)) for reason, words in CALL_REASONS.items()]
        heading = self._texts("Why is {number} called out of turn?", number=ticket["display_number"])
        self.push_screen(
            Choose(heading, choices, self._texts),
            lambda reason: self._do(desk.call(ticket["number"], room, reason)) if reason else None,
        )

    def action_priority(self) -> None:
        """Asks why, and puts the chosen ticket into another lane."""
        if (ticket := self._meant("priority")) is None:
            return
        assert self._queue is not None
        heading = self._texts("Priority of {number}", number=ticket["display_number"])

        def chosen(reason: str | None) -> None:
            if reason is not None:
                self._do(self._desk.set_priority(ticket["number"], reason))

        choices = priority_choices(self._texts, self._queue)
        self.push_screen(
            Choose(heading, choices, self._texts, ticket["priority_reason"] or NO_REASON), chosen
        )

    def action_transfer(self) -> None:
        """Asks where to, and sends the chosen patient there."""
        if (ticket := self._meant("transfer")) is None:
            return
        desk, day = self._desk, self._other_day(ticket)

        def known(found: list[dict[str, Any]]) -> None:
            others = [each for each in found if each["code"] != desk.clinic and each["is_open"]]
            choices = [(each["code"], f"{each['code']:<6} {each['name']}") for each in others]
            heading = self._texts("Send {number} to", number=ticket["display_number"])
            self.push_screen(
                Choose(heading, choices, self._texts),
                lambda to: self._do(desk.transfer(ticket["number"], to, day)) if to else None,
            )

        self._send(lambda session: clinics(session, desk.hospital, open_only=True), known)

    def action_cancel(self) -> None:
        """Asks why, and gives up the chosen ticket."""
        if (ticket := self._meant("cancel")) is None:
            return
        desk, day = self._desk, self._other_day(ticket)
        choices = [(word, self._texts(card.CANCEL_REASONS[code])) for word, code in CANCEL_REASONS.items()]
        heading = self._texts("Why is {number} cancelled?", number=ticket["display_number"])
        self.push_screen(
            Choose(heading, choices, self._texts),
            lambda reason: self._do(desk.cancel(ticket["number"], reason, day)) if reason else None,
        )

    def action_correct(self) -> None:
        """Asks what is wrong in the data of the chosen ticket, and corrects it."""
        if (ticket := self._meant("correct")) is not None:
            self._correct(ticket, {})

    def _correct(self, ticket: Ticket, right: Mapping[str, Any]) -> None:
        """Asks for the right data, of which `right` stands there at first."""
        desk, day = self._desk, self._other_day(ticket)

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers:
                data = {name: str(value) for name, value in answers.items()}
                self._do(desk.correct(ticket["number"], data, day))

        self.push_screen(correction_form(self._texts, ticket["display_number"], right), filled_in)

    # --- a patient at the counter ---------------------------------------------------------------------------

    def action_register(self) -> None:
        """Asks for a patient's data and whether they have priority, and registers them."""
        assert self._queue is not None
        desk, reasons = self._desk, priority_choices(self._texts, self._queue)

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers is None:
                return
            registration = Registration(
                desk.hospital, desk.clinic, **{name: str(value) for name, value in answers.items()}
            )
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
        self._follow = ticket["display_number"]
        self._show_card(ticket)

    def _say_failure(self, error: BaseException) -> None:
        if isinstance(error, ProblemReply) and error.problem.get("holder"):
            self._ticket_in_the_way(error)
        elif isinstance(error, ProblemReply) and error.problem.get("elsewhere"):
            self._call_anyhow(error)
        else:
            super()._say_failure(error)

    def _call_anyhow(self, error: ProblemReply) -> None:
        """Says where the patient is, and calls anyhow, if that is wanted."""
        asked, problem = error.request, error.problem
        if "number" in asked:
            action = self._desk.call(asked["number"], asked["room"], asked["reason"], anyhow=True)
        else:
            action = self._desk.call_next(asked["room"], anyhow=True)
        self._confirmed(
            N_("{number} is now in {where}. Call anyhow?"),
            lambda: self._do(action),
            number=problem["display_number"],
            where=card.other_room(problem["elsewhere"], self._texts),
        )

    def _ticket_in_the_way(self, error: ProblemReply) -> None:
        """Shows who holds a ticket with this patient's record number, and has it corrected or cancelled."""
        ticket, holder = error.problem["ticket"], error.problem["holder"]
        number, texts = ticket["display_number"], self._texts
        self._say(texts("{number} is in the way of this registration.", number=number), "red")
        patient = {name: error.request[name] for name in OPTIONS}
        question = texts(
            "{number} was taken with this medical record number by {name}, born {date}.",
            number=number,
            name=holder["name"],
            date=birth_date(holder["date_of_birth"], texts),
        )
        choices = [
            ("correct", texts("It is this patient's: correct it")),
            ("cancel", texts("It is a stranger's: cancel it, and register this patient")),
        ]

        def chosen(way: str | None) -> None:
            if way == "correct":
                self._correct(ticket, patient)
            elif way == "cancel":
                registration = Registration(ticket["hospital"], ticket["clinic"], **patient)
                priority = error.request.get("priority") or NO_REASON
                self._cancel_and_register(ticket, registration, priority)

        self.push_screen(Choose(question, choices, texts), chosen)

    def _cancel_and_register(self, ticket: Ticket, registration: Registration, priority: str) -> None:
        action = self._desk.cancel(ticket["number"], _OF_A_STRANGER, self._other_day(ticket))

        def cancelled(done: dict[str, Any]) -> None:
            self._done(action, done)
            self._send_registration(registration, priority)

        self._send(lambda session: session.carry_out(action), cancelled)
