"""The commands of `antrean-stack`: the whole of Antrean on this machine."""

import shutil
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from common.clock import SystemClock
from common.errors import SettingsError
from common.exit_codes import ExitCode
from common.settings import Settings, clock_environment, load_settings
from local_stack.bilingual import both, say
from local_stack.install import install_missing, install_missing_browser, install_missing_for_tests
from local_stack.interrupt import interruptible
from local_stack.openings import (
    commands_to_try,
    of_stack,
    openings,
    sample_hours,
    say_what_is_open,
    trial_start,
)
from local_stack.stack import SAMPLE_CATALOG, Stack
from local_stack.staff import MANAGER, say_who_serves
from local_stack.web_pages import say_where_the_pages_are

_TEND_SECONDS = 0.25
_SLASH = " / "  # between the languages of help


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    help=both("Runs the whole of Antrean on this machine.", _SLASH),
)
def cli() -> None:
    pass


@cli.command(help=both("Installs what is missing.", _SLASH))
def install() -> None:
    install_missing(load_settings(None).amqp_url)


@cli.command(help=both("What the tests need too.", _SLASH))
@click.option("--amqp-url", help=both("A broker that is there.", _SLASH))
@click.option("--database-url", help=both("A PostgreSQL that is there.", _SLASH))
def install_for_tests(amqp_url: str | None, database_url: str | None) -> None:
    install_missing_for_tests(amqp_url or None, database_url or None)


@cli.command(help=both("The browser that the tests of pages need too.", _SLASH))
@click.option("--chromium", help=both("A browser that is there.", _SLASH))
def install_browser(chromium: str | None) -> None:
    install_missing_browser(chromium or None)


@cli.command(help=both("Runs everything until Ctrl-C.", _SLASH))
@click.option("--clock", "trial_at", metavar="HH:MM", help=both("Tries it as if it were that time.", _SLASH))
def up(trial_at: str | None) -> None:
    settings = load_settings(None)
    variables = {} if trial_at is None else _trial_clock(settings, trial_at)
    stack = Stack(settings, settings.stack_dir, variables, management=True, trial=bool(variables))
    try:
        with interruptible(stack.kill), stack:
            try:
                stack.start_workers()
                _announce(stack, of_stack(settings.stack_dir))
                _watch(stack)
            except KeyboardInterrupt:
                say("Stopping in order ...")
    except KeyboardInterrupt:
        pass  # stopped before it was up


@cli.command(help=both("Shows all of it at work, in under a minute.", _SLASH))
def demo() -> None:
    from local_stack.demo import run_demo

    with suppress(KeyboardInterrupt):  # it has stopped in order then
        run_demo(load_settings(None))


def _trial_clock(settings: Settings, trial_at: str) -> dict[str, str]:
    """The clock of a trial that starts at that time of the hospitals; it runs as fast as settings say."""
    try:
        at = datetime.strptime(trial_at.replace(".", ":"), "%H:%M").time()  # noqa: DTZ007 - no moment yet
    except ValueError as error:
        raise SettingsError(both("Write a time such as 09:00.")) from error
    if settings.database_url is not None:
        raise SettingsError(both("A trial begins with an empty database: leave ANTREAN_DATABASE_URL out."))
    now = SystemClock().now()
    return clock_environment(trial_start(sample_hours(SAMPLE_CATALOG), at, now), now, settings.clock_speed)


def _announce(stack: Stack, before: str) -> None:
    programs = ("antrean", "antrean-desk", "antrean-events")
    antrean, desk, events = (f"{before}{_command(each)}" for each in programs)
    found = openings(stack.database_url, stack.clock.now())
    click.echo()
    say_what_is_open(found, before)
    click.echo()
    say("Antrean is running. Try in another terminal:")
    click.echo("".join(f"\n  {each}" for each in commands_to_try(found, antrean, desk)) + "\n")
    say_where_the_pages_are(stack.pages)
    click.echo()
    say("What happens in the queues, as it happens:")
    click.echo(f"\n  {events} tail --from first\n")
    if stack.broker.staff:
        say_who_serves()
        say("antrean-desk works as {manager}, and as another with --user.", manager=MANAGER)
        click.echo()
    say("Ctrl-C stops all of it.")


def _command(name: str) -> str:
    return name if shutil.which(name) else str(Path(sys.executable).with_name(name))


def _watch(stack: Stack) -> None:
    while True:
        for child in stack.tend():
            say("{worker} died and is started again ({log})", worker=child.name, log=child.log_file)
        time.sleep(_TEND_SECONDS)


def run_commands() -> None:
    """Runs the command line; raises SettingsError where it is wrong."""
    try:
        cli(standalone_mode=False)
    except click.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        raise SettingsError(error.format_message()) from error
