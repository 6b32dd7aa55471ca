#!/usr/bin/env python3
"""Count the packages of this machine anew and compare with the report of a finished task.

usage: check_package_report.py TASK_JSON [DPKG_STATUS]

Shares no code with the handlers: another language, another way through the file.
"""
import collections
import json
import pathlib
import re
import sys


def installed(path):
    with open(path, encoding="utf-8") as file:
        for paragraph in re.split(r"\n\s*\n", file.read()):
            joined = re.sub(r"\n[ \t]", " ", paragraph)
            fields = dict(line.split(":", 1) for line in joined.splitlines() if ":" in line)
            fields = {name.lower(): value.strip() for name, value in fields.items()}
            if fields.get("status") == "install ok installed":
                yield fields


def names_in(relation):
    for alternative in re.split(r"[,|]", relation):
        name = re.match(r"\s*([^\s(:\[]+)", alternative)
        if name:
            yield name[1]


def expected(path):
    packages = list(installed(path))
    sizes = [(package["package"], int(package.get("installed-size", 0))) for package in packages]
    sections: dict[str, list[int]] = collections.defaultdict(lambda: [0, 0])
    dependents: collections.Counter[str] = collections.Counter()
    for package, (_, size) in zip(packages, sizes):
        section = sections[package.get("section", "")]
        section[0] += 1
        section[1] += size
        both = package.get("depends", "") + "," + package.get("pre-depends", "")
        dependents.update(set(names_in(both)))
    return {
        "packages": len(packages),
        "installed_size_kb": sum(size for _, size in sizes),
        "sections": [
            {"section": name, "packages": count, "installed_size_kb": size}
            for name, (count, size) in sorted(sections.items(), key=lambda x: (-x[1][0], x[0]))
        ],
        "largest": [
            {"name": name, "installed_size_kb": size}
            for name, size in sorted(sizes, key=lambda x: (-x[1], x[0]))
        ],
        "most_depended_on": [
            {"name": name, "dependents": count}
            for name, count in sorted(dependents.items(), key=lambda x: (-x[1], x[0]))
        ],
    }


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        result = json.load(file)["result"]
    report = result["report"]
    wanted = expected(sys.argv[2] if len(sys.argv) == 3 else "/var/lib/dpkg/status")
    problems = []
    for key, value in wanted.items():
        found = report.get(key)
        if key in ("largest", "most_depended_on"):  # the report shows the first few
            if not found:
                problems.append(f"{key}: nothing reported")
                continue
            value = value[: len(found)]
        if found != value:
            problems.append(f"{key}: reported {found}, counted {value}")
    lists = sum(1 for _ in pathlib.Path("/var/lib/dpkg/info").glob("*.list"))
    if "files" in result and result["files"]["packages"] != lists:
        problems.append(f"files: {result['files']['packages']} packages, counted {lists}")
    print("\n".join(problems) or f"{wanted['packages']} packages: every number is right")
    sys.exit(1 if problems else 0)


main()
