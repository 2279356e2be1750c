"""The keys that do something with one ticket."""

from collections.abc import Callable
from typing import Any

from antrean_client.look_ups import clinics
from clinic_desk.actions import CANCEL_REASONS, NO_REASON
from clinic_desk.console.acting import ActingApp, is_meant
from clinic_desk.console.dialogs.forms import corrected_patient, correction_form, priority_choices
from clinic_desk.console.queue_list import QueueList
from common.domain.staff import MOVES_QUEUES
from common.terminal.event_words import CALL_REASONS
from common.terminal.failures import ProblemReply
from common.terminal.screens.questions import Choose
from common.translation import N_
from common.words import tickets as ticket_words
from common.words.tickets import Ticket

PatientData = dict[str, str]
"""Of a patient, by the names of registration.OPTIONS."""

_RETURNS, _STAYS = "returns", "stays"


class TicketKeys(ActingApp):
    """What is done with a ticket: the chosen one, or another that is given."""

    def _with_meant(self, command: str, then: Callable[[Ticket], None]) -> None:
        if (ticket := self._meant(command)) is not None:
            then(ticket)

    def action_ticket(self, command: str) -> None:
        """Does with a ticket what the command of that name does."""
        self._with_meant(command, lambda ticket: self.do_with(ticket, command))

    def do_with(self, ticket: Ticket, command: str) -> None:
        """Does with this ticket what the command of that name does."""
        self._do(self._desk.with_ticket(command, ticket["number"], self._other_day(ticket)))

    def action_park(self) -> None:
        """Puts a called ticket on hold; the chosen one, where it is on hold, waits again."""
        chosen = self.query_one(QueueList).chosen
        if chosen and chosen["status"] == "parked":
            self.do_with(chosen, "unpark")
        elif self.is_for(MOVES_QUEUES):
            self.action_ticket("park")

    def hold(self, ticket: Ticket) -> None:
        """Puts this ticket on hold; where it is on hold, it waits again."""
        self.do_with(ticket, "unpark" if ticket["status"] == "parked" else "park")

    def may_hold(self, ticket: Ticket) -> bool:
        """Whether `hold` can be meant for this ticket, by this user."""
        return is_meant("unpark", ticket) or (is_meant("park", ticket) and self.may(MOVES_QUEUES))

    def action_call_number(self) -> None:
        """Asks why, and calls the chosen ticket to this console's room, out of turn."""
        self._with_meant("call", self.call_out_of_turn)

    def call_out_of_turn(self, ticket: Ticket) -> None:
        """Asks why, and calls this ticket to this console's room, out of turn."""
        desk, room = self._desk, self._room
        choices = [(reason, self._texts(words)) for reason, words in CALL_REASONS.items()]
        heading = self._texts("Why is {number} called out of turn?", number=ticket["display_number"])
        self.push_screen(
            Choose(heading, choices, self._texts),
            lambda reason: self._do(desk.call(ticket["number"], room, reason)) if reason else None,
        )

    def action_priority(self) -> None:
        """Asks why, and puts the chosen ticket into another lane."""
        self._with_meant("priority", self.prioritise)

    def prioritise(self, ticket: Ticket) -> None:
        """Asks why, and puts this ticket into another lane."""
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
        self._with_meant("transfer", self.transfer)

    def transfer(self, ticket: Ticket) -> None:
        """Asks where to, and sends the patient of this ticket there."""
        desk, day = self._desk, self._other_day(ticket)
        heading = self._texts("Send {number} to", number=ticket["display_number"])
        self._to_clinic(heading, lambda to: self._do(desk.transfer(ticket["number"], to, day)))

    def action_send_on(self) -> None:
        """Asks where to, and whether the chosen patient comes back from there."""
        self._with_meant("send", self.send_on)

    def send_on(self, ticket: Ticket) -> None:
        """Asks where to, and whether the patient of this ticket comes back from there."""
        desk, day, texts = self._desk, self._other_day(ticket), self._texts

        def to_clinic(to: str) -> None:
            choices = [
                (_RETURNS, texts("Yes, back here when served there")),
                (_STAYS, texts("No, only on to there")),
            ]
            heading = texts(
                "Does {number} come back from {clinic}?", clinic=to, number=ticket["display_number"]
            )

            def chosen(way: str | None) -> None:
                if way is not None:
                    self._do(desk.send(ticket["number"], to, day, returns=way == _RETURNS))

            self.push_screen(Choose(heading, choices, texts), chosen)

        self._to_clinic(texts("Send {number} on to", number=ticket["display_number"]), to_clinic)

    def _to_clinic(self, heading: str, then: Callable[[str], None]) -> None:
        """Asks to which other clinic, of those that are open, a patient goes."""
        desk = self._desk

        def known(found: list[dict[str, Any]]) -> None:
            others = [each for each in found if each["code"] != desk.clinic and each["is_open"]]
            if not others:
                self._say(self._texts("No other clinic is open now."), "yellow")
                return
            choices = [(each["code"], f"{each['code']:<6} {each['name']}") for each in others]
            self.push_screen(Choose(heading, choices, self._texts), lambda to: then(to) if to else None)

        self._send(lambda session: clinics(session, desk.hospital, open_only=True), known)

    def action_cancel(self) -> None:
        """Asks why, and gives up the chosen ticket."""
        self._with_meant("cancel", self.cancel)

    def cancel(self, ticket: Ticket) -> None:
        """Asks why, and gives up this ticket."""
        desk, day = self._desk, self._other_day(ticket)
        choices = [
            (word, self._texts(ticket_words.CANCEL_REASONS[code])) for word, code in CANCEL_REASONS.items()
        ]
        heading = self._texts("Why is {number} cancelled?", number=ticket["display_number"])
        self.push_screen(
            Choose(heading, choices, self._texts),
            lambda reason: self._do(desk.cancel(ticket["number"], reason, day)) if reason else None,
        )

    def action_correct(self) -> None:
        """Shows whose the chosen ticket is, to be corrected."""
        self._with_meant("correct", self.correct)

    def correct(self, ticket: Ticket) -> None:
        """Shows whose this ticket is, to be corrected."""

        def known(shown: dict[str, Any]) -> None:
            holder = {
                "medical_record_number": shown["medical_record_number"],
                "name": shown["ticket"]["patient_name"],
                "date_of_birth": shown["date_of_birth"],
            }
            self._correct(ticket, holder=holder, shown=holder)

        self._look_at(ticket, known)

    def _correct(self, ticket: Ticket, *, holder: PatientData, shown: PatientData) -> None:
        """Asks for the right data of a ticket, which has those of `holder`; `shown` stand there at first."""
        desk, day = self._desk, self._other_day(ticket)

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers is None:
                return
            data = {name: value for name, value in answers.items() if value != holder[name]}
            if data:
                self._do(desk.correct(ticket["number"], corrected_patient(data), day))
            else:
                self._say(self._texts("It is so already; nothing was changed."), "yellow")

        self.push_screen(correction_form(self._texts, ticket["display_number"], shown), filled_in)

    def _say_failure(self, error: BaseException) -> None:
        if isinstance(error, ProblemReply) and error.problem.get("elsewhere"):
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
            where=ticket_words.other_room(problem["elsewhere"], self._texts),
        )

    def _look_at(self, ticket: Ticket, then: Callable[[dict[str, Any]], None]) -> None:
        """Asks whose a ticket is, and what its patient sees of it."""
        assert self._place is not None
        place, number, day = self._place, ticket["number"], self._other_day(ticket)
        self._send(
            lambda session: session.query(
                "desk_ticket", place.hospital, place.clinic, number=number, service_date=day
            ),
            then,
        )
