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
    capacity = (f"Capacity: {session.capacity:,.0f} claims/s, all admitted, closed loop of {session.connections} "
                "connections, measured in the same call. " if session.knows_capacity() else "")
    return pages.section("Latency, overload, connections and coupons", [
        f"{pages.written_by(command)} Median and range of {session.runs} runs. Latency counts from the instant a "
        f"request was due (open loop), the generator's own lateness included. {capacity}Acknowledgement level of every "
        "row: `durable`."
    ], ["what", "target", "measured (range)", "met", "notes"], [figure.row() for figure in figures])
