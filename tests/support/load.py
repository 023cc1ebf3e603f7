"""Many clients who claim at once and write down what they were told."""

import asyncio
import random
import threading
import time

import aiohttp

from support.history import Answer
from support.wait import pause

REPEAT_SHARE = 0.15
UNSETTLED_SHARE = 0.5
RETRY_SECONDS = 0.02
STOP_SECONDS = 60


class ClaimLoad:
    """Clients over one event loop. `coupons` maps a coupon's id to the number of users who want it."""

    def __init__(self, service, history, coupons, seed, clients=16):
        self.service = service
        self.history = history
        self.coupons = dict(coupons)
        self.seed = seed
        self.clients = clients

    async def run(self, after_seconds, then):
        """Claims until the service is gone; calls `then` after `after_seconds`."""
        asyncio.get_running_loop().call_later(after_seconds, then)
        async with self.service.async_session(self.clients) as http:
            await asyncio.gather(*(self._client(http, f"{self.seed}/{number}") for number in range(self.clients)))

    async def _client(self, http, seed):
        chance = random.Random(seed)
        coupons = list(self.coupons)
        asked = []
        while True:
            if asked and chance.random() < REPEAT_SHARE:
                coupon, user = chance.choice(asked)
            else:
                coupon = chance.choice(coupons)
                user = chance.randint(1, self.coupons[coupon])
                asked.append((coupon, user))
            if await claim(http, self.history, coupon, user) in (None, 503):
                return


class LastingLoad:
    """Clients on a thread of their own who go on whatever happens, each on to the next service when one fails.

    `with LastingLoad(...) as load:` claims until the end of the block. Who was left without a yes or no asks again,
    most likely: P6 is about them.
    """

    def __init__(self, services, history, coupons, seed, clients=16):
        self.services = list(services)
        self.history = history
        self.coupons = dict(coupons)
        self.seed = seed
        self.clients = clients
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="claim load")
        self._error = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        assert not self._thread.is_alive(), f"a client still waits for its answer after {STOP_SECONDS} s"
        if self._error:
            raise self._error

    def _run(self):
        try:
            asyncio.run(self._all_clients())
        except Exception as error:  # raised where the block ends
            self._error = error

    async def _all_clients(self):
        sessions = [service.async_session(self.clients) for service in self.services]
        try:
            await asyncio.gather(*(self._client(sessions, number) for number in range(self.clients)))
        finally:
            for session in sessions:
                await session.close()

    async def _client(self, sessions, number):
        chance = random.Random(f"{self.seed}/{number}")
        asked, unsettled = [], []
        while not self._stop.is_set():
            coupon, user = self._next(chance, asked, unsettled)
            node = number % len(sessions)
            try:
                status = await claim(sessions[node], self.history, coupon, user)
            except asyncio.TimeoutError:
                raise TimeoutError(f"user {user} got no answer about coupon {coupon} from node {node}") from None
            if status in (None, 503):
                unsettled.append((coupon, user))
                number += 1
                await pause(RETRY_SECONDS)
            else:
                asked.append((coupon, user))

    def _next(self, chance, asked, unsettled):
        if unsettled and chance.random() < UNSETTLED_SHARE:
            return unsettled.pop(chance.randrange(len(unsettled)))
        if asked and chance.random() < REPEAT_SHARE:
            return chance.choice(asked)
        coupon = chance.choice(list(self.coupons))
        return coupon, chance.randint(1, self.coupons[coupon])


async def claim(http, history, coupon, user):
    """Claims once and adds what came of it to `history`: the status, None when the connection ended without one.

    Who waits longer than a session's time-out raises: no service may let a request hang.
    """
    sent = time.monotonic()
    try:
        async with http.post(f"/v1/coupons/{coupon}/claims", json={"userId": user}) as reply:
            body = await reply.json(content_type=None)
            status = reply.status
    except (aiohttp.ClientError, ConnectionError, ValueError):
        history.add_unanswered(coupon, user, sent)
        return None
    told = body if status == 201 else body.get("claim", {})
    history.add(Answer(coupon, user, status, body.get("code"), told.get("sequence"), sent, time.monotonic()))
    return status
