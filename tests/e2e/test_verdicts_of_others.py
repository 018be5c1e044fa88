"""A FAIL that the playbook has not recorded itself stays, and is the outcome: whoever has recorded it saw what the playbook did not."""

import json

import pytest
from ansible.release import __version__ as core_version
from ansible_run import task
from servers import VIN
from test_ota_playbook import run_ota  # noqa: F401
from test_true_records import outcome, role

ID = '{{ ota_test.test_event_id }}'
SEEN = 'The horn is silent'
BY_HAND = {'url': '{{ hatci_base_url }}/api/v1/test_events/' + ID, 'method': 'PATCH', 'body_format': 'json', 'status_code': [200, 204],
           'headers': {'Authorization': 'Bearer {{ hatci_token }}'}, 'body': {'status': 'FAIL', 'summary': SEEN}}
WAYS = {
    'module': task('close', 'hatci_test_event_update', {'test_event_id': ID, 'status': 'FAIL', 'summary': SEEN}),
    'role': role('hatci_report_results', hatci_test_event_id=ID, hatci_test_status='FAIL', hatci_test_summary=SEEN),
    'hand': {'ansible.builtin.uri': BY_HAND, 'vars': {'ansible_python_interpreter': '{{ ansible_playbook_python }}'}},
}


@pytest.mark.parametrize('way', WAYS)
def test_a_fail_that_was_recorded_during_the_verification_is_the_outcome(run_ota, sums, lab, way):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([WAYS[way]]))
    run = run_ota(sums, ota_verify_tasks=str(verify), hatci_report_dir=str(lab.folder / 'report'))
    record, = sums.state()['test_events']
    assert (run.rc, record['status'], record['summary']) == (2, 'FAIL', SEEN)
    who = 'Someone else has' if way == 'hand' else 'The tasks of this test have'
    assert (outcome(run)['status'], outcome(run)['summary']) == ('FAIL', f'{who} closed test event TEV-000001 as FAIL: {SEEN}')
    assert [one['status'] for one in json.loads((lab.folder / 'report/report.json').read_text())['vehicles']] == ['FAIL']
    assert [line for line in run.stdout.splitlines() if VIN in line and '  FAIL  ' in line], run.stdout


def test_a_fail_of_the_verification_stays_also_where_the_server_shows_no_records(run_ota, other_sums, lab):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([WAYS['module']]))
    run = run_ota(other_sums, ota_verify_tasks=str(verify))
    assert (run.rc, outcome(run)['status']) == (2, 'FAIL') and 'The tasks of this test have closed test event' in outcome(run)['summary']


def test_what_fails_after_a_recorded_fail_is_the_reason(run_ota, sums, lab):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([WAYS['module'], {'name': 'look', 'ansible.builtin.fail': {'msg': 'no light'}}]))
    run = run_ota(sums, ota_verify_tasks=str(verify))
    assert (run.rc, outcome(run)['status']) == (2, 'FAIL') and outcome(run)['summary'].startswith('look: no light')


def test_a_handler_that_fails_is_part_of_the_test(run_ota, sums, lab):
    tasks = lab.folder / 'checks/tasks'
    tasks.mkdir(parents=True)
    (tasks / 'main.yml').write_text(json.dumps([{'ansible.builtin.debug': {'msg': 'x'}, 'changed_when': True, 'notify': 'look'}]))
    handlers = lab.folder / 'checks/handlers'
    handlers.mkdir()
    (handlers / 'main.yml').write_text(json.dumps([{'name': 'look', 'ansible.builtin.fail': {'msg': SEEN}}]))
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([{'ansible.builtin.import_role': {'name': str(lab.folder / 'checks')}}]))
    run = run_ota(sums, ota_verify_tasks=str(verify))
    record, = sums.state()['test_events']
    assert (run.rc, record['status'], outcome(run)['status']) == (2, 'FAIL', 'FAIL')
    # 2.15 does not tell a rescue which handler has failed.
    assert SEEN in record['summary'] or core_version.startswith('2.15.')
