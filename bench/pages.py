"""Writes the tables of bench/RESULTS.md and docs/performance.md: each between two markers, the rest is left alone."""

import datetime
import os
import pathlib
import platform
import re
import textwrap

COLUMNS = 120
RESULTS_HEAD = "# Results\n\nWritten by `./dev bench`, table by table.\n"


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), platform.machine())
    return f"{os.cpu_count()} cores, {model}, Linux {platform.release().split('-')[0]}"


def written_by(command):
    return (f"Written by `{command}` on {datetime.date.today().isoformat()}. Machine: {machine()}, shared; release "
            "build; generator (`coupon-load`) on the same cores.")


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
        new = re.sub(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, old, flags=re.S)
    else:
        new = f"{old.rstrip()}\n\n{block}\n".lstrip()
    page.write_text(new, encoding="utf-8")


def replace_result(page, name, text):
    """The same for bench/RESULTS.md, which is written whole: one without markers is begun anew."""
    page = pathlib.Path(page)
    if not page.exists() or "written by ./dev bench -->" not in page.read_text(encoding="utf-8"):
        page.write_text(RESULTS_HEAD, encoding="utf-8")
    replace(page, name, text)
