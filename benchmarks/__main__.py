"""`python -m benchmarks`: measures, verifies, and writes down what was found."""

import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click

from common.errors import SettingsError
from common.exit_codes import ExitCode
from common.process import run_process

# What a load client's process, which imports this module too, does not need is imported where it is used.

SCENARIOS = (
    "registrations",
    "latency",
    "lookups",
    "sqlite",
    "flat",
    "ticks",
    "start",
    "replay",
    "catching_up",
)
"""What `make bench` measures, in this order: each a module of `benchmarks.scenarios`."""

QUICK_SCENARIOS = ("registrations", "latency", "lookups", "start")
"""What `make bench QUICK=1` measures."""

LONG_SCENARIOS = ("national", "soak")
"""What is measured only when asked for."""

_WIDTH = 120  # of tables that are not shown on a terminal


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="A short run; its figures say little, and are not written down.")
@click.option(
    "--only",
    multiple=True,
    type=click.Choice([*SCENARIOS, *LONG_SCENARIOS]),
    help="Measure only this (may be given several times).",
)
@click.pass_context
def cli(context: click.Context, *, quick: bool, only: Sequence[str]) -> None:
    """Measures Antrean on this machine, and writes the figures to docs/performance.md."""
    if context.invoked_subcommand is None:
        names = only or (QUICK_SCENARIOS if quick else SCENARIOS)
        _measure([f"benchmarks.scenarios.{name}" for name in names], quick=quick)


@cli.command()
@click.option("--quick", is_flag=True, help="A short run; its figures are not written down.")
def national(*, quick: bool) -> None:
    """The whole country's morning, in real time."""
    _measure(["benchmarks.scenarios.national"], quick=quick)


@cli.command()
@click.option("--quick", is_flag=True, help="A short run; its figures are not written down.")
def profile(*, quick: bool) -> None:
    """Where the processor time of a registrar and of a responder goes."""
    _measure(["benchmarks.profile"], quick=quick)


def _measure(modules: Sequence[str], *, quick: bool) -> None:
    from rich.console import Console

    from benchmarks.lab import Lab
    from benchmarks.machine import describe_machine, library_versions
    from benchmarks.report import write_report
    from benchmarks.tables import print_findings
    from common.clock import SystemClock

    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    found = []
    with console.status("starting") as status, Lab(quick=quick, say=status.update) as lab:
        for module in modules:
            started = time.monotonic()
            found.append(importlib.import_module(module).measure(lab))
            print_findings(console, found[-1])
            console.print(f"({found[-1].name}: {time.monotonic() - started:.0f} s)\n")
        versions = lab.server_versions | library_versions()
    if not quick:
        write_report(found, describe_machine(), versions, SystemClock().now().date())


def main() -> None:
    """Runs the command line."""
    run_process(_run)


def _run() -> None:
    if not Path("/proc/self/stat").exists():
        raise SettingsError("The benchmarks read processor times from /proc: run them on Linux.")
    try:
        cli(standalone_mode=False)
    except click.Abort:
        sys.exit(ExitCode.INTERRUPTED)
    except click.ClickException as error:
        raise SettingsError(error.format_message()) from error


if __name__ == "__main__":
    main()
