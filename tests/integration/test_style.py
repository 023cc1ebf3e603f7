"""tools/style.py reports what it forbids and leaves alone what it allows."""

import pytest

from support.modules import ROOT, load_program

style = load_program("tools/style.py")


@pytest.fixture
def findings(tmp_path):
    """findings(rule, {file: text}): what `rule` says about a folder of these files."""

    def find(rule, files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return style.check(tmp_path, [rule])

    return find


@pytest.mark.parametrize("name, include", [
    ("src/common/a.cc", "ledger/x.h"),
    ("src/redis/a.cc", "ledger/x.h"),
    ("src/ledger/a.h", "admission/x.h"),
    ("src/admission/a.cc", "http/server.h"),
    ("src/http/a.cc", "http/api/routes.h"),
    ("src/http/api/a.cc", "apps/wiring.h"),
])
def test_includes_upwards_are_reported(findings, name, include):
    assert len(findings(style.rule_layers, {name: f'#include "{include}"\n'})) == 1


@pytest.mark.parametrize("name, include", [
    ("src/redis/a.h", "common/x.h"),
    ("src/ledger/a.cc", "redis/x.h"),
    ("src/http/api/a.cc", "http/server.h"),
    ("src/admission/a.cc", "ledger/x.h"),
    ("src/apps/a.cc", "http/api/routes.h"),
])
def test_includes_downwards_are_allowed(findings, name, include):
    assert findings(style.rule_layers, {name: f'#include "{include}"\n#include <vector>\n'}) == []


def test_folder_without_layer_is_reported(findings):
    assert len(findings(style.rule_layers, {"src/misc/a.cc": ""})) == 1


@pytest.mark.parametrize("include", ["ledger/sqlite_ledger.h", "admission/embedded_admission.h"])
def test_engine_that_includes_more_than_the_core_is_reported(findings, include):
    assert len(findings(style.rule_engine_is_pure, {"src/admission/engine.cc": f'#include "{include}"\n'})) == 1


def test_engine_may_include_its_own_kind(findings):
    files = ["admission/holder_map.h", "admission/request.h", "common/ids.h"]
    text = "".join(f'#include "{file}"\n' for file in files) + "#include <span>\n"
    assert findings(style.rule_engine_is_pure, {"src/admission/engine_stage.h": text}) == []


@pytest.mark.parametrize("name, include", [
    ("src/ledger/writer.cc", "<sqlite3.h>"),
    ("src/ledger/writer.cc", "<mysql/mysql.h>"),
    ("src/admission/sqlite_x.cc", "<hiredis/hiredis.h>"),
    ("src/ledger/writer.cc", "<amqp.h>"),
    ("src/common/config.cc", "<yaml-cpp/yaml.h>"),
])
def test_vendor_header_elsewhere_is_reported(findings, name, include):
    assert len(findings(style.rule_vendors, {name: f"#include {include}\n"})) == 1


def test_vendor_header_in_file_of_its_name_is_allowed(findings):
    assert findings(style.rule_vendors, {
        "src/ledger/sqlite_ledger.cc": "#include <sqlite3.h>\n",
        "src/common/config_yaml.cc": "#include <yaml-cpp/yaml.h>\n",
    }) == []


@pytest.mark.parametrize("name, lines, count", [
    ("src/common/a.cc", 300, 0), ("src/common/a.cc", 301, 1), ("src/common/a.cc", 501, 1),
    ("src/common/a.h", 150, 0), ("src/common/a.h", 151, 1),
])
def test_file_beyond_the_soft_limit_is_reported(findings, name, lines, count):
    assert len(findings(style.rule_sizes, {name: "\n" * lines})) == count


def test_exception_raises_the_soft_limit_but_not_the_hard_one(findings):
    listing = "src/common/a.cc 900 a table is easier to read whole\n"
    files = {"tools/style_exceptions.txt": listing, "src/common/a.cc": "\n" * 450}
    assert findings(style.rule_sizes, files) == []
    assert len(findings(style.rule_sizes, {**files, "src/common/a.cc": "\n" * 501})) == 1


@pytest.mark.parametrize("entry, files", [
    ("src/common/gone.cc 400 was needed once here\n", {}),
    ("src/common/a.cc 400 is short by now really\n", {"src/common/a.cc": "\n"}),
    ("src/common/a.cc 400 big\n", {"src/common/a.cc": "\n" * 350}),
])
def test_exception_without_need_or_reason_is_reported(findings, entry, files):
    files = {"tools/style_exceptions.txt": entry, **files}
    assert len(findings(style.rule_exceptions_are_used, files)) == 1


@pytest.mark.parametrize("lines, count", [(68, 0), (69, 1)])
def test_function_longer_than_a_screen_is_reported(findings, lines, count):
    text = "namespace coupon {\nint Long(int a) const {\n" + "  // }}}\n" * lines + "}\n\nvoid Short() {}\n}\n"
    found = findings(style.rule_function_length, {"src/common/a.cc": text})
    assert len(found) == count and all("Long" in line for line in found)


@pytest.mark.parametrize("virtuals, count", [(5, 0), (6, 1)])
def test_interface_with_too_many_virtual_functions_is_reported(findings, virtuals, count):
    body = "".join(f"    virtual void F{number}(int) = 0;\n" for number in range(virtuals))
    text = "class Wide {\npublic:\n    virtual ~Wide() = default;\n" + body + "};\n"
    assert len(findings(style.rule_interfaces, {"src/common/a.h": text})) == count


@pytest.mark.parametrize("name, text", [
    ("src/common/a_test.cc", "TEST(A, DISABLED_Works) {}\n"),
    ("src/common/a_test.cc", 'TEST(A, Works) { GTEST_SKIP() << "later"; }\n'),
    ("tests/integration/test_a.py", "@pytest.mark.skip(reason='flaky')\ndef test_a(): pass\n"),
    ("tests/integration/test_a.py", "@pytest.mark.xfail\ndef test_a(): pass\n"),
])
def test_disabled_test_is_reported(findings, name, text):
    assert len(findings(style.rule_no_disabled_tests, {name: text})) == 1


def test_disabled_test_with_reason_and_date_is_allowed(findings):
    assert findings(style.rule_no_disabled_tests, {
        "src/common/a_test.cc": 'TEST(A, B) { GTEST_SKIP() << "needs a fixed kernel, see 2026-11-23"; }\n',
        "tests/test_a.py": "@pytest.mark.skip(reason='needs ptrace, since 2026-11-23')\ndef test_a(): pass\n",
    }) == []


@pytest.mark.parametrize("name, text", [
    ("src/common/a_test.cc", "std::this_thread::sleep_for(1ms);\n"),
    ("tests/integration/test_a.py", "time.sleep(1)\n"),
    ("tests/support/a.py", "await asyncio.sleep(1)\n"),
    ("tests/contract/a.cc", "usleep(10);\n"),
])
def test_sleep_in_a_test_is_reported(findings, name, text):
    assert len(findings(style.rule_no_sleeps_in_tests, {name: text})) == 1


def test_sleep_outside_of_tests_is_no_matter_of_this_rule(findings):
    assert findings(style.rule_no_sleeps_in_tests, {"src/common/a.cc": "std::this_thread::sleep_for(1ms);\n"}) == []


def test_path_of_one_machine_is_reported(findings):
    assert len(findings(style.rule_no_absolute_paths, {"README.md": "cd /home/anna/coupons\n"})) == 1
    assert findings(style.rule_no_absolute_paths, {"README.md": "cd coupons/home/x; ls $PWD/work/y\n"}) == []


@pytest.mark.parametrize("comment, count", [
    ("// NOLINT", 1), ("// NOLINTNEXTLINE", 1), ("// NOLINT(bugprone-branch-clone)", 0),
])
def test_silenced_linter_is_named(findings, comment, count):
    assert len(findings(style.rule_nolint_is_named, {"src/common/a.cc": f"int a;  {comment}\n"})) == count


@pytest.mark.parametrize("name, text, count", [
    ("src/common/a.h", "x" * 101 + "\n", 1), ("src/common/a.h", "/// " + "é" * 96 + "\n", 0),
    ("tests/support/a.py", "#" * 121 + "\n", 1), ("tools/dev/a.sh", "#" * 120 + "\n", 0),
])
def test_long_line_is_reported(findings, name, text, count):
    assert len(findings(style.rule_line_length, {name: text})) == count


@pytest.mark.parametrize("name, text, count", [
    ("src/http/a.cc", "constexpr std::size_t kRowsMax = 5;\n", 1),
    ("src/http/a.h", "static constexpr std::chrono::seconds kIdleTimeout{75};\n", 1),
    ("src/http/a.h", "inline constexpr int kRowsDefault = 5;\n", 1),
    ("src/http/a.cc", "constexpr std::size_t kFirstBytes = 5;\n", 0),
    ("src/http/a_test.cc", "constexpr int kRowsMax = 5;\n", 0),
    ("src/common/limits.h", "inline constexpr int kRowsMax = 5;\n", 0),
])
def test_limit_that_stands_elsewhere_is_reported(findings, name, text, count):
    assert len(findings(style.rule_limits_stand_together, {name: text})) == count


@pytest.mark.parametrize("name, text, count", [
    ("src/http/a.cc", "int x = n_.load();\n", 1),
    ("src/http/a.cc", "n_.store(Next(1, 2));\n", 1),
    ("src/http/a.cc", "int x = n_.load(std::memory_order_relaxed);\n", 0),
    ("src/http/a.cc", "n_.store(Next(1, 2), std::memory_order_release);\n", 0),
    ("src/http/a.cc", "// n_.load() would be wrong\n", 0),
    ("src/http/a_test.cc", "int x = n_.load();\n", 0),
])
def test_atomic_without_an_order_is_reported(findings, name, text, count):
    assert len(findings(style.rule_atomics_name_their_order, {name: text})) == count


@pytest.mark.parametrize("name, text, count", [
    ("src/http/a.h", "std::mutex mutex_;\n", 1),
    ("src/http/a.cc", "const std::lock_guard lock(mutex_);\n", 1),
    ("src/http/a.h", "/// Not a std::mutex.\nMutex mutex_;\n", 0),
    ("src/http/test_a.h", "std::mutex mutex_;\n", 0),
    ("src/common/mutex.h", "std::mutex mutex_;\n", 0),
])
def test_mutex_that_the_analysis_does_not_know_is_reported(findings, name, text, count):
    assert len(findings(style.rule_mutexes_are_ours, {name: text})) == count


@pytest.mark.parametrize("text, count", [
    ("/// As DESIGN section 6 has it.\n", 1), ("// STYLE asks for it\n", 1), ("/// Its design is old.\n", 0),
])
def test_page_that_is_not_here_is_reported(findings, text, count):
    assert len(findings(style.rule_no_foreign_pages, {"src/common/a.h": text})) == count


def test_limit_that_is_not_in_the_table_is_reported(findings):
    limits = "inline constexpr std::size_t kRowsMax = 5;\ninline constexpr std::chrono::seconds kIdleTimeout{75};\n"
    files = {"src/common/limits.h": limits,
             "ARCHITECTURE.md": "| `kRowsMax` | 5 | |\nkIdleTimeout is named here only\n"}
    found = findings(style.rule_limits_are_listed, files)
    assert len(found) == 1 and "kIdleTimeout" in found[0]


def test_limit_that_is_gone_is_reported(findings):
    files = {"src/common/limits.h": "", "ARCHITECTURE.md": "| `kRowsMax` | 5 | |\n"}
    assert len(findings(style.rule_limits_are_listed, files)) == 1


@pytest.mark.parametrize("code, told, other", [
    ("std::size_t kRowsMax = 1024 * 1024", "1,048,576", "1,048,577"),
    ("std::size_t kRowsMax = 2 * 1024 + 32", "2 KiB + 32", "2 KiB"),
    ("std::int64_t kRowsMax = (std::int64_t{1} << 31) - 1", "2^31-1", "2^32-1"),
    ("std::int64_t kRowsMax = std::numeric_limits<std::int64_t>::max()", "2^63-1", "2^62-1"),
    ("std::int64_t kRowsMax = 20'000", "20,000 a loop", "40,000 a loop"),
    ("std::chrono::milliseconds kRowsMax{2'000}", "2 s (`wait`)", "2 min"),
    ("std::chrono::days kRowsMax{1}", "1 d", "1"),
    ("std::size_t kRowsMax = 64", "64", "64 GB"),
    ("std::size_t kRowsMax = 4096", "4,096", "4,096 ms"),
])
def test_limit_with_another_value_than_the_table_says_is_reported(findings, code, told, other):
    for value, count in ((told, 0), (other, 1), ("", 1)):
        files = {"src/common/limits.h": f"inline constexpr {code};\n",
                 "ARCHITECTURE.md": f"| `kRowsMax` | {value} | refused | `IsRefused` |\n"}
        assert len(findings(style.rule_limits_are_listed, files)) == count, value


@pytest.mark.parametrize("code", ["std::pair<int, int> kRowsMax{5, 6}", "constexpr int kRowsMax = 5"])
def test_limit_that_the_rule_cannot_read_is_reported(findings, code):
    prefix = "" if code.startswith("constexpr") else "inline constexpr "
    found = findings(style.rule_limits_are_listed, {"src/common/limits.h": f"{prefix}{code};\n"})
    assert len(found) == 1 and "inline constexpr TYPE" in found[0]


@pytest.mark.parametrize("lists, count", [("coupon_stage(a LINKS b)", 0), ("coupon_test(t SOURCES a_test.cc)", 0),
                                          ("coupon_test(t SOURCES b_test.cc)", 1), ("", 1)])
def test_test_file_that_no_program_has_is_reported(findings, lists, count):
    files = {"src/a/CMakeLists.txt": lists, "src/a/a_test.cc": "TEST(Sum, SumsUp) {}\n"}
    assert len(findings(style.rule_tests_are_built, files)) == count


@pytest.mark.parametrize("row", ["| P1 | sums | by `code` | {} |\n", "| `kRowsMax` | 5 | refused `here` | {} |\n"])
@pytest.mark.parametrize("cell, count", [
    ("`SumsUp`", 0), ("`SumsUp`, `test_sum`", 0), ("`SumsDown`, `SumsUp`", 1), ("`test_none`, `test_no`", 2),
    ("`Helper`", 1), ("", 1), ("obviously", 1),
])
def test_promise_or_limit_without_its_test_is_reported(findings, row, cell, count):
    files = {"ARCHITECTURE.md": row.format(cell),
             "src/common/a_test.cc": "void Helper() {}\nTEST(Sum, SumsUp) { Helper(); }\n",
             "tests/integration/test_a.py": "def test_sum(service):\n    test_none()\n"}
    assert len(findings(style.rule_named_tests_exist, files)) == count


@pytest.mark.parametrize("page, count", [("# Keys\n", 0), ("# Old keys\n", 1)])
def test_generated_page_that_is_not_fresh_is_reported(findings, tmp_path, page, count):
    program = tmp_path / "build/dev/coupon-api"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho '# Keys'\n")
    program.chmod(0o755)
    assert len(findings(style.rule_docs_are_fresh, {"docs/configuration.md": page})) == count


def test_this_project_follows_its_rules():
    assert style.check(ROOT) == []
