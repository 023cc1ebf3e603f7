"""Every source through clang 19: each file alone to the compiler, then clang-tidy a unit of several files at a time.

clang-tidy spends most of a file on the headers of others, so files of one library that stand in one unit (CMake's unity
build) cost a fourth. A unit that does not compile, because names local to two of its files meet, is looked at file by
file. Tests get the compiler's word alone: warnings, thread safety, includes that are missing (other presets precompile
headers).
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Compiled by nobody: it must fail, and the fuzzing step says so.
NOT_OURS_TO_JUDGE = {"tests/fuzz/canary_fuzz.cc"}


class Commands:
    """A compile_commands.json."""

    def __init__(self, folder):
        self.folder = folder
        entries = json.loads((folder / "compile_commands.json").read_text())
        self.entries = {pathlib.Path(entry["file"]): entry for entry in entries}

    def compiles(self, file):
        """What the compiler says of a file; no output is written. Returns (passed, text)."""
        entry = self.entries[file]
        words = [word for word in shlex.split(entry["command"]) if not word.endswith("ccache") and word != "-c"]
        output = words.index("-o")
        del words[output : output + 2]
        return run([*words, "-fsyntax-only"], entry["directory"])

    def tidy(self, file, *options):
        program = ["clang-tidy-19", f"--config-file={ROOT}/.clang-tidy", "-p", str(self.folder), "--quiet"]
        return run([*program, *options, str(file)], ROOT)


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    said = [line for line in (done.stdout + done.stderr).splitlines() if not line.endswith("warnings generated.")]
    return done.returncode == 0, "\n".join(said)


def sources_of(commands):
    """The repository's own files, not what a build step wrote."""
    names = {file: file.relative_to(ROOT).as_posix() for file in commands.entries if file.is_relative_to(ROOT)}
    return [
        file
        for file, name in sorted(names.items())
        if not name.startswith("build/") and name not in NOT_OURS_TO_JUDGE
    ]


def is_test(file):
    return file.name.endswith("_test.cc") or file.is_relative_to(ROOT / "tests")


def units_of(commands, wanted):
    """(unit, its files among `wanted`) for each unit that has some."""
    for unit in sorted(file for file in commands.entries if "/Unity/" in file.as_posix()):
        included = {pathlib.Path(name) for name in re.findall(r'#include "(.*)"', unit.read_text())}
        if members := sorted(included & wanted):
            yield unit, members


def tidy_unit(units, single, unit, members):
    if not units.compiles(unit)[0]:
        return [single.tidy(member) for member in members]
    return [units.tidy(unit, "--checks=-bugprone-suspicious-include")]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", type=pathlib.Path, required=True, help="build folder with a command a file")
    parser.add_argument("--units", type=pathlib.Path, required=True, help="build folder with a command a unit")
    options = parser.parse_args()
    single, units = Commands(options.single.resolve()), Commands(options.units.resolve())

    sources = sources_of(single)
    products = {file for file in sources if not is_test(file)}
    in_units = list(units_of(units, products))
    alone = products - {member for _, members in in_units for member in members}

    results = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = [pool.submit(lambda file=file: [single.compiles(file)]) for file in sources]
        waiting += [pool.submit(tidy_unit, units, single, *unit) for unit in in_units]
        waiting += [pool.submit(lambda file=file: [single.tidy(file)]) for file in sorted(alone)]
        for done in concurrent.futures.as_completed(waiting):
            for passed, text in done.result():
                results.append(passed)
                if not passed:
                    print(text, flush=True)
    failed = results.count(False)
    print(f"{len(sources)} files compiled, {len(products)} tidied in {len(in_units)} units, {failed} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
