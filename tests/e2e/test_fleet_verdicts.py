"""What is on record for a vehicle, and what this job has not done itself, is left as it is: verdicts, settings and vehicles still to come."""

import contextlib
import http.server
import json
import re
import threading
import urllib.error
import urllib.request

import pytest
import yaml
from fleet_fixtures import failing, host, inventory, reported, run, shown, start, stock, verdicts, vin  # noqa: F401
from jumpstarter_fixtures import until
from test_fleet_verification import on, verify  # noqa: F401

TEST_EVENT = '{{ ota_fleet_begun.vehicles[inventory_hostname].test_event_id }}'
SMOKE = {'test_event_id': TEST_EVENT, 'status': 'FAIL', 'summary': 'I saw smoke'}
UPDATE = 'hatci.automation.hatci_test_event_update'
BY_URI = {'ansible.builtin.uri': {
    'url': '{{ hatci_base_url }}/api/v1/test_events/' + TEST_EVENT, 'method': 'PATCH', 'body_format': 'json',
    'body': {'status': 'FAIL', 'summary': 'I saw smoke'}, 'headers': {'Authorization': 'Bearer {{ hatci_token }}'}, 'status_code': [200, 204]},
    'vars': {'ansible_python_interpreter': '{{ ansible_playbook_python }}'}}


@contextlib.contextmanager
def in_front_of(server):
    """A server that answers `OK` for its health, and otherwise what this one does."""
    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get('Content-Length') or 0)) or None
            headers = {name: value for name, value in self.headers.items() if name.lower() not in ('host', 'accept-encoding')}
            request = urllib.request.Request(server + self.path, body, headers, method=self.command)
            try:
                with urllib.request.urlopen(request) as found:
                    status, kind, text = found.status, found.headers['Content-Type'], found.read()
            except urllib.error.HTTPError as refused:
                status, kind, text = refused.code, refused.headers['Content-Type'], refused.read()
            if self.path.endswith('/health'):
                status, kind, text = 200, 'text/plain', b'OK'
            self.send_response(status)
            self.send_header('Content-Type', kind or 'application/json')
            self.send_header('Content-Length', str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as front:
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield 'http://127.0.0.1:%d' % front.server_address[1]
        front.shutdown()


def campaign(ansible):
    return {one['host']: one for one in yaml.safe_load((ansible.folder / 'resume.yml').read_text())['hatci_resume']['vehicles']}


def outcomes(ended):
    return ended['See what came of each vehicle']['outcomes']


@pytest.mark.parametrize('name, task', [
    ('the module', {UPDATE: SMOKE}),
    ('the module on another host', {UPDATE: SMOKE, 'delegate_to': 'localhost'}),
    ('a loop', {UPDATE: {**SMOKE, 'test_event_id': '{{ item }}'}, 'loop': [TEST_EVENT]}),
    ('the role', {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_report_results'}, 'vars': {
        'hatci_test_event_id': TEST_EVENT, 'hatci_test_status': 'FAIL', 'hatci_test_summary': 'I saw smoke'}}),
    ('another program', BY_URI)])
def test_a_fail_that_the_verification_records_stays_and_is_the_vehicles_verdict(run, sums, verify, ansible, tmp_path, name, task):
    ended = run(sums, 2, **verify(on(1, task)), hatci_report_dir=str(tmp_path / 'report'), hatci_max_failures='100%')
    assert ended.rc == 2 and verdicts(sums) == {vin(1): 'FAIL', vin(2): 'PASS'}
    record, = (test for test in sums.state()['test_events'] if test['vin'] == vin(1))
    assert record['summary'].startswith('I saw smoke')
    assert (outcomes(ended)[host(1)]['status'], outcomes(ended)[host(1)]['summary']) == ('FAIL', 'I saw smoke')
    assert reported(tmp_path / 'report') == {host(1): 'FAIL', host(2): 'PASS'}
    assert (campaign(ansible)[host(1)]['status'], campaign(ansible)[host(1)]['stage']) == ('FAIL', 'closed')
    assert re.search(rf'{host(1)} +{vin(1)} FAIL \d+ I saw smoke', shown(ended)), shown(ended)
    assert 'was killed' not in ended.stdout + ended.stderr and 'guard' not in ended.stdout + ended.stderr
    assert f'FAIL is on record for {host(1)}' in ' '.join((ended.stdout + ended.stderr).split())


def test_a_fail_of_its_own_counts_for_the_next_wave(run, sums, verify):
    ended = run(sums, 2, **verify({UPDATE: SMOKE}) | {'hatci_waves': [1]})
    assert ended.rc == 2 and verdicts(sums) == {vin(1): 'FAIL'}
    assert '1 of 1 vehicles failed, more than 0' in ended.stdout


def test_what_the_guard_of_a_killed_job_has_recorded_gives_way_and_what_a_task_of_it_has_recorded_does_not(
        run, start, sums, verify, ansible, tmp_path):
    stop = tmp_path / 'wait'
    wait = {'ansible.builtin.command': f"sh -c 'touch {stop}; exec sleep 60'"}
    job = start(sums, 2, **verify(on(1, {UPDATE: SMOKE}), wait))
    until(stop.exists, 'the verification')
    job.kill()
    ansible.finish(job)
    until(lambda: list(verdicts(sums).values()) == ['FAIL', 'FAIL'], 'the end of the records')
    again = run(sums, 2, '-e', f'@{ansible.folder}/resume.yml', **verify({'ansible.builtin.debug': {'msg': 'well'}}))
    assert again.rc == 2 and verdicts(sums) == {vin(1): 'FAIL', vin(2): 'PASS'}
    assert outcomes(again)[host(1)]['summary'] == 'I saw smoke'
    assert 'by an earlier job' in ' '.join((again.stdout + again.stderr).split())


@pytest.mark.parametrize('facts', [
    {'hatci_success_states': ['FAILED']}, {'hatci_success_states': 'FAILED', 'hatci_failure_states': 'COMPLETE'},
    {'hatci_poll_timeout_seconds': 0, 'hatci_max_failures': 0, 'hatci_base_url': 'http://127.0.0.1:9', 'hatci_concurrency': 0,
     'hatci_report_dir': '/nowhere', 'hatci_soak': 9999, 'hatci_approval': True}])
def test_what_a_verification_sets_judges_no_other_vehicle(run, start_sums_sim, verify, facts, tmp_path):
    sums = start_sums_sim(*failing(3))
    ended = run(sums, 3, **verify({'ansible.builtin.set_fact': facts})
                | {'hatci_waves': [1], 'hatci_max_failures': '100%', 'hatci_report_dir': str(tmp_path / 'report')})
    assert ended.rc == 2 and verdicts(sums) == {vin(1): 'PASS', vin(2): 'PASS', vin(3): 'FAIL'}
    assert reported(tmp_path / 'report') == {host(1): 'PASS', host(2): 'PASS', host(3): 'FAIL'}


@pytest.mark.parametrize('variables, words', [
    ({'hatci_max_failures': '10percent'}, '10percent'),
    ({'hatci_waves': ['0']}, 'is not the size of a wave'),
    ({'hatci_poll_timeout_seconds': 'ten'}, 'wait_timeout'),
    ({'hatci_source_ecus': '{{ nope }}'}, 'nope'),
    ({'hatci_target_ecus': '[{"ecu_name": '}, 'cannot be read'),
    ({'hatci_concurrency': '0'}, 'concurrency (in playbooks: hatci_concurrency) is 0'),
    ({'hatci_soak': '-1'}, 'must be 0 or more'),
    ({'ota_verify_tasks': 'nowhere.yml'}, 'there is no such file'),
    ({'hatci_vin': ''}, 'has no hatci_vin')])
def test_a_campaign_that_can_not_begin_leaves_each_vehicle_untested_and_says_why(run, sums, tmp_path, variables, words):
    ended = run(sums, 2, hatci_report_dir=str(tmp_path / 'report'), **variables)
    assert ended.rc == 2 and sums.writes() == []
    assert shown(ended).count('NOT TESTED') == 2 and 'NO VERDICT' not in shown(ended), shown(ended)
    assert reported(tmp_path / 'report') == {host(1): 'not_tested', host(2): 'not_tested'}
    report = json.loads((tmp_path / 'report/report.json').read_text())
    for vehicle in report['vehicles']:
        assert words in vehicle['summary'], vehicle
    results = ended['See what came of each vehicle']['ansible_stats']['data']['hatci_results']
    assert {one['status'] for one in results.values()} == {'not_tested'}
    assert words in ended.failed[-1]['result']['msg'] and ended.failed[-1]['task'] == 'Fail unless the vehicle has passed'


@pytest.mark.parametrize('text, words', [
    ('- foo: [\n', "Ansible can't read that file"), ('- ansible.builtin.debug: {msg: hi}\n  wehn: x\n', "Ansible can't read that file"),
    ('- block:\n    - no.such.module: {}\n', 'no.such.module'), ('name: x\n', 'no list of tasks')])
@pytest.mark.parametrize('vehicles', [1, 2])
def test_tasks_that_ansible_can_not_read_leave_each_vehicle_untested(run, ansible, sums, inventory, text, words, vehicles, tmp_path):
    path = ansible.folder / 'verify.yml'
    path.write_text(text)
    if vehicles == 1:
        ended = ansible.playbook('hatci.automation.ota_single_vehicle', '-i', inventory(1), variables=sums.variables | {
            'ota_hosts': host(1), 'ota_lease': False, 'ota_verify_tasks': str(path), 'hatci_report_dir': str(tmp_path / 'report')})
    else:
        ended = run(sums, 2, ota_verify_tasks=str(path), hatci_report_dir=str(tmp_path / 'report'))
    assert ended.rc == 2 and sums.writes() == [], ended.stdout
    assert set(reported(tmp_path / 'report').values()) == {'not_tested'} and words in shown(ended), shown(ended)
    assert 'ota_verify_tasks is' in shown(ended)


def test_a_campaign_that_can_not_be_gone_on_with_keeps_the_verdicts_that_it_has(run, sums, ansible, tmp_path):
    report = {'hatci_report_dir': str(tmp_path / 'report'), 'hatci_report_run': 'winter'}
    run(sums, 1, **report).ok()
    ended = run(sums, 2, **report, hatci_max_failures='10percent')
    assert ended.rc == 2 and reported(tmp_path / 'report') == {host(1): 'PASS', host(2): 'not_tested'}
    assert '1 of 2 vehicles passed' in ended.failed[-1]['result']['msg']


def test_a_server_whose_health_is_plain_text_takes_a_fleet(run, sums):
    with in_front_of(sums.url) as url:
        run(sums, 2, hatci_base_url=url).ok()
    assert verdicts(sums) == {vin(1): 'PASS', vin(2): 'PASS'}


def test_a_campaign_that_is_gone_on_with_during_a_wave_leaves_no_vehicle_out(run, start, start_sums_sim, ansible):
    sums = start_sums_sim(step='1s')
    job = start(sums, 3, hatci_waves=[1, '100%'])
    until(lambda: len(sums.state()['deployments']) == 1, 'the first update')
    job.kill()
    ansible.finish(job)
    again = run(sums, 3, '-e', f'@{ansible.folder}/resume.yml', hatci_waves=[1, '100%']).ok()
    assert 'no longer part of the campaign' not in again.stdout + again.stderr
    assert list(verdicts(sums).values()) == ['PASS'] * 3


def test_a_failure_for_all_leaves_those_of_later_waves_for_the_campaign_to_go_on_with(run, sums, verify, ansible):
    fail = {'ansible.builtin.fail': {'msg': 'no gateway'}, 'run_once': True}
    how = {'hatci_waves': [1], 'hatci_max_failures': '100%'}
    ended = run(sums, 4, **verify(on(1, fail)) | how)
    assert ended.rc == 2 and verdicts(sums) == {vin(1): 'FAIL'}
    assert {one['stage'] for name, one in campaign(ansible).items() if name != host(1)} == {'waiting'}
    assert shown(ended).count('NOT TESTED') == 3 and 'In an earlier wave, a task failed for all hosts at once' in shown(ended)
    assert '3 were not started.' in ended.failed[-1]['result']['msg'] and 'Resume the campaign with -e @' in ended.failed[-1]['result']['msg']
    again = run(sums, 4, '-e', f'@{ansible.folder}/resume.yml', **verify({'ansible.builtin.debug': {'msg': 'well'}}) | how)
    assert again.rc == 2 and verdicts(sums) == {vin(1): 'FAIL', **{vin(number): 'PASS' for number in (2, 3, 4)}}
    assert stock(sums) == (4, 8, 4)


@pytest.mark.parametrize('playbook', ['ota_fleet', 'ota_single_vehicle'])
def test_a_group_that_is_not_there_fails_the_job_with_the_name_of_the_variable(ansible, sums, inventory, playbook):
    ended = ansible.playbook(f'hatci.automation.{playbook}', '-i', inventory(1), variables=sums.variables | {'ota_hosts': 'flet'})
    assert ended.rc == 2 and 'No host of the inventory matches ota_hosts, which is flet.' in ended.failed[-1]['result']['msg']
