"""Environments as versioned packages, by the commands that their page shows, in a repository as the page draws it."""

import json
import re

import pytest
from conftest import ROOT
from environment_repository import SECRET, lay_out


@pytest.fixture
def repository(lab):
    """What commands run in."""
    lay_out(lab.folder)
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
