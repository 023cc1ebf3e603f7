"""The distributed mode as a whole: Redis, MariaDB, several coupon-api and coupon-consumer, proxies between them.

Everything is a real process on a free port, in a folder below the cluster's own. A part is killed and started again
through its own object (cluster.redis.kill9(), cluster.apis[0].restart()).
"""

import contextlib
import pathlib
import signal

from support.distributed_history import Stores
from support.fault_proxy import FaultProxy
from support.mariadb import DATABASE, USER, MariaDb
from support.process import START_SECONDS, dying_with_parent
from support.redis_server import RedisServer
from support.service import Service, build_dir
from support.wait import wait_until

DRAIN_SECONDS = 60
SETTLE_SECONDS = 30
UNAVAILABLE = 69  # the exit code when a needed server is not there
IDLE_MS = 600  # kMysqlIdleUnchecked and some
NOBODY = 2**63 - 1  # a user who never claims
FIRST_USER = 1000
TAIL_LINES = 15
# So short that a test sees what happens when they pass.
CONSUMER_SETTINGS = {"consumer.lease": "2s", "shutdown.grace": "5s"}
API_SETTINGS = {"admission.store": "redis", "shutdown.grace": "5s"}


def keys(coupon):
    """The names of a coupon's keys in Redis, by their last part."""
    return {part: f"coupon:{{{coupon}}}:{part}" for part in ("policy", "users", "accepted", "loader", "lease")}


class Cluster:
    """`proxied` names links that go through a FaultProxy, which is proxies[name]: "api0-redis", "consumer1-mariadb".

    `api` and `consumer` are --set pairs of every coupon-api or coupon-consumer, `redis` and `mariadb` settings of the
    servers; `environments` are variables by the name of a process ("api1"); `programs` is the folder of ours, if it is
    not the one under test; `redis_form` the class of its Redis.
    """

    def __init__(self, folder, apis=2, consumers=1, proxied=(), redis=None, mariadb=None, api=None, consumer=None,
                 environments=None, programs=None, redis_form=RedisServer):
        self.folder = pathlib.Path(folder)
        self.programs = pathlib.Path(programs or build_dir())
        self.redis = redis_form(self.folder / "redis", redis)
        self.mariadb = MariaDb(self.folder / "mariadb", mariadb)
        self.proxies = {name: FaultProxy(getattr(self, name.partition("-")[2]).port) for name in proxied}
        self._environments = environments or {}
        self._added = 0
        self.apis = [self._service("coupon-api", f"api{number}", {**API_SETTINGS, **(api or {})})
                     for number in range(apis)]
        self.consumers = [self._service("coupon-consumer", f"consumer{number}", {
            "consumer.name": f"consumer{number}", **CONSUMER_SETTINGS, **(consumer or {})})
            for number in range(consumers)]

    def _service(self, program, name, settings, environment=None):
        ports = {server: self.proxies.get(f"{name}-{server}", getattr(self, server)).port
                 for server in ("redis", "mariadb")}
        return Service(self.folder / name, program=self.programs / program, wrapper=dying_with_parent([]),
                       environment=environment or self._environments.get(name), settings={
                           "redis.url": f"redis://127.0.0.1:{ports['redis']}",
                           "datasource.url": f"mysql://127.0.0.1:{ports['mariadb']}/{DATABASE}",
                           "datasource.username": USER,
                           **settings,
                       })

    @contextlib.contextmanager
    def another_api(self, settings=None, environment=None):
        """One more coupon-api with settings of its own, for the time of a `with`."""
        self._added += 1
        node = self._service("coupon-api", f"added{self._added}", {**API_SETTINGS, **(settings or {})}, environment)
        try:
            yield node.start()
        finally:
            node.close()

    # --- Start and end

    def start(self):
        for proxy in self.proxies.values():
            proxy.start()
        for part in self.parts():  # the servers side by side, then our programs, which need them
            part.start(wait=False)
            if part is self.mariadb:
                self.redis.wait_ready()
                self.mariadb.wait_ready()
        for part in self.parts():
            part.wait_ready()
        return self

    def parts(self):
        return [self.redis, self.mariadb, *self.apis, *self.consumers]

    def close(self):
        for part in reversed(self.parts()):
            part.close()
        for proxy in self.proxies.values():
            proxy.stop()

    def heal(self):
        """No fault on any link, every process runs and is ready."""
        for proxy in self.proxies.values():
            proxy.heal()
        for part in self.parts():
            if part.running():
                part.resume()
        for part in self.parts():  # the servers first
            wait_until(lambda: self._supervised(part), START_SECONDS, f"{part.folder.name} is ready")

    def _supervised(self, part):
        """Whether it is ready. As under a supervisor, a program that ended because a server was away starts again."""
        if not part.running():
            assert part.exit_code in (0, -signal.SIGKILL, UNAVAILABLE), f"{part.exit_code}\n{part.log_tail()}"
            part.start(wait=False)
        return part.is_ready()

    def log_tails(self):
        """The last lines of every process, for the message of a failure."""
        return "\n".join(f"--- {part.folder.name}, {'runs' if part.running() else 'ended'}\n"
                         + "\n".join(part.log().splitlines()[-TAIL_LINES:]) for part in self.parts())

    def settle(self, coupon, user, node=0):
        """Claims until the answer is yes or no, and returns it."""
        answers = []

        def settled():
            answers.append(self.apis[node].claim(coupon, user))
            return answers[-1].status_code != 503

        wait_until(settled, SETTLE_SECONDS, f"user {user} is told yes or no")
        return answers[-1]

    # --- What the stores hold

    @property
    def api(self):
        return self.apis[0]

    def new_coupon(self, stock=100, **fields):
        """The id of a new coupon whose window is open."""
        return self.api.create_coupon(stock, **fields)["id"]

    def loaded_coupon(self, stock=100):
        """A coupon with one claim, FIRST_USER's, which is in the ledger: its state is loaded, its consumer has its
        lease."""
        coupon = self.new_coupon(stock)
        assert self.api.claim(coupon, FIRST_USER).status_code == 201
        self.wait_drained(coupon)
        return coupon

    def assert_written_once(self, coupon, *users):
        """In the order of their claims, behind the one that loaded the coupon."""
        self.wait_drained(coupon)
        assert self.rows(coupon) == list(enumerate((FIRST_USER, *users), 1))
        assert self.users(coupon) == {user: sequence for sequence, user in self.rows(coupon)}
        assert self.dead_letters(coupon) == []
        assert self.coupon_row(coupon)["issued_quantity"] == 1 + len(users)

    def users(self, coupon):
        """{user: sequence} as Redis has it."""
        return {int(user): int(value.partition(":")[0])
                for user, value in self.redis.hash(keys(coupon)["users"]).items()}

    def queued(self, coupon):
        """Batches that no consumer has taken to the ledger."""
        return self.redis.call("XLEN", keys(coupon)["accepted"])

    def pending(self, coupon):
        """Entries that a consumer has read and not acknowledged."""
        return self.redis.call("XPENDING", keys(coupon)["accepted"], "ledger")[0]

    def rows(self, coupon):
        """(sequence, user) of the ledger, in the order of the sequence."""
        return [(row["sequence"], row["user_id"]) for row in self.mariadb.query(
            "SELECT sequence, user_id FROM coupon_issuance WHERE coupon_id = %s ORDER BY sequence", coupon)]

    def dead_letters(self, coupon):
        """(user, sequence, reason) of the claims that did not get into the ledger."""
        return [(row["user_id"], row["sequence"], row["reason"]) for row in self.mariadb.query(
            "SELECT user_id, sequence, reason FROM dead_letter WHERE coupon_id = %s AND status = 'open' ORDER BY id",
            coupon)]

    def coupon_row(self, coupon):
        (row,) = self.mariadb.query("SELECT * FROM coupon WHERE id = %s", coupon)
        return row

    def has_row(self, coupon, user):
        return any(holder == user for _, holder in self.rows(coupon))

    def wait_ledger_idle(self):
        """Until no program has said anything to the ledger for so long that each will ask whether its connection
        lives before it uses it again: whoever is held up then holds no lock."""
        wait_until(lambda: self.mariadb.value(
            "SELECT MIN(time_ms) FROM information_schema.processlist WHERE user = %s", USER) > IDLE_MS,
            SETTLE_SECONDS, "the ledger is idle")

    def stores(self, *coupons):
        """{coupon: Stores} of coupons whose queue is empty."""
        return {coupon: Stores(stock=row["total_quantity"], rows=self.rows(coupon), issued=row["issued_quantity"],
                               users=self.users(coupon), dead_letters=self.dead_letters(coupon))
                for coupon in coupons for row in [self.coupon_row(coupon)]}

    def wait_drained(self, *coupons, timeout_seconds=DRAIN_SECONDS):
        """Until every coupon is loaded, its queue empty, and the ledger has, with the dead letters, as many rows as
        Redis has users."""
        try:
            for coupon in coupons:
                wait_until(lambda: self._loaded(coupon), timeout_seconds, f"coupon {coupon} is loaded")
                wait_until(lambda: self._drained(coupon), timeout_seconds, f"coupon {coupon} is drained")
        except TimeoutError as error:
            state = {coupon: (self.queued(coupon), len(self.users(coupon)), len(self.rows(coupon)),
                              self.dead_letters(coupon)) for coupon in coupons}
            raise TimeoutError(f"{error}; by coupon (queued, users, rows, dead letters): {state}\n"
                               f"{self.log_tails()}") from None

    def _loaded(self, coupon):
        """Asking for a claim makes a node load the coupon; "no such claim" it says only when that is done."""
        return self.api.get(f"/v1/coupons/{coupon}/claims/{NOBODY}").status_code == 404

    def _drained(self, coupon):
        if self.queued(coupon) != 0:
            return False
        rows = self.mariadb.value("SELECT COUNT(*) FROM coupon_issuance WHERE coupon_id = %s", coupon)
        return rows + len(self.dead_letters(coupon)) >= self.redis.call("HLEN", keys(coupon)["users"])
