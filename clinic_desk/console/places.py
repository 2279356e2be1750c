"""Who is at the console, and which queue it shows: chosen from lists, unless given or the only one."""

from dataclasses import replace
from typing import Any
from zoneinfo import ZoneInfo

from antrean_client.look_ups import clinics, hospitals
from clinic_desk.console.dialogs.all_keys import AllKeys
from clinic_desk.console.dialogs.forms import sign_in_form
from clinic_desk.console.keys.table import bar_keys
from clinic_desk.console.requester import Place
from clinic_desk.console.screen import QueueApp
from clinic_desk.signed_in import signed_in
from common.domain.staff import StaffRole
from common.terminal.screens.key_bar import KeyBar
from common.terminal.screens.questions import Choose


class PlaceApp(QueueApp):
    """A queue on the screen, and the ways to another one and to another user."""

    # --- who ------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Finds out who is signed in, and then the queue that was asked for."""
        self._requester.send(lambda session: session.ask("desk_user", {}), self._user_known)

    def _user_known(self, reply: dict[str, Any]) -> None:
        self._take_user(reply)
        self._requester.send(hospitals, self._hospitals_known)

    def _take_user(self, reply: dict[str, Any]) -> None:
        self._user = signed_in(reply)
        self._show_keys()
        self._show_moments()

    def may(self, roles: frozenset[StaffRole]) -> bool:
        """Whether the user may do in this queue what these roles may."""
        if self._user is None or self._place is None:
            return True
        return self._user.may(roles, self._place.hospital, self._place.clinic)

    def _show_keys(self) -> None:
        for bar in self.query(KeyBar):
            bar.show(bar_keys(self._texts, self.may))

    def action_user(self) -> None:
        """Asks who it is from now on."""

        def filled_in(answers: dict[str, object] | None) -> None:
            if answers is not None:
                user, password = str(answers["user"]), str(answers["password"])
                self._send(lambda session: session.sign_in(user, password), self._user_changed)

        self.push_screen(sign_in_form(self._texts), filled_in)

    def _user_changed(self, reply: dict[str, Any]) -> None:
        """Nothing stays on the screen that only the user before may see."""
        self._take_user(reply)
        assert self._user is not None
        self._say(self._texts("Signed in: {user}.", user=self._user.name), "green")
        if self._place is None:
            return
        place, self._place = self._place, None
        self.forget_queue()
        if self._user.serves_in(place.hospital, place.clinic):
            self._place = replace(place, with_names=False)
            self._show_keys()
        else:
            self.choose_place()
        self._requester.follow(self._place)

    def action_all_keys(self) -> None:
        """Shows what each key does, and who may do it."""
        self.push_screen(AllKeys(self._texts, self.may))

    # --- where ----------------------------------------------------------------------------------------------

    def _hospitals_known(self, found: list[dict[str, Any]]) -> None:
        self._hospitals = found
        hospital, clinic = self._wanted
        if hospital is None or hospital not in {each["code"] for each in found}:
            own = self._own_hospitals()
            if len(own) == 1:
                self._choose_clinic(own[0]["code"], only_one=True)
            else:
                self.choose_place()
        elif clinic is None:
            self._choose_clinic(hospital, only_one=True)
        else:
            self._go_to(hospital, clinic)

    def _own_hospitals(self) -> list[dict[str, Any]]:
        """Those in which the user serves; all where it is none of them, so that a list says what there is."""
        own = [each for each in self._hospitals if self._user and self._user.serves_in(each["code"])]
        return own or self._hospitals

    def choose_place(self) -> None:
        """Asks for hospital and clinic."""
        choices = [
            (each["code"], f"{each['code']:<6} {each['name']}, {each['city']}")
            for each in self._own_hospitals()
        ]
        self.push_screen(Choose(self._texts("Choose a hospital"), choices, self._texts), self._choose_clinic)

    def _choose_clinic(self, hospital: str | None, *, only_one: bool = False) -> None:
        """Asks for a clinic; `only_one`: unless the user serves in no other."""
        if hospital is None:
            self._without_place()
            return

        def known(found: list[dict[str, Any]]) -> None:
            own = [each for each in found if self._user and self._user.serves_in(hospital, each["code"])]
            if only_one and len(own) == 1:
                self._go_to(hospital, own[0]["code"])
                return
            choices = [(each["code"], f"{each['code']:<6} {each['name']}") for each in own or found]
            heading = self._texts("Choose a clinic of {hospital}", hospital=hospital)
            self.push_screen(
                Choose(heading, choices, self._texts),
                lambda clinic: self._go_to(hospital, clinic) if clinic else self._without_place(),
            )

        self._requester.send(lambda session: clinics(session, hospital, open_only=False), known)

    def _without_place(self) -> None:
        if self._place is None:
            self.exit()

    def _go_to(self, hospital: str, clinic: str) -> None:
        self._zone = next(ZoneInfo(each["time_zone"]) for each in self._hospitals if each["code"] == hospital)
        with_names = self._place.with_names if self._place else False
        self.forget_queue()
        self._place = Place(hospital, clinic, with_names)
        self._show_keys()
        self._requester.follow(self._place)

    def action_other_clinic(self) -> None:
        """Shows another queue."""
        self.choose_place()

    def action_names(self) -> None:
        """Shows the patients' names, or no more."""
        if self._place is not None:
            self._place = replace(self._place, with_names=not self._place.with_names)
            self._requester.follow(self._place)
