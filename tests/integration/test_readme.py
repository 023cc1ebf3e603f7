"""The README's ```sh blocks run, in order, in one shell against the real programs; a ```text block right after one
is what it must print. There, "..." stands for anything; a JSON object needs the members shown, in any order."""

import json
import os
import pathlib
import re
import subprocess

import pytest

from support.service import ROOT, build_dir

BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```\n)?", re.M | re.S)
STATUS = re.compile(r"^(\{.*\})( \d{3})?$")
SECONDS = 60
MARK = "--- end of block ---"


def blocks(page):
    """(commands, expected output or None) of each executable block of a page."""
    return [match.groups() for match in BLOCK.finditer((ROOT / page).read_text())]


def contains(actual, shown):
    """Whether `actual` has what the README shows of it."""
    if isinstance(shown, dict):
        return isinstance(actual, dict) and all(
            key in actual and contains(actual[key], value) for key, value in shown.items())
    if isinstance(shown, list):
        return isinstance(actual, list) and len(actual) == len(shown) and all(map(contains, actual, shown))
    return shown == "..." or actual == shown


def line_fits(actual, shown):
    wanted, given = STATUS.match(shown), STATUS.match(actual)
    if wanted and given:
        return wanted.group(2) == given.group(2) and contains(json.loads(given.group(1)), json.loads(wanted.group(1)))
    return re.fullmatch(".*".join(map(re.escape, shown.split("..."))), actual) is not None


def output_fits(actual, shown):
    if shown.strip() == "...":
        return bool(actual.strip())
    actual_lines, shown_lines = actual.strip().splitlines(), shown.strip().splitlines()
    return len(actual_lines) == len(shown_lines) and all(map(line_fits, actual_lines, shown_lines))


@pytest.mark.parametrize("actual, shown, fits", [
    ('{"a":1,"b":{"c":"x"}} 201', '{"b":{"c":"..."}} 201', True),
    ('{"a":1} 200', '{"a":1} 201', False),
    ('{"a":1} 200', '{"a":2} 200', False),
    ('{"a":1} 200', '{"a":1,"b":1} 200', False),
    ("[1,2] 200", "... 200", True),
    ("[1,2] 404", "... 200", False),
    ("a\nb", "a", False),
    ("", "...", False),
])
def test_comparison_tells_what_the_readme_shows_from_what_it_does_not(actual, shown, fits):
    assert output_fits(actual, shown) == fits


def test_readme_commands_print_what_the_readme_says(demo_service, tmp_path):
    folder = tmp_path / "reader"
    (folder / "build").mkdir(parents=True)
    (folder / "build/release").symlink_to(build_dir())
    found = blocks("README.md")
    assert len(found) > 5
    script = "set -euo pipefail\n" + "".join(f"{commands}\necho; echo '{MARK}'\n" for commands, _ in found)
    script = script.replace("127.0.0.1:8080", f"127.0.0.1:{demo_service.port}")
    run = subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, text=True, timeout=SECONDS,
                         check=False, env={**os.environ, "no_proxy": "127.0.0.1"})
    outputs = run.stdout.split(MARK + "\n")
    for (commands, shown), output in zip(found, outputs):
        if shown is not None:
            assert output_fits(output, shown), f"{commands}printed\n{output}\nREADME says\n{shown}\n{run.stderr}"
    assert run.returncode == 0, f"{run.stdout}\n{run.stderr}"
    assert len(outputs) == len(found) + 1


@pytest.mark.parametrize("page", ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_links_between_pages_lead_somewhere(page):
    missing = [target for target in re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())
               if not pathlib.Path(ROOT / target).exists()]
    assert missing == []
