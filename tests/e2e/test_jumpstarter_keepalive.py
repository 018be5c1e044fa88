"""What becomes of a lease when something dies: the job, a part of it, the process that keeps the lease, the controller."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path

import pytest
from jumpstarter_fixtures import PATIENCE, lease, play_at, processes, until
from jumpstarter_jobs import TERM, Job, Waiting, extended


def parent(pid):
    return int(Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()[1])


@pytest.fixture
def keepers_gone(lab):
    """Nothing of a job may be left."""
    return lambda: not processes('--job-guard', lab.env['XDG_RUNTIME_DIR'])


def test_a_lease_is_extended_for_as_long_as_its_job_lives(lab, controller, keepers_gone):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}),
              lease('release', {'state': 'released', 'lease_name': 'mine'})).held()
    assert controller.lease('mine')['duration'] >= 6
    until(extended(controller), 'an extension')
    [log] = Path(lab.env['XDG_RUNTIME_DIR']).glob('*/*.log')
    run = job.go_on().ok()
    assert run.changed == ['acquire', 'release'] and run['acquire']['keepalive_log'] == str(log)
    until(keepers_gone, 'the end of the keeper')


def test_it_is_not_relied_on_beyond_its_duration_while_the_controller_is_away(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}), duration='6s', lease_ttl='10m').held()
    controller.tell(away=True)
    until(lambda: controller.active == [], 'the end of the lease')
    assert 'Nothing was done to the device' in job.go_on()['verify']['msg']


def test_it_is_never_extended_beyond_its_duration(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}), duration='8s').held()
    until(lambda: controller.active == [], 'the end of the lease')
    assert controller.lease('mine')['duration'] == 8
    assert 'Expired' in job.go_on()['verify']['msg']


@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_when_ansible_playbook_dies_the_lease_is_given_back(lab, controller, keepers_gone, how):
    job = Job(lab, controller, lease_ttl='5m').held()
    job.process.send_signal(how)
    until(lambda: controller.active == [], 'the lease to be given back')
    until(keepers_gone, 'the end of the keeper')
    assert controller.lease('mine')['conditions']['Ready']['reason'] == 'Released'


def test_when_the_whole_process_group_dies_the_lease_is_given_back(lab, controller, keepers_gone):
    job = Job(lab, controller, lease_ttl='5m').held()
    os.killpg(job.process.pid, signal.SIGKILL)
    until(lambda: controller.active == [], 'the lease to be given back')
    until(keepers_gone, 'the end of the keeper')


def test_when_everything_dies_at_once_the_lease_ends_with_its_term(lab, controller):
    job = Job(lab, controller).held()
    os.kill(job.keeper(), signal.SIGKILL)
    os.killpg(job.process.pid, signal.SIGKILL)
    until(lambda: controller.active == [], 'the end of the term')
    assert controller.lease('mine')['conditions']['Ready']['reason'] == 'Expired'


def test_when_a_worker_dies_the_lease_is_given_back(lab, controller, keepers_gone):
    job = Job(lab, controller, lease_ttl='5m').held()
    worker, = until(lambda: [pid for pid in processes('ansible-playbook') if parent(pid) == job.process.pid], 'the worker')
    os.kill(worker, signal.SIGKILL)
    # Mostly ansible-playbook ends by itself then. Where it hangs, somebody has to end it.
    with contextlib.suppress(subprocess.TimeoutExpired):
        job.process.wait(PATIENCE)
    job.process.kill()
    until(lambda: controller.active == [], 'the lease to be given back')
    until(keepers_gone, 'the end of the keeper')


def test_one_keeper_keeps_all_leases_of_a_job(lab, controller):
    tasks = [lease(f'acquire {n}', {'selector': 'board=ev9', 'lease_name': f'lease-{n}'} | TERM) for n in (1, 2)]
    wait = {'name': 'hold', 'ansible.builtin.wait_for': {'path': str(lab.folder / 'go-on'), 'sleep': 1}}
    process = lab.start_playbook([play_at(controller, [*tasks, wait])])
    until(lambda: sum(lease['duration'] > 6 for lease in controller.leases.values()) == 2, 'two extended leases')
    assert len(processes('--job-guard', lab.env['XDG_RUNTIME_DIR'])) == 1
    (lab.folder / 'go-on').touch()
    lab.finish(process).ok()
    until(lambda: controller.active == [], 'the leases to be given back')


@pytest.mark.parametrize('keepalive', [True, False])
@pytest.mark.parametrize('how', [signal.SIGTERM, signal.SIGINT])
def test_a_job_that_is_cancelled_while_it_waits_leaves_no_lease(lab, controller, how, keepalive):
    job = Waiting(lab, controller, keepalive=keepalive, lease_ttl='5m')
    os.killpg(job.process.pid, how)
    until(lambda: controller.active == ['holder'], 'the lease to be deleted')


@pytest.mark.parametrize('keepalive', [True, False])
def test_a_job_that_is_killed_while_it_waits_leaves_no_lease(lab, controller, keepalive):
    job = Waiting(lab, controller, keepalive=keepalive, lease_ttl='5m')
    job.process.kill()
    until(lambda: controller.active == ['holder'], 'the lease to be deleted')


@pytest.mark.parametrize('what', ['module', 'group'])
def test_a_module_that_is_killed_while_it_waits_leaves_no_lease(lab, controller, what):
    job = Waiting(lab, controller, lease_ttl='5m')
    if what == 'module':
        os.kill(job.module(), signal.SIGKILL)
    else:
        os.killpg(job.process.pid, signal.SIGKILL)
    until(lambda: controller.active == ['holder'], 'the lease to be deleted')


def test_a_keeper_that_is_killed_while_its_job_waits_is_replaced(lab, controller):
    job = Waiting(lab, controller)
    os.kill(job.keeper(), signal.SIGKILL)
    run = lab.playbook([play_at(controller, [lease('give up', {'state': 'released', 'lease_name': 'holder'})], client='other')])
    assert run.changed == ['give up']
    until(extended(controller), 'an extension by another keeper')
    job.go_on().ok()
    until(lambda: controller.active == [], 'the lease to be given back')


def test_a_restart_of_the_controller_is_survived(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}),
              lease('release', {'state': 'released', 'lease_name': 'mine'})).held()
    controller.kill()
    controller.start()
    until(extended(controller), 'an extension')
    assert job.go_on().ok().changed == ['acquire', 'release']


def test_a_restart_of_the_controller_is_survived_by_a_job_that_waits(lab, controller):
    job = Waiting(lab, controller)
    controller.kill()
    controller.start()
    lab.playbook([play_at(controller, [lease('give up', {'state': 'released', 'lease_name': 'holder'})], client='other')]).ok()
    assert 'exporter' in job.go_on().ok()['acquire']


def test_a_connection_that_died_without_a_word_is_replaced(lab, controller):
    """As behind a firewall that forgets a connection."""
    Job(lab, controller, lease_ttl='12s').held()
    controller.tell(frozen=True)
    controller.tell(frozen=False)
    until(lambda: controller.lease('mine')['duration'] > 12, 'an extension')


def test_while_the_controller_is_away_a_fresh_lease_is_relied_on(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine', 'lease_ttl': '10m'}),
              lease_ttl='10m').held()
    controller.tell(away=True)
    run = job.go_on().ok()
    assert 'must still hold' in run['verify']['warnings'][0]


def test_a_lease_that_was_not_extended_for_long_is_not_relied_on(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}),
              {'name': 'touch the device', 'ansible.builtin.debug': {'msg': 'touched'}}).held()
    controller.tell(away=True)
    until(lambda: 'not extended' in job.log(), 'a failed extension')
    run = job.go_on()
    assert 'Nothing was done to the device' in run['verify']['msg']
    assert 'touch the device' not in [task['task'] for task in run.tasks]


def test_a_bench_is_had_though_the_controller_goes_away_at_once(lab, controller):
    """With its answer in hand, the task does not fail because it can't look again."""
    controller.tell(slow={'CreateLease': 1})
    process = lab.start_playbook([play_at(controller, [
        lease('acquire', {'exporter': 'bench', 'lease_name': 'mine', 'wait': False, 'keepalive': False})])])
    until(lambda: controller.tell()['calls'].get('CreateLease'), 'the request')
    controller.tell(unavailable={'GetLease': 1000})
    run = lab.finish(process).ok()
    assert run.changed == ['acquire'] and 'could not be read back' in run['acquire']['warnings'][0]


def test_a_lease_whose_release_fails_is_not_extended_any_longer(lab, controller):
    job = Job(lab, controller, lease('release', {'state': 'released', 'lease_name': 'mine'}, ignore_errors=True),
              {'name': 'go on', 'ansible.builtin.wait_for': {'path': str(lab.folder / 'never'), 'timeout': PATIENCE}}).held()
    controller.tell(away=True)
    job.signal.touch()
    until(lambda: ': released' in job.log(), 'the end of the keeping')
    controller.tell(away=False)
    until(lambda: controller.active == [], 'the end of the term')


def test_a_keeper_that_can_give_nothing_back_ends_all_the_same(lab, controller, keepers_gone):
    job = Job(lab, controller).held()
    controller.tell(away=True)
    controller.tell(away=False, silent=True)
    job.process.kill()
    until(keepers_gone, 'the end of the keeper')
    until(lambda: controller.active == [], 'the end of the term')
