"""The rules of tools/style.py on ARCHITECTURE.md's tables: limits, and the tests of promises and limits."""

import re

# What a unit in the table multiplies by: bytes count in bytes, times in milliseconds.
UNITS = {"KiB": 1024, "MiB": 1024**2, "ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
TIMES = {"ms", "s", "min", "h", "d"}
# Where limits stand; each builds on those before it.
LIMIT_FILES = ("src/common/limits.h", "src/common/limits_distributed.h", "src/common/limits_consumer.h")
# The unit of a std::chrono type there.
DURATIONS = {"milliseconds": "ms", "seconds": "s", "minutes": "min", "hours": "h", "days": "d"}
LIMIT = re.compile(r"^inline constexpr ([\w:]+) (k\w+)\s*(?:= ?([^;]+)|\{([^;]+)\});", re.M)


def limits(tree):
    """{name: (value, is a time)}, times in milliseconds.

    Evaluates our own header only; an expression it cannot read raises.
    """
    text = "".join(tree.texts.get(name, "") for name in LIMIT_FILES)
    values = {}
    for match in LIMIT.finditer(text):
        kind, name, expression = match.group(1), match.group(2), match.group(3) or match.group(4)
        expression = re.sub(r"std::numeric_limits<std::int64_t>::max\(\)", "(2**63 - 1)", expression)
        expression = re.sub(r"std::\w+\{(\w+)\}", r"\1", expression).replace("'", "")
        unit = DURATIONS.get(kind.removeprefix("std::chrono::"))
        values[name] = eval(expression, {"__builtins__": {}}, values) * UNITS.get(unit, 1)
    return {name: (value, _is_time(text, name)) for name, value in values.items()}


def _is_time(text, name):
    return re.search(rf"std::chrono::\w+ {name}\b", text) is not None


def value_told(cell):
    """(value, is a time) of a cell of the column "value": "2^31-1", "1,000", "2 KiB + 32", "250 ms", "64 a loop".

    None if it says anything else.
    """
    if power := re.fullmatch(r"2\^(\d+)-1", cell):
        return 2 ** int(power.group(1)) - 1, False
    words = r"a loop|a connection|pages|rows|\(.*\)|beside .*|beyond .*"
    match = re.fullmatch(r"([\d,]+)(?: (KiB|MiB|ms|s|min|h|d))?(?: \+ (\d+))?" rf"(?: (?:{words}))?", cell)
    if match is None:
        return None
    number, unit, more = match.groups()
    return int(number.replace(",", "")) * UNITS.get(unit, 1) + int(more or 0), unit in TIMES


def rows_of_limits(tree):
    """(line, name, cells) of each row of ARCHITECTURE.md's table of limits."""
    for number, line in enumerate(tree.texts.get("ARCHITECTURE.md", "").splitlines(), 1):
        if match := re.match(r"\| `(k[A-Z]\w+)` \|", line):
            yield number, match.group(1), [cell.strip() for cell in line.strip("| ").split(" | ")]


def rows_of_promises(tree):
    """(line, name, cell of the tests) of each row of ARCHITECTURE.md's table of promises."""
    for number, line in enumerate(tree.texts.get("ARCHITECTURE.md", "").splitlines(), 1):
        if match := re.match(r"\| (P\d+) \|", line):
            yield number, match.group(1), line.rsplit("|", 2)[1].strip()


def rule_limits_are_listed(tree):
    """Each limit has a row in ARCHITECTURE.md, with its value; each row has its limit."""
    for file in LIMIT_FILES:
        text = tree.texts.get(file, "")
        known = {match.group(2) for match in LIMIT.finditer(text)}
        for match in re.finditer(r"\bconstexpr\b[^;=]*?\b(k[A-Z]\w*)\s*[={]", text):
            if match.group(1) not in known:
                line = text.count("\n", 0, match.start()) + 1
                yield file, line, f"write inline constexpr TYPE {match.group(1)} = VALUE;"
    values = limits(tree)
    listed = list(rows_of_limits(tree))
    for name in values.keys() - {name for _, name, _ in listed}:
        yield "ARCHITECTURE.md", 1, f"{name} is not in the table of limits"
    for line, name, cells in listed:
        if name not in values:
            yield "ARCHITECTURE.md", line, f"{name} is in the table of limits but is none"
        elif value_told(cells[1]) != values[name]:
            yield "ARCHITECTURE.md", line, f"{name} is {values[name][0]}, not {cells[1]}"


TEST_NAME = re.compile(r"^(?:TEST(?:_F|_P)?\(\s*\w+,\s*|def (?=test_))(\w+)", re.M)


def rule_named_tests_exist(tree):
    """Each promise and each limit of ARCHITECTURE.md names its tests, and each test that is named exists."""
    texts = [re.sub(r"/\*.*?\*/", "", text, flags=re.S) for _, text in tree.tests()]
    tests = {name for text in texts for name in TEST_NAME.findall(text)}
    rows = [(line, name, cells[3] if len(cells) > 3 else "") for line, name, cells in rows_of_limits(tree)]
    for number, what, cell in [*rows, *rows_of_promises(tree)]:
        named = re.findall(r"`(\w+)`", cell)
        if not named:
            yield "ARCHITECTURE.md", number, f"{what} names no test"
        for name in named:
            if name not in tests:
                yield "ARCHITECTURE.md", number, f"there is no test {name}"


def rule_tests_are_built(tree):
    """Each *_test.cc belongs to a program: its folder is a stage, or its CMakeLists.txt names the file."""
    for name in tree.texts:
        if not name.endswith("_test.cc"):
            continue
        folder, file = name.rsplit("/", 1)
        lists = tree.texts.get(f"{folder}/CMakeLists.txt", "")
        if "coupon_stage(" not in lists and not re.search(rf"\b{re.escape(file)}\b", lists):
            yield name, 1, f"{folder}/CMakeLists.txt builds it into no test program"
