"""infrastructure.yml with the real Terraform, which needs no network for `terraform_data`; and backfill.yml, whose outputs it uses."""

import json
import shutil

import pytest
from environment_fixtures import why
from environment_repository import SECRET, TERRAFORM_MODULES, write

pytestmark = pytest.mark.skipif(not shutil.which('terraform', path='/usr/local/bin:/usr/bin'), reason='there is no terraform here')


def build(repository, *args, env='development', **how):
    run = repository.playbook('infrastructure', *args, env=env, **how)
    assert SECRET not in run.stdout + run.stderr
    return run


def nodes(repository, module='nodes', env='development'):
    """The nodes in the state of this module and environment."""
    state = repository.root / TERRAFORM_MODULES / module / 'terraform.tfstate.d' / env / 'terraform.tfstate'
    if not state.exists():
        return []
    found = [resource for resource in json.loads(state.read_text())['resources'] if resource['name'] == 'node']
    return sorted(instance['index_key'] for resource in found for instance in resource['instances'])


def test_all_phases_are_planned_then_applied_and_then_there_is_nothing_to_do(repository):
    plan = build(repository, '--check').ok()
    assert '3 to add, 0 to change, 0 to destroy' in plan.stdout and nodes(repository) == []
    first = build(repository, '-vvvv').ok()
    shown = [task['result']['msg'] for task in first.tasks if task['task'] == 'Show what was planned']
    assert ['images of development (core v0.2.0)' in shown[0], 'templates of' in shown[1], 'nodes of' in shown[2]] == [True] * 3
    assert [nodes(repository, module) for module in ('templates', 'pools', 'nodes')] == [['k8s-1', 'k8s-2']] * 3
    second = build(repository).ok()
    assert second.changed == []


def test_one_phase_applies_one_module_and_another_environment_has_its_own_machines(repository):
    build(repository, '-e', 'phase=nodes').ok()
    assert (nodes(repository, 'templates'), nodes(repository)) == ([], ['k8s-1', 'k8s-2'])
    repository.generate('staging')
    run = build(repository, '-e', 'phase=nodes', env='staging').ok()
    assert '2 to add, 0 to change, 0 to destroy' in run.stdout
    assert (nodes(repository), nodes(repository, env='staging')) == (['k8s-1', 'k8s-2'], ['stage-1'])


def test_the_bootstrap_generates_what_is_stale_and_without_it_a_phase_refuses_that(repository):
    core = repository.root / 'config/packages/core'
    manifest = json.loads((core / 'package.json').read_text())
    write(core, {'terraform.tfvars': f'api_token = "{SECRET}"\nnodes = []\n', 'package.json': manifest | {'version': 'v0.3.0'}})
    run = build(repository, '-e', 'phase=nodes')
    assert 'ansible-playbook hatci.automation.environment -e env=development' in why(run), run
    plan = build(repository, '--check').ok()
    assert 'so the other phases have no plans' in plan.stdout and not (repository.root / TERRAFORM_MODULES / 'nodes/.terraform').exists()
    build(repository, '-e', 'phase=bootstrap,nodes').ok()
    assert json.loads(repository.outputs()['metadata.json'])['configPackage']['version'] == 'v0.3.0'


def test_a_phase_that_does_not_exist_is_named_with_those_that_do(repository):
    run = build(repository, '-e', 'phase=node')
    assert 'no phase node. The phases are bootstrap, images, templates, nodes' in why(run), run


def test_a_stale_tfvars_file_in_a_module_stops_before_the_later_phases(repository):
    stale = repository.root / TERRAFORM_MODULES / 'templates/terraform.tfvars'
    stale.write_text('nodes = ["ghost"]\n')
    run = build(repository)
    assert str(stale) in why(run), run
    assert nodes(repository) == []


def test_arguments_of_the_users_shell_do_not_turn_a_plan_into_a_destroy(repository):
    build(repository, '-e', 'phase=nodes').ok()
    run = repository.ansible.playbook('hatci.automation.infrastructure', '-e', 'env=development', '-e', 'phase=nodes', env={'TF_CLI_ARGS_plan': '-destroy'}).ok()
    assert '0 to destroy' in run.stdout and nodes(repository) == ['k8s-1', 'k8s-2']


def test_an_environment_from_before_packages_is_backfilled_and_used(repository):
    old = repository.root / 'old'
    write(old, {'lab.tfvars': f'api_token = "{SECRET}"\nnodes = ["old-1"]\n', 'inventory/inventory.ini': '[all]\nold-1\n', 'apps.yaml': 'applications: []\n'})
    given = ['-e', 'tfvars=old/lab.tfvars', '-e', 'inventory=old/inventory', '-e', 'business=old/apps.yaml']
    plan = repository.playbook('backfill', '--check', *given, env='lab').ok()
    assert 'core v0.0.0-backfill' in plan.stdout and not (repository.root / 'api/outputs/lab').exists()
    run = repository.playbook('backfill', *given, '-vvvv', env='lab').ok()
    assert SECRET not in run.stdout + run.stderr
    metadata = json.loads(repository.outputs('lab')['metadata.json'])
    assert metadata['configPackage'] == {'id': 'core', 'version': 'v0.0.0-backfill'}
    assert set(metadata['files']) == {'terraform', 'kubesprayInventory', 'business'}
    assert repository.playbook('backfill', *given, env='lab').ok().changed == []
    build(repository, '-e', 'phase=nodes', env='lab').ok()
    assert nodes(repository, env='lab') == ['old-1']


@pytest.mark.parametrize('env, given, word', [
    ('development', 'tfvars=old.tfvars', 'core has the environment development'),
    ('lab', 'tfvars=nothing.tfvars', 'nothing.tfvars'),
    ('lab', 'x=y', 'No files are given'),
])
def test_what_can_not_be_backfilled_is_refused(repository, env, given, word):
    (repository.root / 'old.tfvars').write_text('x = 1\n')
    before = repository.outputs()
    run = repository.playbook('backfill', '-e', given, env=env)
    assert word in why(run), run
    assert repository.outputs() == before


def test_once_a_package_has_a_backfilled_environment_it_is_generated_from_that(repository):
    (repository.root / 'old.tfvars').write_text('x = 1\n')
    repository.playbook('backfill', '-e', 'tfvars=old.tfvars', env='lab').ok()
    core = repository.root / 'config/packages/core'
    manifest = json.loads((core / 'package.json').read_text())
    both = [*manifest['environments'], {'name': 'lab', 'files': {'terraform': 'lab.tfvars'}}]
    write(core, {'lab.tfvars': f'api_token = "{SECRET}"\n', 'package.json': manifest | {'version': 'v0.3.0', 'environments': both}})
    run = build(repository, '-e', 'phase=nodes', env='lab')
    assert 'the package is v0.3.0 now' in why(run), run
    repository.generate('lab')
    build(repository, '-e', 'phase=nodes', env='lab').ok()
