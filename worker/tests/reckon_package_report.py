#!/usr/bin/env python3
"""Reckon the numbers of the demo's report from dpkg's database, independently of its handlers.

usage: reckon_package_report.py STATUS_FILE       prints JSON
"""
import collections
import json
import re
import sys


def paragraphs(text):
    for block in re.split(r"\n(?:[ \t]*\n)+", text.strip("\n")):
        unfolded = re.sub(r"\n[ \t]+", " ", block)
        fields = (re.match(r"([^:]+):\s*(.*)", line) for line in unfolded.split("\n"))
        yield {field[1]: field[2] for field in fields if field}


def names(*relations):
    text = ",".join(relation for relation in relations if relation)
    found = (re.match(r"\s*([a-z0-9][a-z0-9+.-]*)", part) for part in re.split(r"[,|]", text))
    return {match[1] for match in found if match}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        installed = [each for each in paragraphs(file.read())
                     if each.get("Status") == "install ok installed"]
    counts: collections.Counter[str] = collections.Counter()
    sizes: collections.Counter[str] = collections.Counter()
    dependents: collections.Counter[str] = collections.Counter()
    for each in installed:
        section = each.get("Section", "unknown")
        counts[section] += 1
        sizes[section] += int(each.get("Installed-Size", 0))
        dependents.update(names(each.get("Depends"), each.get("Pre-Depends")))
    by_size = sorted((-int(p.get("Installed-Size", 0)), p["Package"]) for p in installed)
    by_dependents = sorted((-count, name) for name, count in dependents.items())
    json.dump({
        "packages": len(installed),
        "installed_size_kb": sum(sizes.values()),
        "sections": [{"section": name, "packages": -count, "installed_size_kb": sizes[name]}
                     for count, name in sorted((-count, name) for name, count in counts.items())],
        "largest": [{"name": name, "installed_size_kb": -size} for size, name in by_size[:10]],
        "most_depended_on": [{"name": name, "dependents": -count}
                             for count, name in by_dependents[:10]],
    }, sys.stdout)


main()
