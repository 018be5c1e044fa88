"""Each module: check mode predicts what happens, what is there already is left alone, and bad input is told in a sentence."""

import json
import os
import subprocess

import pytest
from ansible_run import task
from servers import EVENT, VIN

TEST_EVENT = {
    'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '4711', 'git_sha': '4f1c2ab', 'suite_name': 'modules',
}


@pytest.fixture
def test_event_id(sums):
    return sums.post('/api/v1/test_events', TEST_EVENT)['test_event_id']


def four_times(ansible, sums, module, options, once_there=None):
    """The task in check mode, for real, again, and again in check mode; the last two with what only then is known."""
    later = options | (once_there or {})
    return ansible.tasks([
        task('would', module, options, check_mode=True, diff=True),
        task('does', module, options, diff=True, register='does'),
        task('again', module, later),
        task('would again', module, later, check_mode=True),
    ], sums).ok()


def assert_predicted_and_idempotent(run, sums, writes):
    assert [task['result']['changed'] for task in run.tasks] == [True, True, False, False], run
    assert run['would']['diff'] == run['does']['diff']
    assert run['does']['diff']['before'] != run['does']['diff']['after']
    assert [path for _, path in sums.writes()[-len(writes):]] == writes


def test_create_event(ansible, sums):
    run = four_times(ansible, sums, 'hatci_create_event', EVENT, {'event_id': '{{ does.event_id }}'})
    assert_predicted_and_idempotent(run, sums, ['/api/v1/events'])
    stored, = sums.state()['events']
    assert run['again']['event_id'] == stored['event_id']
    assert {name: stored[name] for name in EVENT} == EVENT


def test_create_event_with_the_same_key_makes_one_event(ansible, sums):
    options = EVENT | {'idempotency_key': 'job-4711-target'}
    run = ansible.tasks([task('first', 'hatci_create_event', options), task('second', 'hatci_create_event', options)], sums).ok()
    assert run['first']['event_id'] == run['second']['event_id']
    assert len(sums.state()['events']) == 1


def test_no_test_event_is_created_for_a_job_that_has_ended(collections, sums, tmp_path):
    """A worker may outlive a killed ansible-playbook for a moment, and its guard has closed what it knew."""
    gone = subprocess.Popen(['true'])
    gone.wait()
    programs = f'{collections}/ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__'
    arguments = tmp_path / 'arguments.json'
    options = TEST_EVENT | {'close_with_job': True, 'hatci_base_url': sums.url, 'hatci_token': sums.TOKEN}
    arguments.write_text(json.dumps({'ANSIBLE_MODULE_ARGS': options}))
    done = subprocess.run([f'{programs}/hatci_test_event', arguments], capture_output=True, env={'ANSIBLE_MODULE_OWNER': str(gone.pid)})
    answer = json.loads(done.stdout)
    assert (answer['changed'], answer['msg']) == (False, 'ansible-playbook has ended, so nothing was created.')
    assert sums.writes() == []


def test_fix_event(ansible, sums):
    event_id = sums.make_event()
    run = four_times(ansible, sums, 'hatci_fix_event', {'event_id': event_id})
    assert_predicted_and_idempotent(run, sums, [f'/api/v1/events/{event_id}/fix'])
    assert run['again']['fixed'] is True


def test_fixing_a_fixed_event_where_the_server_answers_409(ansible, other_sums):
    event_id = other_sums.make_event()
    run = ansible.tasks([task(name, 'hatci_fix_event', {'event_id': event_id}) for name in ('first', 'second')], other_sums).ok()
    assert (run['first']['changed'], run['second']['changed']) == (True, False)
    assert run['second']['fixed'] is True


def test_deploy_event(ansible, sums):
    there = {'deployment_id': '{{ does.deployment_id }}'}
    run = four_times(ansible, sums, 'hatci_deploy_event', {'event_id': sums.make_fixed_event()}, there)
    assert_predicted_and_idempotent(run, sums, ['/api/v1/deployments'])
    assert run['again']['deployment_id'] == sums.state()['deployments'][0]['deployment_id']


def test_an_event_that_is_not_fixed_is_not_deployed(ansible, sums):
    event_id = sums.make_event()
    before = sums.writes()
    run = ansible.tasks([task('deploy', 'hatci_deploy_event', {'event_id': event_id})], sums)
    assert 'hatci_fix_event' in run['deploy']['msg']
    assert run['deploy']['error']['kind'] == 'conflict'
    assert sums.writes() == before


def test_test_event(ansible, sums):
    run = four_times(ansible, sums, 'hatci_test_event', TEST_EVENT, {'test_event_id': '{{ does.test_event_id }}'})
    assert_predicted_and_idempotent(run, sums, ['/api/v1/test_events'])
    assert run['does']['test_event_id'] == sums.state()['test_events'][0]['test_event_id']


def test_test_event_update(ansible, sums, test_event_id):
    options = {'test_event_id': test_event_id, 'status': 'PASS', 'summary': 'It works.', 'artifact_urls': ['https://a.example/1']}
    run = four_times(ansible, sums, 'hatci_test_event_update', options)
    assert_predicted_and_idempotent(run, sums, [f'/api/v1/test_events/{test_event_id}'])
    stored, = sums.state()['test_events']
    assert (stored['status'], stored['summary']) == ('PASS', 'It works.')


def test_info_reads_only(ansible, sums):
    run = four_times(ansible, sums, 'hatci_info', {'vin': VIN})
    assert [task['result']['changed'] for task in run.tasks] == [False] * 4
    assert run['does']['authenticated'] is True
    assert [vehicle['vin'] for vehicle in run['does']['vehicles']] == [VIN]
    assert sums.writes() == []


def test_update_status_reads_only(ansible, sums):
    options = {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1, 'wait_timeout': 30}
    before = sums.writes()
    run = four_times(ansible, sums, 'hatci_update_status', options)
    assert [task['result']['changed'] for task in run.tasks] == [False] * 4
    assert run['does']['state'] == 'COMPLETE'
    assert sums.writes() == before


def test_waiting_ends_at_once_with_the_servers_reason(ansible, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:Gateway refused the signature')
    options = {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1}
    run = ansible.tasks([task('wait', 'hatci_update_status', options)], sums)
    assert 'Gateway refused the signature' in run['wait']['msg']
    assert (run['wait']['state'], run['wait']['reason']) == ('FAILED', 'Gateway refused the signature')


def test_waiting_ends_when_the_time_is_up(ansible, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=stuck')
    options = {'deployment_id': sums.make_deployment(), 'wait': True, 'wait_timeout': 2, 'poll_interval': 1}
    run = ansible.tasks([task('wait', 'hatci_update_status', options)], sums)
    assert run['wait']['error']['kind'] == 'timeout'
    assert run['wait']['state'] == 'IN_PROGRESS'
    assert 'IN_PROGRESS' in run['wait']['msg']
    assert run['wait']['polls'] >= 2


def assert_told_in_a_sentence(run, server, words):
    """The one task failed, saying this; nothing crashed, and at -vvvv nobody saw the token."""
    failed, = run.failed
    msg = failed['result']['msg']
    assert words in msg, run
    assert '\n' not in msg and len(msg) < 600, msg
    assert 'panicked' not in run.stdout + run.stderr
    assert server.TOKEN not in run.stdout + run.stderr


BAD_OPTIONS = {
    'missing': ({}, 'missing required arguments: event_id'),
    'wrong type': ({'timeout': 'soon'}, "argument 'timeout' is of type str and we were unable to convert to int"),
    'unknown': ({'evnt_id': 'EV-1'}, 'module: evnt_id. Supported parameters include: client_cert,'),
    'up the path': ({'event_id': '../x'}, 'event_id'),
    'a query': ({'event_id': 'EV-1?all=1'}, 'event_id'),
    'an empty id': ({'event_id': ''}, 'event_id'),
    'no scheme': ({'hatci_base_url': 'sums.example.com'}, '"sums.example.com" has no scheme'),
    'another scheme': ({'hatci_base_url': 'ftp://sums.example.com'}, 'a scheme other than http and https'),
    'a token of two lines': ({'hatci_token': 'first-line-of-it\nsecond-line-of-it'}, 'the token contains a line break'),
}


@pytest.mark.parametrize('case', BAD_OPTIONS)
def test_bad_options_are_told_in_a_sentence(ansible, sums, case):
    options, words = BAD_OPTIONS[case]
    given = {'event_id': 'EV-1'} | options if options else {}
    run = ansible.tasks([task('it', 'hatci_fix_event', given)], sums, '-vvvv')
    assert_told_in_a_sentence(run, sums, words)
    assert 'first-line-of-it' not in run.stdout and 'second-line-of-it' not in run.stdout
    assert sums.writes() == []


BAD_EVENTS = {
    'a short VIN': ({'vin': '1HGBH41JXMN10918'}, 'has 16 characters instead of 17'),
    'a VIN with an O': ({'vin': '1HGBH41JXMN1O9186'}, 'I, O, Q'),
    'no ECU': ({'ecus': []}, 'ecus is empty'),
    'half an ECU': ({'ecus': [{'ecu_name': 'Gateway'}]}, 'missing required arguments: part_number, sw_version found in ecus'),
    'another type': ({'update_type': 'FROM'}, 'value of update_type must be one of: RROM, UROM, got: FROM'),
}


@pytest.mark.parametrize('case', BAD_EVENTS)
def test_an_event_that_cannot_be_is_refused_before_it_is_sent(ansible, sums, case):
    options, words = BAD_EVENTS[case]
    run = ansible.tasks([task('it', 'hatci_create_event', EVENT | options)], sums, '-vvvv')
    assert_told_in_a_sentence(run, sums, words)
    assert sums.get('/sim/requests') == []


def test_a_wrong_check_digit_is_warned_of(ansible, sums):
    run = ansible.tasks([task('it', 'hatci_create_event', EVENT | {'vin': '1HGBH41J0MN109186'})], sums).ok()
    assert 'wrong check digit' in run.stdout + run.stderr


JSON_HEAD = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
HTML = b'<html><head><title>Please log in</title></head><body><p>Secret page</p></body></html>'
BAD_ANSWERS = {
    'HTML': ([b'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n%s' % (len(HTML), HTML)], 'Please log in'),
    'half a JSON': ([JSON_HEAD + b'Content-Length: 13\r\n\r\n{"event_id": '], 'JSON'),
    'cut off': ([JSON_HEAD + b'Content-Length: 500\r\n\r\n{"event_id": '], 'the connection'),
    'a list': ([JSON_HEAD + b'Content-Length: 2\r\n\r\n[]'], 'not an object'),
    'nothing': ([], 'the connection'),
    'no HTTP': ([b'SSH-2.0-OpenSSH_9.2\r\n'], 'not valid HTTP'),
    '100 MB': ([JSON_HEAD + b'Content-Length: 104857600\r\n\r\n"', *[b'x' * 1048576] * 100], 'larger than 1 MiB'),
}


@pytest.mark.parametrize('case', BAD_ANSWERS)
def test_bad_answers_are_told_in_a_sentence(ansible, answering, case):
    answer, words = BAD_ANSWERS[case]
    server = answering(answer)
    run = ansible.tasks([task('it', 'hatci_update_status', {'event_id': 'EV-1', 'retries': 0})], server, '-vvvv')
    assert_told_in_a_sentence(run, server, words)
    assert 'Secret page' not in run.stdout
    assert run['it']['error']['kind'] in ('protocol', 'unavailable')
