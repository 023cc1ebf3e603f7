"""Promise P7 while the disk does not answer: nothing new is sent to this service until it does."""

import concurrent.futures
import time

import requests

from support.injection import STALL_SECONDS, stalled_disk
from support.wait import wait_until

WRITE_STALL_SECONDS = 2  # limits::kWriteStall


def test_a_write_that_hangs_is_not_ready_until_it_ends(make_service):
    service = make_service(settings={"admission.wait_max": "60s"}).start()
    coupon = service.create_coupon()["id"]
    with stalled_disk(service) as let_go, concurrent.futures.ThreadPoolExecutor(1) as pool:
        began = time.monotonic()
        claim = pool.submit(requests.post, service.url(f"/v1/coupons/{coupon}/claims"), json={"userId": 1},
                            timeout=STALL_SECONDS)
        wait_until(lambda: not service.is_ready(), 20, "readyz is not 200")
        assert time.monotonic() - began >= WRITE_STALL_SECONDS, "a slow write is no reason yet"
        answer = service.get("/readyz")
        assert answer.status_code == 503 and "the disk has not answered" in answer.text
        assert service.get("/livez").status_code == 200
        let_go()
        assert claim.result().status_code == 201, "it was waited for all the same"
        wait_until(service.is_ready, 20, "ready again")
