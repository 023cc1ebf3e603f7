"""The scripts of ./dev bench: tables, pages and plots from given numbers, and one figure measured for real."""

import json
import types

import pytest

from support.modules import load_program
from support.service import build_dir

run = load_program("bench/run.py")

from suite import figures, generator, growth, growth_pages, latency, pages, ratios, servers  # noqa: E402
from suite.session import Session  # noqa: E402

SVG_BYTES_MAX = 60_000


def report(**counts):
    """A coupon-load report; `counts` replace what stands here."""
    one = {"requests": 10, "winners": 10, "refused": 0, "errors": 0, "not_sent": 0,
           "by_status": {"201": 10}, "latency_ms": {"winners": {"p99": 1.5}, "refused": {}}, **counts}
    return generator.Report(generator.Load(), json.dumps({
        "seconds": 2.0, "generator_limits": [], "generator": {"cpu_seconds": 0.5},
        "idle_lost": counts.get("idle_lost", 0), "classes": [one]}))


@pytest.fixture
def session():
    return Session(seconds=1, runs=1, connections=16)


@pytest.fixture
def sweep():
    def sample(rate, p99):
        return growth.Sample(rate, p99 / 3, p99, 1.0, 0.5)

    return growth.Sweep("connections", "Connections", "connections", [
        growth.Point(1, [sample(900, 2), sample(1100, 3), sample(1000, 4)],
                     [sample(18_000, 0.1), sample(10_000, 0.1), sample(20_000, 0.1)]),
        growth.Point(2_000, [sample(40_000, 90)], [sample(50_000, 60)])])


def test_table_of_ratios_has_target_and_what_was_measured(session):
    scenario = ratios.Scenario("durable", "all claims admitted", 64, 0.6)
    ratio = ratios.Ratio(scenario, [0.7, 0.6123, 0.5], service_rate=61_230.0, bare_rate=100_000.4, p50=1.234, p99=5.678)
    text = ratios.table([ratio], session, "./dev bench")
    assert "| all claims admitted | 64 | 0.60 | **0.61** (0.50-0.70) | 61,230 | 100,000 | 1.23 | 5.68 |  |" in text


def test_ratio_says_in_which_runs_the_generator_was_the_limit():
    free, limited = (types.SimpleNamespace(generator_limits=limits) for limits in (False, True))
    assert ratios.notes_on([free, free], [limited, free]) == "bare: the generator was the limit in 1 of 2 runs"
    assert ratios.notes_on([free, free], [free, free]) == ""


def test_table_of_figures_has_median_range_and_verdict(session):
    text = figures.table([figures.Figure("p99", "ms", [1.0, 2.0, 9.0], "<= 3 ms", True, notes="p50 0.5 ms"),
                          figures.Figure("memory", "MB", [7.25], decimals=1)], session, "./dev bench")
    assert "| p99 | <= 3 ms | **2.00** ms (1.00-9.00) | yes | p50 0.5 ms |" in text
    assert "| memory | - | **7.2** MB (7.2-7.2) | - |  |" in text
    assert session.capacity_note() == ""  # a table measures nothing


def test_page_keeps_what_stands_outside_the_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("# Title\n", encoding="utf-8")
    pages.replace(page, "a", "old \\1 a\n")
    pages.replace(page, "b", "b\n")
    page.write_text(page.read_text(encoding="utf-8") + "\nBy hand.\n", encoding="utf-8")
    pages.replace(page, "a", "new \\1 a\n")
    assert page.read_text(encoding="utf-8") == (
        "# Title\n\n<!-- a: written by ./dev bench -->\nnew \\1 a\n<!-- end of a -->\n\n"
        "<!-- b: written by ./dev bench -->\nb\n<!-- end of b -->\n\nBy hand.\n")


def test_page_without_the_second_marker_is_left_alone(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- a: written by ./dev bench -->\nold\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="end of a"):
        pages.replace(page, "a", "new")
    assert "old" in page.read_text(encoding="utf-8")


def test_table_of_growth_has_service_and_bare(sweep, session):
    text = growth_pages.table(sweep, session, "./dev bench --growth")
    assert "| 1 | **1,000** (900-1,100) | 18,000 | 0.05 | 1.00 | 3.00 | 0.10 | 1.00 + 0.50 |" in text
    assert "](plots/connections.svg)" in text


def test_plot_is_the_same_for_the_same_numbers_and_its_words_are_text(sweep, tmp_path):
    paths = [tmp_path / "a" / "one.svg", tmp_path / "two.svg"]
    for path in paths:
        growth_pages.plot(sweep, path)
    first, second = (path.read_text(encoding="utf-8") for path in paths)
    assert first == second
    assert len(first) < SVG_BYTES_MAX
    for words in ("Connections: all claims admitted, durable", "claims/s, thousands", "p99, ms", "2 k",
                  "connections, number", "bare HTTP server"):
        assert f">{words}</text>" in first, words
    assert "<dc:date>" not in first


@pytest.mark.parametrize("counts", [
    {"winners": 9, "refused": 1}, {"winners": 9, "errors": 1}, {"idle_lost": 1}])
def test_answer_of_another_kind_is_no_result(counts):
    assert report().require("winners").per_second() == 5.0
    with pytest.raises(SystemExit, match="not a result"):
        report(**counts).require("winners")


def test_issuance_too_many_or_too_few_is_no_result():
    for issued, before in ((10, 0), (15, 5)):
        generator.check_issuances(types.SimpleNamespace(issued=lambda: issued), report(), before=before)
    for issued in (9, 11):
        with pytest.raises(SystemExit, match="not a result"):
            generator.check_issuances(types.SimpleNamespace(issued=lambda: issued), report())


def test_only_chooses_tables_by_name_or_by_group():
    only = run.parse(["--only", "durable,figures"]).only
    assert run.chosen(only, ratios.NAMES, "ratios") == ["durable"]
    assert run.chosen(only, run.FIGURES, "figures") == list(run.FIGURES)
    assert run.chosen(set(), ratios.NAMES, "ratios") == ratios.NAMES
    for words in (["--only", "threads"], ["--growth", "--only", "durable"]):
        with pytest.raises(SystemExit):
            run.parse(words)


def test_figures_of_half_the_capacity_come_from_a_real_run(monkeypatch, session):
    monkeypatch.setattr(servers, "BUILD", build_dir())
    winners, refused = latency.half_capacity(session)
    assert session.capacity > 0 and f"{session.capacity:,.0f} claims/s" in session.capacity_note()
    for figure in (winners, refused):
        assert len(figure.values) == 1 and figure.median > 0
