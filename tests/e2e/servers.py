"""Servers that the tests start, each a process of its own whose first line of output is its URL."""

import contextlib
import json
import os
import select
import socket
import subprocess
import threading
import urllib.request

START = 180  # seconds a server may take until it tells its URL
STOP = 60  # seconds it may take to end
VIN = '1HGBH41JXMN109186'
EVENT = {
    'tester_name': 'automation_runner', 'program_name': 'OTA_Test', 'model_year': '2026', 'vin': VIN,
    'update_type': 'UROM', 'region': 'US', 'build_level': '2026.02.01',
    'ecus': [{'ecu_name': 'Gateway', 'part_number': 'GW-2026-001', 'sw_version': '2.0.0'}],
}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Server:
    """A server that runs until the end of its `with` block. Its URL is its first line of output."""

    TOKEN: str

    def __init__(self, command, log):
        self.log = log
        with open(log, 'a', encoding='utf-8') as errors:
            self.process = subprocess.Popen(
                [*map(str, command), '--token', self.TOKEN], env={'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'},
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors)
        self.url = self._first_line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _first_line(self):
        line = b''
        while not line.endswith(b'\n'):
            ready, _, _ = select.select([self.process.stdout], [], [], START)
            more = os.read(self.process.stdout.fileno(), 1000) if ready else b''
            if not more:
                self.stop()
                raise AssertionError(f'{self.process.args} told no URL: {line!r} {self.log.read_text()}')
            line += more
        return line.decode().strip()

    @property
    def variables(self):
        """What roles and playbooks take to reach it."""
        return {'hatci_base_url': self.url, 'hatci_token': self.TOKEN}

    def get(self, path):
        """The JSON at this path."""
        return self._call('GET', path)

    def post(self, path, body):
        """What a POST of this body answers."""
        return self._call('POST', path, json.dumps(body).encode())

    def make_event(self, **fields):
        """The id of a new event, as the body EVENT describes it, but for these fields."""
        return self._id(self.post('/api/v1/events', EVENT | fields), 'event_id')

    def make_fixed_event(self, **fields):
        event_id = self.make_event(**fields)
        self.post(f'/api/v1/events/{event_id}/fix', {})
        return event_id

    def make_deployment(self):
        """The id of a deployment that has just begun."""
        answer = self.post('/api/v1/deployments', {'event_id': self.make_fixed_event()})
        return self._id(answer, 'deployment_id')

    @staticmethod
    def _id(answer, name):
        return answer.get(name) or answer['id']

    def _call(self, method, path, data=None):
        headers = {'Authorization': f'Bearer {self.TOKEN}', 'Content-Type': 'application/json'}
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        with DIRECT.open(request, timeout=START) as answer:
            return json.load(answer)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(STOP)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


class SumsSim(Server):
    """The simulator."""

    TOKEN = 'e2e-token-4711'

    def __init__(self, program, options, log):
        super().__init__([program, '--exit-with-parent', *options], log)

    def state(self):
        """{events, deployments, test_events}: all that is stored."""
        return self.get('/sim/state')

    def writes(self):
        """The requests that were not mere reads, as (method, path)."""
        return [(it['method'], it['path']) for it in self.get('/sim/requests') if it['method'] != 'GET']


class OtherSums(Server):
    """The second SUMS server."""

    TOKEN = 'other-token-0815'

    def requests(self):
        """All requests so far, as (method, path)."""
        return [(method, path) for method, path, *_ in self.get('/calls')]

    def bodies(self, method):
        """The bodies of all requests of this method."""
        return [body for used, _, *bodies in self.get('/calls') if used == method for body in bodies]


class ScriptedServer:
    """Gives the same answer to every request: a list of bytes to send one after the other."""

    TOKEN = 'scripted-token-2342'

    def __init__(self, answer):
        self._answer = answer
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.url = 'http://127.0.0.1:%d' % self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        # Ends when the listener is closed; a client that hangs up in the middle is what some tests want.
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, contextlib.suppress(OSError):
                    connection.recv(65536)
                    for part in self._answer:
                        connection.sendall(part)
