"""Who may call: tokens, client and exporter names, and resource names such as `namespaces/NS/leases/ID`."""

import base64
import json
import secrets

import grpc

Code = grpc.StatusCode


class Access:
    def __init__(self, namespace, clients, exporters, leases):
        self.namespace = namespace
        self.clients = clients  # name -> token
        self.exporters = exporters  # name -> token
        self.leases = leases

    async def client(self, context):
        """The calling client's name; anybody else is turned away."""
        return await self._caller(context, "Client", self.clients)

    async def exporter(self, context):
        return await self._caller(context, "Exporter", self.exporters)

    def rotate(self, client):
        self.clients[client] = secrets.token_hex(16)
        return self.clients[client]

    def path(self, kind, name):
        return f"namespaces/{self.namespace}/{kind}/{name}"

    async def parent(self, parent, context):
        if parent != f"namespaces/{self.namespace}":
            await context.abort(Code.PERMISSION_DENIED, "namespace mismatch")

    async def identifier(self, name, kind, context):
        """The last part of a resource name of this kind, in this namespace."""
        parts = name.split("/")
        if len(parts) != 4 or parts[0] != "namespaces" or parts[2] != kind:
            await context.abort(
                Code.INVALID_ARGUMENT,
                f'invalid number of segments in identifier "{name}", expecting 4, got {len(parts)}',
            )
        if parts[1] != self.namespace:
            await context.abort(Code.PERMISSION_DENIED, "namespace mismatch")
        return parts[3]

    async def _caller(self, context, kind, tokens):
        metadata = dict(context.invocation_metadata())
        header = metadata.get("authorization", "")
        if not header:
            await context.abort(Code.UNAUTHENTICATED, "missing authorization header")
        token = header.removeprefix("Bearer ")
        if token in self.leases.faults.expired_tokens or expiry(token) < self.leases.now():
            await context.abort(
                Code.UNKNOWN, "oidc: verify token: oidc: token is expired (Token Expiry: then)"
            )
        if token not in tokens.values():
            await context.abort(Code.UNKNOWN, "failed to authenticate token")
        if metadata.get("jumpstarter-kind") != kind:
            await context.abort(Code.INVALID_ARGUMENT, "object kind mismatch")
        if metadata.get("jumpstarter-namespace") != self.namespace:
            await context.abort(Code.PERMISSION_DENIED, "namespace mismatch")
        name = metadata.get("jumpstarter-name")
        if tokens.get(name) != token:
            await context.abort(
                Code.PERMISSION_DENIED, f"permission denied for {kind.lower()} {self.namespace}/{name}"
            )
        return name


def expiry(token):
    """A JWT's `exp` in seconds since the epoch; an opaque token never expires."""
    parts = token.split(".")
    if len(parts) != 3:
        return float("inf")
    try:
        payload = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return float("inf")
    return payload.get("exp", float("inf"))
