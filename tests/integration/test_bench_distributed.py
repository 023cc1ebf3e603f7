"""The scripts of ./dev bench --distributed: ratios, the judgement of a backlog and what the parts print, from given
numbers; and one row measured for real."""

import json

import pytest

from support.modules import load_program
from support.service import build_dir

run = load_program("bench/run.py")

from suite import backlog, distributed, generator, parts, servers  # noqa: E402
from suite.cluster import Run, Setup, used_between  # noqa: E402
from suite.session import Session  # noqa: E402


def report(winners, refused=0, errors=0, not_sent=0, p99=3.0):
    """What coupon-load tells of one second."""
    one = {"requests": winners + refused + errors, "winners": winners, "refused": refused, "errors": errors,
           "not_sent": not_sent, "by_status": {},
           "latency_ms": {"winners": {"p50": 1.0, "p99": p99}, "refused": {"p50": 1.0, "p99": p99}}}
    return generator.Report(generator.Load(), json.dumps({
        "seconds": 1.0, "generator_limits": [], "generator": {"cpu_seconds": 0.5}, "idle_lost": 0, "classes": [one]}))


def claims_run(*reports, ages=(0.5,), drain_seconds=1.0):
    """A run whose consumer told the `ages` of the oldest claim, second by second."""
    samples = [backlog.Sample(second, 1_000 * (second + 1), age) for second, age in enumerate(ages)]
    return Run(list(reports), samples, {"api0": 1.0, "redis": 0.25}, drain_seconds)


@pytest.fixture
def session():
    return Session(seconds=1, runs=3)


def test_ratio_is_the_median_of_pairs_and_takes_all_nodes_together():
    pairs = [(report(100), claims_run(report(20), report(30, p99=7.0))),
             (report(200), claims_run(report(60), report(60))),
             (report(100), claims_run(report(45), report(45)))]
    compared = distributed.compare(distributed.SCENARIOS[0], pairs)
    assert compared.values == [0.5, 0.6, 0.9]
    assert compared.met
    assert compared.rate == 90 and compared.bare_rate == 100
    assert pairs[0][1].percentile("p99") == 7.0


@pytest.mark.parametrize("admitted, kept_up, met", [(55, None, True), (54, None, False), (55, False, False)])
def test_target_is_met_by_the_ratio_of_a_backlog_that_is_kept_up_with(admitted, kept_up, met):
    pairs = [(report(100), claims_run(report(admitted)))]
    assert distributed.compare(distributed.Scenario("a", "a", target=0.55), pairs, kept_up=kept_up).met is met
    assert distributed.compare(distributed.Scenario("a", "a"), pairs).met is None


def test_backlog_is_judged_by_the_age_of_the_oldest_claim_from_a_second_on():
    samples = claims_run(report(1), ages=(9.0, 9.0, 2.0, 1.0)).backlog
    assert backlog.keeps_up(samples, after_seconds=2)
    assert not backlog.keeps_up(samples, after_seconds=1)
    assert not backlog.keeps_up([*samples, backlog.Sample(4, 10, 2.01), backlog.Sample(5, 0, 0.0)], after_seconds=2)


def test_backlog_nobody_told_of_is_no_result():
    with pytest.raises(SystemExit, match="not a result"):
        backlog.keeps_up(claims_run(report(1), ages=(0.0, 0.0)).backlog, after_seconds=2)


def test_backlog_comes_from_the_page_of_metrics_and_what_is_absent_is_no_sample():
    page = "# TYPE coupon_queue_backlog gauge\ncoupon_queue_backlog 12\ncoupon_queue_oldest_seconds 0.5\n"
    assert backlog.sample_of(page, 3.0) == backlog.Sample(3.0, 12, 0.5)
    assert backlog.sample_of(page.replace("oldest", "newest"), 3.0) is None


def test_rate_that_is_not_answered_is_not_sustained():
    assert distributed.is_sustained(claims_run(report(98)), 100, after_seconds=0)
    assert not distributed.is_sustained(claims_run(report(97)), 100, after_seconds=0)
    assert not distributed.is_sustained(claims_run(report(98), ages=(2.5,)), 100, after_seconds=0)


def test_sustained_rate_is_the_largest_share_that_every_pair_keeps_up_with(monkeypatch, session):
    """35 claims a second are kept up with in two pairs of three, fewer in all."""
    runs = []

    def run_claims(setup, seconds, connections, rate):
        runs.append(rate)
        late = rate > 35 or (rate == 35 and runs.count(rate) == 3)
        return claims_run(report(round(rate)), ages=[3.5 if late else 0.1] * 4)

    monkeypatch.setattr(distributed, "run_claims", run_claims)
    monkeypatch.setattr(distributed, "measure_bare", lambda scenario, seconds: report(100))
    compared = distributed.measure(distributed.Scenario("sustained", "sustained", target=0.45), session)
    assert runs == [45.0, 35.0, 35.0, 35.0, 25.0, 25.0, 25.0]
    assert compared.values == [0.25] * 3 and compared.kept_up and not compared.met
    assert "not sustained: 0.45 (45/s" in compared.notes and "0.35" in compared.notes


def test_answer_that_is_no_yes_is_no_result_unless_it_was_never_sent():
    given_up = claims_run(report(9, errors=3, not_sent=3))
    assert distributed.required(given_up, give_up=True) is given_up
    for other, give_up in ((given_up, False), (claims_run(report(9, errors=3, not_sent=2)), True),
                           (claims_run(report(9, refused=1)), True)):
        with pytest.raises(SystemExit, match="not a result"):
            distributed.required(other, give_up)


def test_table_names_the_acknowledgement_level_the_backlog_and_the_cpu_of_each_row(session):
    scenario = distributed.Scenario("a", "closed loop", setup=Setup(nodes=2, aof="always"), target=0.55)
    pairs = [(report(100), claims_run(report(60), ages=(0.5, 1.5)))]
    text = distributed.table([distributed.compare(scenario, pairs)], session, "./dev")
    assert ("| closed loop | 512 | 2 | always | admission | `durable` | 0.55 | **0.60** (0.60-0.60) | yes | 60 | 100 | "
            "1.00 | 3.00 | 2,000, 1.5 s old; gone after 1.0 s | api0 1.0, redis 0.2 |  |") in text
    assert [Setup(aof=aof).level for aof in ("no", "everysec")] == ["process", "os"]
    assert Setup(reply_after="ledger").level == "durable"


def test_cpu_seconds_of_others_are_what_no_process_of_the_run_has_used():
    used = used_between({"redis": 1.0, "others": 100.0}, {"redis": 3.0, "others": 110.0}, generator_seconds=5.0)
    assert used == {"redis": 2.0, "generator": 5.0, "others": 3.0}
    assert used_between({"others": 100.0}, {"others": 101.0}, generator_seconds=1.01)["others"] == 0.0  # rounded


def test_figures_of_the_parts_are_what_their_programs_print():
    core, user = parts.script_figures(
        "run 1: 400000 claims a second of Redis' core, 390000 by the clock; 60.5 bytes a user, 21.0 in the stream\n"
        "run 2: 460000 claims a second of Redis' core, 440000 by the clock; 60.5 bytes a user, 21.0 in the stream\n")
    assert core.values == [400_000, 460_000] and core.met is False
    assert user.values == [60.5, 60.5]
    printed = ("1000000 claims of 1 coupons in 6.25 s: 160000 rows/s (with the start of the program)\n"
               "CPU seconds: consumer 2.00, mariadbd 3.50, redis-server 0.75\nrows in the table: COUNT(*)\n1000000\n")
    (rows,) = parts.drain_figures(printed)
    assert rows.values == [160_000] and rows.met is True
    for damaged in (printed.replace("\n1000000\n", "\n999999\n"), ""):
        with pytest.raises(SystemExit, match="not a result"):
            list(parts.drain_figures(damaged))


def test_only_chooses_rows_of_the_distributed_mode():
    arguments = run.parse(["--distributed", "--only", "sustained,parts"])
    assert arguments.groups == ["distributed", "parts"] and arguments.seconds == run.DISTRIBUTED_SECONDS
    assert run.chosen(arguments.only, distributed.NAMES, "distributed") == ["sustained"]
    assert run.chosen(arguments.only, parts.FIGURES, "parts") == list(parts.FIGURES)
    for words in (["--distributed", "--only", "durable"], ["--distributed", "--growth"]):
        with pytest.raises(SystemExit):
            run.parse(words)


@pytest.mark.parametrize("seconds, names, written", [
    (10, distributed.NAMES, True), (9, distributed.NAMES, False), (10, distributed.NAMES[1:], False)])
def test_page_is_written_only_when_every_row_was_measured_at_length(monkeypatch, tmp_path, seconds, names, written):
    monkeypatch.setattr(run, "RESULTS", tmp_path / "RESULTS.md")
    monkeypatch.setattr(distributed, "measure", lambda scenario, _: distributed.compare(
        scenario, [(report(100), claims_run(report(60)))]))
    run.run_distributed(names, Session(seconds, 1), "./dev bench", write=True)
    assert run.RESULTS.exists() is written


@pytest.mark.slow
@pytest.mark.parametrize("setup", [Setup(nodes=2, aof="no"), Setup(reply_after="ledger")], ids=["nodes", "ledger"])
def test_row_comes_from_a_real_run(monkeypatch, setup):
    monkeypatch.setattr(servers, "BUILD", build_dir())
    compared = distributed.measure(distributed.Scenario("closed", "closed", 16, setup), Session(1, 1))
    assert compared.values[0] > 0 and "mariadb" in compared.cpu and "s old" in compared.backlog
