"""The history checker: each kind of broken promise is found, and a true history passes."""

import pytest

from support.history import Answer, History, Survivors


def check(answers, rows, stock=None):
    history = History()
    for answer in answers:
        history.add(answer)
    return history.check({1: Survivors(stock, rows)})


def yes(user, sequence, sent=0.0, answered=1.0):
    return Answer(1, user, 201, None, sequence, sent, answered)


def duplicate(user, sequence):
    return Answer(1, user, 409, "already_claimed", sequence, 2.0, 3.0)


def sold_out(user, sent=2.0, answered=3.0):
    return Answer(1, user, 410, "sold_out", None, sent, answered)


def test_true_history_passes():
    answers = [yes(7, 1), yes(8, 2), duplicate(7, 1), sold_out(9), Answer(1, 9, 503, "unavailable")]
    assert check(answers, [(1, 7), (2, 8)], stock=2) == []


def test_claim_that_nobody_was_told_of_is_no_fault():
    assert check([yes(7, 1)], [(1, 7), (2, 8)]) == []


@pytest.mark.parametrize("what, answers, rows, stock", [
    ("user 8 was acknowledged", [yes(7, 1), yes(8, 2)], [(1, 7)], None),
    ("user 7 was acknowledged with sequence 2, but has 1", [yes(7, 2)], [(1, 7)], None),
    ("user 7 was acknowledged twice", [yes(7, 1), yes(7, 1)], [(1, 7)], None),
    ("3 issued of 2", [yes(7, 1)], [(1, 7), (2, 8), (3, 9)], 2),
    ("not 1 to 2", [], [(1, 7), (3, 8)], None),
    ("not 1 to 2", [], [(2, 8), (1, 7)], None),
    ("user 7 has it more than once", [yes(8, 2)], [(1, 7), (2, 8), (3, 7)], None),
    ("user 9 was called a duplicate", [duplicate(9, 3)], [(1, 7)], None),
    ("1 of 2 are issued", [sold_out(9)], [(1, 7)], 2),
    ("sold out was told", [sold_out(9)], [(1, 7)], None),
    ("user 7 won after another was told sold out", [sold_out(9), yes(7, 1, 4.0, 5.0)], [(1, 7)], 1),
    ("user 7 holds it and was told sold out", [yes(7, 1), sold_out(7)], [(1, 7)], 1),
    ("user 8 (sequence 2) was answered before user 7 (sequence 1) asked",
     [yes(8, 2, 0.0, 1.0), yes(7, 1, 2.0, 3.0)], [(1, 7), (2, 8)], None),
    ("was told 500", [Answer(1, 7, 500, "internal")], [], None),
    ("was told 410 ended", [Answer(1, 7, 410, "ended")], [], None),
])
def test_planted_fault_fires(what, answers, rows, stock):
    answers = answers or [Answer(1, 1, 503, "unavailable")]
    assert any(what in fault for fault in check(answers, rows, stock))


def test_lost_coupon_is_found():
    history = History()
    history.add(yes(7, 1))
    assert history.check({}) == ["coupon 1 is gone"]


def test_row_that_nobody_knows_of_is_found():
    history = History()
    for answer in [yes(7, 1), duplicate(8, 2), sold_out(9), Answer(1, 10, 503, "unavailable")]:
        history.add(answer)
    rows = {1: Survivors(None, [(1, 7), (2, 8), (3, 9), (4, 10), (5, 11)])}
    assert history.rows_nobody_knows_of(rows) == [(1, 9), (1, 10), (1, 11)]
