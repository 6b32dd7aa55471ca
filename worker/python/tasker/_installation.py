"""Why the extension module cannot be imported."""

from __future__ import annotations

import importlib.machinery
import pathlib
import sys


def explained(problem: ImportError) -> ImportError:
    """An error with instructions if there is no module for this Python; otherwise ``problem``."""
    folder = pathlib.Path(__file__).parent
    if any((folder / f"_native{each}").exists() for each in importlib.machinery.EXTENSION_SUFFIXES):
        return problem
    built = sorted(each.name for each in folder.glob("_native.*.so"))
    if not built:
        reason = "has no extension module _native; build it"
    else:
        this = f"{sys.version_info.major}.{sys.version_info.minor}"
        others = ", ".join(built)
        reason = f"was built for another Python ({others}), not for {this}; build it for this one"
    return ImportError(
        f"tasker in {folder} {reason}: pip install worker/python", name="tasker._native"
    )
