#!/usr/bin/env python3
"""Writes dashboards/*.json from dashboards.py: `monitoring/grafana/generate.py`, without arguments."""

import json
import pathlib

from dashboards import all_dashboards

FOLDER = pathlib.Path(__file__).resolve().parent / "dashboards"


def texts():
    """{name of a file: its text} of every dashboard."""
    return {f"{made['uid']}.json": json.dumps(made, indent=1) + "\n" for made in all_dashboards()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, text in texts().items():
        (FOLDER / name).write_text(text)
