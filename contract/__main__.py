"""Writes what is stale of the contract, and says what it wrote (`make contract`). With the word `release` it
then keeps the schemas of this version as what is promised (`make release-contract`)."""

import sys
from importlib.metadata import version

from contract.documents import DOCS
from contract.files import write
from contract.released import broken_promises, release


def main(words: list[str]) -> int:
    """Returns 1, with a line for each, where a release would break what an earlier one has promised."""
    for path in write():
        sys.stdout.write(f"{path.relative_to(DOCS.parent)}\n")
    if words == ["release"]:
        if broken := broken_promises():
            sys.stderr.write("\n".join(broken) + "\n")
            return 1
        release(version("antrean"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
