"""scripts/setup --minimal installs every library that the given programs are linked with."""
from __future__ import annotations

import fnmatch
import pathlib
import re
import subprocess
import sys

SETUP = pathlib.Path(__file__).resolve().parents[1] / "setup"
# Every Debian has libc; the other two come along with each library of C++.
GIVEN = ("libc6", "libstdc++6", "libgcc-s1")


def patterns() -> list[str]:
    table = re.search(r"^runtime_libraries=\((.*?)^\)", SETUP.read_text(), re.DOTALL | re.MULTILINE)
    assert table, "scripts/setup has no runtime_libraries"
    return [entry.split()[1] for entry in re.findall(r"'([^']*)'", table[1])]


def output(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def package_of(library: str) -> str:
    """The package of a path from ldd: dpkg may know the file with or without /usr."""
    for path in (library, "/usr" + library, library.removeprefix("/usr")):
        found = subprocess.run(("dpkg-query", "-S", path), capture_output=True, text=True,
                               check=False).stdout
        if found:
            return found.split(":")[0]
    raise SystemExit(f"no package has {library}")


def main(programs: list[str]) -> None:
    covered = patterns()
    missing = set()
    for program in programs:
        needed = re.findall(r"NEEDED\s+(\S+)", output("objdump", "-p", program))
        paths = dict(re.findall(r"(\S+) => (/\S+)", output("ldd", program)))
        for soname in needed:
            if soname not in paths or soname.startswith(("libasan", "libubsan", "libtsan")):
                continue  # the loader itself, or a sanitizer's runtime
            package = package_of(paths[soname])
            if package not in GIVEN and not any(fnmatch.fnmatch(package, p) for p in covered):
                missing.add(f"{package} ({soname} of {pathlib.Path(program).name})")
    if missing:
        raise SystemExit("scripts/setup --minimal leaves out: " + ", ".join(sorted(missing)))


main(sys.argv[1:])
