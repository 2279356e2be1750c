"""The keys that change the clinic: its rooms, who moves the queue, open and closed."""

from collections.abc import Mapping

from clinic_desk.console.acting import ActingApp
from clinic_desk.console.dialogs.forms import opening_form, rooms_form
from common.terminal.screens.questions import Choose
from common.translation import N_


class ClinicKeys(ActingApp):
    """What is done with the clinic as a whole."""

    def action_rooms(self) -> None:
        """Asks how many rooms serve from now on."""
        desk = self._desk
        self.push_screen(
            rooms_form(self._texts),
            lambda answers: self._do(desk.set_rooms(int(str(answers["rooms"])))) if answers else None,
        )

    def action_mode(self) -> None:
        """Lets the clock move the queue, or the desk again."""
        assert self._queue is not None
        other = "clock" if self._queue["mode"] == "desk" else "desk"
        action = self._desk.set_mode(other)
        question = {
            "clock": N_("Let the clock move the queue now?"),
            "desk": N_("Let the desk move the queue now?"),
        }[other]
        self._confirmed(question, lambda: self._do(action))

    def action_open(self) -> None:
        """Asks until when, and opens the clinic."""
        desk = self._desk
        self.push_screen(
            opening_form(self._texts, N_("Open the clinic"), self._now(), self._zone),
            lambda answers: self._do(desk.open(**_strings(answers))) if answers is not None else None,
        )

    def action_close(self) -> None:
        """Asks what becomes of those who wait, and closes the clinic to registrations."""
        assert self._queue is not None
        desk, waiting = self._desk, self._queue["waiting_count"]

        def fate_chosen(fate: str | None) -> None:
            if fate is not None:
                form = opening_form(
                    self._texts,
                    N_("Close the clinic to registrations"),
                    self._now(),
                    self._zone,
                )
                self.push_screen(form, lambda answers: filled_in(answers, cancels=fate == "cancel"))

        def filled_in(answers: dict[str, object] | None, *, cancels: bool) -> None:
            if answers is None:
                return
            action = desk.close(cancel_waiting=cancels, **_strings(answers))
            if cancels and waiting:
                self._confirmed(
                    N_("Cancel {count} waiting tickets? This cannot be undone."),
                    lambda: self._do(action),
                    count=waiting,
                )
            else:
                self._do(action)

        choices = [
            ("drain", self._texts("they are still called")),
            ("cancel", self._texts("their tickets are cancelled")),
        ]
        self.push_screen(
            Choose(self._texts("What becomes of those who wait?"), choices, self._texts), fate_chosen
        )


def _strings(answers: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in answers.items()}
