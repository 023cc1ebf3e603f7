"""What clients were told, held against what a service says afterwards.

A History takes every answer of every client. `check` compares it with what survived and returns one text a broken
promise (ARCHITECTURE.md, P1 to P6); an empty list means that every answer given was true. A request without an
answer is neither yes nor no: it may be among the survivors or not.
"""

import collections
import dataclasses

ADMITTED = 201
CONFLICT = 409
GONE = 410
UNAVAILABLE = 503


@dataclasses.dataclass(frozen=True)
class Answer:
    """One claim's answer; `sent` and `answered` are readings of one monotonic clock."""

    coupon: int
    user: int
    status: int
    code: str | None = None
    sequence: int | None = None
    sent: float = 0.0
    answered: float = 0.0


@dataclasses.dataclass
class Survivors:
    """One coupon as the service describes it: its stock (None = unlimited) and its rows, (sequence, user) each."""

    stock: int | None
    rows: list


class History:
    def __init__(self):
        self.answers = []
        self.asked = set()  # (coupon, user)
        self._told = collections.defaultdict(lambda: collections.defaultdict(list))  # by coupon, then status
        self._unanswered = collections.defaultdict(list)  # by coupon: (user, sent)

    def add(self, answer):
        self.answers.append(answer)
        self.asked.add((answer.coupon, answer.user))
        self._told[answer.coupon][answer.status].append(answer)

    def add_unanswered(self, coupon, user, sent):
        """A request whose answer never came."""
        self.asked.add((coupon, user))
        self._unanswered[coupon].append((user, sent))

    @property
    def unanswered(self):
        return sum(map(len, self._unanswered.values()))

    def unsettled(self, coupon):
        """(user, sent) of every request that may have been applied although nobody was told so."""
        return self._unanswered.get(coupon, []) + [
            (answer.user, answer.sent) for answer in self.told(coupon, UNAVAILABLE)]

    def told(self, coupon, status):
        return self._told.get(coupon, {}).get(status, [])

    def coupons(self):
        return sorted(self._told)

    def check(self, survivors, lossless=True):
        """Every broken promise, given {coupon id: Survivors} of all coupons that were claimed.

        `lossless=False`: some of what was acknowledged is gone, which the declared level allows. P2, P4 and the order
        among what survived hold all the same.
        """
        faults = [fault for answer in self.answers for fault in _check_known(answer)]
        for coupon in self.coupons():
            if coupon not in survivors:
                faults.append(f"coupon {coupon} is gone")
                continue
            check_one = self._check_all if lossless else self._check_what_survived
            faults += [f"coupon {coupon}: {fault}" for fault in check_one(coupon, survivors[coupon])]
        return faults

    def _check_all(self, coupon, found):
        return [
            *_check_rows(found),
            *_check_gaps(found),
            *_check_told(found, self.told(coupon, ADMITTED), "acknowledged"),
            *_check_told(found, self.told(coupon, CONFLICT), "called a duplicate"),
            *_check_sold_out(found, self.told(coupon, GONE), self.told(coupon, ADMITTED)),
            *_check_order(self.told(coupon, ADMITTED)),
        ]

    def _check_what_survived(self, coupon, found):
        held = {user: sequence for sequence, user in found.rows}
        # Of a user who was admitted twice, the first was lost, even where both got the same sequence.
        last = {answer.user: answer for answer in sorted(self.told(coupon, ADMITTED), key=lambda one: one.answered)}
        kept = [answer for answer in last.values() if held.get(answer.user) == answer.sequence]
        return [*_check_rows(found), *_check_order(kept)]

    def rows_nobody_knows_of(self, survivors):
        """(coupon, user) of every row whose user was told neither "admitted" nor "already": after a clean stop, none.

        After a crash there may be some: the claim was stored and its answer lost.
        """
        told = {(answer.coupon, answer.user) for answer in self.answers if answer.status in (ADMITTED, CONFLICT)}
        return [(coupon, user) for coupon, found in survivors.items() for _, user in found.rows
                if (coupon, user) not in told]


def _check_known(answer):
    allowed = {ADMITTED: None, CONFLICT: "already_claimed", GONE: "sold_out"}
    if answer.status == UNAVAILABLE:
        return
    if answer.status not in allowed or answer.code != allowed[answer.status]:
        yield f"coupon {answer.coupon}: user {answer.user} was told {answer.status} {answer.code}"


def _check_rows(found):
    sequences = [sequence for sequence, _ in found.rows]
    users = [user for _, user in found.rows]
    if found.stock is not None and len(found.rows) > found.stock:
        yield f"{len(found.rows)} issued of {found.stock}"
    for sequence in sorted(one for one, times in collections.Counter(sequences).items() if times > 1):
        yield f"sequence {sequence} was given more than once"
    for user in sorted(user for user, times in collections.Counter(users).items() if times > 1):
        yield f"user {user} has it more than once"


def _check_gaps(found):
    sequences = [sequence for sequence, _ in found.rows]
    if sequences != list(range(1, len(sequences) + 1)):
        yield f"the sequences are not 1 to {len(sequences)} in order"


def _check_told(found, answers, what):
    held = {user: sequence for sequence, user in found.rows}
    winners = {}
    for answer in answers:
        if held.get(answer.user) != answer.sequence:
            yield (f"user {answer.user} was {what} with sequence {answer.sequence}, "
                   f"but has {held.get(answer.user)}")
        if what == "acknowledged" and answer.user in winners:
            yield f"user {answer.user} was {what} twice"
        winners[answer.user] = answer.sequence


def _check_sold_out(found, refused, admitted):
    """The stock did not change meanwhile."""
    if not refused:
        return
    if len(found.rows) != found.stock:
        yield f"sold out was told, but {len(found.rows)} of {found.stock} are issued"
    first = min(answer.answered for answer in refused)
    for answer in admitted:
        if answer.sent > first:
            yield f"user {answer.user} won after another was told sold out"
    held = {user for _, user in found.rows}
    won = {}  # by user: when the first was told so
    for answer in admitted:
        won[answer.user] = min(answer.answered, won.get(answer.user, answer.answered))
    for answer in refused:
        if answer.user in held and answer.user in won and won[answer.user] < answer.sent:
            yield f"user {answer.user} holds it and was told sold out"


def _check_order(admitted):
    """Who was answered before another asked has the lower sequence."""
    earliest = None  # among the higher sequences
    for answer in sorted(admitted, key=lambda one: one.sequence, reverse=True):
        if earliest and earliest.answered < answer.sent:
            yield (f"user {earliest.user} (sequence {earliest.sequence}) was answered before "
                   f"user {answer.user} (sequence {answer.sequence}) asked")
        if not earliest or answer.answered < earliest.answered:
            earliest = answer


def survivors_of(service, coupons):
    """{coupon id: Survivors} as the service tells it now."""
    return {
        coupon: Survivors(service.coupon(coupon)["totalQuantity"],
                          [(row["sequence"], row["userId"]) for row in service.issuances(coupon)])
        for coupon in coupons
    }
