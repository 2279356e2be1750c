"""What a command of `antrean-admin` needs: settings and texts."""

from typing import Any

import click

from admin_cli.texts import TEXTS
from common.settings import Settings, load_settings
from common.terminal.texts import Texts


class Session:
    """One run of the program; settings are read when a command first asks for them."""

    def __init__(self, texts: Texts, *, language_given: bool, as_json: bool, verbose: bool) -> None:
        self.texts = texts
        self.as_json = as_json
        self.verbose = verbose
        self._language_given = language_given
        self._settings: Settings | None = None

    @property
    def settings(self) -> Settings:
        """The settings; raises SettingsError."""
        if self._settings is None:
            self._settings = load_settings("deploy")
            if not self._language_given:
                self.texts = Texts(TEXTS, self._settings.language)
        return self._settings

    def say(self, name: str, **values: Any) -> None:
        """Prints the text `name`."""
        click.echo(self.texts(name, **values))


pass_session = click.make_pass_decorator(Session)
