"""Reports as playbooks write them: by the role, vehicle by vehicle, and merged by the playbook `merge_reports`."""

import json
import os

from ansible_run import play
from reports import Module, at
from servers import VIN


def outcomes(server, hosts, **variables):
    """A play that reports the outcome of each of these hosts: {name: status}."""
    test = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    given = {name: {'hatci_test_status': status, 'id': server.post('/api/v1/test_events', test)['test_event_id']} for name, status in hosts.items()}
    before = variables.pop('before', {})
    tasks = [{'name': 'add', 'ansible.builtin.add_host': {'name': '{{ item }}', 'groups': 'cars', 'ansible_connection': 'local'}, 'loop': list(hosts)}]
    role = {'name': 'report', 'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_report_results'}}
    cars = play([role], server, hosts='cars', vars=variables | {
        'given': given, 'hatci_test_event_id': '{{ given[inventory_hostname].id }}', 'hatci_test_summary': 'It {{ "is well" }}.', 'hatci_vin': VIN,
        'hatci_test_status': '{{ given[inventory_hostname].hatci_test_status }}',
        'before': before, 'hatci_previous_test_event_id': '{{ before[inventory_hostname] | default("") }}',
        'hatci_final_state': 'COMPLETE', 'hatci_final_timestamps': {'created': at(0), 'started': at(5), 'finished': at(60)},
        'hatci_source_ecus': [{'ecu_name': 'Gateway', 'sw_version': '1'}],
        'hatci_target_ecus': json.dumps([{'ecu_name': 'Gateway', 'sw_version': '2'}])})
    return [play(tasks), cars]


def read(folder):
    return json.loads((folder / 'report.json').read_text())


def test_each_vehicle_of_a_job_adds_itself_and_the_next_job_begins_anew(ansible, sums, tmp_path):
    folder = tmp_path / 'reports/1'
    hosts = {f'car{number}': 'PASS' if number else 'FAIL' for number in range(6)}
    ansible.playbook(outcomes(sums, hosts, hatci_report_dir=str(folder), hatci_report_title='Winter'), '-f', '6').ok()
    report = read(folder)
    assert {one['host']: one['status'] for one in report['vehicles']} == hosts
    assert (report['title'], report['counts']['passed'], report['counts']['failed']) == ('Winter', 5, 1)
    car, = [one for one in report['vehicles'] if one['host'] == 'car1']
    assert [(one['state'], one['at']) for one in car['states']] == [('PENDING', at(0)), ('IN_PROGRESS', at(5)), ('COMPLETE', at(60))]
    assert car['ecus'] == [{'ecu_name': 'Gateway', 'from': '1', 'to': '2'}]
    assert sorted(os.listdir(folder)) == ['junit.xml', 'report.html', 'report.json', 'report.md']

    ansible.playbook(outcomes(sums, {'car9': 'PASS'}, hatci_report_dir=str(folder))).ok()
    assert [one['host'] for one in read(folder)['vehicles']] == ['car9']


def test_a_job_that_goes_on_with_another_adds_to_its_report(ansible, sums, tmp_path):
    for hosts in ({'car1': 'FAIL', 'car2': 'FAIL'}, {'car1': 'PASS', 'car2': 'PASS'}):
        before = {'car1': sums.state()['test_events'][0]['test_event_id']} if 'PASS' in hosts.values() else {}
        ansible.playbook(outcomes(sums, hosts, hatci_report_dir=str(tmp_path / 'r'), hatci_report_run='4711', before=before)).ok()
    shown = sorted((one['host'], one['status']) for one in read(tmp_path / 'r')['vehicles'])
    assert shown == [('car1', 'PASS'), ('car2', 'FAIL'), ('car2', 'PASS')]  # only the test of car1 says that it repeats one


def test_a_verdict_that_the_server_does_not_have_is_in_the_report_and_said_to_be_missing_there(ansible, tmp_path, sums):
    role = {'name': 'report', 'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_report_results'}}
    run = ansible.tasks([role], sums, variables={
        'hatci_test_event_id': 'TEV-999999', 'hatci_test_status': 'PASS', 'hatci_test_summary': 'Updated.', 'hatci_not_found_grace': 0,
        'hatci_report_dir': str(tmp_path / 'r'), 'hatci_report_results_hosts': ['localhost', 'car2']})
    assert run.rc == 2
    said = (tmp_path / 'r/report.md').read_text()
    assert said.startswith('**NO VERDICT** OTA test: 2 vehicles, 1 passed, 1 without a verdict, 1 not recorded'), said
    assert 'Updated. Recording the verdict failed' in said and 'TEV-999999' in said


def test_without_a_directory_nothing_is_written(ansible, sums, tmp_path):
    run = ansible.playbook(outcomes(sums, {'car1': 'PASS'}, hatci_report_dir='')).ok()
    assert run.task('Write the report')['status'] == 'skipped'


def test_a_report_that_cannot_be_written_fails_no_test_and_says_why(ansible, sums, tmp_path):
    (tmp_path / 'file').write_text('')
    run = ansible.playbook(outcomes(sums, {'car1': 'PASS'}, hatci_report_dir=str(tmp_path / 'file/reports'))).ok()
    failed = run.task('Write the report')
    assert failed['status'] == 'ignored'
    assert str(tmp_path / 'file/reports') in failed['result']['msg']
    assert [one['status'] for one in sums.state()['test_events']] == ['PASS']


def test_the_reports_of_slices_are_merged_by_playbook(ansible, collections, tmp_path):
    module = Module(collections, tmp_path)
    car = {'status': 'FAIL', 'summary': 'no', 'finished': at(0), 'test_event_id': 'TEV-1'}
    module('slice1', results={'car1': car, 'car2': car, 'car4': {'status': 'not_tested'}, 'car5': {'status': 'not_tested'}, 'car6': {'status': 'unknown'}})
    module('slice2', results={'car2': car | {'status': 'PASS', 'finished': at(9), 'test_event_id': 'TEV-2', 'previous_test_event_id': 'TEV-1'}, 'car3': car})
    # The second time, the first pattern finds the merged report, too.
    for files in (f'{tmp_path}/*/report.json', json.dumps([f'{tmp_path}/*/report.json', f'{tmp_path}/slice1/report.json']), [f'{tmp_path}/slice1/report.json', f'{tmp_path}/slice2/report.json'],
                  f'{tmp_path}/slice1/report.json, {tmp_path}/slice2/*.json'):
        given = {'hatci_report_files': files, 'hatci_report_dir': str(tmp_path / 'all')}
        run = ansible.playbook('hatci.automation.merge_reports', variables=given).ok()
        assert run.result('Show what came of it')['msg'] == (
            f'FAIL: 6 tests, 1 passed, 2 failed, 2 not tested, 1 without a verdict. {tmp_path}/all/report.html')
        assert 'car2 is in several reports. This one shows its last test (PASS), not an earlier one (FAIL).' in run.stdout + run.stderr
    assert read(tmp_path / 'all')['title'] == 'Winter campaign'


def test_where_there_is_nothing_to_merge_the_playbook_says_what_to_set(ansible, tmp_path):
    (tmp_path / 'report.json').write_text('{"schema": 1, "title": "x", "vehicles": []}')
    for given, words in [({}, 'Set hatci_report_dir'), ({'hatci_report_dir': str(tmp_path / 'all'), 'hatci_report_files': ''}, 'Set hatci_report_files'),
                         ({'hatci_report_dir': str(tmp_path / 'all'), 'hatci_report_files': f'{tmp_path}/none*'}, f'No file matches {tmp_path}/none*'),
                         ({'hatci_report_dir': str(tmp_path / 'all'), 'hatci_report_files': f'{tmp_path}/report.json, {tmp_path}/none/report.json'},
                          f'No file matches {tmp_path}/none/report.json. Check hatci_report_files.')]:
        run = ansible.playbook('hatci.automation.merge_reports', variables=given)
        assert run.rc != 0 and words in run.failed[0]['result']['msg'], run
    assert not (tmp_path / 'all').exists()


def test_a_list_that_ansible_has_cut_at_a_blank_forgets_no_slice(ansible, tmp_path):
    report = tmp_path / 'report.json'
    report.write_text('{"schema": 1, "title": "x", "vehicles": []}')
    merged = ['-e', f'hatci_report_dir={tmp_path}/all', '-e']
    for given in f'{report}, {tmp_path}/none/*.json', f'[{report}, {tmp_path}/none/*.json]':
        run = ansible.playbook('hatci.automation.merge_reports', *merged, f'hatci_report_files={given}')
        assert run.rc != 0 and 'hatci_report_files ends in a comma' in run.failed[0]['result']['msg'], run
        assert """or quote the names too: -e "hatci_report_files='a/report.json, b/report.json'".""" in run.failed[0]['result']['msg']
    assert not (tmp_path / 'all').exists()
    run = ansible.playbook('hatci.automation.merge_reports', *merged, f"hatci_report_files='{report}, {tmp_path}/none/*.json'")
    assert f'No file matches {tmp_path}/none/*.json' in run.failed[0]['result']['msg']
