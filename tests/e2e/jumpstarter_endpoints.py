"""Tells to which of these targets the grpc of the real `jmp` connects. Run by hand, in its environment; `endpoint.rs` takes them all."""

import os
import select
import socket
import tempfile
import time

import grpc

PATIENCE = 1  # seconds in which a connection on this machine is made
FORMS = [
    '127.0.0.1:{port}', 'localhost:{port}', 'LOCALHOST:{port}', '[::1]:{port}', '[::1%lo]:{port}', '[::ffff:127.0.0.1]:{port}',
    'dns:localhost:{port}', 'dns:/localhost:{port}', 'dns:///localhost:{port}', 'DNS:localhost:{port}', 'dns:///localhost:{port}?x',
    'ipv4:127.0.0.1:{port}', 'ipv4:///127.0.0.1:{port}', 'ipv4:127.0.0.1:{port},127.0.0.1:1', 'ipv4://127.0.0.1:{port}',
    'ipv6:[::1]:{port}', 'ipv6:///[::1]:{port}', 'ipv6:%5B::1%5D:{port}', 'unix:{socket}', 'unix://{socket}',
    'localhost:{port} ', 'localhost: {port}', 'localhost:{port}\n', 'localhost:+{port}', 'localhost:0{port}', 'localhost:{port}#x',
    '%6cocalhost:{port}', ' localhost:{port}', 'localhost:{port}/', 'https://localhost:{port}', 'user@localhost:{port}',
    'dns:////localhost:{port}', '[localhost]:{port}', 'localhost:', 'localhost:99999', '',
]


def listen(family, address):
    server = socket.socket(family)
    if family == socket.AF_INET6:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind(address)
    server.listen()
    return server


def is_reached(target, servers):
    channel = grpc.secure_channel(target, grpc.ssl_channel_credentials())
    channel.subscribe(lambda state: None, try_to_connect=True)
    end = time.monotonic() + PATIENCE
    reached = False
    while not reached and time.monotonic() < end:
        for server in select.select(servers, [], [], 0.05)[0]:
            server.accept()[0].close()
            reached = True
    channel.close()
    return reached


with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, 'socket')
    first = listen(socket.AF_INET, ('127.0.0.1', 0))
    port = first.getsockname()[1]
    servers = [first, listen(socket.AF_INET6, ('::1', port)), listen(socket.AF_UNIX, path)]
    for form in FORMS:
        print('taken  ' if is_reached(form.format(port=port, socket=path), servers) else 'refused', repr(form))
