"""Has schemathesis ask the interface for programs whatever its description allows, and what it does not:
`make api-fuzz`.

Its exit code is schemathesis' own, 0 where nothing was found; 1 where our log holds a fault.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.web.own_hospital import own_hospital
from tests.web.web_process import await_ready, start_web

_ROOT: Final = Path(__file__).parents[2]
_ENVIRONMENT: Final = _ROOT / "build" / "api-fuzz"
_HOOKS: Final = "tests.web.api_fuzz_hooks"
_ENDLESS: Final = ("stream", "ticket_events")
"""Their good answers do not end; `test_api_streams.py` tries them."""

_CHECKS: Final = (
    *("not_a_server_error", "status_code_conformance", "content_type_conformance"),
    *("response_schema_conformance", "negative_data_rejection", "missing_required_header"),
    *("unsupported_method", "allow_header_conformance"),
)
_FAULT: Final = '"level": "error"'


def main(seconds: str) -> int:
    """Runs for about so many seconds."""
    with own_hospital() as deployment:
        process = start_web(deployment, "web", ANTREAN_TRUSTED_PROXIES="127.0.0.1")
        await_ready(process)
        run = subprocess.run(
            [
                *(
                    str(_ENVIRONMENT / "bin" / "schemathesis"),
                    "run",
                    f"{process.url}/api/v1/openapi.json",
                    "--origin",
                    process.url,
                ),
                *("--checks", ",".join(_CHECKS), "--phases", "examples,coverage,fuzzing"),
                *("--max-time", seconds, "--continue-on-failure", "--no-color"),
                *(word for name in _ENDLESS for word in ("--exclude-operation-id", name)),
            ],
            env={"SCHEMATHESIS_HOOKS": _HOOKS, "PYTHONPATH": str(_ROOT), "HOME": str(_ENVIRONMENT)},
            cwd=_ENVIRONMENT,
            check=False,
        )
        is_faulty = _FAULT in process.program.output or "Traceback" in process.program.output
        return run.returncode or int(is_faulty)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
