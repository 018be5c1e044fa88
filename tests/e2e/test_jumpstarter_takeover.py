"""Which job keeps a lease that nobody keeps: its own again, the next of that name, but none beside a job that runs."""

import os
import signal

import pytest
from ansible_run import task
from jumpstarter_fixtures import PATIENCE, lease, play_at, processes, until
from jumpstarter_jobs import TERM, Job, Waiting, extended

MINE = {'lease_name': 'mine'}


def kill_the_keeper(job):
    keeper = job.keeper()
    os.kill(keeper, signal.SIGKILL)
    until(lambda: keeper not in processes('--job-guard'), 'its death')


def kill_all(job):
    """With no time to give anything back."""
    for keeper in processes('--job-guard', job.lab.env['XDG_RUNTIME_DIR']):
        os.kill(keeper, signal.SIGKILL)
    os.killpg(job.process.pid, signal.SIGKILL)
    job.process.wait(PATIENCE)


def test_when_the_keeper_dies_the_next_verification_brings_another_for_as_long(lab, controller):
    job = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine', 'lease_ttl': '3m'}),
              {'name': 'pause', 'ansible.builtin.wait_for': {'path': str(lab.folder / 'second'), 'sleep': 1}},
              lease_ttl='1m').held()
    kill_the_keeper(job)
    job.signal.touch()
    until(lambda: job.log().count(': guarded') == 2, 'another keeper')
    assert controller.active == ['mine']
    until(lambda: controller.lease('mine')['duration'] > 60, 'the term of the verification')
    (lab.folder / 'second').touch()
    run = lab.finish(job.process).ok()
    assert 'a new one has taken over' in run['verify']['warnings'][0]
    until(lambda: controller.active == [], 'the lease to be given back')


@pytest.mark.parametrize('keepalive', [True, False])
def test_another_job_does_not_share_the_bench_under_the_same_name(lab, controller, keepalive):
    again = lease('again', {'exporter': 'bench', 'lease_name': 'mine'} | TERM)
    job = Job(lab, controller, again, lease('release', {'state': 'released', 'lease_name': 'mine'})).held()
    options = {'exporter': 'bench', 'lease_name': 'mine', 'keepalive': keepalive}
    for state, words in (('acquired', 'kept alive for another job (job '), ('renewed', 'kept alive by its job (job '),
                         ('verified', 'kept alive for another job (job ')):
        other = lab.playbook([play_at(controller, [lease(state, options | {'state': state, 'duration': '9h'})])])
        assert not other[state]['changed'] and words in other[state]['msg']
    assert job.go_on().ok().changed == ['acquire', 'release']


def test_a_lease_whose_job_is_over_is_kept_by_the_next_job_of_that_name(lab, controller):
    job = Job(lab, controller, lease_ttl='30s').held()
    kill_all(job)
    second = Job(lab, controller, lease('verify', {'state': 'verified', 'lease_name': 'mine'}), lease_ttl='30s')
    until(lambda: second.log().count(': guarded') == 2, 'another keeper')
    # Its tags can't be changed, but a third job of that name must not take it over, and nobody sweep it away.
    third = lab.playbook([play_at(controller, [task('list', 'jumpstarter_lease_info'),
                                               lease('again', {'exporter': 'bench', 'lease_name': 'mine'} | TERM)])])
    assert [one['job'] for one in third['list']['leases']] == ['running']
    assert 'kept alive for another job' in third['again']['msg']
    os.kill(second.keeper(), signal.SIGKILL)
    run = second.go_on().ok()
    assert run.changed == ['acquire', 'verify'] and 'a new one has taken over' in run['verify']['warnings'][0]
    until(lambda: controller.active == [], 'the lease to be given back')


@pytest.mark.parametrize('options', [
    {'state': 'renewed', 'duration': '9h'}, {'state': 'renewed', 'duration': '1h'}, {'exporter': 'bench', 'duration': '5h'},
])
def test_when_the_keeper_dies_whatever_task_comes_next_brings_another(lab, controller, options):
    # The logs may be gone as soon as the job is over.
    guarded = {'name': 'read the logs', 'changed_when': False, 'ansible.builtin.shell': 'grep -ch ": guarded" "$XDG_RUNTIME_DIR"/*/*.log'}
    job = Job(lab, controller, lease('next', MINE | {'lease_ttl': '1m'} | options), guarded, lease_ttl='1m').held()
    kill_the_keeper(job)
    run = job.go_on().ok()
    assert run.changed == ['acquire', 'next']
    assert sum(map(int, run['read the logs']['stdout_lines'])) == 2 and controller.lease('mine')['duration'] < 300
    until(lambda: controller.active == [], 'the lease to be given back')


def test_a_lease_that_waits_for_its_bench_is_kept_by_the_next_job_of_that_name(lab, controller):
    first = Waiting(lab, controller)
    module = first.module()
    kill_the_keeper(first)
    os.kill(module, signal.SIGKILL)
    kill_all(first)
    second = Job(lab, controller)
    until(lambda: second.log().count(': guarded') == 1, 'another keeper')
    lab.playbook([play_at(controller, [lease('give up', {'state': 'released', 'lease_name': 'holder'})], client='other')]).ok()
    until(extended(controller), 'an extension')
    second.go_on().ok()
    until(lambda: controller.active == [], 'the lease to be given back')


@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGTERM])
def test_a_job_that_dies_while_it_asks_does_not_delete_what_another_has_made_under_that_name(lab, controller, jmp, how):
    controller.tell(slow={'CreateLease': 10 * PATIENCE})
    job = Job(lab, controller)
    until(lambda: controller.tell()['calls'].get('CreateLease'), 'the request')
    os.killpg(job.process.pid, signal.SIGSTOP)  # it must not ask again before the other one does
    controller.tell(slow={})
    jmp.ok('create', 'lease', '--client-config', controller.client(), '-n', 'bench', '--lease-id', 'mine', '--duration', '1h',
           '--tag', 'job=12-34', '--tag', 'host=elsewhere')
    os.killpg(job.process.pid, how)
    os.killpg(job.process.pid, signal.SIGCONT)
    until(lambda: not processes('--job-guard', lab.env['XDG_RUNTIME_DIR']), 'the end of the keeper')
    assert controller.active == ['mine']
