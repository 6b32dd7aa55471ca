"""Reading what suites have written."""
import hashlib
import json
import pathlib
import subprocess

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
BASELINES = CHECKOUT / "benches" / "baselines"
FUNCTIONS = "shared/sql/functions/"


class Case:
    """A case of a suite in one run."""

    def __init__(self, document, row):
        self.suite = document["benchmark_suite"]
        self.name = row["name"]
        self.unit = row["unit"]
        self.row = row
        self.calibration = document["calibration_ms"]
        # What an empty statement and the smallest commit took: the waits that any call has in it.
        self.waits = [document.get(each) or [] for each in ("round_trip_ms", "commit_ms")]

    @property
    def title(self):
        return f"{self.suite}: {self.name}"

    @property
    def higher_is_better(self):
        return self.row["better"] == "higher"

    def by_repetition(self, statistic):
        return [each[statistic] for each in self.row["repetitions"]]


class Run:
    """All suites of one run, and their machine."""

    def __init__(self, name, documents, path=pathlib.Path()):
        if not documents:
            raise ValueError(f"{name} holds no results of a suite")
        self.name = name
        self.folder = path.parent if path.is_file() else path
        self.documents = sorted(documents, key=lambda each: each["benchmark_suite"])
        self.timestamp = min(each["timestamp"] for each in documents)
        self.commit = documents[0]["commit"]
        branch = documents[0]["environment"].get("branch", "unknown")
        self.origin = f"{name}, {self.timestamp}, branch {branch}, commit {self.commit}"

    def should_have(self, case):
        """Unless the filter of the suite left it out."""
        document = self.suite(case.suite) or {"settings": {}}
        parts = document["settings"].get("filter", "").split("|")
        return any(each in case.name for each in parts)

    def cases(self):
        for document in self.documents:
            for row in document["results"]:
                yield Case(document, row)

    def was_measured_against(self, base):
        """In turn with the very functions that the other run has kept?"""
        script = base.folder / "functions.sql"
        if not script.exists():
            return False
        digest = hashlib.sha256(script.read_bytes()).hexdigest()
        against = self.folder / "against.sha256"
        return against.exists() and against.read_text().strip() == digest

    def suite(self, name):
        return next((each for each in self.documents if each["benchmark_suite"] == name), None)

    def find(self, suite, case):
        return next((each for each in self.cases()
                     if each.suite == suite and each.name == case), None)


class Revision:
    """A commit, as the base of a run: its SQL functions, and nothing measured."""

    def __init__(self, name):
        self.name = name
        self.commit = git("rev-parse", "--verify", "--quiet", name + "^{commit}").strip()
        self.timestamp = git("show", "--no-patch", "--format=%cI", self.commit).strip()
        self.origin = f"{self.timestamp}, commit {self.commit} ({name})"
        self.documents = []

    def write_functions(self, file):
        """As the run of a suite keeps them, but for the first line: the tables are not known."""
        names = git("ls-tree", "--name-only", self.commit, FUNCTIONS).split()
        if not names:
            raise ValueError(f"{self.name} has no {FUNCTIONS}")
        texts = [git("show", f"{self.commit}:{each}") for each in names]
        head = [f"-- of {self.commit}", "set check_function_bodies = off;"]
        file.write_text("\n".join([*head, *texts]))
        self.folder = file.parent

    def cases(self):
        return []


def git(*arguments):
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise ValueError(f"git {' '.join(arguments)}: {done.stderr.strip() or 'not found'}")
    return done.stdout


def read_document(file):
    try:
        found = json.loads(file.read_text())
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and "results" in found else None


def documents_in(folder):
    """Of the suites, in the order of their names."""
    found = (read_document(each) for each in sorted(folder.glob("*.json")))
    return [each for each in found if each]


def load(name):
    """A run folder, one suite's file, or the name of a baseline."""
    path = pathlib.Path(name)
    if not path.exists():
        path = BASELINES / name
    if path.is_file():
        documents = [each] if (each := read_document(path)) else []
    elif path.is_dir():
        documents = documents_in(path)
    else:
        raise ValueError(f"there is no run {name}, neither here nor in {BASELINES}")
    return Run(path.name, documents, path)


def latest_run(output):
    runs = sorted(each for each in output.glob("run_*") if each.is_dir())
    if not runs:
        raise ValueError(f"there is no run in {output}")
    return runs[-1]


def show(value, unit):
    """Three decimals, more below 10 µs, fewer of large figures."""
    if value is None:
        return "n/a"
    if unit == "ms":
        text = f"{value:.6f}" if 0 < abs(value) < 0.01 else f"{value:.3f}"
    elif abs(value) >= 1000 or value == int(value):
        text = f"{value:,.0f}"
    else:
        text = f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"
    return f"{text} {unit}".strip()


def table(head, rows):
    """Lines of Markdown; an empty cell stays empty."""
    lines = [head, ["---"] * len(head), *rows]
    return ["|" + "".join(f" {cell} |" if cell else " |" for cell in cells).replace(" --- ", "---")
            for cells in lines]
