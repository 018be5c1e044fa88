"""kubernetes.yml: kubespray in a container, which a program of the tests stands for. It records its arguments and what is mounted."""

import json
import os
import re
import signal
from pathlib import Path

import pytest
from environment_fixtures import told, why
from environment_repository import INVENTORY, KUBESPRAY, SECRET
from jumpstarter_fixtures import until

RECAP = """
PLAY RECAP *********************************************************************
master-1                   : ok=700  changed={changed}  unreachable={unreachable}    failed={failed}    skipped=1000 rescued=0    ignored=2
"""


def recap(changed=0, unreachable=0, failed=0):
    return RECAP.format(changed=changed, unreachable=unreachable, failed=failed)


def operate(repository, operation, *args, **variables):
    return repository.playbook('kubernetes', *args, variables={'operation': operation, **variables})


def ran(repository):
    """What the engine was told to run; the paths of the run replaced."""
    call, = repository.programs.calls('podman', 'run')
    return call


def words_after(call, word):
    return call['argv'][call['argv'].index(word) + 1:]


def each(ansible, tasks, cases, variables):
    """Run these tasks of the role for each case in one run; each has to fail with the words of its case."""
    common = {'environment_id': 'development', 'environment_found': {
        'package': 'core', 'version': 'v0.3.0', 'root': str(ansible.folder), 'files': {'kubesprayInventory': 'inventory'}}}
    role = {'name': 'hatci.automation.kubernetes', 'tasks_from': tasks}
    run = ansible.tasks([
        {'name': case, 'rescue': [{'ansible.builtin.debug': {'msg': 'as it should'}}],
         'block': [{'ansible.builtin.include_role': role, 'vars': common | variables(case)}]} for case in cases]).ok()
    assert len(run.failed) == len(cases), run
    for (_, words), failed in zip(cases.values(), run.failed):
        said = told(failed)
        assert all(word in said for word in words), (words, said)
    return run


IMAGE = 'quay.io/kubespray/kubespray:v2.28.1'
COMMON = ['-i', 'inventory/runtime/inventory.ini', '--private-key', '/root/.ssh/id_rsa', '-u', 'ubuntu', '-b',
          '-e', 'credentials_dir=/kubespray/state/credentials', '-e', 'artifacts_dir=/kubespray/state/artifacts', '-e', 'kube_version=1.32.8']


def test_deploy_runs_kubespray_on_a_copy_of_the_outputs_which_nobody_replaces(repository):
    before = repository.outputs()
    repository.programs.add('podman', run={'stdout': recap(changed=12)})
    run = operate(repository, 'deploy', '-vvvv').ok()
    call = ran(repository)
    mounts = {target: source for word in call['argv'] for source, target in re.findall('^type=bind,source=([^,]*),target=([^,]*)', word)}
    assert call['argv'][:6] == ['run', '--rm', '--name', 'hatci-kubespray-core-development', '--stop-signal', 'SIGINT']
    assert set(mounts) == {'/kubespray/inventory/runtime', '/kubespray/state', '/root/.ssh/id_rsa'}
    assert mounts['/kubespray/state'] == f'{repository.home}/kubernetes/core-development'
    assert mounts['/root/.ssh/id_rsa'] == f'{repository.home}/.ssh/id_kubespray'
    assert not mounts['/kubespray/inventory/runtime'].startswith(str(repository.root / 'api'))
    assert call['files']['inventory.ini'] == INVENTORY and 'group_vars/k8s_cluster/k8s-cluster.yml' in call['files']
    assert 'ANSIBLE_HOST_KEY_CHECKING=False' in call['argv'] and 'ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED=1' in call['argv']
    assert [word for word in call['argv'] if word in ('-t', '-it', '-ti')] == []
    assert words_after(call, IMAGE) == ['ansible-playbook', *COMMON, '-e', 'kubeconfig_localhost=true', 'cluster.yml']
    assert 'Run kubespray in a container' in run.changed
    assert '3 of 3 hosts' in run.stdout
    assert SECRET not in run.stdout + run.stderr
    assert repository.outputs() == before
    assert not Path(mounts['/kubespray/inventory/runtime']).exists()
    state = repository.home / 'kubernetes/core-development'
    assert json.loads((state / 'deployed.json').read_text())['kubernetes'] == '1.32.8'
    assert state.stat().st_mode & 0o777 == 0o700 and (state / 'deploy.log').stat().st_mode & 0o777 == 0o600


OPERATIONS = {
    'upgrade': ({}, ['-e', 'kubeconfig_localhost=true', 'upgrade-cluster.yml']),
    'recover': ({}, ['--limit', 'etcd,kube_control_plane', '-e', 'etcd_retries=10', 'recover-control-plane.yml']),
    'facts': ({}, ['playbooks/facts.yml']),
    'reset': ({'confirm': 'development'}, ['-e', 'skip_confirmation=true', 'reset.yml']),
    'remove': ({'node': 'worker-2', 'confirm': 'development'}, ['-e', 'node=worker-2', '-e', 'skip_confirmation=true', 'remove-node.yml']),
}


@pytest.mark.parametrize('operation', OPERATIONS)
def test_each_operation_is_its_playbook_of_kubespray(repository, operation):
    variables, wanted = OPERATIONS[operation]
    operate(repository, operation, **variables).ok()
    assert words_after(ran(repository), IMAGE) == ['ansible-playbook', *COMMON, *wanted]


def test_scale_gathers_the_facts_of_all_hosts_in_the_same_container_first(repository):
    run = operate(repository, 'scale', limit='worker-2').ok()
    shell, option, script, *words = words_after(ran(repository), IMAGE)
    assert (shell, option) == ('sh', '-ec') and words == ['scale', 'worker-2', *COMMON, '-e', 'kubeconfig_localhost=true']
    # What the shell makes of it, with a program that shows its words.
    program = repository.programs.folder / 'ansible-playbook'
    program.write_text('#!/bin/sh\necho "$@"\n')
    program.chmod(0o755)
    shown = repository.ansible.run(shell, option, script, *words).stdout.splitlines()
    program.unlink()
    assert [line.split(' -e kubeconfig_localhost=true ')[1] for line in shown] == ['playbooks/facts.yml', 'scale.yml --limit worker-2']
    assert '1 of 3 hosts (worker-2)' in run.stdout


def test_validate_checks_the_files_and_starts_nothing(repository):
    operate(repository, 'validate').ok()
    assert repository.programs.calls('podman') == []


@pytest.mark.parametrize('operation', ['deploy', 'scale', 'reset'])
def test_in_check_mode_it_says_what_it_would_run_and_changes_nothing(repository, operation):
    run = operate(repository, operation, '--check', **({'limit': 'worker-2'} if operation == 'scale' else {})).ok()
    assert 'Would run: podman run --rm --name hatci-kubespray-core-development' in run.stdout and run.changed == []
    assert repository.programs.calls('podman') == []
    assert not (repository.home / 'kubernetes/core-development/deployed.json').exists()


@pytest.mark.parametrize('operation, variables, words', [
    ('reset', {}, ['every node of the cluster is reset', 'Nothing was changed', '-e confirm=development']),
    ('reset', {'confirm': 'yes'}, ['-e confirm=development']),
    ('remove', {'node': 'worker-2'}, ['removed from the cluster', '-e confirm=development']),
    ('remove', {'confirm': 'development'}, ['-e node=worker-3']),
    ('remove', {'confirm': 'development', 'node': 'kube_node'}, ['kube_node is a group']),
    ('remove', {'confirm': 'development', 'node': 'worker-9'}, ['no host or group worker-9']),
    ('scale', {}, ['-e limit=worker-3,worker-4']),
    ('scale', {'limit': 'worker-9'}, ['no host or group worker-9', 'master-1, worker-1, worker-2']),
    ('deploy', {'limit': 'worker-2'}, ["deploy can't be limited to worker-2", 'Leave out the limit']),
    ('explode', {}, ['must be one of: deploy, upgrade']),
])
def test_what_is_asked_for_wrongly_is_refused(repository, operation, variables, words):
    run = operate(repository, operation, **variables)
    assert all(word in why(run) for word in words), run
    assert repository.programs.calls('podman') == []


INVENTORIES = {
    'empty': ('', ['has no hosts']),
    'groups without hosts': ('[kube_control_plane]\n[etcd]\n[kube_node]\n', ['has no hosts']),
    'no node': ('[kube_control_plane]\na\n[etcd]\na\n', ['no host in kube_node']),
    'unparsable': (f'[kube_control_plane]\na\nb c={SECRET} {SECRET} d\n', ["can't be read: see inventory.ini", 'ansible-inventory --list']),
    'old names': (INVENTORY.replace('kube_node', 'kube-node'), ['kube-node', 'with _ instead of -']),
    'even etcd': (INVENTORY.replace('[etcd]\n', '[etcd]\nworker-1\n'), ['2 hosts in etcd', 'even number']),
}


def test_an_inventory_with_which_ansible_would_do_nothing_stops(repository):
    repository.change('inventory/inventory.ini', INVENTORIES['empty'][0])
    run = operate(repository, 'deploy')
    assert 'The inventory of core v0.3.0 has no hosts' in why(run), run
    assert repository.programs.calls('podman') == []


def test_each_fault_of_an_inventory_is_named(ansible):
    def variables(case):
        folder = ansible.folder / case.replace(' ', '-')
        folder.mkdir()
        (folder / 'inventory.ini').write_text(INVENTORIES[case][0])
        return {'environment_staged': {'files': {'kubesprayInventory': str(folder)}}, 'environment_stage': {'path': str(folder)}}
    run = each(ansible, 'check_inventory', INVENTORIES, variables)
    assert SECRET not in run.stdout + run.stderr


def test_a_program_in_place_of_the_inventory_is_not_run(repository):
    file = repository.root / 'config/packages/core/inventory/inventory.ini'
    file.chmod(0o755)
    repository.change('inventory/inventory.ini', f'#!/bin/sh\ntouch {repository.root}/was-run\necho "{{}}"\n')
    run = operate(repository, 'deploy')
    assert "can't be read" in why(run), run
    assert not (repository.root / 'was-run').exists()


def config(**changes):
    return KUBESPRAY | {key: KUBESPRAY[key] | change for key, change in changes.items()}


CONFIGS = {
    'latest': (config(image={'version': 'latest'}), ['"latest"', 'not a release of kubespray']),
    'no image': (config(image={'repository': ''}), ['names no image']),
    'Kubernetes too old': (config(cluster={'kubeVersion': 'v1.29.5'}), ['v2.28.1 deploys Kubernetes 1.30.0 to 1.32.8', '1.29.5']),
    'Kubernetes too new': (config(cluster={'kubeVersion': 'v1.33.1'}), ['1.30.0 to 1.32.8', '1.33.1']),
    'no version': (config(cluster={'kubeVersion': ''}), ['cluster.kubeVersion']),
    'no user': (config(ssh={'user': '-x'}), ['"-x" as ssh.user']),
    'no key': (config(ssh={'keyPath': '~/.ssh/nobody'}), ['/.ssh/nobody, does not exist']),
}


def test_versions_that_do_not_fit_together_stop(repository):
    repository.change('kubespray.json', json.dumps(CONFIGS['Kubernetes too old'][0]))
    run = operate(repository, 'deploy')
    assert 'v2.28.1 deploys Kubernetes 1.30.0 to 1.32.8' in why(run), run
    assert repository.programs.calls('podman') == []


def test_each_fault_of_a_configuration_is_named(ansible):
    key = ansible.folder / 'home/.ssh/id_kubespray'
    key.parent.mkdir()
    key.touch(mode=0o600)
    each(ansible, 'check_config', CONFIGS, lambda case: {
        'kubernetes_config': CONFIGS[case][0], 'kubernetes_inventory_version': '', 'environment_stage': {'path': str(ansible.folder)}})


@pytest.mark.parametrize('written, word', [('1.31.1', 'the inventory has kube_version 1.31.1'), ('v1.32.8', 'without the v')])
def test_an_inventory_with_another_version_than_the_configuration_stops(repository, written, word):
    repository.change('inventory/group_vars/k8s_cluster/k8s-cluster.yml', f'kube_version: {written}\n')
    run = operate(repository, 'deploy')
    assert word in why(run), run


def test_the_version_of_the_inventory_is_kubesprays_own(repository):
    repository.change('inventory/group_vars/all/all.yml', 'kube_version: 1.32.8\n')
    operate(repository, 'deploy').ok()
    assert 'kube_version=1.32.8' not in ran(repository)['argv']


def test_an_upgrade_skips_no_minor_version(repository):
    (repository.home / 'kubernetes/core-development/deployed.json').write_text('{"kubernetes": "1.30.4"}')
    run = operate(repository, 'upgrade')
    assert 'deployed with Kubernetes 1.30.4' in why(run), run
    assert repository.programs.calls('podman') == []


def test_a_key_that_others_can_read_stops_and_stays_as_it_is(repository):
    key = repository.home / '.ssh/id_kubespray'
    key.chmod(0o644)
    run = operate(repository, 'deploy')
    assert f'chmod 600 {key}' in why(run), run
    assert key.stat().st_mode & 0o777 == 0o644


FAILURES = {
    'no daemon': ({'rc': 125, 'stderr': 'Cannot connect to the Docker daemon'}, ['podman could not start the container']),
    'already running': ({'rc': 125, 'stderr': 'the container name "x" is already in use'}, ['another operation', 'podman stop hatci-kubespray-core-development']),
    'no program': ({'rc': 127}, ['has no ansible-playbook']),
    'no playbook': ({'rc': 1}, ['no playbook cluster.yml']),
    'a task failed': ({'rc': 2, 'stdout': f'TASK [etcd : Install] ***\nok: [a]\n\nTASK [etcd : Start] ***\nfatal: [master-1]: FAILED! => {SECRET}\n'
                       + recap(changed=1, failed=1)}, ['task "etcd : Start" failed on master-1']),
    'unknown option': ({'rc': 2, 'stderr': 'ansible-playbook: error: unrecognized arguments: --x'}, ['does not know one of its options']),
    'unreachable': ({'rc': 4, 'stdout': 'TASK [x] ***\nfatal: [master-1]: UNREACHABLE! => {}\n' + recap(unreachable=1)}, ['master-1 cannot be reached']),
    'syntax error': ({'rc': 4, 'stderr': 'ERROR! Syntax Error while loading YAML.'}, ['syntax error']),
}


def test_a_failure_says_its_cause_and_where_the_output_is(repository):
    answer, words = FAILURES['a task failed']
    repository.programs.add('podman', run=answer)
    run = operate(repository, 'deploy')
    log = repository.home / 'kubernetes/core-development/deploy.log'
    assert all(word in why(run) for word in [*words, str(log)]), run
    assert SECRET not in run.stdout + run.stderr
    assert answer['stdout'] in log.read_text()
    assert not (log.parent / 'deployed.json').exists()


def test_each_cause_of_a_failure_has_its_words(ansible):
    run = each(ansible, 'failure', FAILURES, lambda case: {
        'kubernetes_config': KUBESPRAY, 'kubernetes_run': {'stdout': '', 'stderr': '', **FAILURES[case][0]}})
    assert SECRET not in run.stdout + run.stderr


def test_without_an_engine_it_says_how_to_name_another(repository):
    run = operate(repository, 'deploy', kubernetes_engine='nothing-such')
    assert 'kubernetes_engine=docker' in why(run), run


def test_docker_is_an_engine_too(repository):
    repository.programs.add('docker')
    operate(repository, 'deploy', kubernetes_engine='docker', kubernetes_engine_options='--security-opt=label=disable,-q').ok()
    call, = repository.programs.calls('docker', 'run')
    assert {'--security-opt=label=disable', '-q'} <= set(call['argv']) and words_after(call, IMAGE)[-1] == 'cluster.yml'


def test_what_takes_too_long_is_stopped_by_the_name_of_its_container(repository):
    repository.programs.add('podman', run={'seconds': 300})
    run = operate(repository, 'deploy', kubernetes_timeout=3, kubernetes_stop_timeout=7)
    assert 'took longer than 3 seconds' in why(run), run
    stop, = repository.programs.calls('podman', 'stop')
    assert stop['argv'] == ['stop', '-t', '7', 'hatci-kubespray-core-development']


def test_an_interrupted_run_sends_the_engine_one_interrupt(repository):
    repository.programs.add('podman', run={'seconds': 300})
    process = repository.ansible.start_playbook('hatci.automation.kubernetes', '-e', 'env=development')
    until(lambda: repository.programs.calls('podman', 'run'), 'the container')
    # As Ctrl-C does: to all processes of the terminal.
    os.killpg(process.pid, signal.SIGINT)
    repository.ansible.finish(process)
    (repository.programs.folder / 'stopped').touch()
    assert [call['signal'] for call in repository.programs.calls('podman', 'run') if 'signal' in call] == ['SIGINT']
