"""A module gives the same result wherever and in whatever order its task runs: over ssh, without Python, delegated, with each strategy."""

import shutil
import subprocess
import sys

import pytest
from ansible_run import play, task
from conftest import ROOT
from servers import EVENT, VIN

# What a host has that can't run Python: a shell, and the programs that Ansible's own connection uses.
PROGRAMS = ('sh', 'mkdir', 'chmod', 'echo', 'rm', 'dd', 'cat', 'sleep', 'test', 'uname', 'id', 'ls', 'mktemp', 'touch', 'tty', 'base64')


@pytest.fixture
def ssh_host(tmp_path):
    """Starts a host that ssh reaches, and returns its variables in an inventory."""
    servers = []
    for name in ('host_key', 'client_key'):
        subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', tmp_path / name], check=True)

    def start(path='/usr/local/bin:/usr/bin:/bin'):
        home = tmp_path / f'remote-{len(servers)}'
        home.mkdir()
        command = [sys.executable, ROOT / 'tests/e2e/ssh_server.py', tmp_path / 'host_key', tmp_path / 'client_key.pub', home, path]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        servers.append(server)
        # The path of a control socket must be short, and the host's home is the server's, not that of the password file.
        return {
            'ansible_connection': 'ssh', 'ansible_host': '127.0.0.1', 'ansible_port': int(server.stdout.readline()),
            'ansible_user': 'kim', 'ansible_ssh_private_key_file': str(tmp_path / 'client_key'), 'ansible_remote_tmp': str(home / 'tmp'),
            'ansible_ssh_args': '-F /dev/null -o ControlMaster=no -o StrictHostKeyChecking=no '
                                       f'-o UserKnownHostsFile={tmp_path / "known_hosts"}'}

    yield start
    for server in servers:
        server.terminate()
        server.wait(10)
        server.stdout.close()


@pytest.fixture
def without_python(tmp_path):
    """A PATH with a shell and no Python."""
    folder = tmp_path / 'few'
    folder.mkdir()
    for name in PROGRAMS:
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


def on(host, tasks, server, **keywords):
    """Two plays: one that knows the host, and one on it with these tasks."""
    known = {'name': 'bench', **host}
    return [{'hosts': 'localhost', 'gather_facts': False, 'tasks': [{'name': 'know', 'ansible.builtin.add_host': known}]},
            play(tasks, server, hosts='bench', **keywords)]


def test_over_ssh(ansible, sums, ssh_host):
    event = sums.make_event()
    fix = task('fix', 'hatci_fix_event', {'event_id': event})
    run = ansible.playbook(on(ssh_host(), [fix, {**fix, 'name': 'again'}], sums)).ok()
    assert run.task('fix')['host'] == 'bench'
    assert (run['fix']['changed'], run['again']['changed']) == (True, False)


def test_over_ssh_a_host_needs_no_python(ansible, sums, ssh_host, without_python):
    run = ansible.playbook(on(ssh_host(without_python), [
        {'name': 'no Python', 'ansible.builtin.raw': 'command -v python3 || echo none'},
        task('read', 'hatci_event_info', {'event_id': sums.make_event()}),
    ], sums)).ok()
    assert run['no Python']['stdout'].strip() == 'none'
    assert run['read']['events'][0]['vin'] == VIN


def test_over_ssh_check_mode_changes_nothing_and_shows_the_difference(ansible, sums, ssh_host):
    event = sums.make_event()
    run = ansible.playbook(on(ssh_host(), [task('fix', 'hatci_fix_event', {'event_id': event})], sums), '--check', '--diff').ok()
    assert run['fix']['changed'] and run['fix']['diff'], run
    assert ansible.tasks([task('look', 'hatci_event_info', {'event_id': event})], sums).ok()['look']['events'][0]['state'] == 'CREATED'


def test_over_ssh_what_fails_says_why(ansible, sums, ssh_host):
    run = ansible.playbook(on(ssh_host(), [task('fix', 'hatci_fix_event', {'event_id': 'EVT-404'})], sums))
    assert (run.rc, run['fix']['error']['kind']) == (2, 'not_found')


def test_with_async_over_ssh(ansible, sums, ssh_host):
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1},
                **{'async': 60, 'poll': 1})
    host = ssh_host() | {'ansible_python_interpreter': sys.executable, 'ansible_async_dir': ansible.env['ANSIBLE_ASYNC_DIR']}
    run = ansible.playbook(on(host, [wait], sums)).ok()
    assert run['wait']['state'] == 'COMPLETE'


def test_delegated_from_and_to_a_host_behind_ssh(ansible, sums, ssh_host):
    host = ssh_host()
    read = task('here', 'hatci_event_info', {'event_id': sums.make_event()}, delegate_to='localhost')
    run = ansible.playbook(on(host, [read], sums)).ok()
    assert run['here']['events'][0]['vin'] == VIN
    there = task('there', 'hatci_event_info', {'event_id': sums.make_event()}, delegate_to='bench')
    known = on(host, [], sums)[0]
    run = ansible.playbook([known, play([there], sums)]).ok()
    assert run['there']['events'][0]['vin'] == VIN


@pytest.mark.parametrize('strategy', ['linear', 'free', 'host_pinned', 'debug'])
def test_each_strategy(ansible, sums, strategy):
    hosts = [f'car{number}' for number in range(3)]
    known = {'name': 'know', 'ansible.builtin.add_host': {'name': '{{ item }}', 'ansible_connection': 'local'}, 'loop': hosts}
    tasks = [task('make', 'hatci_create_event', EVENT, register='made'),
             task('fix', 'hatci_fix_event', {'event_id': '{{ made.event_id }}'})]
    run = ansible.playbook([play([known]), play(tasks, sums, hosts='car*', strategy=strategy)]).ok()
    fixed = [one for one in run.tasks if one['task'] == 'fix']
    assert sorted(one['host'] for one in fixed) == hosts
    assert all(one['result']['changed'] for one in fixed)
    assert len({one['result']['event']['event_id'] for one in fixed}) == 3
