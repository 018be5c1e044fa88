"""What can be made to go wrong, and the front door that can lose a reply.

gRPC's server can't drop a connection after it has acted. So clients talk to a plain TCP front, which copies bytes to
and from the server, and can be told to cut one client off.
"""

import asyncio
import contextlib
from collections import Counter
from dataclasses import dataclass, field, fields

import grpc


@dataclass
class Faults:
    clock_offset: float = 0.0  # seconds the controller's clock is ahead of this machine's
    delay: float = 0.2  # seconds before the controller looks at a new lease
    slow: dict = field(default_factory=dict)  # method: seconds before it answers
    lose_reply: dict = field(default_factory=dict)  # method: how many times to act, then cut the connection
    unavailable: dict = field(default_factory=dict)  # method: how many times to refuse with UNAVAILABLE
    expired_tokens: list = field(default_factory=list)  # refused as expired
    offline: list = field(default_factory=list)  # exporters that can't be reached
    silent: bool = False  # take connections and say nothing
    frozen: bool = False  # open connections carry nothing any more, and nobody is told; new ones do
    away: bool = False  # break connections at once, as if there were nobody; nobody else can take the port meanwhile

    def update(self, settings):
        known = {f.name for f in fields(self)}
        for name, value in settings.items():
            if name not in known:
                raise ValueError(f"no such fault: {name}; there are {sorted(known)}")
            setattr(self, name, value)

    def take(self, counts, method):
        """Whether a counted fault applies to this call; uses one up."""
        left = counts.get(method, 0)
        counts[method] = max(left - 1, 0)
        return left > 0


class Interceptor(grpc.aio.ServerInterceptor):
    """Counts calls, and lets the unary ones suffer."""

    def __init__(self, faults, front):
        self.faults, self.front = faults, front
        self.calls = Counter()

    async def intercept_service(self, continuation, details):
        handler = await continuation(details)
        method = details.method.rsplit("/", 1)[-1]
        # Who has seen the call counted may tell otherwise at once, and its message may come later.
        pause = self.faults.slow.get(method, 0)
        self.calls[method] += 1
        if handler is None or handler.unary_unary is None:
            return handler

        async def call(request, context):
            if self.faults.take(self.faults.unavailable, method):
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the server is restarting")
            await asyncio.sleep(pause)
            reply = await handler.unary_unary(request, context)
            if self.faults.take(self.faults.lose_reply, method):
                self.front.cut(context.peer())
            return reply

        return grpc.unary_unary_rpc_method_handler(
            call,
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


class Front:
    """Takes the clients' connections and copies them to the server's own port."""

    def __init__(self, faults):
        self.faults = faults
        self.upstream_port = None
        self.frozen = set()  # those of the clients that are cut off without being told
        self.clients = {}  # "ipv4:127.0.0.1:PORT", as the server sees the connection -> the client's writer

    async def listen(self, host, port, upstream_port):
        self.upstream_port = upstream_port
        server = await asyncio.start_server(self._serve, host, port)
        return server.sockets[0].getsockname()[1]

    def cut(self, peer):
        self.clients[peer].transport.abort()

    def freeze_all(self):
        self.frozen |= set(self.clients)

    def cut_all(self):
        for writer in self.clients.values():
            writer.transport.abort()

    async def _serve(self, reader, writer):
        if self.faults.away:
            writer.transport.abort()
            return
        if self.faults.silent:
            await reader.read()
            writer.close()
            return
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream_port)
        peer = "ipv4:{}:{}".format(*up_writer.get_extra_info("sockname"))
        self.clients[peer] = writer
        try:
            await asyncio.gather(self._copy(peer, reader, up_writer), self._copy(peer, up_reader, writer))
        finally:
            del self.clients[peer]

    async def _copy(self, peer, reader, writer):
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                if peer not in self.frozen:
                    writer.write(data)
                    await writer.drain()
        writer.close()
