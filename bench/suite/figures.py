"""A figure: what was measured in each run beside its target; and the table of all figures."""

import dataclasses
import statistics

from suite import pages


@dataclasses.dataclass(frozen=True)
class Figure:
    """One row: what was measured in each run, in `unit`, and whether its median meets the target (None: it has none).

    `decimals` are those of the measured values. `notes` say what else was seen.
    """

    what: str
    unit: str
    values: list
    target: str = "-"
    met: bool = None
    decimals: int = 2
    notes: str = ""

    @property
    def median(self):
        return statistics.median(self.values)

    def row(self):
        measured = pages.median_and_range(self.values, f",.{self.decimals}f", self.unit)
        return [self.what, self.target, measured, {True: "yes", False: "**no**", None: "-"}[self.met], self.notes]


def table(figures, session, command):
    """The section of bench/RESULTS.md."""
    return pages.section("Latency, overload, connections and coupons", [
        f"{pages.written_by(command)} Median and range of {session.runs} runs. Latency at a rate (an open "
        "loop) counts from the instant a request was due, the generator's own lateness included. "
        f"{session.capacity_note()}Acknowledgement level of every row: `durable`."
    ], ["what", "target", "measured (range)", "met", "notes"], [figure.row() for figure in figures])
