"""Writes the tables of bench/RESULTS.md and docs/performance.md: each between two markers, the rest is left alone."""

import datetime
import os
import pathlib
import platform
import re
import statistics
import textwrap

COLUMNS = 120


def machine():
    lines = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release().split('-')[0]}"


def written_by(command):
    return (f"Written by `{command}` on {datetime.date.today().isoformat()}. Machine: {machine()}; release build; "
            "generator (`coupon-load`) on the same cores.")


def median_and_range(values, number_format, unit=""):
    """A cell: "**2.00** ms (1.00-9.00)"."""
    numbers = statistics.median(values), min(values), max(values)
    median, low, high = (f"{number:{number_format}}" for number in numbers)
    return f"**{median}**{unit and f' {unit}'} ({low}-{high})"


def section(title, paragraphs, columns, rows, after=()):
    """A heading, paragraphs, a table and paragraphs after it, as Markdown."""
    table = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    table += [f"| {' | '.join(row)} |" for row in rows]
    texts = [textwrap.fill(text, COLUMNS, break_on_hyphens=False, break_long_words=False) for text in paragraphs]
    return "\n\n".join([f"## {title}", *texts, "\n".join(table), *after]) + "\n"


def replace(page, name, text):
    """Puts `text` between the page's markers of `name`. A page that has none of them gets them at its end."""
    page = pathlib.Path(page)
    begin, end = f"<!-- {name}: written by ./dev bench -->", f"<!-- end of {name} -->"
    block = f"{begin}\n{text.rstrip()}\n{end}"
    old = page.read_text(encoding="utf-8") if page.exists() else ""
    if begin in old:
        if end not in old:
            raise SystemExit(f"{page}: the marker '{end}' is missing: nothing was written")
        new = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, old, flags=re.S)
    else:
        new = f"{old.rstrip()}\n\n{block}\n".lstrip()
    page.write_text(new, encoding="utf-8")
