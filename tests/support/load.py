"""Many clients who claim at once and write down what they were told."""

import asyncio
import random
import time

import aiohttp

from support.history import Answer

REPEAT_SHARE = 0.15


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
            if not await self._claim(http, coupon, user):
                return

    async def _claim(self, http, coupon, user):
        """False when there is nobody to ask any more."""
        sent = time.monotonic()
        try:
            async with http.post(f"/v1/coupons/{coupon}/claims", json={"userId": user}) as reply:
                body = await reply.json(content_type=None)
                status = reply.status
        except (aiohttp.ClientError, ConnectionError, ValueError):
            self.history.unanswered += 1
            return False
        claim = body if status == 201 else body.get("claim", {})
        self.history.add(Answer(coupon, user, status, body.get("code"), claim.get("sequence"), sent, time.monotonic()))
        return status != 503
