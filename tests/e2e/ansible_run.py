"""Runs Ansible's programs as a user would who has nothing but the installed archive, and tells every task's result."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
LONGEST = 600  # seconds; a run that takes longer is ended and fails its test


@dataclass(repr=False)
class Run:
    """An ended run. `tasks` holds {task, action, host, status, result} in the order of ending."""

    rc: int
    stdout: str
    stderr: str
    tasks: list

    def task(self, name):
        """The last task of that name."""
        found = [task for task in self.tasks if task['task'] == name]
        assert found, f'no task {name!r} ended; {self}'
        return found[-1]

    def result(self, name):
        return self.task(name)['result']

    def __getitem__(self, name):
        return self.result(name)

    @property
    def failed(self):
        """The failed tasks, those rescued too."""
        return [task for task in self.tasks if task['status'] == 'failed']

    @property
    def changed(self):
        return [task['task'] for task in self.tasks if task['result'].get('changed')]

    def ok(self):
        """This run, which must have ended well."""
        assert self.rc == 0, self
        return self

    def __repr__(self):
        return f'rc {self.rc}\n{self.stdout}\n{self.stderr}'


def task(name, module, options=None, **keywords):
    """A task with a module of the collection."""
    return {'name': name, f'hatci.automation.{module}': options or {}, **keywords}


def play(tasks, server=None, **keywords):
    """A play on localhost, with all modules of the collection pointed at this server."""
    defaults = {'group/hatci.automation.hatci': {'hatci_base_url': server.url, 'hatci_token': server.TOKEN}} if server else {}
    return {'hosts': 'localhost', 'gather_facts': False, 'module_defaults': defaults, 'tasks': tasks, **keywords}


class Ansible:
    """Ansible with the archive installed in `collections`, working in `folder`, with a home of its own."""

    def __init__(self, collections, folder):
        self.folder = folder
        self.runs = 0
        home = folder / 'home'
        home.mkdir()
        (home / 'ansible.cfg').touch()
        self.env = {
            'PATH': f'{sys.prefix}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
            'HOME': str(home),
            'LC_ALL': 'C.UTF-8',
            'ANSIBLE_CONFIG': str(home / 'ansible.cfg'),
            'ANSIBLE_COLLECTIONS_PATH': str(collections),
            'ANSIBLE_COLLECTIONS_SCAN_SYS_PATH': 'false',
            'ANSIBLE_LOCALHOST_WARNING': 'false',
            'ANSIBLE_INVENTORY_UNPARSED_WARNING': 'false',
            'ANSIBLE_NOCOLOR': '1',
            # Ansible looks in the home that the password file names, and writes into this one.
            'ANSIBLE_ASYNC_DIR': str(home / '.ansible_async'),
            'ANSIBLE_CALLBACK_PLUGINS': str(HERE / 'callback_plugins'),
            'ANSIBLE_CALLBACKS_ENABLED': 'task_results',
        }

    def playbook(self, plays, *args, **how):
        """Runs a playbook of the collection, given by name, or these plays, to the end."""
        return self.finish(self.start_playbook(plays, *args, **how))

    def tasks(self, tasks, server=None, *args, **how):
        """Runs these tasks on localhost, with all modules pointed at this server."""
        return self.playbook([play(tasks, server)], *args, **how)

    def start_playbook(self, plays, *args, variables=None, env=None):
        if not isinstance(plays, str):
            plays = self._write('playbook.yml', plays)
        # In a file, as a user should do it: at -vvvv Ansible shows its command line.
        given = ['--extra-vars', '@' + self._write('variables.json', variables)] if variables else []
        return self.start('ansible-playbook', plays, *args, *given, env=env)

    def _write(self, name, content):
        path = self.folder / f'{self.runs}-{name}'
        path.write_text(json.dumps(content, indent=2))
        return str(path)

    def run(self, program, *args, **how):
        return self.finish(self.start(program, *args, **how))

    def start(self, program, *args, env=None):
        results = self.folder / f'{self.runs}-results.jsonl'
        self.runs += 1
        process = subprocess.Popen(
            [program, *map(str, args)], cwd=self.folder, env={**self.env, 'TASK_RESULTS': str(results), **(env or {})},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        process.results = results
        return process

    def finish(self, process):
        try:
            stdout, stderr = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            raise AssertionError(f'still running after {LONGEST} s\n{stdout}\n{stderr}') from None
        lines = process.results.read_text().splitlines() if process.results.exists() else []
        return Run(process.returncode, stdout, stderr, [json.loads(line) for line in lines])
