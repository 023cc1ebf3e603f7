"""Adds up what the test runners wrote and prints one line: "N passed, N failed".

Counts GoogleTest's cases rather than ctest's programs; a program that failed without a failed case of its own (it
crashed, hung or wrote nothing) is one failure. Exit code 1 if anything failed or nothing ran.
"""

import pathlib
import sys
import xml.etree.ElementTree


def cases(file):
    return xml.etree.ElementTree.parse(file).getroot().iter("testcase")


def verdict(case):
    if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
        return "failed"
    if case.find("skipped") is not None or case.get("status") in ("disabled", "notrun"):
        return "skipped"
    return "passed"


def count(results):
    """The totals and the names of what failed or was skipped, from the files under `results`."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    names = {"failed": [], "skipped": []}
    explained = set()

    def add(kind, name):
        totals[kind] += 1
        if kind in names:
            names[kind].append(name)

    written = set()
    for file in sorted(results.glob("gtest/*.xml")):
        try:
            found = list(cases(file))
        except xml.etree.ElementTree.ParseError:
            continue
        written.add(file.stem)
        for case in found:
            kind = verdict(case)
            add(kind, f"{case.get('classname')}.{case.get('name')}")
            if kind == "failed":
                explained.add(file.stem)
    for runner in ("ctest", "pytest"):
        file = results / f"{runner}.xml"
        if not file.exists():
            add("failed", f"{runner} wrote no result")
            continue
        for case in cases(file):
            kind, name = verdict(case), case.get("name")
            if runner == "ctest" and (name in explained or (name in written and kind == "passed")):
                continue  # its own cases are counted
            add(kind, f"{case.get('classname')}::{name}" if runner == "pytest" else f"program {name}")
    return totals, names


def main():
    totals, names = count(pathlib.Path(sys.argv[1]))
    for kind in ("skipped", "failed"):
        for name in names[kind]:
            print(f"{kind}: {name}")
    if totals["skipped"]:
        print(f"({totals['skipped']} skipped)")
    print(f"{totals['passed']} passed, {totals['failed']} failed")
    return 1 if totals["failed"] or not totals["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
