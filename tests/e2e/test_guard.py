"""Tests that a job's lease, test event and ARA run are closed however the job ends, and generates the page about it.

Regenerate the page with GUARD_MATRIX=1, in one process.
"""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from ansible_run import play, task
from conftest import ROOT
from jumpstarter_fixtures import PATIENCE, lease, processes, until
from servers import VIN
from slow_to_answer import SlowToAnswer

PAGE = Path(__file__).parents[2] / 'collection/docs/guard_matrix.md'
AWAY = 20  # seconds


def workers(job):
    def parent(pid):
        with contextlib.suppress(FileNotFoundError):  # it has ended meanwhile
            return int(Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1])
    return until(lambda: [pid for pid in processes('ansible-playbook') if parent(pid) == job.process.pid], 'the worker')


def send(number):
    return lambda job: job.process.send_signal(number)


def kill_the_worker(job):
    def killed():
        with contextlib.suppress(ProcessLookupError):  # one that has just ended is no longer the one that holds
            os.kill(workers(job)[0], signal.SIGKILL)
            return True
    until(killed, 'the end of the worker')
    # Usually ansible-playbook then ends by itself. If it hangs, it must be ended.
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.process.wait(PATIENCE / 6)
    job.process.kill()


def kill_the_guard(job):
    guard, = job.guards()
    os.kill(guard, signal.SIGKILL)
    until(lambda: guard not in job.guards(), 'its end')
    job.signal.touch()
    until(job.next.exists, 'the next task')
    job.process.kill()


def kill_while_the_servers_are_away(job):
    servers = [job.sums.process, job.ara.process]
    for server in servers:
        server.send_signal(signal.SIGSTOP)
    job.controller.kill()
    job.process.kill()
    time.sleep(AWAY)
    for server in servers:
        server.send_signal(signal.SIGCONT)
    job.controller.start()


def end_the_workers(job):
    """On ansible-core 2.15 they outlive an ansible-playbook that is killed, and hold its output open."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(job.process.pid, signal.SIGKILL)


def fill_the_disk(job):
    with open(job.disk / 'filler', 'wb', buffering=0) as filler, contextlib.suppress(OSError):
        while True:
            filler.write(bytes(4096))
    job.process.kill()


def nothing(job):
    """The play ends by itself."""


HOLD, GO = object(), object()
UNREACHABLE = {'name': 'ask the bench', 'ansible.builtin.ping': {}, 'delegate_to': 'gone'}
BROKEN = {'name': 'verify', 'ansible.builtin.include_tasks': 'broken.yml'}
TIMED_OUT = {'name': 'take long', 'ansible.builtin.shell': 'sleep 60', 'timeout': 1}
KILLED = 'ansible-playbook was killed; last task of hatci.automation: Check the server'
ENDED = 'the job ended before a verdict was reached; last task of hatci.automation: Check the server'
FAILED = ENDED.replace('ended', 'failed')

# By event: the last task, the action, the time limit in seconds, the test event's summary, the run's status.
ROWS = {
    'SIGINT of ansible-playbook (Ctrl-C)': (HOLD, send(signal.SIGINT), 5, KILLED.replace('killed', 'interrupted'), 'expired'),
    'SIGTERM of ansible-playbook': (HOLD, send(signal.SIGTERM), 5, KILLED, 'expired'),
    'SIGHUP of ansible-playbook': (HOLD, send(signal.SIGHUP), 5, KILLED, 'expired'),
    'SIGKILL of ansible-playbook': (HOLD, send(signal.SIGKILL), 5, KILLED, 'expired'),
    'SIGKILL of a worker': (HOLD, kill_the_worker, 5, None, None),
    'SIGKILL of the guard, and after the next task of ansible-playbook': (GO, kill_the_guard, 5, KILLED, 'expired'),
    "the task's `timeout`": (TIMED_OUT, nothing, 5, FAILED, 'failed'),
    'a delegated host that can\'t be reached': (UNREACHABLE, nothing, 5, FAILED, 'failed'),
    '`meta: end_host`': ({'meta': 'end_host'}, nothing, 5, ENDED, 'completed'),
    '`meta: end_play`': ({'meta': 'end_play'}, nothing, 5, ENDED, 'completed'),
    'a syntax error in verify tasks': (BROKEN, nothing, 5, FAILED, 'failed'),
    'a full disk, and SIGKILL of ansible-playbook': (HOLD, fill_the_disk, 5, KILLED, 'expired'),
    f'all servers unreachable for {AWAY} s, and SIGKILL of ansible-playbook':
        (HOLD, kill_while_the_servers_are_away, 30, KILLED, 'expired'),
}


@pytest.fixture
def start(lab, controller, sums, ara, tmp_path):
    """Starts a job that holds a lease, has a test event open and a run in ARA, and then comes to this task."""
    disk = tmp_path / 'disk'
    disk.mkdir()
    (lab.folder / 'broken.yml').write_text('- name: [\n')
    mounted = []

    def start(last, **env):
        job = SimpleNamespace(
            lab=lab, controller=controller, sums=sums, ara=ara, disk=disk, holds=lab.folder / 'holds', signal=lab.folder / 'go-on',
            next=lab.folder / 'next', guards=lambda: processes('--job-guard', lab.env['XDG_RUNTIME_DIR']))
        hold = {'name': 'hold', 'ansible.builtin.shell':
                f'touch {job.holds}; timeout 600 sh -c "until test -e {job.signal}; do sleep 0.2; done"'}
        wait = {'name': 'wait', 'ansible.builtin.shell': f'touch {job.next}; timeout 600 sleep 1000'}
        tail = {id(HOLD): [hold], id(GO): [hold, task('Check the server', 'hatci_info'), wait]}.get(id(last), [last])
        test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True}
        tasks = [lease('acquire', {'exporter': 'bench', 'lease_name': 'mine', 'client_config': controller.client()}),
                 task('open', 'hatci_test_event', test), task('Check the server', 'hatci_info'), *tail]
        hosts = [{'hosts': 'localhost', 'gather_facts': False, 'tasks': [{'name': 'know it', 'ansible.builtin.add_host': {
            'name': 'gone', 'ansible_connection': 'ssh', 'ansible_host': '127.0.0.1', 'ansible_port': 1}}]}]
        job.process = lab.start_playbook([*hosts, play(tasks, sums)],
                                         variables=ara.variables | {'ara_spool': str(disk / 'spool'), 'ara_timeout': 2}, env=env)
        if last in (HOLD, GO):
            until(job.holds.exists, 'the job at work')
        return job

    def mount():
        made = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk], capture_output=True, check=False)
        if made.returncode:
            pytest.skip('a small disk takes root')
        mounted.append(disk)

    start.mount = mount
    yield start
    for one in mounted:
        subprocess.run(['umount', '--lazy', one], check=True)


@pytest.fixture(scope='session')
def page():
    """The page's rows by name; the page is regenerated at the end on request."""
    found = {}
    yield found
    if os.environ.get('GUARD_MATRIX'):
        PAGE.write_text(HEAD + ''.join(found[name] + '\n' for name in ROWS if name in found))


HEAD = """<!-- Written by `tests/e2e/test_guard.py`; do not edit. -->

# What is closed when a job ends

Each row is one way for a job to end while it holds a lease, has an open test event (`close_with_job: true`) and is recorded in ARA.
The time limit counts from that moment; if it is 30 s, servers come back after 20 s; the guard keeps retrying for ten minutes. "Check the server" stands for the name
of the last task of this collection, followed by its last line of progress. Nothing is closed twice.

| what happens | within | lease | test event | run in ARA |
|---|---|---|---|---|
"""


# Ansible has no part in these.
ON_ONE_CORE = [
    'SIGTERM of ansible-playbook', 'SIGHUP of ansible-playbook', 'SIGKILL of a worker',
    'SIGKILL of the guard, and after the next task of ansible-playbook', 'a full disk, and SIGKILL of ansible-playbook',
    f'all servers unreachable for {AWAY} s, and SIGKILL of ansible-playbook',
]


@pytest.mark.parametrize('name', [pytest.param(name, marks=[pytest.mark.one_core] * (name in ON_ONE_CORE)) for name in ROWS])
def test_all_is_closed_however_a_job_ends(start, page, name):
    last, act, seconds, summary, status = ROWS[name]
    if act is fill_the_disk:
        start.mount()
    job = start(last)
    act(job)
    closed = until(lambda: [it for it in job.sums.state()['test_events'] if it.get('summary')], 'the verdict')
    until(lambda: job.ara.all('playbooks') and job.ara.only('playbooks')['status'] != 'running', 'the end of the run')
    until(lambda: job.controller.active == [], 'the lease to be released')
    assert job.controller.lease('mine')['conditions']['Ready']['reason'] == 'Released'
    job.process.wait(PATIENCE)
    end_the_workers(job)
    stdout, _ = job.process.communicate()
    assert closed[0]['status'] == 'FAIL'
    assert summary in (closed[0]['summary'], None), closed
    assert status in (job.ara.only('playbooks')['status'], None), stdout
    row = f'| {name} | {seconds} s | released | FAIL: {summary or "varies; last task of hatci.automation: Check the server"} | {status or "varies"} |'
    page[name] = row
    assert os.environ.get('GUARD_MATRIX') or row in PAGE.read_text().splitlines(), 'regenerate the page'
    until(lambda: not job.guards(), 'the end of the guard')


def test_ctrl_c_is_told_on_the_terminal_what_was_closed(start):
    job = start(HOLD)
    job.process.send_signal(signal.SIGINT)
    _, stderr = job.process.communicate(timeout=PATIENCE)
    said = re.findall(r'hatci.automation: (.*)', stderr)
    assert sorted(said) == ['Test event TEV-000001 was closed as FAIL.', 'The lease mine was released.', 'The run in ARA was ended, too.']


@pytest.mark.one_core
def test_another_guard_takes_over_and_says_so(start):
    job = start(GO)
    guard, = job.guards()
    os.kill(guard, signal.SIGKILL)
    until(lambda: guard not in job.guards(), 'its end')
    job.signal.touch()
    until(job.next.exists, 'the next task')
    results = [json.loads(line) for line in job.process.results.read_text().splitlines()]
    warnings = results[-1]['result'].get('warnings', ())
    assert 'was killed; a new one has taken over: ' in warnings[0]
    for what in ('lease mine', 'test event TEV-000001', 'run in ARA'):
        assert what in warnings[0]
    job.process.kill()


def test_a_verdict_is_not_overwritten_and_a_job_that_ends_well_leaves_nothing(start, lab, sums, controller):
    close = task('close', 'hatci_test_event_update', {'test_event_id': 'TEV-000001', 'status': 'PASS', 'summary': 'well'})
    job = start(close)
    run = lab.finish(job.process).ok()
    assert 'hatci.automation:' not in run.stderr.replace('hatci.automation: The lease mine was released.', '')
    test_event, = sums.state()['test_events']
    assert (test_event['status'], test_event['summary']) == ('PASS', 'well')
    assert controller.active == []
    until(lambda: not job.guards(), 'the end of the guard')
    assert list(Path(lab.env['XDG_RUNTIME_DIR']).rglob('*')) == []


@pytest.mark.one_core
def test_a_run_is_ended_also_where_ara_was_too_slow_for_its_job(start):
    job = start(GO)
    job.ara.process.send_signal(signal.SIGSTOP)
    job.signal.touch()
    until(job.next.exists, 'the task after the one that has given ARA up')
    job.process.kill()
    time.sleep(3)  # it is still away when the job ends
    job.ara.process.send_signal(signal.SIGCONT)
    until(lambda: job.ara.only('playbooks')['status'] == 'expired', 'the end of the run')


@pytest.mark.one_core
def test_what_died_with_its_guard_is_told_by_the_next_job_once(start, lab, sums, controller):
    job = start(HOLD)
    os.kill(job.guards()[0], signal.SIGKILL)
    job.process.kill()
    job.process.wait(PATIENCE)
    ask = lease('acquire', {'exporter': 'bench-2', 'client_config': controller.client()})
    told = [[text for text in lab.tasks([ask], sums).ok()['acquire'].get('warnings', ()) if 'left this open' in text]
            for _ in range(2)]
    assert told[1] == []
    lease_text, event_text = sorted(told[0], key=lambda text: 'test event' in text)
    assert 'the lease mine. If it has not ended by itself, release it with: jmp delete leases --client ci mine' in lease_text
    assert f'test event TEV-000001 of {sums.url}' in event_text and 'test_event_id=TEV-000001 status=FAIL' in event_text


@pytest.mark.one_core
def test_two_jobs_of_one_user_do_not_mix_and_no_record_names_another_vehicle(start, lab, sums, controller):
    job = start(HOLD)
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '2', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True}
    cars = lab.folder / 'cars.yml'
    cars.write_text(yaml.safe_dump([play([task('open {{ inventory_hostname }}', 'hatci_test_event', test)], sums, hosts='all', connection='local')]))
    run = lab.playbook(str(cars), '-i', 'car1,car2,').ok()
    assert 'Test event TEV-000002 was closed as FAIL.' in run.stderr
    first, *others = sums.state()['test_events']
    assert 'summary' not in first and sorted(one['summary'].split(',')[0] for one in others) == [
        f'the job ended before a verdict was reached; last task of hatci.automation: open {car}' for car in ('car1', 'car2')]
    assert controller.active == ['mine'] and len(job.guards()) >= 1
    job.process.kill()


def test_a_guard_that_is_killed_after_the_last_task_is_replaced_at_the_end(start, lab):
    job = start(HOLD)
    guard, = job.guards()
    os.kill(guard, signal.SIGKILL)
    until(lambda: guard not in job.guards(), 'its death')
    job.process.send_signal(signal.SIGINT)
    _, stderr = job.process.communicate(timeout=PATIENCE)
    assert 'was killed; a new one has taken over' in stderr
    assert 'Test event TEV-000001 was closed as FAIL.' in stderr


def test_a_verdict_that_became_hides_from_the_guard_stays(start, sums, controller):
    become = {'become': True, 'become_method': 'as_is'}
    close = task('close', 'hatci_test_event_update', {'test_event_id': 'TEV-000001', 'status': 'PASS', 'summary': 'well'}, **become)
    job = start(close, ANSIBLE_BECOME_PLUGINS=str(ROOT / 'tests/bench/become_plugins'))
    job.process.communicate(timeout=PATIENCE)
    until(lambda: not job.guards(), 'the end of the guard')
    assert [(it['status'], it['summary']) for it in sums.state()['test_events']] == [('PASS', 'well')]


@pytest.mark.parametrize('poll', [0, 1])
def test_a_verdict_that_arrived_with_async_stays_and_is_shown(ansible, sums, poll):
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True}
    given = {'test_event_id': 'TEV-000001', 'status': 'PASS', 'summary': 'well'}
    tasks = [task('open', 'hatci_test_event', test),
             task('close', 'hatci_test_event_update', given, **{'async': 60, 'poll': poll}, register='job')]
    if not poll:
        # `async_status` under the name that Ansible itself doesn't use.
        tasks.append({'name': 'collect', 'ansible.builtin.async_status': {'jid': '{{ job.ansible_job_id }}'},
                      'register': 'done', 'until': 'done is finished', 'delay': 1, 'retries': PATIENCE})
    run = ansible.tasks(tasks, sums).ok()
    assert [(it['status'], it['summary']) for it in sums.state()['test_events']] == [('PASS', 'well')]
    assert 'was closed as FAIL' not in run.stderr
    row, = (line for line in run.stdout.splitlines() if VIN in line and 'localhost |' not in line)
    assert row.split()[:4] == ['localhost', VIN, 'PASS', 'well'], run


@pytest.mark.one_core
@pytest.mark.parametrize('keywords', [{'check_mode': True, 'become': True, 'become_method': 'as_is'}, {'async': 60, 'poll': 0}])
def test_a_verdict_that_is_not_given_yet_leaves_the_test_event_to_the_guard(start, sums, keywords):
    given = {'test_event_id': 'TEV-000001', 'status': 'PASS', 'summary': 'well'}
    if 'async' in keywords:
        # It ends as failed, but only after the play.
        given['hatci_base_url'] = 'http://127.0.0.1:9'
    job = start(task('close', 'hatci_test_event_update', given, **keywords), ANSIBLE_BECOME_PLUGINS=str(ROOT / 'tests/bench/become_plugins'))
    job.process.communicate(timeout=PATIENCE)
    until(lambda: not job.guards(), 'the end of the guard')
    assert [it['status'] for it in sums.state()['test_events']] == ['FAIL']


@pytest.mark.one_core
@pytest.mark.parametrize('honours', [True, False])
def test_a_job_that_ends_while_its_test_event_is_created(lab, honours):
    sums = SlowToAnswer(honours)
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True}
    process = lab.start_playbook([play([task('open', 'hatci_test_event', test)], sums)])
    assert sums.created.wait(PATIENCE)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    event, = sums.events.values()
    if honours:
        assert event['status'] == 'FAIL' and event['summary'].startswith('ansible-playbook was interrupted')
        assert 'Test event T-0 was closed as FAIL.' in stderr
    else:
        assert 'status' not in event
        assert 'the answer to its create was lost, so its id is unknown. Check in SUMS whether it exists.' in stderr
    sums.server.shutdown()


@pytest.mark.one_core
def test_the_guard_keeps_its_secrets_in_memory(start, lab, sums, controller, ara):
    job = start(HOLD)
    guard, = job.guards()
    seen = [Path(f'/proc/{guard}/{name}').read_bytes() for name in ('cmdline', 'environ')]
    seen += [path.read_bytes() for path in Path(lab.env['XDG_RUNTIME_DIR']).rglob('*') if path.is_file()]
    for secret in (sums.TOKEN, controller.tokens['ci']):
        assert not [text for text in seen if secret.encode() in text]
    job.process.kill()
