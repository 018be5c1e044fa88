"""jumpstarter.v1.ControllerService and RouterService: what `jmp run` exporters and `jmp shell` need."""

import asyncio
import secrets
import uuid

import grpc
from jumpstarter_protocol.jumpstarter.v1 import (
    common_pb2,
    jumpstarter_pb2,
    jumpstarter_pb2_grpc,
    router_pb2,
    router_pb2_grpc,
)

from leases import Exporter

Code = grpc.StatusCode


class ControllerService(jumpstarter_pb2_grpc.ControllerServiceServicer):
    def __init__(self, leases, access, endpoint):
        self.leases, self.access, self.endpoint = leases, access, endpoint
        self.listeners = {}  # lease name -> queue of dials for the exporter that serves it

    async def Register(self, request, context):
        name = await self.access.exporter(context)
        known = self.leases.exporters.get(name)
        labels = (known.labels if known else {}) | dict(request.labels)
        self.leases.exporters[name] = Exporter(name, labels)
        await self.leases.reconcile()
        return jumpstarter_pb2.RegisterResponse(uuid=str(uuid.uuid4()))

    async def Unregister(self, request, context):
        name = await self.access.exporter(context)
        if name in self.leases.exporters:
            self.leases.exporters[name].online = False
        return jumpstarter_pb2.UnregisterResponse()

    async def ReportStatus(self, request, context):
        name = await self.access.exporter(context)
        exporter = self.leases.exporters[name]
        exporter.status, exporter.message = request.status, request.message
        exporter.online = request.status != common_pb2.EXPORTER_STATUS_OFFLINE
        held = self.leases.held_by(name)
        if request.release_lease and held:
            held.release = True
        await self.leases.reconcile()
        return jumpstarter_pb2.ReportStatusResponse()

    async def Status(self, request, context):
        name = await self.access.exporter(context)
        told = None
        while True:
            held = self.leases.held_by(name)
            status = (held.name, held.client) if held else ()
            if status != told:
                told = status
                yield jumpstarter_pb2.StatusResponse(
                    leased=bool(held), lease_name=held and held.name, client_name=held and held.client
                )
            async with self.leases.changed:
                await self.leases.changed.wait()

    async def Listen(self, request, context):
        await self.access.exporter(context)
        dials = self.listeners[request.lease_name] = asyncio.Queue()
        try:
            while True:
                yield await dials.get()
        finally:
            if self.listeners.get(request.lease_name) is dials:
                del self.listeners[request.lease_name]

    async def Dial(self, request, context):
        client = await self.access.client(context)
        lease = self.leases.leases.get(request.lease_name)
        if lease is None:
            await context.abort(Code.UNKNOWN, f'leases.jumpstarter.dev "{request.lease_name}" not found')
        if lease.client != client:
            await context.abort(Code.UNKNOWN, "permission denied")
        if not lease.holds:
            await context.abort(Code.UNKNOWN, "lease not active")
        if request.lease_name not in self.listeners:
            await context.abort(Code.UNAVAILABLE, f"exporter is not listening on lease {request.lease_name}")
        token = secrets.token_hex(16)
        await self.listeners[request.lease_name].put(
            jumpstarter_pb2.ListenResponse(router_endpoint=self.endpoint, router_token=token)
        )
        return jumpstarter_pb2.DialResponse(router_endpoint=self.endpoint, router_token=token)

    async def ReleaseLease(self, request, context):
        caller = await self.access.client(context)
        lease = self.leases.leases.get(request.name)
        if lease and lease.client == caller:
            lease.release = True
        await self.leases.reconcile()
        return jumpstarter_pb2.ReleaseLeaseResponse()


class RouterService(router_pb2_grpc.RouterServiceServicer):
    """Joins the two streams that come with the same token, and copies frames between them."""

    def __init__(self):
        self.waiting = {}  # token -> the first stream's queues

    async def Stream(self, frames, context):
        token = dict(context.invocation_metadata()).get("authorization", "")
        pair = self.waiting.pop(token, None)
        if pair is None:
            mine, theirs = asyncio.Queue(), asyncio.Queue()
            self.waiting[token] = (theirs, mine)
        else:
            mine, theirs = pair

        async def forward():
            try:
                async for frame in frames:
                    await theirs.put(
                        router_pb2.StreamResponse(payload=frame.payload, frame_type=frame.frame_type)
                    )
            finally:
                await theirs.put(None)

        forwarding = asyncio.create_task(forward())
        try:
            while (frame := await mine.get()) is not None:
                yield frame
        finally:
            self.waiting.pop(token, None)
            forwarding.cancel()
