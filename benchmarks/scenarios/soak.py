"""The memory of each worker under a mixed load for ten minutes: none may grow."""

from benchmarks.bodies import LookUps, Registrations
from benchmarks.findings import Cell, Findings, Table, Target, middle
from benchmarks.lab import Lab
from benchmarks.load_client import Load, run_loads
from benchmarks.scenarios.ticks import seed_country
from benchmarks.seeding import Clinics
from benchmarks.system import BenchSystem, WorkerProcess
from benchmarks.verify import verify_answered
from benchmarks.watch import MemoryWatch, peak_mebibytes
from common.messaging.topology import PATIENT_EXCHANGE
from common.settings import Role

_CLINICS = Clinics(hospitals=50, each=20)
_SECONDS = 600
_SAMPLE_SECONDS = 5
_REGISTRATIONS_PER_SECOND = 50
_LOOK_UPS_PER_SECOND = 200
_ROLES: tuple[Role, ...] = ("registrar", "status", "ticker")
_GROWTH_MAX = 1.03
"""From the second tenth of the time to the last one: what a worker first has to load, it has by then."""


def measure(lab: Lab) -> Findings:
    """Registrations, look-ups and ticks at once."""
    seconds = _SECONDS / 10 if lab.quick else _SECONDS
    with lab.own_system("postgresql") as system:
        places = _CLINICS.places()
        codes = seed_country(system, _CLINICS).waiting_codes()
        workers: dict[str, list[WorkerProcess]] = {role: system.start(role) for role in _ROLES}
        lab.say(f"mixed load for {seconds:.0f} s")
        loads = [
            _load(system, "register", Registrations(places), _REGISTRATIONS_PER_SECOND, seconds),
            _load(system, "ticket_status", LookUps(codes), _LOOK_UPS_PER_SECOND, seconds),
        ]
        memory = MemoryWatch(workers, _SAMPLE_SECONDS)
        with memory:
            results = run_loads(loads)
        verify_answered(results)
        peaks = {role: peak_mebibytes(some) for role, some in workers.items()}
        for some in workers.values():
            system.stop(some)
    return _findings(memory.samples, peaks, seconds)


def _load(
    system: BenchSystem, name: str, bodies: Registrations | LookUps, rate: float, seconds: float
) -> Load:
    url = system.urls["patient"]
    return Load(url=url, exchange=PATIENT_EXCHANGE, type=name, bodies=bodies, rate=rate, seconds=seconds)


def _findings(samples: dict[str, list[float]], peaks: dict[str, float], seconds: float) -> Findings:
    rows: list[list[Cell]] = []
    targets = []
    for role, taken in samples.items():
        tenth = max(len(taken) // 10, 1)
        early, late = middle(taken[tenth : 2 * tenth]), middle(taken[-tenth:])
        rows.append([role, early, middle(taken), late, peaks[role]])
        targets.append(Target(f"memory of a {role}, MiB", peaks[role], most=120, shown="{:.0f}"))
        targets.append(Target(f"memory of a {role}, end / beginning", late / early, most=_GROWTH_MAX))
    columns = ["", "beginning MiB", "median MiB", "end MiB", "most ever MiB"]
    title = (
        f"Memory over {seconds / 60:g} minutes with {_REGISTRATIONS_PER_SECOND} registrations/s,"
        f" {_LOOK_UPS_PER_SECOND} look-ups/s and {_CLINICS.count:,} clinics being served"
    )
    return Findings("soak", "Memory", targets, [Table(title, columns, rows)])
