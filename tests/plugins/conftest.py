"""A collection whose programs are stand-ins that do as each test says, and a real ansible-playbook to run them."""
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST = 600  # seconds; what still runs then is ended, so that its test fails

# Runs the Python text of its option `does`, which finds its arguments in `args`. What plugins start by themselves has none, and is written down.
# WANT_JSON makes Ansible treat the script as it treats a compiled program: a JSON file for its arguments.
STAND_IN = """#!{python}
# WANT_JSON
import json, os, signal, subprocess, sys, time
args = json.load(open(sys.argv[1]))
def tell(msg):
    os.write(int(os.environ['ANSIBLE_MODULE_PROGRESS_FD']), (json.dumps(dict(msg=msg)) + chr(10)).encode())
def answer(**result):
    print(json.dumps(result), flush=True)
def record():
    open('told', 'a').write(json.dumps(args) + chr(10))
    open(os.environ['HOME'] + '/events.jsonl', 'a').write(''.join(json.dumps(event) + chr(10) for event in args.get('events', ())))
    answer()
exec(args.get('does', 'record()'))
"""


@pytest.fixture(scope='session')
def collections(tmp_path_factory):
    """A folder for ANSIBLE_COLLECTIONS_PATH."""
    folder = tmp_path_factory.mktemp('collections')
    tree = folder / 'ansible_collections/hatci/automation'
    shutil.copytree(ROOT / 'collection/plugins', tree / 'plugins', ignore=shutil.ignore_patterns('modules', '__pycache__'))
    shutil.copytree(ROOT / 'meta', tree / 'meta')
    shutil.copy(ROOT / 'galaxy.yml', tree)
    programs = tree / 'plugins/modules' / '__{}__'.format(os.uname().machine)
    programs.mkdir(parents=True)
    for action in (tree / 'plugins/action').glob('*.py'):
        program = programs / action.stem
        program.write_text(STAND_IN.format(python=sys.executable))
        program.chmod(0o755)
    (programs / 'jumpstarter_power').chmod(0o644)
    (programs / 'jumpstarter_shell').unlink()
    return folder


class Ansible:
    """Starts ansible-playbook of the Python that runs the tests, in an environment of its own."""

    def __init__(self, folder, collections):
        self.folder = folder
        self._started = []
        self._environment = dict(
            PATH=os.environ['PATH'], HOME=str(folder), LC_ALL='C.UTF-8',
            ANSIBLE_ASYNC_DIR=str(folder / 'async'), ANSIBLE_REMOTE_TMP=str(folder / 'tmp'),
            ANSIBLE_COLLECTIONS_PATH=str(collections),
            ANSIBLE_CONNECTION_PLUGINS=str(ROOT / 'tests/plugins/connection_plugins'),
            ANSIBLE_BECOME_PLUGINS=str(ROOT / 'tests/bench/become_plugins'),
            ANSIBLE_LOCALHOST_WARNING='False', ANSIBLE_INVENTORY_UNPARSED_WARNING='False', ANSIBLE_NOCOLOR='1',
            TERM='xterm', COLUMNS='100',  # of the tests with a terminal
            PYTHONUNBUFFERED='1')  # Ansible flushes a pipe only at its end; a terminal shows each line at once

    def start(self, *tasks, flags=(), stdout=subprocess.PIPE, **play):
        """`tasks` and `play` are what YAML would hold. stdout of the process is a pipe, or this end of a terminal."""
        play = {'hosts': 'localhost', 'gather_facts': False, 'tasks': list(tasks), **play}
        playbook = self.folder / 'play.yml'
        playbook.write_text(json.dumps([play]))
        process = subprocess.Popen(
            [sys.executable, '-m', 'ansible', 'playbook', str(playbook), *flags], env=self._environment,
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        self._started.append(process)
        return process

    def run(self, *tasks, **kwargs):
        """All output, once the play is over."""
        return self.start(*tasks, **kwargs).communicate()[0]

    def result(self, task, **kwargs):
        """The registered result of one task, which may fail."""
        return self.results(task, **kwargs)[0]

    def results(self, *tasks, **kwargs):
        """The registered result of each of these tasks, which may fail."""
        names = ['it%d' % number for number in range(len(tasks))]
        registered = [dict(task, name='It', register=name, ignore_errors=True) for name, task in zip(names, tasks)]
        save = {'ansible.builtin.copy': dict(dest=str(self.folder / 'it.json'), content='{{ [%s] | to_json }}' % ', '.join(names)),
                'check_mode': False}
        output = self.run(*registered, save, **kwargs)
        assert (self.folder / 'it.json').exists(), output
        return json.loads((self.folder / 'it.json').read_text())

    def stop(self):
        for process in self._started:
            process.kill()


@pytest.fixture
def ansible(tmp_path, collections):
    ansible = Ansible(tmp_path, collections)
    watchdog = threading.Timer(LONGEST, ansible.stop)
    watchdog.start()
    yield ansible
    watchdog.cancel()
    ansible.stop()
