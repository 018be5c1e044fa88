"""Real ARA servers, what they hold and show, and a way to them that is full of faults."""

import base64
import functools
import http.client
import itertools
import json
import os
import platform
import random
import socket
import ssl
import struct
import subprocess
import sys
import threading
import urllib.request
import uuid
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from servers import DIRECT, START, Server

sys.path.append(str(Path(__file__).parents[1] / 'jumpstarter_controller'))
import certificates  # noqa: E402  of the tests' other server

ARA_TOKEN = 'ara-sesame-8128'
# What a login takes as variables, and as a header.
LOGINS = {
    'none': ({}, {}),
    'basic': ({'ara_api_username': 'writer', 'ara_api_password': ARA_TOKEN},
              {'Authorization': 'Basic ' + base64.b64encode(f'writer:{ARA_TOKEN}'.encode()).decode()}),
    'bearer': ({'ara_api_token': ARA_TOKEN}, {'Authorization': f'Bearer {ARA_TOKEN}'}),
}


def venv():
    """The environment that holds ARA, and an ansible-core beside it."""
    return Path(os.environ['ARA_VENV'])


class Ara(Server):
    """A real ARA server."""

    TOKEN = ARA_TOKEN

    def __init__(self, folder, login):
        self.folder = folder
        self.login, self.header = LOGINS[login]
        super().__init__([venv() / 'bin/python', Path(__file__).with_name('ara_server.py'), folder, '--login', login], folder / 'log')
        self.page('/')  # the first answer takes longer than a run has patience for

    @property
    def variables(self):
        """What plays take to reach it."""
        return {'ara_enabled': True, 'ara_api_base_url': self.url, 'ara_timeout': START, **self.login}

    @property
    def options(self):
        """What the modules take to reach it."""
        return {'ara_api_base_url': self.url, 'timeout': START, **self.login}

    def forget_all(self, kind):
        """Deletes all objects of this kind, with what belongs to them."""
        for one in self.all(kind):
            DIRECT.open(urllib.request.Request(f'{self.url}/api/v1/{kind}/{one["id"]}', headers=self.header, method='DELETE'))

    def all(self, kind):
        """All objects of this kind, in the order in which they were made."""
        return self.get(f'/api/v1/{kind}?order=id&limit=1000')['results']

    def only(self, kind):
        """The one object of this kind, with all that belongs to it."""
        one, = self.all(kind)
        return self.get(f'/api/v1/{kind}/{one["id"]}')

    def events(self):
        """(name, status) of each event, in the order in which they came."""
        names = {task['id']: task['name'] for task in self.all('tasks')}
        return [(names[result['task']], result['status']) for result in self.all('results')]

    def content(self, name):
        """What the event of this name has to say."""
        task, = (task for task in self.all('tasks') if task['name'] == name)
        result, = self.get(f'/api/v1/results?task={task["id"]}')['results']
        return self.get(f'/api/v1/results/{result["id"]}')['content']

    def page(self, path):
        """A page as people see it."""
        with DIRECT.open(urllib.request.Request(self.url + path, headers={'Accept': 'text/html'}), timeout=START) as answer:
            assert answer.status == 200
            return answer.read().decode()


class Way:
    """A proxy in front of a server. `fault` says what to do to the next request: nothing, or one of FAULTS."""

    FAULTS = ['503', '500 after', 'reset', 'reset after']  # the last halves of them when the server has acted

    def __init__(self, to, certificate=None):
        """With the file of a certificate and its key it is an https server."""
        self.fault = lambda: None
        self.faults = []
        self.most = 1 << 30  # bytes of the largest body that it lets through
        self.released = threading.Event()
        way = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self):
                fault = way.fault()
                way.faults += [fault] if fault else []
                body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
                if fault == 'hang':
                    way.released.wait(START)
                elif fault == 'html':
                    self.answer(200, b'<html><title>Welcome</title></html>')
                elif len(body) > way.most:
                    self.answer(413, b'<html><title>Request Entity Too Large</title></html>')
                elif fault == '503':
                    self.answer(503, b'<html><title>Busy</title></html>')
                elif fault != 'reset':
                    answer = forward(to, self, body)
                    if fault is None:
                        self.answer(*answer)
                    elif fault == '500 after':
                        self.answer(500, b'<html><title>Oops</title></html>')
                if fault in ('hang', 'reset', 'reset after'):
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
                    self.close_connection = True

            do_POST = do_PATCH = do_DELETE = do_GET

            def answer(self, status, body):
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self._server.server_port}'
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
            self.url = self.url.replace('http:', 'https:')
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spoil(self, share, seed=1):
        """Spoils this share of the requests from now on. With the seed each run of a test draws the same faults."""
        chance = random.Random(seed)
        self.fault = lambda: chance.choice(self.FAULTS) if chance.random() < share else None

    @property
    def options(self):
        """What the modules take to go this way."""
        return {'ara_api_base_url': self.url, 'timeout': START}

    @property
    def variables(self):
        """What plays take to go this way."""
        return {'ara_enabled': True, 'ara_api_base_url': self.url}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


def forward(to, handler, body):
    connection = http.client.HTTPConnection(urlsplit(to).netloc, timeout=START)
    try:
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ('host', 'connection')}
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.fixture(scope='session')
def ara_servers(tmp_path_factory):
    """The ARA server that wants this login; it runs from its first use to the end of all tests."""
    with ExitStack() as running:
        yield functools.cache(lambda login: running.enter_context(Ara(tmp_path_factory.mktemp(f'ara-{login}'), login)))


@pytest.fixture
def ara_with(ara_servers):
    """An empty ARA server where writing is open (`none`), or wants a `basic` login or a `bearer` token."""
    def empty(login):
        server = ara_servers(login)
        server.forget_all('playbooks')
        server.forget_all('labels')
        return server

    return empty


@pytest.fixture
def ara(ara_with):
    return ara_with('none')


@pytest.fixture
def way(ara):
    """The way to the server `ara`, still a good one."""
    with Way(ara.url) as way:
        yield way


@pytest.fixture
def https_way(ara, tmp_path):
    """The way to the server `ara` over https. `https_way.ca` is the file of the private authority behind its certificate."""
    certificate = certificates.make('signed')
    chain, ca = tmp_path / 'chain.pem', tmp_path / 'ca.pem'
    chain.write_bytes(certificate.key + certificate.chain)
    ca.write_bytes(certificate.trust)
    with Way(ara.url, chain) as way:
        way.ca = str(ca)
        yield way


@pytest.fixture
def record(collections, tmp_path):
    """Starts the installed modules without Ansible around them, for one run.

    `record(module, server, options)` returns the module's result, `record.start` the process whose `result()` will be it.
    """
    modules = collections / f'ansible_collections/hatci/automation/plugins/modules/__{platform.machine()}__'
    numbers, run_id, spool = itertools.count(), str(uuid.uuid4()), tmp_path / 'spool'

    def start(module, server, **options):
        arguments = tmp_path / f'arguments-{next(numbers)}.json'
        defaults = {'run_id': run_id, 'spool': str(spool), '_ansible_version': '2.19.14'}
        arguments.write_text(json.dumps(defaults | server.options | options))
        process = subprocess.Popen([modules / module, arguments], env={'HOME': str(tmp_path), 'TMPDIR': str(tmp_path)}, stdout=subprocess.PIPE, text=True)
        return SimpleNamespace(result=lambda: json.loads(process.communicate(timeout=START)[0]))

    def run(module, server, **options):
        return start(module, server, **options).result()

    run.start, run.run_id, run.spool = start, run_id, spool
    return run
