"""Shows each server certificate on a port of its own, and says whether Python's ssl accepts it as a client.

In: a JSON list of cases, one line. Out: a line for each case with its port, Python's verdict and its words. Serves until its input
ends. The client is set as Python 3.11 has it by default on Debian, whatever this Python's own defaults are.
"""
import json
import socket
import ssl
import sys
import threading


def locked():
    raise ValueError("the key is encrypted")


def server(case):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(case["chain"], case["key"])
    context.set_alpn_protocols(["h2", "http/1.1"])
    if case["tls12"]:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
    if case["members"]:
        context.load_verify_locations(case["members"])
        context.verify_mode = ssl.CERT_REQUIRED
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, context), daemon=True).start()
    return listener.getsockname()[1]


def serve(listener, context):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(connection, context), daemon=True).start()


def answer(connection, context):
    try:
        connection.settimeout(60)
        with context.wrap_socket(connection, server_side=True) as stream:
            if stream.recv(65536) and stream.selected_alpn_protocol() != "h2":
                stream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
    except OSError:
        pass


def verdict(case, port):
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.verify_flags = ssl.VerifyFlags.VERIFY_X509_TRUSTED_FIRST
        context.set_ciphers("DEFAULT:@SECLEVEL=2")
        context.load_verify_locations(case["ca"])
        if case["client_cert"]:
            context.load_cert_chain(case["client_cert"], case["client_key"], password=locked)
        with socket.create_connection(("127.0.0.1", port)) as plain:
            with context.wrap_socket(plain, server_hostname=case["host"]) as stream:
                stream.sendall(b"GET / HTTP/1.1\r\n\r\n")
                return (True, "") if stream.recv(100) else (False, "no answer")
    except (OSError, ValueError) as e:
        return False, str(e)


for case in json.loads(sys.stdin.readline()):
    port = server(case)
    accepted, words = verdict(case, port)
    print(json.dumps({"port": port, "accepted": accepted, "words": words}), flush=True)
sys.stdin.read()
