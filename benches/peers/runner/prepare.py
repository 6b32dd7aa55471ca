"""Fetches what the peers need into build/peers: npm packages, a Python environment, Go modules and,
where the machine has no redis-server, Debian's package of it, unpacked. Quick when all is there."""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[1]
NODE_PEERS = ("pgflow", "dbos", "bullmq", "graphile-worker")
REDIS_PACKAGES = ("redis-server", "redis-tools", "libjemalloc2", "liblzf1")


class Missing(RuntimeError):
    """Reports what a peer lacks on this machine."""


def call(*command, **options):
    done = subprocess.run([str(word) for word in command], text=True, capture_output=True,
                          stdin=subprocess.DEVNULL, check=False, **options)
    if done.returncode != 0:
        raise Missing(f"`{' '.join(str(word) for word in command[:3])}` failed: "
                      f"{(done.stderr or done.stdout).strip()[-600:]}")
    return done.stdout


def require(program):
    found = shutil.which(program)
    if not found:
        raise Missing(f"{program} is not installed")
    return found


def is_done(folder, *sources):
    """Whether `folder` was completed for these very files; else what `mark` shall write."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / ".complete"
    return (stamp.exists() and stamp.read_text() == digest), (stamp, digest)


def mark(stamp):
    stamp[0].write_text(stamp[1])


def node(build):
    """The peers' sources are next to the packages, where Node searches for them."""
    require("node")
    folder = build / "node"
    folder.mkdir(parents=True, exist_ok=True)
    done, stamp = is_done(folder, HERE / "package.json")
    if not done:
        require("npm")
        shutil.copy(HERE / "package.json", folder)
        call("npm", "install", "--no-package-lock", "--no-audit", "--no-fund", cwd=folder)
        mark(stamp)
    for each in (*NODE_PEERS, "lib"):
        shutil.copytree(HERE / each, folder / "peers" / each, dirs_exist_ok=True)
    return folder / "peers"


def python(build):
    folder = build / "venv"
    done, stamp = is_done(folder, HERE / "requirements.txt") if folder.exists() else (False, None)
    if not done:
        call(sys.executable, "-m", "venv", "--clear", folder)
        call(folder / "bin/python", "-m", "pip", "install", "-q", "-r", HERE / "requirements.txt")
        mark(stamp or is_done(folder, HERE / "requirements.txt")[1])
    return folder / "bin/python"


def go(build, peer):
    require("go")
    folder = build / "go" / peer
    folder.mkdir(parents=True, exist_ok=True)
    sources = [*sorted((HERE / peer).glob("*.go")), HERE / "lib/case.go", HERE / peer / "go.mod"]
    program = folder / "run"
    done, stamp = is_done(folder, *sources)
    if not (done and program.exists()):
        for path in sources:
            shutil.copy(path, folder)
        # Of the same two dozen requirements, Go always selects the same versions.
        call("go", "mod", "tidy", cwd=folder)
        call("go", "build", "-o", program, ".", cwd=folder)
        mark(stamp)
    return program


def redis(build):
    """The program and where its libraries are."""
    found = shutil.which("redis-server")
    if found:
        return found, ""
    folder = build / "redis"
    program = folder / "usr/bin/redis-server"
    if not program.exists():
        require("apt-get")
        packages = build / "packages"
        packages.mkdir(parents=True, exist_ok=True)
        call("apt-get", "download", *REDIS_PACKAGES, cwd=packages)
        for each in packages.glob("*.deb"):
            call("dpkg", "-x", each, folder)
    libraries = [str(path) for path in (folder / "usr/lib").glob("*-linux-gnu")]
    return program, os.pathsep.join(libraries)


def command(peer, build):
    """The words that start a peer's program."""
    kind = pathlib.Path(peer.program).suffix
    if kind == ".mjs":
        return [require("node"), node(build) / peer.program]
    if kind == ".go":
        return [go(build, peer.folder)]
    interpreter = python(build) if peer.folder == "celery" else sys.executable
    return [interpreter, HERE / peer.program]
