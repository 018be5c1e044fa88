"""Environments as versioned packages, by the commands that their page shows, in a repository as the page draws it."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from ansible_run import play
from conftest import ROOT
from environment_repository import FILES, SECRET, write

PAGE = (ROOT / 'collection/docs/environments.md').read_text()
HAS_HELM = Path(os.environ.get('HELM', '')).is_file()
HAS_TERRAFORM = shutil.which('terraform', path='/usr/local/bin:/usr/bin') is not None


def checklist():
    """The commands of the page, by their step, as far as Terraform is here."""
    page = PAGE.split('## Checklist')[1].split('\n## ')[0]
    steps = dict(re.findall(r'^\| ([^|]+?) \| `(ansible[^`]+)` \|$', page, re.M))
    return {step: command for step, command in steps.items() if HAS_TERRAFORM or 'automation.infrastructure ' not in command}


@pytest.mark.skipif(not HAS_HELM, reason='Helm is not here')
def test_the_checklist_of_the_page_runs_in_its_order_and_shows_no_secret(repository):
    repository.ansible.run('ansible', 'localhost', '-m', 'hatci.automation.environment_outputs', '-a', 'id=development state=absent').ok()
    metadata = repository.root / 'api/outputs/development/metadata.json'
    assert not metadata.exists()
    steps = checklist()
    assert len(steps) >= 9
    for step, command in steps.items():
        run = repository.ansible.run('bash', '-c', command + ' -vvvv').ok()
        assert SECRET not in run.stdout + run.stderr, step
        if step == '2. render the environment':
            found = json.loads(metadata.read_text())
            assert found['configPackage'] == {'id': 'core', 'version': 'v0.2.0'}
            assert set(found['files']) == set(FILES)
        if '--check' in command:
            assert 'changed=0' in run.stdout, step
    assert not metadata.exists()
    playbooks = [call['argv'][-1] for call in repository.programs.calls('podman', 'run')]
    assert playbooks == ['cluster.yml', 'kubeconfig_localhost=true', 'remove-node.yml']
    assert len(repository.programs.calls('helm', 'upgrade')) == 1


@pytest.mark.skipif(not HAS_TERRAFORM, reason='there is no terraform here')
def test_what_the_page_advises_against_troubles_helps(repository):
    rows = re.findall(r'^\| (.+?) \| .*?`((?:ansible|rm)[^`]+)`', PAGE.split('## Tips')[1].split('\n## ')[0], re.M)
    missing, stale, backfill = [command for _, command in rows]
    shutil.rmtree(repository.root / 'api/outputs/development')
    nodes = 'ansible-playbook hatci.automation.infrastructure -e env=development -e phase=nodes'
    run = repository.ansible.run('bash', '-c', nodes)
    assert run.rc != 0 and 'development has not been generated' in run.stdout, run
    (repository.root / 'infrastructure/platforms/proxmox/terraform/nodes/terraform.tfvars').write_text('nodes = []\n')
    run = repository.ansible.run('bash', '-c', f'{missing} && {nodes}')
    assert run.rc != 0 and 'Terraform would also load' in run.stdout, run
    write(repository.root / 'old', {'lab.tfvars': 'nodes = []\n', 'inventory/inventory.ini': '[all]\n', 'business.yaml': 'applications: []\n'})
    repository.ansible.run('bash', '-c', f'set -e; {stale}; {nodes}; {backfill}').ok()


def test_the_package_of_the_page_is_one(repository):
    text, = re.findall(r'^```json\n(.*?)^```$', PAGE.split('## Checklist')[0], re.M | re.S)
    (repository.root / 'config/packages/core/package.json').write_text(text)
    run = repository.ansible.run('bash', '-c', checklist()['1. validate definitions and packages']).ok()
    assert 'v0.2.0' in text and run.stderr == ''
    repository.generate()


def examples_of_roles():
    """Each with what it does not set left blank, as a survey does."""
    for role in ('environment', 'kubernetes', 'platform'):
        specs = yaml.safe_load((ROOT / f'roles/{role}/meta/argument_specs.yml').read_text())['argument_specs']
        block, = re.findall(r'^```yaml\n(.*?)^```$', (ROOT / f'roles/{role}/README.md').read_text(), re.M | re.S)
        options = {name for spec in specs.values() for name in spec['options']} - {'platform_releases', 'environment_needed'}
        blank = {name: '' for name in sorted(options) if f'{name}:' not in block}
        yield pytest.param(yaml.safe_load(block), blank, id=role, marks=[] if role != 'platform' or HAS_HELM else pytest.mark.skip('Helm is not here'))


@pytest.mark.parametrize('plays, blank', examples_of_roles())
def test_the_example_of_a_role_runs(repository, plays, blank):
    chart = repository.root / 'business/charts/cluster-apps'
    shutil.copytree(chart, repository.root / 'platform/charts/stacks')
    core = repository.root / 'config/packages/core'
    package = json.loads((core / 'package.json').read_text())
    package['environments'][0]['files']['platform'] = 'business.yaml'
    write(core, {'package.json': package | {'version': 'v0.3.0'}})
    repository.generate()
    repository.ansible.playbook(plays, variables=blank).ok()


@pytest.mark.skipif(not HAS_TERRAFORM, reason='there is no terraform here')
def test_the_tasks_of_the_page_run(repository):
    tasks = next(tasks for tasks in map(yaml.safe_load, re.findall(r'^```yaml\n(.*?)^```$', PAGE, re.M | re.S)) if isinstance(tasks, list))
    run = repository.ansible.playbook([play(tasks)]).ok()
    assert run['Create the nodes']['add'] == 3


def test_a_definition_that_breaks_its_schema_is_named_with_its_line(repository):
    (repository.root / 'api/definitions/sizes/small.yml').write_text('name: small\ncores: 0\n')
    run = repository.ansible.run('bash', '-c', checklist()['1. validate definitions and packages'])
    assert run.rc != 0
    assert 'small.yml' in run.stdout and '"line": 2' in run.stdout, run
