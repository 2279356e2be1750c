"""`make try-dist`: installs the wheel as its users do, away from the checkout, and runs every program there.

pipx installs the patient's command alone; pip, with checked hashes, installs everything and runs the whole
demonstration. Ends with exit code 1 at the first thing that is not as it should be.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[1]
DIST: Final = ROOT / "dist"
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
SECONDS_MAX: Final = 600

IN_SDIST: Final = {"CHANGELOG.md", "LICENSE", "README.md", "constraints.txt", "pyproject.toml"}
PARTS: Final = {
    "antrean": "",
    "antrean-events": "events",
    "antrean-desk": "desk",
    "antrean-web": "web",
    "antrean-board": "web",
}
"""Which extra a program needs; all that are not here need `server`."""
BUILD_BACKEND: Final = "# To build:"
DESK: Final = "# For antrean-desk:"


class NotAsItShouldBe(Exception):
    """What was built does not work; the text says what did not."""


def main() -> int:
    """Tries the wheel and the sdist that are in `dist`."""
    started = time.monotonic()
    try:
        [wheel], [sdist] = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
        check_sdist(sdist)
        with tempfile.TemporaryDirectory(prefix="antrean-dist-") as name:
            folder = Path(name)
            try_patients_installation(wheel, folder)
            try_everything(wheel, folder)
    except NotAsItShouldBe as error:
        print(f"make try-dist: {error}", file=sys.stderr)
        return 1
    print(f"The distribution works; it took {time.monotonic() - started:.0f} s to try it.")
    return 0


def check_sdist(sdist: Path) -> None:
    """The files that a source distribution has to hold are in it."""
    with tarfile.open(sdist) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}
    if missing := IN_SDIST - files:
        raise NotAsItShouldBe(f"{sdist.name} lacks {', '.join(sorted(missing))}")


def try_patients_installation(wheel: Path, folder: Path) -> None:
    """`pipx install`: `antrean` works, and each of the others says what it lacks."""
    print("pipx install: the patient's command alone")
    programs = folder / "pipx-programs"
    pins = folder / "pins.txt"
    pins.write_text(without_hashes(constraints_before(DESK)))
    places = {"PIPX_HOME": folder / "pipx", "PIPX_BIN_DIR": programs, "PIPX_MAN_DIR": folder / "man"}
    run(
        [sys.executable, "-m", "pipx", "install", "--pip-args", f"--constraint {pins}", wheel], folder, places
    )
    expect(run([programs / "antrean", "--version"], folder), f"antrean {PROJECT['version']}\n")
    run([programs / "antrean", "--help"], folder)
    run([programs / "antrean", "hospitals"], folder, exit_code=69)
    for program in PROJECT["scripts"]:
        if extra := PARTS.get(program, "server"):
            told = run([programs / program], folder, exit_code=2).stderr
            if f"antrean[{extra}]" not in told or "Traceback" in told:
                raise NotAsItShouldBe(f"{program} without its extra says:\n{told}")


def try_everything(wheel: Path, folder: Path) -> None:
    """`pip install` with checked hashes: every program helps, and the demonstration ends well."""
    print("pip install --require-hashes: everything")
    requirements = folder / "all.txt"
    requirements.write_text(constraints_before(BUILD_BACKEND))
    run([sys.executable, "-m", "venv", "all"], folder)
    programs = folder / "all" / "bin"
    pip: list[str | Path] = [
        programs / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ]
    run([*pip, "--require-hashes", "--requirement", requirements], folder)
    run([*pip, "--no-deps", wheel], folder)
    run([programs / "python", "-m", "pip", "check"], folder)
    for program in PROJECT["scripts"]:
        if not run([programs / program, "--help"], folder).stdout:
            raise NotAsItShouldBe(f"{program} --help says nothing")
    print("antrean-stack demo, from the wheel")
    expect(run([programs / "antrean-stack", "demo"], folder), "median")


def constraints_before(heading: str) -> str:
    """The first parts of constraints.txt, up to the one that begins with `heading`."""
    return (ROOT / "constraints.txt").read_text().partition(f"{heading}\n")[0]


def without_hashes(constraints: str) -> str:
    """The same versions; pip checks no hashes where one thing to install, such as a wheel, has none."""
    lines = [line for line in constraints.splitlines() if "--hash" not in line]
    return "\n".join(line.removesuffix(" \\") for line in lines) + "\n"


def run(
    command: list[str | Path], folder: Path, variables: Mapping[str, Path] | None = None, exit_code: int = 0
) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder where nothing of the checkout is found; raises NotAsItShouldBe."""
    ours = ("ANTREAN_", "PYTHONPATH", "VIRTUAL_ENV")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environment |= {"HOME": str(folder), "XDG_STATE_HOME": str(folder / "state"), "ANTREAN_LANGUAGE": "en"}
    environment |= {name: str(place) for name, place in (variables or {}).items()}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    if done.returncode != exit_code:
        shown = " ".join(map(str, command))
        raise NotAsItShouldBe(f"{shown} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def expect(done: subprocess.CompletedProcess[str], words: str) -> None:
    """What a program printed has to hold these words."""
    if words not in done.stdout:
        raise NotAsItShouldBe(f"{done.args[0]} printed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    sys.exit(main())
