"""A sweep as a section of docs/performance.md and as a plot in docs/plots/."""

import pathlib
import statistics

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot  # noqa: E402

from suite import pages  # noqa: E402
from suite.growth import median  # noqa: E402

SERVICE_COLOUR, BARE_COLOUR = "#1f6feb", "#8c6d1f"
# Above this a linear axis would hide the small values.
LINEAR_RATIO_MAX = 20


def short(count):
    """1, 64, 2 k, 10 M: fit for an axis."""
    for size, unit in ((1_000_000, " M"), (1_000, " k")):
        if count >= size and count % size == 0:
            return f"{count // size}{unit}"
    return str(count)


def plot_path(sweep):
    """Below docs/, as docs/performance.md links to it."""
    return f"plots/{sweep.name}.svg"


def table(sweep, session, command):
    """The text between the markers: a table and the plot."""
    bare, start = sweep.with_bare, sweep.with_start
    columns = [sweep.axis, "claims/s (range)", *(["bare/s", "of bare"] if bare else []), "p50 ms", "p99 ms",
               *(["p99 ms of bare"] if bare else []), "cores: service + generator",
               *(["start s (one start)"] if start else [])]
    rows = []
    for point in sweep.points:
        row = [f"{point.position:,}", pages.median_and_range([sample.rate for sample in point.service], ",.0f")]
        if bare:
            of_bare = statistics.median(one.rate / bare.rate for one, bare in zip(point.service, point.bare))
            row += [f"{median(point.bare, 'rate'):,.0f}", f"{of_bare:.2f}"]
        row += [f"{median(point.service, 'p50'):.2f}", f"{median(point.service, 'p99'):.2f}"]
        row += [f"{median(point.bare, 'p99'):.2f}"] if bare else []
        row.append(f"{median(point.service, 'cores'):.2f} + {median(point.service, 'generator_cores'):.2f}")
        row += [f"{point.start_seconds:.2f}"] if start else []
        rows.append(row)
    return pages.section(sweep.title, [
        f"{pages.written_by(command)} Median and range of {session.runs} runs of {session.seconds:g} s. Closed loop of "
        f"{sweep.connections or 'as many'} connections, all claims admitted, level `durable`."
    ], columns, rows, [f"![{sweep.title}: claims/s and p99]({plot_path(sweep)})"])


def plot(sweep, path):
    """Claims a second above, p99 below, over the same axis; the same numbers give the same bytes."""
    style = {"svg.hashsalt": sweep.name, "svg.fonttype": "none", "font.size": 9, "font.family": "sans-serif",
             "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd"}
    with pyplot.rc_context(style):
        figure, (upper, lower) = pyplot.subplots(2, 1, sharex=True, figsize=(6.4, 4.8), facecolor="white")
        places = range(len(sweep.points))
        draw(upper, places, sweep, "rate", 1e-3)
        draw(lower, places, sweep, "p99", 1)
        upper.set_title(f"{sweep.title}: all claims admitted, durable")
        upper.set_ylabel("claims/s, thousands")
        upper.set_ylim(bottom=0)
        upper.legend(frameon=False)
        values = [sample.p99 for point in sweep.points for sample in (*point.service, *point.bare)]
        if max(values) > LINEAR_RATIO_MAX * min(values):
            lower.set_yscale("log")
            lower.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
        else:
            lower.set_ylim(bottom=0)
        lower.set_ylabel("p99, ms")
        lower.set_xlabel(f"{sweep.axis}, number")
        lower.minorticks_off()
        lower.set_xticks(list(places), [short(point.position) for point in sweep.points])
        figure.align_ylabels()
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")  # no blanks at their ends


def draw(axes, places, sweep, name, scale):
    """Medians as a line, the range of the samples as bars."""
    axes.margins(y=0.15)
    for kind, colour, label in (("bare", BARE_COLOUR, "bare HTTP server"), ("service", SERVICE_COLOUR, "service")):
        samples = [getattr(point, kind) for point in sweep.points]
        if not all(samples):
            continue
        runs = [[scale * getattr(sample, name) for sample in some] for some in samples]
        middle = [scale * median(some, name) for some in samples]
        below = [value - min(values) for value, values in zip(middle, runs)]
        above = [max(values) - value for value, values in zip(middle, runs)]
        axes.errorbar(list(places), middle, [below, above], color=colour, label=label, marker="o", markersize=4,
                      capsize=3, linewidth=1.5)
