"""A repository of environments whose outputs are generated, with programs that stand for a container engine and a cluster."""

import json
import os
import platform
import subprocess
from pathlib import Path

import pytest
from environment_repository import lay_out, log_in, write
from recorders import Recorders

CLUSTER = {'history': {'rc': 1, 'stderr': 'Error: release: not found'}}


def why(run):
    """What the last failed task said."""
    assert run.rc != 0, run
    return told(run.failed[-1])


def told(failed):
    """What a failed task said, of all its items."""
    result = failed['result']
    return ' '.join(' '.join(item['msg'] for item in result.get('results', [result]) if item.get('failed', True)).split())


class Repository:
    """A repository in the working directory of Ansible."""

    def __init__(self, ansible):
        self.ansible, self.root, self.home = ansible, ansible.folder, Path(ansible.env['HOME'])
        lay_out(self.root)
        log_in(self.home)
        self.programs = Recorders(self.root / 'programs')
        self.programs.add('podman')
        self.programs.add('kubectl')
        self.with_helm()
        ansible.env['PATH'] = f'{self.programs.folder}:{ansible.env["PATH"]}'

    def with_helm(self, **answers):
        """Helm renders and checks really, if it is here, and only pretends to reach a cluster."""
        really = {'really': os.environ.get('HELM', '')}
        self.programs.add('helm', template=really, show=really, lint=really, **CLUSTER | answers)

    def playbook(self, name, *args, env='development', **how):
        return self.ansible.playbook(f'hatci.automation.{name}', '-e', f'env={env}', *args, **how)

    def generate(self, env='development'):
        """Generate the outputs as the playbook does, without what Ansible takes to start."""
        modules = Path(self.ansible.env['ANSIBLE_COLLECTIONS_PATH'], 'ansible_collections/hatci/automation/plugins/modules')
        arguments = self.root / 'arguments.json'
        arguments.write_text(json.dumps({'root': str(self.root), 'id': env, 'validate': False}))
        program = modules / f'__{platform.machine()}__/environment_outputs'
        run = subprocess.run([program, arguments], capture_output=True, text=True, check=False)
        assert run.returncode == 0, run

    def change(self, file, text, version='v0.3.0'):
        """Change a file of the package, raise the version, and generate the outputs."""
        core = self.root / 'config/packages/core'
        write(core, {file: text})
        package = json.loads((core / 'package.json').read_text())
        (core / 'package.json').write_text(json.dumps(package | {'version': version}))
        self.generate()

    def outputs(self, env='development'):
        """Each file among the outputs with its content."""
        folder = self.root / 'api/outputs' / env
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob('*') if path.is_file()}


@pytest.fixture
def repository(ansible):
    """One with its outputs."""
    found = Repository(ansible)
    found.generate()
    return found
