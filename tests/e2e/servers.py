"""Servers that the tests start, each a process of its own whose first line of output is its URL."""

import json
import os
import select
import subprocess
import urllib.request

START = 30  # seconds a server may take until it tells its URL
STOP = 10  # seconds it may take to end


class Server:
    """A running server, until `stop`."""

    def __init__(self, command, log):
        env = {'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'}
        self.log = log
        self.process = subprocess.Popen(
            list(map(str, command)), env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(log, 'w'))
        self.url = self._first_line()

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

    def get(self, path):
        """The JSON at this path."""
        with self._direct.open(self.url + path, timeout=START) as answer:
            return json.load(answer)

    _direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

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
        super().__init__([program, '--token', self.TOKEN, '--exit-with-parent', *options], log)

    @property
    def variables(self):
        """What roles and playbooks take to reach it."""
        return {'hatci_base_url': self.url, 'hatci_token': self.TOKEN}

    def state(self):
        """{events, deployments, test_events}: all that is stored."""
        return self.get('/sim/state')

    def writes(self):
        """The requests that were not mere reads, as (method, path)."""
        return [(it['method'], it['path']) for it in self.get('/sim/requests') if it['method'] != 'GET']
