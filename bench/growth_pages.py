"""A sweep as a section of docs/performance.md and as a plot in docs/plots/."""

import pathlib

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot  # noqa: E402

import pages  # noqa: E402

SERVICE_COLOUR, BARE_COLOUR = "#1f6feb", "#8c6d1f"
# Above this a linear axis would hide the small values.
LINEAR_RATIO_MAX = 20


def short(count):
    """1, 64, 2 k, 10 M: fit for an axis."""
    for size, unit in ((1_000_000, " M"), (1_000, " k")):
        if count >= size and count % size == 0:
            return f"{count // size}{unit}"
    return str(count)


def table(sweep, measuring, command):
    """The text between the markers: a table and the plot."""
    bare = any(point.bare for point in sweep.points)
    start = sweep.name == "holders"
    columns = [sweep.x_label, "claims/s (range)", *(["bare/s", "of bare"] if bare else []), "p50 ms", "p99 ms",
               *(["p99 ms of bare"] if bare else []), "cores: service + generator", *(["start s"] if start else [])]
    rows = []
    for point in sweep.points:
        rates = [one.rate for one in point.service]
        row = [f"{point.x:,}", f"**{point.median('rate'):,.0f}** ({min(rates):,.0f}-{max(rates):,.0f})"]
        if bare:
            bare_rate = point.median("rate", point.bare)
            row += [f"{bare_rate:,.0f}", f"{point.median('rate') / bare_rate:.2f}"]
        row += [f"{point.median('p50'):.2f}", f"{point.median('p99'):.2f}"]
        row += [f"{point.median('p99', point.bare):.2f}"] if bare else []
        row.append(f"{point.median('cores'):.2f} + {point.median('generator_cores'):.2f}")
        row += [f"{point.start_seconds:.2f}"] if start else []
        rows.append(row)
    return pages.section(sweep.title, [
        f"{pages.written_by(command)} Median and range of {measuring.runs} runs of {measuring.seconds:g} s. Closed "
        f"loop of {'as many' if sweep.name == 'connections' else '512'} connections, all claims admitted, level "
        "`durable`."
    ], columns, rows, [f"![{sweep.title}: claims/s and p99](plots/{sweep.name}.svg)"])


def plot(sweep, path):
    """Claims a second above, p99 below, over the same x; the same numbers give the same bytes."""
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
        values = [one.p99 for point in sweep.points for one in (*point.service, *point.bare)]
        if max(values) > LINEAR_RATIO_MAX * min(values):
            lower.set_yscale("log")
            lower.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
        else:
            lower.set_ylim(bottom=0)
        lower.set_ylabel("p99, ms")
        lower.set_xlabel(f"{sweep.x_label}, number")
        lower.minorticks_off()
        lower.set_xticks(list(places), [short(point.x) for point in sweep.points])
        figure.align_ylabels()
        path = pathlib.Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
        pyplot.close(figure)
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("".join(f"{line.rstrip()}\n" for line in lines), encoding="utf-8")  # no blanks at their ends


def draw(axes, places, sweep, name, scale):
    """Medians as a line, the range of the runs as bars."""
    axes.margins(y=0.15)
    for kind, colour, label in (("bare", BARE_COLOUR, "bare HTTP server"), ("service", SERVICE_COLOUR, "service")):
        runs = [[scale * getattr(one, name) for one in getattr(point, kind)] for point in sweep.points]
        if not all(runs):
            continue
        middle = [scale * point.median(name, getattr(point, kind)) for point in sweep.points]
        below = [value - min(values) for value, values in zip(middle, runs)]
        above = [max(values) - value for value, values in zip(middle, runs)]
        axes.errorbar(list(places), middle, [below, above], color=colour, label=label, marker="o", markersize=4,
                      capsize=3, linewidth=1.5)
