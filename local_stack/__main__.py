"""`antrean-stack`: the whole of Antrean on this machine."""

import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

import click

from common.errors import SettingsError
from common.process import run_process
from common.settings import load_settings
from local_stack.install import install_missing, install_missing_for_tests
from local_stack.interrupt import interruptible
from local_stack.speech import say
from local_stack.stack import Stack

_TEND_SECONDS = 0.25
_INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Menjalankan seluruh Antrean di komputer ini. / Runs the whole of Antrean on this machine."""


@cli.command()
def install() -> None:
    """Memasang yang belum ada. / Installs what is missing."""
    install_missing(load_settings(None).amqp_url)


@cli.command()
@click.option("--amqp-url", help="Broker yang sudah ada. / A broker that is there.")
@click.option("--database-url", help="PostgreSQL yang sudah ada. / A PostgreSQL that is there.")
def install_for_tests(amqp_url: str | None, database_url: str | None) -> None:
    """Juga yang diperlukan pengujian. / What the tests need too."""
    install_missing_for_tests(amqp_url or None, database_url or None)


@cli.command()
def up() -> None:
    """Menjalankan semuanya sampai Ctrl-C. / Runs everything until Ctrl-C."""
    settings = load_settings(None)
    stack = Stack(settings, settings.stack_dir, management=True)
    try:
        with interruptible(stack.kill), stack:
            try:
                stack.start_workers()
                _announce()
                _watch(stack)
            except KeyboardInterrupt:
                say("Menghentikan dengan tertib ...", "Stopping in order ...")
    except KeyboardInterrupt:
        pass  # stopped before it was up


@cli.command()
def demo() -> None:
    """Memperlihatkan semuanya bekerja. / Shows all of it at work, in under a minute."""
    from local_stack.demo import run_demo

    with suppress(KeyboardInterrupt):  # it has stopped in order then
        run_demo(load_settings(None))


def _announce() -> None:
    antrean, desk = map(_command, ("antrean", "antrean-desk"))
    say("\nAntrean berjalan. Coba di terminal lain:", "Antrean is running. Try in another terminal:")
    click.echo(
        f"\n  {antrean} hospitals"
        f'\n  {antrean} register RSHS GIG --mrn 00123456 --name "Siti Aminah" --dob 1990-01-31'
        f"\n  {antrean} watch CODE"
        f"\n  {desk} queue RSHS GIG"
        f"\n  {desk} console RSHS GIG\n"
    )
    say("Ctrl-C menghentikan semuanya.", "Ctrl-C stops all of it.")


def _command(name: str) -> str:
    return name if shutil.which(name) else str(Path(sys.executable).with_name(name))


def _watch(stack: Stack) -> None:
    while True:
        for child in stack.tend():
            say(
                f"{child.name} mati dan dijalankan lagi ({child.log_file})",
                f"{child.name} died and is started again ({child.log_file})",
            )
        time.sleep(_TEND_SECONDS)


def main() -> None:
    """The console script."""
    run_process(_run)


def _run() -> None:
    try:
        cli(standalone_mode=False)
    except click.Abort:
        sys.exit(_INTERRUPTED)
    except click.ClickException as error:
        raise SettingsError(error.format_message()) from error


if __name__ == "__main__":
    main()
