"""A Jumpstarter lab: the controller of the tests, the real `jmp`, and exporters run by the real `jmp run`."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_run import Ansible, play, task

CONTROLLER = Path(__file__).parents[1] / 'jumpstarter_controller/controller.py'
PATIENCE = 180  # seconds until something that must happen counts as not happening
NAMESPACE = 'lab'


def until(condition, what):
    """Waits for a condition, and returns what it returned."""
    end = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < end, f'waited in vain for {what}'
        time.sleep(0.05)
    return found


def processes(*words):
    """The processes whose command lines hold all these words."""
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        try:
            command = (process / 'cmdline').read_bytes().split(b'\0')
            state = (process / 'stat').read_text().rsplit(')', 1)[1].split()[0]
        except OSError:  # it is gone
            continue
        if state != 'Z' and all(any(word.encode() in part for part in command) for word in words):
            found.append(int(process.name))
    return found


def token(name, expires_in=3600):
    """A JWT: `jmp shell` takes no other token. Nobody checks its signature."""
    def part(content):
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip('=')
    payload = {'sub': name, 'iss': 'https://127.0.0.1:1', 'exp': int(time.time()) + expires_in}
    return f'{part({"alg": "none"})}.{part(payload)}.{part("no signature")}'


def program(name):
    """A program of the environment that holds the real `jmp`."""
    return f'{os.environ["JUMPSTARTER_VENV"]}/bin/{name}'


class Controller:
    """A running controller. Its clients are `ci` and `other`; its benches have no real exporter behind them."""

    def __init__(self, folder, *options, clients=None, state='controller-state.json', **faults):
        self.folder = folder
        self.tokens = clients or {name: token(name) for name in ('ci', 'other')}
        self.options = [*options, '--namespace', NAMESPACE, '--state', folder / state]
        for name, text in self.tokens.items():
            self.options += ['--client', f'{name}={text}']
        self.faults = faults
        self.endpoint = '127.0.0.1:0'
        self.start()
        for name, text in self.tokens.items():
            self.write_client(name, text)

    def start(self):
        """Again on the same port after `kill`, with the same certificate and leases."""
        self.process = subprocess.Popen(
            [program('python'), CONTROLLER, '--listen', self.endpoint, '--faults', json.dumps(self.faults),
             *map(str, self.options)],
            env={'PATH': '/usr/bin:/bin', 'PYTHONDONTWRITEBYTECODE': '1'}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(self.folder / 'controller.log', 'a'))
        self.endpoint = self.process.stdout.readline().strip()
        self.ca = self.process.stdout.readline().strip()
        assert self.ca, (self.folder / 'controller.log').read_text()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def tell(self, **faults):
        """Sets faults; returns {leases, exporters, calls}."""
        self.process.stdin.write(json.dumps(faults) + '\n')
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    @property
    def leases(self):
        """All leases there ever were, as the controller itself sees them, by name."""
        return {lease['name']: lease for lease in self.tell()['leases']}

    @property
    def active(self):
        """The names of the leases that have not ended."""
        return [name for name, lease in self.leases.items() if lease['end'] is None]

    def lease(self, name):
        return self.leases[name]

    def write_client(self, name, text, **changes):
        """The client's configuration. Returns its path."""
        path = self.folder / f'{name}.yaml'
        path.write_text(json.dumps({
            'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'ClientConfig',
            'metadata': {'namespace': NAMESPACE, 'name': name},
            'endpoint': self.endpoint, 'tls': {'ca': self.ca}, 'token': text, 'drivers': {'unsafe': True},
        } | changes))
        return str(path)

    def client(self, name='ci'):
        return str(self.folder / f'{name}.yaml')


class Jmp:
    """The real `jmp`, with a home of its own."""

    def __init__(self, folder):
        self.env = {'PATH': f'{os.environ["JUMPSTARTER_VENV"]}/bin:/usr/bin:/bin', 'HOME': str(folder / 'jmp-home'),
                    'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}

    def run(self, *args):
        return subprocess.run([program('jmp'), *args], env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=PATIENCE)

    def ok(self, *args):
        """stdout of a run that must end well."""
        run = self.run(*args)
        assert run.returncode == 0, run
        return run.stdout

    def leases(self, client_config):
        """All leases of the client, ended ones too, by name."""
        listed = json.loads(self.ok('get', 'leases', '--client-config', client_config, '-a', '-o', 'json'))
        return {lease['name']: lease for lease in listed['leases']}


class Exporter:
    """A real exporter with mock drivers, registered at a controller, until `stop`."""

    DRIVERS = {
        'power': {'type': 'jumpstarter_driver_power.driver.MockPower'},
        'serial': {'type': 'jumpstarter_driver_pyserial.driver.PySerial', 'config': {'url': 'loop://'}},
    }

    def __init__(self, controller, name, secret, jmp):
        self.log = controller.folder / f'exporter-{name}.log'
        config = controller.folder / f'exporter-{name}.yaml'
        config.write_text(json.dumps({
            'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'ExporterConfig',
            'metadata': {'namespace': NAMESPACE, 'name': name},
            'endpoint': controller.endpoint, 'tls': {'ca': controller.ca}, 'token': secret, 'export': self.DRIVERS,
        }))
        registered = controller.tell()['calls'].get('Register', 0)
        self.process = subprocess.Popen(
            [program('jmp'), 'run', '--exporter-config', config], env=jmp.env, stdin=subprocess.DEVNULL,
            stdout=open(self.log, 'w'), stderr=subprocess.STDOUT, start_new_session=True)
        until(lambda: controller.tell()['calls'].get('Register', 0) > registered, f'the exporter {name}')

    def powered(self):
        """What was done to the power so far, such as ['on', 'off']."""
        driver = 'driver.MockPower:power '
        return [line.split(driver)[1].strip() for line in self.log.read_text().splitlines() if driver in line]

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def start_controller(tmp_path):
    """Starts a controller with two benches of the same kind; it is ended after the test."""
    with ExitStack() as running:
        def start(*options, **how):
            benches = ('--exporter', 'bench:board=ev9,exporter=bench', '--exporter', 'bench-2:board=ev9,exporter=bench-2')
            controller = Controller(tmp_path, *benches, *options, **{'delay': 0.1} | how)
            running.callback(controller.kill)
            return controller

        yield start


@pytest.fixture
def controller(start_controller):
    return start_controller()


@pytest.fixture
def jmp(tmp_path):
    return Jmp(tmp_path)


class Lab(Ansible):
    """Ansible with `jmp` on its PATH, and a directory for the processes that keep leases: a short path, for their sockets."""

    def __init__(self, collections, folder, runtime):
        super().__init__(collections, folder)
        self.env |= {'XDG_RUNTIME_DIR': runtime, 'PATH': f'{self.env["PATH"]}:{os.environ["JUMPSTARTER_VENV"]}/bin'}
        self.started = []

    def start(self, *args, **how):
        process = super().start(*args, **how)
        self.started.append(process)
        return process

    def kill_all(self):
        """Nothing that a test has started outlives it. A guard would try for a minute to reach a controller that is gone."""
        for process in self.started:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        for guard in processes('--job-guard', self.env['XDG_RUNTIME_DIR']):
            with contextlib.suppress(ProcessLookupError):
                os.kill(guard, signal.SIGKILL)


@pytest.fixture
def lab(collections, tmp_path):
    folder = tmp_path / 'lab'  # a test may have an Ansible without a lab, too
    folder.mkdir()
    with tempfile.TemporaryDirectory(prefix='keep') as runtime:
        lab = Lab(collections, folder, runtime)
        yield lab
        lab.kill_all()
        until(lambda: not processes('--job-guard', runtime), 'the end of the guards')


def play_at(controller, tasks, client='ci', **keywords):
    """A play on localhost, with all Jumpstarter modules of the collection being this client of this controller."""
    defaults = {'group/hatci.automation.jumpstarter': {'client_config': controller.client(client)}}
    return play(tasks, module_defaults=defaults, **keywords)


def lease(name, options, **keywords):
    return task(name, 'jumpstarter_lease', options, **keywords)
