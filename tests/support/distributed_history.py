"""What clients were told by several nodes, held against Redis and the ledger once every queue is empty.

Adds to support.history what only several stores can get wrong: that they agree, that a claim which is in neither is
among the dead letters, and that nobody has one who never asked.
"""

import collections
import dataclasses

from support.history import ADMITTED, CONFLICT, Survivors


@dataclasses.dataclass
class Stores:
    """One coupon: its row's stock (None = unlimited) and counter, the ledger's rows as (sequence, user) in order,
    Redis' users as {user: sequence}, open dead letters as (user, sequence, reason)."""

    stock: int | None
    rows: list
    issued: int
    users: dict
    dead_letters: list = dataclasses.field(default_factory=list)


def check_stores(history, stores, lossless=True):
    """Every broken promise, given {coupon: Stores} of all coupons that were claimed.

    `lossless=False`: Redis lost more than its declared level keeps. Then P2 and P4 hold all the same, the stores agree,
    and order holds among what survived; `losses` tells the rest.
    """
    survivors = {coupon: Survivors(found.stock, found.rows) for coupon, found in stores.items()}
    faults = history.check(survivors, lossless)
    for coupon in history.coupons():
        if coupon in stores:
            found = stores[coupon]
            faults += [f"coupon {coupon}: {fault}" for fault in [
                *_check_agreement(found),
                *_check_dead_letters(found, lossless),
                *_check_asked(found, {user for wanted, user in history.asked if wanted == coupon}),
                *_check_duplicates(history, coupon),
            ]]
    return faults


def losses(history, stores):
    """(coupon, user, sequence) of claims that were acknowledged and are in the ledger no more, or as another one."""
    held = {coupon: {user: sequence for sequence, user in found.rows} for coupon, found in stores.items()}
    return sorted({(answer.coupon, answer.user, answer.sequence) for answer in history.answers
                   if answer.status == ADMITTED and held[answer.coupon].get(answer.user) != answer.sequence})


def _check_agreement(found):
    if found.issued != len(found.rows):
        yield f"the coupon's row counts {found.issued} issued, there are {len(found.rows)}"
    if found.stock is not None and len(found.users) > found.stock:
        yield f"Redis has {len(found.users)} users of {found.stock}"
    sequences = collections.Counter(found.users.values())
    for sequence in sorted(sequence for sequence, times in sequences.items() if times > 1):
        yield f"Redis gave sequence {sequence} more than once"
    held = {user: sequence for sequence, user in found.rows}
    buried = {(user, sequence) for user, sequence, _ in found.dead_letters}
    for user, sequence in sorted(found.users.items()):
        if held.get(user) != sequence and (user, sequence) not in buried:
            yield f"user {user} has sequence {sequence} in Redis, but {held.get(user)} in the ledger"
    for user in sorted(held.keys() - found.users.keys()):
        yield f"user {user} is in the ledger and not in Redis"


def _check_dead_letters(found, lossless):
    """Without a loss nothing ends there; what does is not in the ledger as well."""
    held = {(user, sequence) for sequence, user in found.rows}
    for user, sequence, reason in found.dead_letters:
        if lossless:
            yield f"user {user} with sequence {sequence} is a dead letter: {reason}"
        elif (user, sequence) in held:
            yield f"user {user} with sequence {sequence} is a dead letter and in the ledger"


def _check_asked(found, asked):
    for sequence, user in found.rows:
        if user not in asked:
            yield f"user {user} has sequence {sequence} and never asked"


def _check_duplicates(history, coupon):
    """Who is told "already" has asked before, and was admitted then or does not know."""
    first_sent = {}
    for answer in history.told(coupon, ADMITTED):
        first_sent[answer.user] = min(answer.sent, first_sent.get(answer.user, answer.sent))
    for user, sent in history.unsettled(coupon):
        first_sent[user] = min(sent, first_sent.get(user, sent))
    for answer in history.told(coupon, CONFLICT):
        if first_sent.get(answer.user, float("inf")) > answer.answered:
            yield f"user {answer.user} was called a duplicate and never asked before"
