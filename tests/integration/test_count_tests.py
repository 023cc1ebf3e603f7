"""tools/dev/count_tests.py counts each case once and takes no broken run for a passed one."""

import pytest

from support.modules import load_program

count_tests = load_program("tools/dev/count_tests.py")

PASSED = '<testcase name="a" classname="A"/>'
FAILED = '<testcase name="b" classname="A"><failure/></testcase>'
PROGRAM_FAILED = '<testcase name="x_test" status="fail"><failure/></testcase>'


@pytest.fixture
def totals(tmp_path):
    def count(**files):
        (tmp_path / "gtest").mkdir()
        for name, body in files.items():
            path = tmp_path / (name if name in ("ctest", "pytest") else f"gtest/{name}")
            path.with_suffix(".xml").write_text(f"<testsuite>{body}</testsuite>")
        found = count_tests.count(tmp_path)[0]
        return found["passed"], found["failed"]

    return count


def test_cases_are_counted_rather_than_programs(totals):
    program = '<testcase name="x_test" classname="x_test" status="run"/>'
    assert totals(x_test=PASSED * 3, ctest=program, pytest=PASSED) == (4, 0)


def test_failed_case_is_counted_once(totals):
    assert totals(x_test=PASSED + FAILED, ctest=PROGRAM_FAILED, pytest=PASSED) == (2, 1)


def test_program_that_crashed_is_a_failure(totals):
    assert totals(ctest=PROGRAM_FAILED, pytest=PASSED) == (1, 1)


def test_runner_that_wrote_nothing_is_a_failure(totals):
    assert totals(x_test=PASSED, ctest="") == (1, 1)
