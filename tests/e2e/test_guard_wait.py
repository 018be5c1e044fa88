"""How long the end of `ansible-playbook` waits for the guard of its job, and what it says of one that is not ready."""

import os
import signal

import pytest
from ansible_run import task
from jumpstarter_fixtures import PATIENCE, until
from servers import VIN
from test_guard import HOLD, start  # noqa: F401


def test_the_end_of_ansible_playbook_waits_as_long_as_the_user_says(start, sums):
    job = start(HOLD, HATCI_GUARD_WAIT='0.1')
    sums.process.send_signal(signal.SIGSTOP)
    job.process.send_signal(signal.SIGINT)
    _, stderr = job.process.communicate(timeout=PATIENCE)
    assert 'Still closing after 0.1 s' in stderr
    sums.process.send_signal(signal.SIGCONT)
    until(lambda: sums.state()['test_events'][0].get('summary'), 'the verdict')


@pytest.mark.one_core
def test_a_guard_that_does_not_answer_is_not_said_to_go_on(start):
    job = start(HOLD)
    guard, = job.guards()
    os.kill(guard, signal.SIGSTOP)
    job.process.send_signal(signal.SIGINT)
    _, stderr = job.process.communicate(timeout=PATIENCE)
    os.kill(guard, signal.SIGCONT)
    assert 'it is unknown whether it still closes what this job opened' in stderr
    assert 'in the background' not in stderr
    until(lambda: job.controller.active == [], 'the lease to be released')


@pytest.mark.one_core
@pytest.mark.parametrize('wait', ['2s', '[]', '1e308', 'nan'])
def test_a_wait_that_is_no_number_is_refused_before_anything_is_done(lab, sums, wait):
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True}
    run = lab.tasks([task('open', 'hatci_test_event', test)], sums, variables={'hatci_guard_wait': wait})
    assert 'hatci_guard_wait is' in run['open']['msg'] and 'give a number of seconds from 0 to 600' in run['open']['msg']
    assert sums.state()['test_events'] == []


@pytest.mark.one_core
def test_a_wait_in_the_environment_that_is_no_number_is_said_to_be_none(start):
    job = start(HOLD, HATCI_GUARD_WAIT='2s')
    job.process.send_signal(signal.SIGINT)
    _, stderr = job.process.communicate(timeout=PATIENCE)
    assert "HATCI_GUARD_WAIT is '2s', which is not a number of seconds from 0 to 600; waiting 2 s." in stderr
    assert 'Test event TEV-000001 was closed as FAIL.' in stderr
