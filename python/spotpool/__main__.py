"""The command ``spotpool``, which is also ``python -m spotpool``."""

from __future__ import annotations

import os
import sys

from . import _program
from ._errors import SpotpoolError


def main() -> None:
    """Becomes the command line, so that signals and exit codes are its own."""
    try:
        words = [*_program.command(), *sys.argv[1:]]
    except SpotpoolError as error:
        sys.exit(f"error: {error}")
    os.execvpe(words[0], words, _program.environment())


if __name__ == "__main__":
    main()
