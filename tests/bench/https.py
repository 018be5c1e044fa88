"""One event, answered over http and over https, to show what https costs. Prints both URLs, and the file to trust."""

import datetime
import ipaddress
import json
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

EVENT = json.dumps({'event_id': 'EV-1', 'state': 'CREATED'}).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(EVENT)))
        self.end_headers()
        self.wfile.write(EVENT)

    def log_message(self, *_):
        pass


def certificate(folder):
    """A file with a key and its certificate for 127.0.0.1, and one with the certificate alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, '127.0.0.1')])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address('127.0.0.1'))]), critical=False)
        .sign(key, hashes.SHA256())
    ).public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain, trust = folder / 'server.pem', folder / 'trust.pem'
    chain.write_bytes(secret + made)
    trust.write_bytes(made)
    return chain, trust


def main():
    chain, trust = certificate(Path(sys.argv[1]))
    for scheme in ('http', 'https'):
        server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        if scheme == 'https':
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(chain)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever).start()
        print(f'{scheme}://127.0.0.1:{server.server_port}', flush=True)
    print(trust, flush=True)


if __name__ == '__main__':
    main()
