"""jumpstarter.client.v1.ClientService: what `jmp create|get|update|delete lease` and the modules call.

Status codes and texts follow the 0.9.0 controller, which passes many plain errors on as UNKNOWN.
"""

import re
import uuid

import grpc
from google.protobuf import duration_pb2, empty_pb2, timestamp_pb2
from jumpstarter_protocol.jumpstarter.client.v1 import client_pb2, client_pb2_grpc
from jumpstarter_protocol.jumpstarter.v1 import kubernetes_pb2

import label_selectors as selectors
from leases import Lease

Code = grpc.StatusCode
TAG_KEY = re.compile(r"[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?", re.ASCII)
TAG_VALUE = re.compile(r"([A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?)?", re.ASCII)
OBJECT_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
MAX_TAGS = 10


def timestamp(seconds):
    message = timestamp_pb2.Timestamp()
    message.FromNanoseconds(int(seconds * 1e9))
    return message


def duration(seconds):
    message = duration_pb2.Duration()
    message.FromNanoseconds(int(seconds * 1e9))
    return message


class ClientService(client_pb2_grpc.ClientServiceServicer):
    def __init__(self, leases, access):
        self.leases = leases
        self.access = access

    async def CreateLease(self, request, context):
        client = await self.access.client(context)
        await self.access.parent(request.parent, context)
        wanted = request.lease
        if not wanted.selector and not wanted.exporter_name:
            await context.abort(Code.INVALID_ARGUMENT, "one of selector or exporter_name is required")
        seconds = await self._positive(wanted.duration, context)
        await self._check_tags(wanted.tags, context)
        try:
            selectors.parse(wanted.selector)
        except ValueError as e:
            await context.abort(Code.UNKNOWN, str(e))
        name = request.lease_id or str(uuid.uuid4())
        if not OBJECT_NAME.fullmatch(name):
            await context.abort(
                Code.UNKNOWN,
                f'Lease.jumpstarter.dev "{name}" is invalid: metadata.name: Invalid value: "{name}": a lowercase RFC '
                "1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'",
            )
        if name in self.leases.leases:
            await context.abort(Code.UNKNOWN, f'leases.jumpstarter.dev "{name}" already exists')
        lease = Lease(
            name=name,
            client=client,
            selector=wanted.selector,
            exporter_name=wanted.exporter_name,
            duration=seconds,
            tags=dict(wanted.tags),
            allow_disabled=wanted.allow_disabled,
            visible_from=self.leases.now() + self.leases.faults.delay,
        )
        if wanted.HasField("begin_time"):
            lease.begin_time = wanted.begin_time.ToNanoseconds() / 1e9
        self.leases.leases[name] = lease
        return self._lease(lease)

    async def GetLease(self, request, context):
        await self.access.client(context)
        return self._lease(await self._find(request.name, context))

    async def ListLeases(self, request, context):
        await self.access.client(context)
        await self.access.parent(request.parent, context)
        only_active = request.only_active if request.HasField("only_active") else True
        found = [
            lease
            for lease in self.leases.leases.values()
            if not (only_active and lease.ended)
            and selectors.matches(request.filter, selectors.equalities(lease.selector))
            and selectors.matches(request.tag_filter, lease.tags)
        ]
        page, token = self._page(found, request)
        return client_pb2.ListLeasesResponse(leases=[self._lease(x) for x in page], next_page_token=token)

    async def UpdateLease(self, request, context):
        client = await self.access.client(context)
        wanted = request.lease
        lease = await self._find(wanted.name, context)
        if lease.client != client:
            await context.abort(Code.UNKNOWN, "UpdateLease permission denied")
        if wanted.HasField("begin_time"):
            if lease.exporter:
                await context.abort(Code.UNKNOWN, "cannot update BeginTime: lease has already started")
            lease.begin_time = wanted.begin_time.ToNanoseconds() / 1e9
        if wanted.HasField("duration"):
            lease.duration = await self._positive(wanted.duration, context)
        if wanted.client:
            await self._transfer(lease, wanted.client, context)
        await self.leases.reconcile()
        return self._lease(lease)

    async def DeleteLease(self, request, context):
        client = await self.access.client(context)
        lease = await self._find(request.name, context)
        if lease.client != client:
            await context.abort(Code.UNKNOWN, "DeleteLease permission denied")
        if lease.release:
            await context.abort(Code.FAILED_PRECONDITION, f'lease "{request.name}" has already been released')
        lease.release = True
        await self.leases.reconcile()
        return empty_pb2.Empty()

    async def GetExporter(self, request, context):
        await self.access.client(context)
        name = await self.access.identifier(request.name, "exporters", context)
        if name not in self.leases.exporters:
            await context.abort(Code.UNKNOWN, f'exporters.jumpstarter.dev "{name}" not found')
        return self._exporter(self.leases.exporters[name])

    async def ListExporters(self, request, context):
        await self.access.client(context)
        await self.access.parent(request.parent, context)
        found = [e for e in self.leases.exporters.values() if selectors.matches(request.filter, e.labels)]
        page, token = self._page(found, request)
        return client_pb2.ListExportersResponse(
            exporters=[self._exporter(e) for e in page], next_page_token=token
        )

    async def RotateToken(self, request, context):
        return client_pb2.RotateTokenResponse(token=self.access.rotate(await self.access.client(context)))

    async def _find(self, name, context):
        key = await self.access.identifier(name, "leases", context)
        if key not in self.leases.leases:
            await context.abort(Code.UNKNOWN, f'leases.jumpstarter.dev "{key}" not found')
        return self.leases.leases[key]

    async def _positive(self, message, context):
        seconds = message.ToTimedelta().total_seconds()
        if seconds <= 0:
            await context.abort(Code.UNKNOWN, f"duration must be positive, got {seconds:g}s")
        return seconds

    async def _check_tags(self, tags, context):
        fault = None
        if len(tags) > MAX_TAGS:
            fault = f"too many tags: {len(tags)} (maximum {MAX_TAGS})"
        for key, value in tags.items():
            if not TAG_KEY.fullmatch(key):
                fault = f'tag key "{key}" is not a valid label key'
            elif not TAG_VALUE.fullmatch(value):
                fault = f'tag value for key "{key}" is not a valid label value'
        if fault:
            await context.abort(Code.INVALID_ARGUMENT, f"invalid lease tags: {fault}")

    async def _transfer(self, lease, client, context):
        if not lease.exporter:
            await context.abort(Code.UNKNOWN, "cannot transfer lease: lease has not started yet")
        if lease.ended:
            await context.abort(Code.UNKNOWN, "cannot transfer lease: lease has already ended")
        target = await self.access.identifier(client, "clients", context)
        if target not in self.access.clients:
            await context.abort(
                Code.UNKNOWN, f'target client not found: clients.jumpstarter.dev "{target}" not found'
            )
        lease.client = target

    def _page(self, found, request):
        start = int(request.page_token or 0)
        end = start + request.page_size if request.page_size else len(found)
        return found[start:end], str(end) if end < len(found) else ""

    def _lease(self, lease):
        message = client_pb2.Lease(
            name=self.access.path("leases", lease.name),
            # a lease made by exporter name only comes back with Kubernetes' text for an empty selector
            selector=lease.selector or "<none>",
            duration=duration(lease.duration),
            client=self.access.path("clients", lease.client),
            conditions=[
                kubernetes_pb2.Condition(
                    type=kind,
                    status=condition["status"],
                    observedGeneration=1,
                    lastTransitionTime=kubernetes_pb2.Time(seconds=condition["since"]),
                    reason=condition["reason"],
                    message=condition["message"],
                )
                for kind, condition in lease.conditions.items()
            ],
            tags=lease.tags,
            allow_disabled=lease.allow_disabled,
        )
        if lease.exporter_name:
            message.exporter_name = lease.exporter_name
        if lease.exporter:
            message.exporter = self.access.path("exporters", lease.exporter)
        if lease.begin_time is not None:
            message.begin_time.CopyFrom(timestamp(lease.begin_time))
        if lease.effective_begin is not None:
            until = lease.end if lease.ended else self.leases.now()
            message.effective_begin_time.CopyFrom(timestamp(lease.effective_begin))
            message.effective_duration.CopyFrom(duration(max(until - lease.effective_begin, 0)))
            if lease.ended:
                message.effective_end_time.CopyFrom(timestamp(lease.end))
        return message

    def _exporter(self, exporter):
        return client_pb2.Exporter(
            name=self.access.path("exporters", exporter.name),
            labels=exporter.labels,
            online=exporter.online,
            status=exporter.status,
            status_message=exporter.message,
            enabled=exporter.enabled,
        )
