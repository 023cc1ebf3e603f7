"""The checker of the distributed mode: a true history passes, and each mutation of it is found."""

import copy

import pytest

from support.distributed_history import Stores, check_stores, losses
from support.history import Answer, History

LOST, JOINED, WON, SECOND, LATE = 5, 6, 7, 8, 9


def answers_of_a_true_history():
    return [
        Answer(1, WON, 201, None, 1, 0.0, 1.0),
        Answer(1, SECOND, 201, None, 2, 1.5, 2.0),
        Answer(1, JOINED, 503, "unknown", None, 2.0, 3.0),
        Answer(1, JOINED, 409, "already_claimed", 3, 4.0, 5.0),
        Answer(1, LATE, 410, "sold_out", None, 6.0, 7.0),
        Answer(1, WON, 409, "already_claimed", 1, 8.0, 9.0),
    ]


def true_stores():
    return Stores(stock=3, rows=[(1, WON), (2, SECOND), (3, JOINED)], issued=3, users={WON: 1, SECOND: 2, JOINED: 3})


def check(answers, stores, lossless=True, unanswered=()):
    history = History()
    for answer in answers:
        history.add(answer)
    for user, sent in unanswered:
        history.add_unanswered(1, user, sent)
    return check_stores(history, {1: stores}, lossless)


def test_true_history_passes():
    assert check(answers_of_a_true_history(), true_stores()) == []
    assert check(answers_of_a_true_history(), true_stores(), lossless=False) == []


def test_request_without_an_answer_explains_a_row_and_a_duplicate():
    answers = [answer for answer in answers_of_a_true_history() if answer.status != 503]
    assert check(answers, true_stores(), unanswered=[(JOINED, 2.0)]) == []


def drop_row(stores):
    stores.rows.pop()
    stores.issued -= 1


def add_row(stores):
    stores.rows.append((4, LATE))
    stores.issued += 1
    stores.users[LATE] = 4


def swap_sequences(stores):
    stores.rows[:2] = [(1, SECOND), (2, WON)]
    stores.users.update({WON: 2, SECOND: 1})


def double_user(stores):
    stores.rows[2] = (3, WON)


def double_sequence(stores):
    stores.rows[2] = (2, JOINED)


def leave_gap(stores):
    stores.rows[2] = (4, JOINED)
    stores.users[JOINED] = 4


def bury(stores):
    drop_row(stores)
    stores.dead_letters.append((JOINED, 3, "conflict"))


def strange_winner(stores):
    stores.rows[2] = (3, 99)
    stores.users = {WON: 1, SECOND: 2, 99: 3}


MUTATIONS = [
    ("P1: a row is gone", drop_row, "user 6 has sequence 3 in Redis, but None in the ledger"),
    ("P1: and so is the user of it", lambda stores: (drop_row(stores), stores.users.pop(JOINED)),
     "user 6 was called a duplicate with sequence 3, but has None"),
    ("P1: a dead letter without a loss", bury, "user 6 with sequence 3 is a dead letter: conflict"),
    ("P2: one more than the stock", add_row, "4 issued of 3"),
    ("P2: in Redis", lambda stores: stores.users.update({LATE: 4}), "Redis has 4 users of 3"),
    ("P3: sold out was told of a stock that is left", lambda stores: setattr(stores, "stock", 4),
     "sold out was told, but 3 of 4 are issued"),
    ("P4: a user twice", double_user, "user 7 has it more than once"),
    ("P5: who came first is second", swap_sequences, "user 7 was acknowledged with sequence 1, but has 2"),
    ("a sequence twice", double_sequence, "sequence 2 was given more than once"),
    ("a sequence twice in Redis", lambda stores: stores.users.update({JOINED: 2}), "Redis gave sequence 2 more than"),
    ("a gap", leave_gap, "the sequences are not 1 to 3 in order"),
    ("the row's counter is wrong", lambda stores: setattr(stores, "issued", 2), "counts 2 issued, there are 3"),
    ("Redis has forgotten a user", lambda stores: stores.users.pop(SECOND), "user 8 is in the ledger and not in Redis"),
    ("another sequence in Redis", lambda stores: stores.users.update({SECOND: 9}),
     "user 8 has sequence 9 in Redis, but 2 in the ledger"),
    ("somebody won who never asked", strange_winner, "user 99 has sequence 3 and never asked"),
]


@pytest.mark.parametrize("mutate, told", [mutation[1:] for mutation in MUTATIONS], ids=[one[0] for one in MUTATIONS])
def test_mutated_stores_are_found(mutate, told):
    stores = true_stores()
    mutate(stores)
    assert any(told in fault for fault in check(answers_of_a_true_history(), stores)), told


@pytest.mark.parametrize("number, replacement, told", [
    (0, Answer(1, WON, 201, None, 2, 0.0, 1.0), "user 7 was acknowledged with sequence 2, but has 1"),
    (0, Answer(1, WON, 201, None, 1, 3.0, 4.0),
     "user 8 (sequence 2) was answered before user 7 (sequence 1) asked"),
    (1, Answer(1, SECOND, 201, None, 2, 7.5, 8.0), "user 8 won after another was told sold out"),
    (2, Answer(1, LATE, 503, "unknown", None, 2.0, 3.0), "user 6 was called a duplicate and never asked before"),
    (2, Answer(1, JOINED, 500, "internal", None, 2.0, 3.0), "user 6 was told 500 internal"),
    (3, Answer(1, JOINED, 409, "already_claimed", 2, 4.0, 5.0), "user 6 was called a duplicate with sequence 2"),
    (4, Answer(1, WON, 410, "sold_out", None, 6.0, 7.0), "user 7 holds it and was told sold out"),
])
def test_mutated_answers_are_found(number, replacement, told):
    answers = answers_of_a_true_history()
    answers[number] = replacement
    assert any(told in fault for fault in check(answers, true_stores())), told


def test_loss_that_is_allowed_is_no_fault_and_is_told():
    """User 8's claim was lost with its sequence, which then went to another user."""
    stores = true_stores()
    stores.rows[1] = (2, LATE)
    stores.users = {WON: 1, LATE: 2, JOINED: 3}
    answers = answers_of_a_true_history()
    assert check(answers, stores, lossless=False) == []
    history = History()
    for answer in answers:
        history.add(answer)
    assert losses(history, {1: stores}) == [(1, SECOND, 2)]


def test_dead_letter_of_a_lost_claim_is_no_fault_unless_it_is_in_the_ledger_as_well():
    stores = true_stores()
    bury(stores)
    assert check(answers_of_a_true_history(), stores, lossless=False) == []
    stores.rows.append((3, JOINED))
    stores.issued += 1
    assert any("is a dead letter and in the ledger" in fault
               for fault in check(answers_of_a_true_history(), stores, lossless=False))


@pytest.mark.parametrize("mutate, told", [
    (add_row, "4 issued of 3"), (double_user, "user 7 has it more than once"),
    (double_sequence, "sequence 2 was given more than once"), (drop_row, "but None in the ledger"),
], ids=["oversold", "user twice", "sequence twice", "stores disagree"])
def test_what_holds_always_is_found_after_a_loss_too(mutate, told):
    stores = copy.deepcopy(true_stores())
    mutate(stores)
    assert any(told in fault for fault in check(answers_of_a_true_history(), stores, lossless=False))


def test_order_among_what_survived_is_found_after_a_loss_too():
    answers = answers_of_a_true_history()
    answers[0] = Answer(1, WON, 201, None, 1, 3.0, 4.0)
    assert any("was answered before user 7" in fault for fault in check(answers, true_stores(), lossless=False))


def test_user_who_was_admitted_lost_and_admitted_with_the_same_sequence_is_in_order():
    lost = [Answer(1, SECOND, 201, None, 2, 0.1, 0.2)]
    assert check(lost + answers_of_a_true_history(), true_stores(), lossless=False) == []
