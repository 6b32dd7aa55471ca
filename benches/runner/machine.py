"""Where the figures of a suite come from: commit, build, system, processor, memory, other load."""
import datetime
import os
import pathlib
import platform
import subprocess

from .results import git


def _value(file, key, separator):
    """After the key and the separator, in the first line that begins so."""
    for line in pathlib.Path(file).read_text().splitlines():
        if line.startswith(key) and separator in line:
            return line.split(separator, 1)[1].strip(' \t"')
    return "unknown"


def _git(*arguments):
    try:
        return git(*arguments).strip()
    except (OSError, ValueError):  # no git, or no clone
        return "unknown"


def commit():
    """In 12 digits, with "-dirty" if the checkout was changed."""
    return os.environ.get("TASKER_BENCH_COMMIT") or _git(
        "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")


def facts(build, compiler, libpq):
    """In the order to show them."""
    python = subprocess.run(["/usr/bin/python3", "--version"], capture_output=True, text=True,
                            check=False)
    now = datetime.datetime.now(datetime.timezone.utc)
    return {
        "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "commit": f"{commit()} ({build})",
        "branch": _git("branch", "--show-current"),
        "compiler": compiler,
        "libraries": f"libpq {libpq}, {python.stdout.strip()}",
        "system": f"{_value('/etc/os-release', 'PRETTY_NAME', '=')}, Linux {platform.release()}",
        "processor": f"{_value('/proc/cpuinfo', 'model name', ':')}, {os.cpu_count()} cores",
        "memory": _value("/proc/meminfo", "MemTotal", ":"),
        "load average at start": " ".join(f"{each:.2f}" for each in os.getloadavg()),
    }
