"""What Ansible's own keywords do to a task, with the real programs: become, async, loops, no_log, timeout, Ctrl-C, documentation."""

import contextlib
import json
import os
import signal
from pathlib import Path

import pytest
from ansible_run import play, task
from conftest import ROOT
from jumpstarter_fixtures import until
from servers import EVENT, VIN

WAIT = {'wait': True, 'poll_interval': 1}


@pytest.fixture
def stuck(start_sums_sim):
    """A simulator on which no deployment ends."""
    return start_sums_sim('--scenario', f'{VIN}=stuck')


def running(collections):
    """The processes of this installation's hatci_update_status."""
    program = f'{collections}/ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__/hatci_update_status'
    found = []
    for process in Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):  # it is gone meanwhile
            if process.joinpath('cmdline').read_bytes().split(b'\0')[0].decode() == program:
                found.append(int(process.name))
    return found


def start_waiting(ansible, collections, sums, **keywords):
    """An ansible-playbook that waits for a deployment, once its program has begun to."""
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment()} | WAIT, **keywords)
    process = ansible.start_playbook([play([wait], sums)])
    until(lambda: running(collections), 'the program')
    looks = '/api/v1/deployments/'
    until(lambda: any(it['path'].startswith(looks) for it in sums.get('/sim/requests')), 'its first look')
    return process


def test_become_takes_ansibles_own_way_to_the_same_result(ansible, sums):
    options = {'event_id': sums.make_event()}
    ways = [task('in place', 'hatci_update_status', options),
            task('copied', 'hatci_update_status', options, become=True, become_method='as_is')]
    run = ansible.tasks(ways, sums, env={'ANSIBLE_BECOME_PLUGINS': str(ROOT / 'tests/bench/become_plugins')}).ok()
    assert run['copied']['status'] == run['in place']['status']
    assert run['copied']['status']['vin'] == VIN


def test_async_with_poll(ansible, sums):
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment()} | WAIT, **{'async': 60, 'poll': 1})
    run = ansible.tasks([wait], sums).ok()
    assert run['wait']['state'] == 'COMPLETE'


def test_async_looked_after_later(ansible, sums):
    run = ansible.tasks([
        task('start', 'hatci_update_status', {'deployment_id': sums.make_deployment()} | WAIT,
             register='job', **{'async': 60, 'poll': 0}),
        {'name': 'end', 'ansible.builtin.async_status': {'jid': '{{ job.ansible_job_id }}'}, 'register': 'it',
         'until': 'it is finished', 'retries': 30, 'delay': 1},
    ], sums).ok()
    assert run['end']['state'] == 'COMPLETE'


def test_a_loop(ansible, sums):
    events = [sums.make_event() for _ in range(3)]
    fix = task('fix', 'hatci_fix_event', {'event_id': '{{ item }}'}, loop=[*events, events[0]])
    run = ansible.tasks([fix], sums).ok()
    assert [one['changed'] for one in run['fix']['results']] == [True, True, True, False]


@pytest.mark.one_core
def test_ad_hoc(ansible, sums):
    env = {'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN}
    run = ansible.run('ansible', 'localhost', '-m', 'hatci.automation.hatci_info', '-a', f'vin={VIN}', env=env).ok()
    assert f'"vin": "{VIN}"' in run.stdout


def test_the_environment_of_a_play_gives_server_and_token(ansible, sums):
    env = {'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN}
    ansible.playbook([play([task('info', 'hatci_info')], environment=env)]).ok()


def test_no_log_hides_result_and_progress(ansible, sums):
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment()} | WAIT, no_log=True)
    run = ansible.tasks([wait], sums, '-vvvv').ok()
    assert 'censored' in run['wait']
    assert 'COMPLETE' not in run.stdout + run.stderr


def test_the_timeout_of_a_task_ends_its_program(ansible, collections, stuck):
    wait = task('wait', 'hatci_update_status', {'deployment_id': stuck.make_deployment()} | WAIT, timeout=5)
    run = ansible.tasks([wait], stuck)
    assert run.task('wait')['status'] == 'failed'
    until(lambda: not running(collections), 'its end')


def test_a_create_that_the_timeout_of_a_task_ends_keeps_its_key(ansible, start_sums_sim):
    sums = start_sums_sim('--fault', 'latency:600s')
    run = ansible.tasks([task('create', 'hatci_create_event', EVENT, timeout=8)], sums)
    key = run['create']['idempotency_key']
    assert (run['create']['changed'], run['create']['error']['kind']) == (True, 'interrupted')
    assert f'run the task again with `idempotency_key: {key}`' in run['create']['msg']
    assert f'is being created with idempotency_key {key}' in run.stdout  # all that is seen of it after Ctrl-C


def test_ctrl_c_ends_the_program(ansible, collections, stuck):
    process = start_waiting(ansible, collections, stuck)
    os.killpg(process.pid, signal.SIGINT)
    assert ansible.finish(process).rc != 0
    until(lambda: not running(collections), 'its end')


def test_the_program_ends_when_ansible_is_killed(ansible, collections, stuck):
    process = start_waiting(ansible, collections, stuck)
    process.kill()
    until(lambda: not running(collections), 'its end')
    ansible.finish(process)


def test_what_a_server_says_is_never_a_template(ansible, start_sums_sim, tmp_path):
    trap = tmp_path / 'trap'
    reason = "{{ lookup('ansible.builtin.pipe', 'touch %s') }}" % trap
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{reason}')
    run = ansible.tasks([
        task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment()} | WAIT, register='it', ignore_errors=True),
        {'name': 'keep', 'ansible.builtin.set_fact': {'kept': '{{ it.reason }}'}},
        {'name': 'show', 'ansible.builtin.debug': {'msg': '{{ kept }} {{ it.msg }}'}},
    ], sums).ok()
    assert run['wait']['reason'] == reason
    assert run['show']['msg'].startswith(reason)
    assert not trap.exists()


@pytest.mark.one_core
def test_every_program_is_documented(collections, modules):
    folder = collections / f'ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__'
    assert {path.name for path in folder.iterdir()} == {'hatci', *modules}


def test_ansible_doc_lists_all_modules_and_nothing_else(ansible, modules):
    names = [f'hatci.automation.{name}' for name in modules]
    plain = ansible.run('ansible-doc', '--list', 'hatci.automation').ok()
    assert [line.split()[0] for line in plain.stdout.splitlines()] == names
    run = ansible.run('ansible-doc', '--list', '--json', 'hatci.automation').ok()
    assert sorted(json.loads(run.stdout)) == names
    assert (plain.stderr, run.stderr) == ('', '')


@pytest.mark.parametrize('how', ['--json', *(pytest.param(how, marks=pytest.mark.one_core) for how in ('--snippet', '--type=module'))])
def test_ansible_doc_shows_every_module_without_a_warning(ansible, modules, how):
    run = ansible.run('ansible-doc', how, *(f'hatci.automation.{name}' for name in modules)).ok()
    assert run.stderr == ''
    assert all(name in run.stdout for name in modules)
