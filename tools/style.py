#!/usr/bin/env python3
"""Holds the project's rules that no compiler or linter knows; prints one line a finding, exit code 1 if there is any.

    tools/style.py [--root FOLDER] [--no-docs]

A size rule may be relaxed for one file in tools/style_exceptions.txt, with a reason. Nothing else has exceptions.
Each rule is a function that yields findings; RULES lists them. Those on ARCHITECTURE.md's tables stand in
tools/style_tables.py. Tests: tests/integration/test_style.py.
"""

import argparse
import pathlib
import re
import subprocess
import sys

from style_tables import rule_limits_are_listed, rule_named_tests_exist, rule_tests_are_built

# A folder may include from itself and from what stands before it.
LAYERS = ["common", "redis", "ledger", "admission", "queue", "http", "http/api", "apps"]
# The decision core: no I/O, no clock; it may include common/ and its own kind only.
ENGINE = re.compile(r"^(engine|holder_map|epoch|issue_times|coupon_table)\w*\.(h|cc)$")
# The admission's vocabulary, which the engine speaks.
ENGINE_WORDS = {"admission.h", "request.h", "operator_change.h"}
VENDORS = {
    "sqlite": re.compile(r"^sqlite3(ext)?\.h$"),
    "mysql": re.compile(r"^(mysql|mariadb)(/|\w*\.h$)"),
    "redis": re.compile(r"^hiredis(/|\w*\.h$)"),
    "rabbit": re.compile(r"^(rabbitmq-c/)?amqp\w*\.h$"),
    "config_yaml": re.compile(r"^yaml-cpp/"),
}
SOURCE_LINES_SOFT, SOURCE_LINES_MAX = 300, 500
HEADER_LINES_SOFT, HEADER_LINES_MAX = 150, 200
FUNCTION_LINES_MAX = 70
CPP_COLUMNS_MAX, SCRIPT_COLUMNS_MAX = 100, 120
VIRTUAL_FUNCTIONS_MAX = 5
DOCS_SECONDS = 20

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
SKIPPED_FOLDERS = {".git", "build", "node_modules", ".venv", "__pycache__", ".pytest_cache", "data"}
TEXT_ENDINGS = {".cc", ".h", ".py", ".sh", ".md", ".txt", ".cmake", ".yaml", ".yml", ".json", ".sql", ".ini", ""}


class Tree:
    """The files of a project folder, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.texts = {}
        for path in sorted(self.root.rglob("*")):
            relative = path.relative_to(self.root)
            if path.is_file() and not SKIPPED_FOLDERS & set(relative.parts) and path.suffix in TEXT_ENDINGS:
                self.texts[relative.as_posix()] = path.read_text(errors="replace")

    def under(self, folder, *endings):
        for name, text in self.texts.items():
            if name.startswith(folder + "/") and name.endswith(endings):
                yield name, text

    def tests(self):
        """What only tests consist of, in C++ and Python: name and text."""
        for name, text in self.texts.items():
            if is_test(name) and name.endswith((".cc", ".h", ".py")):
                yield name, text


def is_test(name):
    return name.startswith("tests/") or re.search(r"(_test\.cc|(^|/)test_\w+\.py)$", name)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def without_comments_and_strings(text):
    """C++ text with comments and literals blanked, line by line the same."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return re.sub(
        r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
        blank, text, flags=re.S)


# --- Layers and vendors

def layer_of(path):
    """The index of the layer of "http/api/x.h" (a path below src/), or None."""
    folder = path.rpartition("/")[0]
    while folder:
        if folder in LAYERS:
            return LAYERS.index(folder)
        folder = folder.rpartition("/")[0]
    return None


def includes(text):
    for match in INCLUDE.finditer(text):
        yield line_of(text, match.start()), match.group(1) or match.group(2)


def rule_layers(tree):
    for name, text in tree.under("src", ".cc", ".h"):
        inside = name.removeprefix("src/")
        own = layer_of(inside)
        if own is None:
            yield name, 1, f"belongs to no layer ({', '.join(LAYERS)})"
            continue
        for line, target in includes(text):
            other = layer_of(target)
            if other is not None and other > own:
                yield name, line, f"{LAYERS[own]} must not include {target}: includes go downwards only"


def rule_engine_is_pure(tree):
    for name, text in tree.under("src/admission", ".cc", ".h"):
        if not ENGINE.match(name.rpartition("/")[2]):
            continue
        for line, target in includes(text):
            folder, _, file = target.rpartition("/")
            own_kind = folder == "admission" and (ENGINE.match(file) or file in ENGINE_WORDS)
            if layer_of(target) is not None and folder != "common" and not own_kind:
                yield name, line, f"the engine must not include {target}: only common/ and the engine's own files"


def rule_vendors(tree):
    for name, text in tree.under("src", ".cc", ".h"):
        file = name.rpartition("/")[2]
        for line, target in includes(text):
            for vendor, pattern in VENDORS.items():
                if vendor == "config_yaml" and file.endswith("_test.cc"):
                    continue  # a test may read docs/openapi.yaml
                if pattern.match(target) and vendor not in file:
                    yield name, line, f"{target} belongs in files named {vendor}* only"


# --- Sizes

def exceptions(tree):
    """{file: (lines, reason)} of tools/style_exceptions.txt: "FILE LINES reason"."""
    found = {}
    for line in tree.texts.get("tools/style_exceptions.txt", "").splitlines():
        if line.strip() and not line.startswith("#"):
            name, lines, *reason = line.split()
            found[name] = (int(lines) if lines.isdigit() else 0, " ".join(reason))
    return found


def rule_sizes(tree):
    allowed = exceptions(tree)
    for folder in ("src", "tests", "bench", "tools"):
        for name, text in tree.under(folder, ".cc", ".h", ".py", ".sh"):
            header = name.endswith(".h")
            soft = HEADER_LINES_SOFT if header else SOURCE_LINES_SOFT
            hard = HEADER_LINES_MAX if header else SOURCE_LINES_MAX
            lines = len(text.splitlines())
            limit = min(allowed[name][0], hard) if name in allowed else soft
            if lines > hard:
                yield name, lines, f"{lines} lines, never more than {hard}"
            elif lines > limit:
                yield name, lines, (
                    f"{lines} lines, {limit} allowed: split it or give a reason in tools/style_exceptions.txt")


def rule_exceptions_are_used(tree):
    listing = "tools/style_exceptions.txt"
    for name, (_, reason) in exceptions(tree).items():
        soft = HEADER_LINES_SOFT if name.endswith(".h") else SOURCE_LINES_SOFT
        if name not in tree.texts:
            yield listing, 1, f"{name} does not exist"
        elif len(tree.texts[name].splitlines()) <= soft:
            yield listing, 1, f"{name} needs no exception any more"
        if len(reason.split()) < 3:
            yield listing, 1, f"{name}: give a reason"


def functions(text):
    """(line, name, lines) of each function body: a brace after `)` and what may follow it, matched to its end."""
    code = without_comments_and_strings(text)
    opening = re.compile(
        r"([~\w:]+)\s*\([^;{}]*\)\s*(?:const|noexcept|override|final|mutable|->\s*[\w:<>,*& ]+|:\s[^;]*?[)}]|\s)*\{")
    position = 0
    while match := opening.search(code, position):
        if match.group(1) in {"if", "for", "while", "switch", "catch", "return", "TEST", "requires"}:
            if match.group(1) != "TEST":
                position = match.end()
                continue
        depth, end = 1, match.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        yield line_of(code, match.start()), match.group(1), line_of(code, end) - line_of(code, match.start()) + 1
        position = end


def rule_function_length(tree):
    for folder in ("src", "tests", "bench"):
        for name, text in tree.under(folder, ".cc", ".h"):
            for line, function, lines in functions(text):
                if lines > FUNCTION_LINES_MAX:
                    yield name, line, f"{function} has {lines} lines, {FUNCTION_LINES_MAX} allowed"


def rule_line_length(tree):
    """Also of comments and texts, which the formatter leaves alone."""
    for folder in ("src", "tests", "bench", "tools"):
        for name, text in tree.under(folder, ".cc", ".h", ".py", ".sh"):
            limit = CPP_COLUMNS_MAX if name.endswith((".cc", ".h")) else SCRIPT_COLUMNS_MAX
            for number, line in enumerate(text.splitlines(), 1):
                if len(line) > limit:
                    yield name, number, f"{len(line)} columns, {limit} allowed"


def rule_interfaces(tree):
    for name, text in tree.under("src", ".h"):
        code = without_comments_and_strings(text)
        for match in re.finditer(r"\b(?:class|struct)\s+(\w+)[^;{}()]*\{", code):
            depth, end = 1, match.end()
            while depth and end < len(code):
                depth += {"{": 1, "}": -1}.get(code[end], 0)
                end += 1
            count = len(re.findall(r"\bvirtual\b[^;{}]*=\s*0\s*;", code[match.end():end]))
            if count > VIRTUAL_FUNCTIONS_MAX:
                yield name, line_of(code, match.start()), (
                    f"{match.group(1)} has {count} virtual functions, {VIRTUAL_FUNCTIONS_MAX} allowed")


# --- Tests

DISABLED = re.compile(r"GTEST_SKIP|\bDISABLED_|mark\.(?:skip|xfail)|pytest\.(?:skip|xfail)\(|unittest\.skip")
REASON_AND_DATE = re.compile(r"[\"'][^\"']*\w+ \w+[^\"']*\b20\d\d-\d\d-\d\d\b")
PLANTED_IN = {"tests/integration/test_style.py"}


def rule_no_disabled_tests(tree):
    """A test may be left out at run time or disabled only with a text that has a reason and a date."""
    for name, text in tree.tests():
        if name in PLANTED_IN:
            continue
        for match in DISABLED.finditer(text):
            statement = text[match.start():match.start() + 300].split(";")[0] if name.endswith((".cc", ".h")) else (
                text[match.start():match.start() + 300].split("\n\n")[0])
            if not REASON_AND_DATE.search(statement):
                yield name, line_of(text, match.start()), f"{match.group()} without a reason and a date"


SLEEPS = re.compile(r"\bsleep_(?:for|until)\b|\btime\.sleep\b|\basyncio\.sleep\b|\b(?:u|nano)?sleep\(")
SLEEP_ALLOWED_IN = PLANTED_IN | {"tests/support/wait.py"}


def rule_no_sleeps_in_tests(tree):
    for name, text in tree.tests():
        if name not in SLEEP_ALLOWED_IN:
            for match in SLEEPS.finditer(text):
                yield name, line_of(text, match.start()), (
                    f"{match.group()}: a test waits for a condition (tests/support/wait.py), never for time")


# --- Threads

def product_code(tree):
    """The C++ that is shipped: name and text without comments and literals."""
    for name, text in tree.under("src", ".cc", ".h"):
        file = name.rpartition("/")[2]
        if not is_test(name) and not file.startswith("test_") and not re.search(r"_(fixture|test_\w+)\.h$", file):
            yield name, without_comments_and_strings(text)


# A load without an argument, a store with one: the order is left to the default.
ATOMIC_WITHOUT_ORDER = re.compile(r"\.load\(\s*\)|\.store\((?:[^(),;]|\((?:[^()]|\([^()]*\))*\))*\)")


def rule_atomics_name_their_order(tree):
    for name, code in product_code(tree):
        for match in ATOMIC_WITHOUT_ORDER.finditer(code):
            yield name, line_of(code, match.start()), f"{match.group()[1:6].rstrip('(')} without a memory order"


STANDARD_LOCKS = re.compile(r"\bstd::(?:mutex|condition_variable|lock_guard|unique_lock|scoped_lock)\b")


def rule_mutexes_are_ours(tree):
    for name, code in product_code(tree):
        if name != "src/common/mutex.h":
            for match in STANDARD_LOCKS.finditer(code):
                yield name, line_of(code, match.start()), (
                    f"{match.group()}: common/mutex.h has one that the thread-safety analysis knows")


# --- Texts

HOME_PATHS = re.compile(r"(?<![\w.$}])/(?:home|root|Users|work|workspace)/\w+")


def rule_no_absolute_paths(tree):
    for name, text in tree.texts.items():
        if name not in PLANTED_IN and name != "tools/style.py":
            for match in HOME_PATHS.finditer(text):
                yield name, line_of(text, match.start()), f"{match.group()}: a path of one machine"


def rule_nolint_is_named(tree):
    for name, text in tree.under("src", ".cc", ".h"):
        for match in re.finditer(r"NOLINT(?:NEXTLINE|BEGIN)?(?!\w)(?!\([\w.,* -]+\))", text):
            yield name, line_of(text, match.start()), "NOLINT names the check it silences, in parentheses"


FOREIGN_PAGES = re.compile(r"\b(?:DESIGN|STYLE)\b")


def rule_no_foreign_pages(tree):
    """Nothing cites a page that is not in the project: what it says stands in ARCHITECTURE.md or CONTRIBUTING.md."""
    for folder in ("src", "tests", "bench", "cmake"):
        for name, text in tree.under(folder, ".cc", ".h", ".py", ".sh", ".cmake", ".txt"):
            if name not in PLANTED_IN:
                for match in FOREIGN_PAGES.finditer(text):
                    yield name, line_of(text, match.start()), f"{match.group()} is no page of this project"


# Sizes that follow from a layout or a standard; no caller can cross them.
LAYOUT_CONSTANTS = {"kBytesMax", "kSecretFileBytesMax", "kHistogramBoundsMax", "kRfc3339BytesMax", "kWallTimeMax",
                    "kSuggestionDistanceMax", "kHttpPortDefault"}
LIMIT_ELSEWHERE = re.compile(r"\bconstexpr\s+[\w:<>, ]+?\s+(k\w*(?:Max|Timeout|Default))\s*[={]")


def rule_limits_stand_in_one_file(tree):
    for name, code in product_code(tree):
        if name != "src/common/limits.h":
            for match in LIMIT_ELSEWHERE.finditer(code):
                if match.group(1) not in LAYOUT_CONSTANTS:
                    yield name, line_of(code, match.start()), f"{match.group(1)} belongs in src/common/limits.h"


GENERATED_PAGES = {"coupon-api": "docs/configuration.md", "coupon-consumer": "docs/configuration-consumer.md"}


def rule_docs_are_fresh(tree):
    """The pages on configuration are the programs' own output. Said once a program is built."""
    for name, page in GENERATED_PAGES.items():
        programs = [tree.root / "build" / preset / name for preset in ("dev", "release")]
        programs = [program for program in programs if program.exists()]
        if not programs:
            continue
        newest = max(programs, key=lambda program: program.stat().st_mtime)
        answer = subprocess.run([newest, "--print-config-docs"], capture_output=True, text=True,
                                timeout=DOCS_SECONDS, check=False)
        if answer.returncode != 0:
            yield page, 1, f"{name} --print-config-docs failed with {answer.returncode}"
        elif answer.stdout.strip() != tree.texts.get(page, "").strip():
            yield page, 1, f"is not fresh: build/{newest.parent.name}/{name} --print-config-docs > {page}"


RULES = [rule_layers, rule_engine_is_pure, rule_vendors, rule_sizes, rule_exceptions_are_used,
         rule_function_length, rule_interfaces, rule_tests_are_built, rule_no_disabled_tests,
         rule_no_sleeps_in_tests, rule_no_absolute_paths, rule_nolint_is_named, rule_limits_are_listed,
         rule_named_tests_exist, rule_line_length, rule_atomics_name_their_order, rule_mutexes_are_ours,
         rule_no_foreign_pages, rule_limits_stand_in_one_file, rule_docs_are_fresh]


def check(root, rules=None):
    """Every finding in the folder, as "file:line: text [rule]"."""
    tree = Tree(root)
    return [f"{name}:{line}: {text} [{rule.__name__.removeprefix('rule_')}]"
            for rule in rules or RULES for name, line, text in rule(tree)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parents[1])
    parser.add_argument("--no-docs", action="store_true", help="do not run the program to compare generated pages")
    options = parser.parse_args()
    findings = check(options.root, [rule for rule in RULES if not (options.no_docs and rule is rule_docs_are_fresh)])
    print("\n".join(findings) if findings else "style: nothing to report")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
