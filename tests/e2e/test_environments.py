"""Environments as versioned packages, by the commands that their page shows, in a repository as the page draws it."""

import json
import re

import pytest
from conftest import ROOT

SECRET = 's3cr3t-t0ken-of-proxmox'
KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMTFRAPyVUyJbbbJdZmrN4wZCyxZPmVSZ8Rm0pJrJzxk kim@example.com'
PACKAGE = {
    'id': 'core', 'version': 'v0.2.0',
    'environments': [{'name': 'development', 'files': {
        'terraform': 'terraform.tfvars', 'provisioner': 'provisioner.json', 'kubesprayInventory': 'inventory'}}],
}
PROVISIONER = {
    'staticConfig': {'baseImage': 'ubuntu-24.04', 'artifactFormat': 'raw', 'kernelTweaks': [{'name': 'vm.swappiness', 'value': 10}]},
    'dynamicConfig': {'sshUsers': [{'name': 'kim', 'authorizedKeys': [KEY]}], 'roles': {'k8s-master': {'hostnamePrefix': 'master'}}},
    'artifacts': {'local': {'directory': 'build'}, 'remote': {'enabled': False, 'bucket': '', 'prefix': ''}},
}
SCHEMA = 'uri: sizes_schema\nschema:\n  type: object\n  items:\n    name: {type: string}\n    cores: {type: integer, minimum: 1}\n  required: [name, cores]\n'


@pytest.fixture
def repository(lab):
    """What commands run in: a package with one environment, and one definition with its schema."""
    files = {
        'config/packages/core/package.json': json.dumps(PACKAGE),
        'config/packages/core/terraform.tfvars': f'api_token = "{SECRET}"\n',
        'config/packages/core/provisioner.json': json.dumps(PROVISIONER),
        'config/packages/core/inventory/inventory.ini': '[kube_control_plane]\nmaster-1\n',
        'api/schemas/sizes.schema.yml': SCHEMA,
        'api/definitions/sizes/small.yml': 'name: small\ncores: 2\n',
    }
    for path, text in files.items():
        (lab.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (lab.folder / path).write_text(text)
    return lab


def checklist():
    """The commands of the page, by their step."""
    page = (ROOT / 'collection/docs/environments.md').read_text().split('## Checklist')[1].split('\n## ')[0]
    return dict(re.findall(r'^\| ([^|]+?) \| `(ansible[^`]+)` \|$', page, re.M))


def test_the_checklist_of_the_page_runs_in_its_order_and_shows_no_secret(repository):
    steps = checklist()
    assert len(steps) >= 6
    metadata = repository.folder / 'api/outputs/development/metadata.json'
    for step, command in steps.items():
        run = repository.run('bash', '-c', command + ' -vvvv').ok()
        assert SECRET not in run.stdout + run.stderr, step
        if step == 'render the environment':
            found = json.loads(metadata.read_text())
            assert found['configPackage'] == {'id': 'core', 'version': 'v0.2.0'}
            assert set(found['files']) == {'terraform', 'provisioner', 'kubesprayInventory'}
        if step == 'see what would change':
            assert 'changed=0' in run.stdout
    assert not metadata.exists()


def test_a_definition_that_breaks_its_schema_is_named_with_its_line(repository):
    (repository.folder / 'api/definitions/sizes/small.yml').write_text('name: small\ncores: 0\n')
    run = repository.run('bash', '-c', checklist()['validate definitions and packages'])
    assert run.rc != 0
    assert 'small.yml' in run.stdout and '"line": 2' in run.stdout, run
