"""A TCP proxy between two processes that can hurt their connections, switched while it runs.

    proxy = FaultProxy(server.port).start()        # clients use proxy.port
    proxy.cut(FROM_SERVER, after_bytes=0, times=1)  # the next reply is lost, and its connection with it
    proxy.wait_hit()
    proxy.heal()

Without a fault bytes pass as they come. A fault holds for the connections that are open and for new ones, until
heal(). Everything but the constructor may be called from any thread; the bytes move on a thread of the proxy's own.
"""

import asyncio
import dataclasses
import socket
import threading

FROM_CLIENT = "from client"
FROM_SERVER = "from server"
CHUNK_BYTES = 64 * 1024
CONTROL_SECONDS = 10


@dataclasses.dataclass
class _Cut:
    """Closes both ends once `after_bytes` of `direction` have passed, or at `pattern` (before or behind it)."""

    direction: str
    after_bytes: int = 0
    pattern: bytes | None = None
    forward: bool = False
    times: int | None = None  # connections it still takes; None = every one
    hold: bool = False  # nothing is closed, and nothing passes on any connection any more


class _Connection:
    def __init__(self, client, server):
        self.ends = {FROM_CLIENT: client, FROM_SERVER: server}
        self.passed = {FROM_CLIENT: 0, FROM_SERVER: 0}  # since the fault was set
        self.tail = {FROM_CLIENT: b"", FROM_SERVER: b""}  # a pattern may come in two pieces
        self.deaf = False  # half open: the client's end stays, nobody listens

    def source(self, direction):
        return self.ends[direction]

    def sink(self, direction):
        return self.ends[FROM_SERVER if direction == FROM_CLIENT else FROM_CLIENT]

    def close_end(self, direction):
        try:
            self.ends[direction].shutdown(socket.SHUT_RDWR)  # wakes who waits on it; closed when both are done
        except OSError:
            pass


class FaultProxy:
    def __init__(self, target_port):
        self.target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._connections = set()
        self._cut = None
        self._delay_seconds = 0.0
        self._deaf = False
        self._hit = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._open = {FROM_CLIENT: asyncio.Event(), FROM_SERVER: asyncio.Event()}
        self._thread = threading.Thread(target=self._run, name="fault proxy", daemon=True)

    def start(self):
        self._thread.start()
        self.heal()
        return self

    def stop(self):
        self._on_loop(self._close_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CONTROL_SECONDS)
        self._listener.close()

    # --- Faults

    def heal(self):
        """No fault any more: what a black hole held goes on; half-open connections are closed at last."""
        self._on_loop(self._set, None, 0.0, (FROM_CLIENT, FROM_SERVER))

    def delay(self, seconds):
        """Every piece of data, either way, arrives this much later."""
        self._on_loop(self._set, None, seconds, (FROM_CLIENT, FROM_SERVER))

    def cut(self, direction, after_bytes=0, times=None):
        """The receiver gets exactly `after_bytes` more, counted from now on each connection; then both are closed."""
        self._on_loop(self._set, _Cut(direction, after_bytes, times=times), 0.0, (FROM_CLIENT, FROM_SERVER))

    def cut_at(self, direction, pattern, forward=False, times=1):
        """Closes a connection that carries `pattern`: before the piece that ends it is passed on, or after."""
        self._on_loop(self._set, _Cut(direction, pattern=pattern, forward=forward, times=times), 0.0,
                      (FROM_CLIENT, FROM_SERVER))

    def black_hole_at(self, direction, pattern):
        """A black hole, both ways and for every connection, from the piece on that ends `pattern`."""
        self._on_loop(self._set, _Cut(direction, pattern=pattern, times=1, hold=True), 0.0, (FROM_CLIENT, FROM_SERVER))

    def black_hole(self, *directions):
        """Nothing passes (that way; neither way when none is named), no connection ends; what is sent waits."""
        closed = directions or (FROM_CLIENT, FROM_SERVER)
        self._on_loop(self._set, None, 0.0, [one for one in (FROM_CLIENT, FROM_SERVER) if one not in closed])

    def half_open(self):
        """The servers' ends are closed, the clients are told nothing; new connections are taken and not served."""
        self._on_loop(self._set, None, 0.0, (FROM_CLIENT, FROM_SERVER), True)

    def close_connections(self):
        """Ends every connection there is, both ends."""
        self._on_loop(self._close_all)

    def wait_hit(self, timeout_seconds=CONTROL_SECONDS):
        """Until the cut or the pattern that was set last has happened."""
        if not self._hit.wait(timeout_seconds):
            raise TimeoutError(f"not within {timeout_seconds} s: the proxy's fault happens")

    def was_hit(self):
        """Whether it has."""
        return self._hit.is_set()

    def connections(self):
        return self._on_loop(lambda: len(self._connections))

    # --- On the loop's thread

    def _run(self):
        asyncio.set_event_loop(self._loop)
        accepting = self._loop.create_task(self._accept())
        self._loop.run_forever()
        accepting.cancel()
        self._loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(self._loop), return_exceptions=True))

    def _on_loop(self, function, *arguments):
        async def call():
            return function(*arguments)
        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(CONTROL_SECONDS)

    def _set(self, cut, delay_seconds, passing, deaf=False):
        self._cut, self._delay_seconds, self._deaf = cut, delay_seconds, deaf
        self._hit.clear()
        for direction, gate in self._open.items():
            if direction in passing:
                gate.set()
            else:
                gate.clear()
        for connection in self._connections:
            connection.passed = dict.fromkeys(connection.passed, 0)
            connection.tail = dict.fromkeys(connection.tail, b"")
            if deaf:
                connection.deaf = True
                connection.close_end(FROM_SERVER)
            elif connection.deaf:
                connection.close_end(FROM_CLIENT)

    def _close_all(self):
        for connection in self._connections:
            connection.close_end(FROM_CLIENT)
            connection.close_end(FROM_SERVER)

    async def _accept(self):
        while True:
            client, _ = await self._loop.sock_accept(self._listener)
            self._loop.create_task(self._serve(client))

    async def _serve(self, client):
        server = socket.socket()
        for end in (client, server):
            end.setblocking(False)
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(client, server)
        connection.deaf = self._deaf
        self._connections.add(connection)
        try:
            if not connection.deaf:
                await self._loop.sock_connect(server, ("127.0.0.1", self.target_port))
            await asyncio.gather(self._carry(connection, FROM_CLIENT), self._carry(connection, FROM_SERVER))
        except OSError:
            pass  # nobody listens behind the proxy
        finally:
            self._connections.discard(connection)
            client.close()
            server.close()

    async def _carry(self, connection, direction):
        """Until both ends of `direction` have nothing to say any more."""
        try:
            await self._pump(connection, direction)
        except OSError:
            connection.close_end(FROM_CLIENT)
            connection.close_end(FROM_SERVER)

    async def _pump(self, connection, direction):
        source, sink = connection.source(direction), connection.sink(direction)
        if connection.deaf and direction == FROM_SERVER:
            return
        while data := await self._receive(source):
            await self._open[direction].wait()
            if self._delay_seconds:
                await self._pause(self._delay_seconds)
            if connection.deaf:
                continue
            allowed, cut = self._judge(connection, direction, data)
            if cut and self._cut.hold:
                for gate in self._open.values():
                    gate.clear()
                self._hit.set()
                await self._open[direction].wait()
                allowed, cut = len(data), False
            await self._loop.sock_sendall(sink, data[:allowed])
            if cut:
                connection.close_end(FROM_CLIENT)
                connection.close_end(FROM_SERVER)
                self._hit.set()
                return
        await self._open[direction].wait()
        if not connection.deaf:
            sink.shutdown(socket.SHUT_WR)

    async def _pause(self, seconds):
        over = self._loop.create_future()
        self._loop.call_later(seconds, over.set_result, None)
        await over

    async def _receive(self, source):
        try:
            return await self._loop.sock_recv(source, CHUNK_BYTES)
        except ConnectionError:
            return b""

    def _judge(self, connection, direction, data):
        """How many bytes of `data` may pass, and whether the connection ends behind them."""
        cut = self._cut
        if cut is None or cut.direction != direction or cut.times == 0:
            return len(data), False
        if cut.pattern is not None:
            seen = connection.tail[direction] + data
            connection.tail[direction] = seen[-len(cut.pattern):]
            hit = cut.pattern in seen
            allowed = len(data) if cut.forward or not hit else 0
        else:
            left = cut.after_bytes - connection.passed[direction]
            allowed, hit = min(left, len(data)), len(data) >= left
            connection.passed[direction] += allowed
        if hit and cut.times is not None:
            cut.times -= 1
        return allowed, hit
