"""The check of the contract, against both stand-in servers and each of their quirks: what is special about a server is named in the table.

Ansible itself runs once for each mode of the playbook. The quirks are tried by the program alone, started as Ansible starts it.
"""

import json
import os
import signal
import subprocess

import pytest
from jumpstarter_fixtures import until
from servers import VIN

PLAYBOOK = 'hatci.automation.check_contract'
MARK = 'hatci.automation contract check'
WRITE = {'write': True, 'vin': VIN}


@pytest.fixture
def check(collections, tmp_path):
    """Runs the module against a server, and returns its answer."""
    program = f'{collections}/ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__/hatci_contract'

    def run(server, **options):
        arguments = tmp_path / 'arguments.json'
        options = {'hatci_base_url': server.url, 'hatci_token': server.TOKEN} | options
        arguments.write_text(json.dumps({'ANSIBLE_MODULE_ARGS': options}))
        done = subprocess.run([program, arguments], capture_output=True, text=True, env={'PATH': '/usr/bin:/bin'})
        answer = json.loads(done.stdout)
        assert server.TOKEN not in done.stdout
        assert all(len(line) <= 88 for line in answer.get('table', []))
        return answer
    return run


def rows(answer):
    return {row['name']: row for row in answer['assumptions']}


def of(answer, verdict):
    return {name for name, row in rows(answer).items() if row['verdict'] == verdict}


def test_a_server_as_assumed_differs_in_nothing(check, start_sums_sim):
    answer = check(start_sums_sim('--lists'), **WRITE)
    assert of(answer, 'copes') | of(answer, 'differs') == set(), answer
    # A deployment would put software into the vehicle, and none is named.
    assert of(answer, 'not_tried') == {'deployments', 'deployment_state'}
    assert answer['counts'] == {'as_assumed': len(rows(answer)) - 2, 'copes': 0, 'differs': 0, 'not_tried': 2}


# Of the simulator: its options, the assumption that they break, the verdict, and a part of what is said of it.
QUIRKS = {
    'no lists': ([], 'list_of_test_events', 'copes', 'not offered (405)'),
    'legacy ids': (['--id-style', 'legacy'], 'event_id', 'copes', '`id`'),
    'legacy ids of test events': (['--id-style', 'legacy'], 'test_event_id', 'copes', '`id`'),
    'legacy states': (['--id-style', 'legacy'], 'event_state', 'copes', '`status`'),
    'fix conflict': (['--fix-conflict'], 'fix_twice', 'copes', '409'),
    'no keys': (['--no-idempotency'], 'idempotency_keys', 'copes', 'hatci_idempotency_keys: ignored'),
    'silent keys': (['--silent-idempotency'], 'idempotency_keys', 'copes', 'hatci_idempotency_keys: honoured'),
    'unseen': (['--unseen-for', '1500ms'], 'visible_at_once', 'copes', 'hatci_not_found_grace'),
    'slow': (['--fault', 'latency:1100ms:0.1'], 'speed', 'copes', 'hatci_timeout'),
    '429': (['--fault', '429:0.2', '--seed', '1'], 'first_try', 'copes', 'answered 429'),
    'rate limit': (['--fault', '429:0.2', '--seed', '1'], 'rate_limit', 'copes', 'hatci_concurrency'),
    '500': (['--fault', '500:0.3', '--seed', '1'], 'first_try', 'copes', 'answered 500'),
    '503': (['--fault', '503:0.2', '--seed', '1'], 'first_try', 'copes', 'answered 503'),
    'reset': (['--fault', 'reset:0.3', '--seed', '1'], 'first_try', 'copes', 'connection broke'),
    'reset after': (['--fault', 'reset-after:0.3', '--seed', '1'], 'first_try', 'copes', 'connection broke'),
    'truncated': (['--fault', 'truncate:0.3', '--seed', '1'], 'first_try', 'copes', 'connection broke'),
}


@pytest.mark.parametrize('quirk', QUIRKS)
def test_each_quirk_of_the_simulator_is_named(check, start_sums_sim, quirk):
    options, name, verdict, said = QUIRKS[quirk]
    row = rows(check(start_sums_sim(*options), **WRITE))[name]
    assert row['verdict'] == verdict and said in f'{row["seen"]} {row["option"]}', row


def test_pages_of_a_proxy_are_named(check, start_sums_sim):
    answer = check(start_sums_sim('--fault', 'html:0.4', '--seed', '1'), **WRITE)
    row = rows(answer)['first_try']
    assert row['verdict'] == 'differs' and 'a page of HTML came' in row['seen'], row
    # A page says nothing about SUMS.
    assert of(answer, 'differs') == {'first_try'}


def test_a_failed_deployment_shows_its_state_and_its_reason(check, start_sums_sim):
    for style, reason in ('modern', 'reason'), ('legacy', 'error_message'):
        sums = start_sums_sim('--scenario', f'{VIN}=fail:no power', '--id-style', style, step='0ms')
        row = rows(check(sums, deployment_id=sums.make_deployment()))['deployment_state']
        assert 'FAILED' in row['seen'] and f'reason in `{reason}`' in row['seen'], row


def test_each_quirk_of_the_other_server_is_named(check, other_sums):
    found = rows(check(other_sums, **WRITE))
    for name, verdict, said in [
        ('health', 'copes', 'a text'), ('wrong_token', 'copes', '403'), ('error_text', 'copes', 'not JSON (text/plain)'),
        ('connections', 'copes', 'HTTP/1.0'), ('event_create', 'copes', '200'), ('event_id', 'copes', '`id`'),
        ('event_state', 'copes', '`status`'), ('idempotency_keys', 'copes', 'a second event was made'),
        ('fix_twice', 'copes', '409'), ('update_answer', 'copes', '204, an empty body'), ('test_event_reading', 'copes', 'not offered'),
        ('unknown_field', 'as_assumed', 'refused: 400'), ('wrong_value', 'as_assumed', '400'),
        ('deployment_state', 'not_tried', ''), ('list_of_events', 'copes', 'not offered'),
    ]:
        assert found[name]['verdict'] == verdict and said in found[name]['seen'], found[name]
    assert {row['verdict'] for row in found.values()} == {'as_assumed', 'copes', 'not_tried'}


def test_without_write_nothing_is_made(check, sums, other_sums):
    for server in sums, other_sums:
        answer = check(server)
        assert answer['changed'] is False and 'made' not in answer
        assert all('`write`' in rows(answer)[name]['advice'] for name in ('fix_answer', 'idempotency_keys'))
    assert sums.writes() == []
    assert {method for method, _ in other_sums.requests()} == {'GET'}


def test_check_mode_makes_nothing(check, sums):
    answer = check(sums, _ansible_check_mode=True, **WRITE)
    assert answer['changed'] is True and sums.writes() == []
    assert rows(answer)['fix_answer']['advice'] == 'check mode creates nothing'


@pytest.mark.parametrize('options', [[], ['--no-idempotency'], ['--fault', 'reset-after:0.3', '--seed', '2']])
def test_what_is_made_is_marked_named_and_closed(check, start_sums_sim, options):
    sums = start_sums_sim(*options)
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 'of somebody else'}
    if not options:
        sums.post('/api/v1/test_events', test)
    answer = check(sums, **WRITE)
    state = sums.state()
    assert state['deployments'] == []
    ours = [one for one in state['test_events'] if one['suite_name'] == MARK]
    assert [one['status'] for one in ours] == ['FAIL'] and ours[0]['summary'].startswith('NOT TESTED: ')
    assert not any('status' in one for one in state['test_events'] if one not in ours)
    assert len(state['events']) == 2 and all(one['fixed'] and one['remark'].startswith(MARK) for one in state['events'])
    assert {(one['id'], one['state']) for one in answer['made']} == {
        (ours[0]['test_event_id'], 'closed as FAIL'), *((one['event_id'], 'fixed') for one in state['events'])}


def test_a_server_that_refuses_invented_values_takes_the_users(check, other_sums):
    answer = check(other_sums, **WRITE, event_fields={'region': 'EU', 'remark': 'mine', 'vin': 'OTHER'})
    assert of(answer, 'differs') == set()
    made = [body for body in other_sums.bodies('POST') if 'region' in body]
    assert {(body['region'], body['vin'], body['remark'][:len(MARK)]) for body in made} == {('EU', VIN, MARK)}


@pytest.mark.parametrize('what, head', [
    ('a redirect', b'HTTP/1.1 302 Found\r\nlocation: https://login.example.com/\r\n'),
    ('a page', b'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n'),
    ('a refusal', b'HTTP/1.1 401 Unauthorized\r\n'),
])
def test_what_is_no_sums_fails_and_is_shown(check, answering, what, head):
    answer = check(answering([head + b'content-length: 6\r\nconnection: close\r\n\r\n<html>']), retries=0, **WRITE)
    assert answer['failed'] and answer['error']['kind'] in ('protocol', 'auth'), answer
    assert len(answer['table']) > len(answer['assumptions'])
    assert rows(answer)['fix_answer']['verdict'] == 'not_tried'
    if what == 'a redirect':
        assert rows(answer)['redirects']['verdict'] == 'differs'


def test_nobody_there_is_a_failure(check):
    server = type('Nobody', (), {'url': 'http://127.0.0.1:1', 'TOKEN': 'unused-token'})
    answer = check(server, retries=0)
    assert answer['failed'] and answer['error']['kind'] == 'unavailable'
    assert of(answer, 'not_tried') == set(rows(answer))


def test_the_playbook_shows_the_table_and_writes_a_report(ansible, sums, tmp_path):
    report = tmp_path / 'contract.json'
    # What is no such report is neither replaced nor is anything asked; an earlier report is replaced.
    report.write_text('{"ansible_version": "mine"}')
    refused = ansible.playbook(PLAYBOOK, '-e', f'hatci_contract_report={report}', variables=sums.variables)
    assert refused.rc == 2 and f'{report} is not a report of check_contract' in refused.failed[0]['result']['msg']
    assert report.read_text() == '{"ansible_version": "mine"}' and 'Try each assumption' not in [it['task'] for it in refused.tasks]
    report.write_text(json.dumps({'ansible_version': '', 'assumptions': [], 'collection_version': '', 'counts': {}}))
    report.chmod(0o644)
    run = ansible.playbook(PLAYBOOK, '-e', f'hatci_contract_vin={VIN}', '-e', 'write=true', '-e', f'hatci_contract_report={report}',
                           variables=sums.variables).ok()
    assert max(len(line) for line in run.stdout.splitlines() if line.startswith('        "')) <= 100
    assert 'the same event, marked' in run.stdout and 'TEV-000001: closed as FAIL' in run.stdout
    assert report.stat().st_mode & 0o777 == 0o600
    text = report.read_text()
    written = json.loads(text)
    assert written['assumptions'] == run['Try each assumption']['assumptions'] and written['write'] is True
    assert not any(secret in text for secret in (sums.TOKEN, sums.url, VIN))


def test_the_report_is_written_where_ansible_playbook_was_started(ansible, sums):
    """Whatever PWD says: who starts a program in another folder, as a job of the platform does, leaves PWD as it was."""
    ansible.playbook(PLAYBOOK, '-e', 'hatci_contract_report=contract.json', variables=sums.variables, env={'PWD': '/'}).ok()
    assert json.loads((ansible.folder / 'contract.json').read_text())['write'] is False


@pytest.mark.parametrize('given, says', [
    ({'write': True}, 'Set hatci_contract_vin to its VIN.'),
    ({'write': True, 'hatci_contract_vin': VIN, 'hatci_contract_report': 'none/contract.json'}, 'none is not a folder.'),
])
def test_what_is_missing_is_said_before_anything_is_made(ansible, sums, given, says):
    run = ansible.playbook(PLAYBOOK, variables=sums.variables | given)
    assert run.rc == 2 and says in run.failed[0]['result']['msg']
    assert not sums.state()['events'] and not sums.state()['test_events']


def test_a_killed_check_leaves_no_test_event_open(ansible, start_sums_sim):
    """The simulator answers so slowly that the check is in its midst when the job ends."""
    sums = start_sums_sim('--fault', 'latency:300ms')
    process = ansible.start_playbook(PLAYBOOK, variables=sums.variables | {'hatci_contract_vin': VIN, 'write': True})
    until(lambda: sums.state()['events'], 'an event')
    assert 'status' not in sums.state()['test_events'][0]
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: 'status' in sums.state()['test_events'][0], 'the guard')
    ansible.finish(process)
    assert len(sums.state()['test_events']) == 1 and sums.state()['test_events'][0]['summary'].startswith('NOT TESTED: ')
