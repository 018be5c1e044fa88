"""A Jumpstarter controller and router for tests, in memory, that the unmodified `jmp` and `jmp run` talk to.

When it listens it prints two lines: its endpoint (host:port), and the certificate to trust as `tls.ca` takes it.
If stdin is a pipe, each line on it is a JSON object of faults to set (see faults.Faults; `{}` sets none), answered by
one line with the leases, the exporters and how often each method was called; and the program ends with the pipe.
"""

import argparse
import asyncio
import base64
import json
import os
import stat
import sys

import grpc
from jumpstarter_protocol.jumpstarter.client.v1 import client_pb2_grpc
from jumpstarter_protocol.jumpstarter.v1 import jumpstarter_pb2_grpc, router_pb2_grpc

import certificates
from access import Access
from client_service import ClientService
from exporter_service import ControllerService, RouterService
from faults import Faults, Front, Interceptor
from leases import Exporter, Leases

# Clients ping every 20 s; with the default limits long connections end in GOAWAY too_many_pings.
PATIENT_WITH_PINGS = [
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 5000),
    ("grpc.http2.max_ping_strikes", 0),
    ("grpc.so_reuseport", 0),
]


def options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--listen", default="127.0.0.1:0", metavar="HOST:PORT")
    parser.add_argument("--namespace", default="lab")
    parser.add_argument("--certificate", choices=certificates.KINDS, default="self-signed")
    parser.add_argument("--state", metavar="FILE", help="keep leases and certificate here over a restart")
    parser.add_argument("--client", action="append", default=[], metavar="NAME=TOKEN")
    parser.add_argument(
        "--exporter", action="append", default=[], metavar="NAME:k=v,k=v", help="one with no `jmp run`"
    )
    parser.add_argument(
        "--exporter-token", action="append", default=[], metavar="NAME=TOKEN", help="for `jmp run`"
    )
    parser.add_argument("--faults", type=json.loads, default={}, metavar="JSON")
    return parser.parse_args()


def certificate(args):
    """A new one; with --state, the one of the last run."""
    kept = args.state and f"{args.state}.certificate"
    if kept and os.path.exists(kept):
        with open(kept) as f:
            return certificates.Certificate(**{k: v.encode() for k, v in json.load(f).items()})
    made = certificates.make(args.certificate)
    if kept:
        with open(kept, "w") as f:
            json.dump({k: v.decode() for k, v in vars(made).items()}, f)
    return made


async def obey(faults, leases, interceptor, front):
    """Sets the faults named on stdin and tells the state, until the pipe is closed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    while line := await reader.readline():
        faults.update(json.loads(line))
        if faults.away:
            front.cut_all()
        if faults.frozen:
            front.freeze_all()
        await leases.reconcile()
        print(json.dumps(leases.snapshot() | {"calls": interceptor.calls}), flush=True)


async def main():
    args = options()
    faults = Faults()
    faults.update(args.faults)
    leases = Leases(faults, args.state)
    for spec in args.exporter:
        name, _, labels = spec.partition(":")
        leases.exporters[name] = Exporter(
            name, dict(label.split("=", 1) for label in labels.split(",") if label)
        )
    tokens = dict(pair.split("=", 1) for pair in args.client)
    exporter_tokens = dict(pair.split("=", 1) for pair in args.exporter_token)
    access = Access(args.namespace, tokens, exporter_tokens, leases)

    host, port = args.listen.rsplit(":", 1)
    front = Front(faults)
    interceptor = Interceptor(faults, front)
    server = grpc.aio.server(options=PATIENT_WITH_PINGS, interceptors=[interceptor])
    tls = certificate(args)
    upstream_port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(tls.key, tls.chain)]))
    endpoint = f"{host}:{await front.listen(host, int(port), upstream_port)}"
    client_pb2_grpc.add_ClientServiceServicer_to_server(ClientService(leases, access), server)
    jumpstarter_pb2_grpc.add_ControllerServiceServicer_to_server(
        ControllerService(leases, access, endpoint), server
    )
    router_pb2_grpc.add_RouterServiceServicer_to_server(RouterService(), server)
    await server.start()
    print(endpoint, base64.b64encode(tls.trust).decode(), sep="\n", flush=True)
    reconciling = asyncio.create_task(leases.keep_reconciling())
    if stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        await obey(faults, leases, interceptor, front)
    else:
        await server.wait_for_termination()
    reconciling.cancel()
    await server.stop(grace=None)


if __name__ == "__main__":
    asyncio.run(main())
