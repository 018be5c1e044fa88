"""A test of one's own, in ota_test_tasks: it is judged by what its tasks have made, whatever they register it as."""

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from ansible_run import task
from servers import EVENT, VIN
from test_ota_playbook import PLAYBOOK, REASON, run_ota  # noqa: F401
from test_reported_faults import OTHERS
from test_true_records import outcome, role


def test_own_tasks_that_deploy_nothing_have_tested_nothing(run_ota, sums, lab):
    nothing = lab.folder / 'nothing.yml'
    nothing.write_text(json.dumps([{'ansible.builtin.debug': {'msg': 'nothing'}}]))
    run = run_ota(sums, ota_test_tasks=str(nothing))
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested'
    assert 'no hatci_deploy_event in the tasks of ota_test_tasks deployed anything' in outcome(run)['summary']


@pytest.mark.parametrize('what', ['hatci_deployment_id', 'hatci_event_id'])
def test_own_tasks_that_only_wait_for_another_vehicle_have_tested_nothing(run_ota, sums, lab, what):
    other = {'hatci_deployment_id': sums.make_deployment(), 'hatci_event_id': sums.state()['deployments'][0]['event_id']}
    steps = lab.folder / 'steps.yml'
    steps.write_text(json.dumps([role('hatci_wait_for_update', **{what: other[what]}), {'ansible.builtin.fail': {'msg': 'no gateway'}}]))
    run = run_ota(sums, ota_test_tasks=str(steps))
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested', outcome(run)


NEW = {'vin': VIN, 'event_id': '{{ target_event_id }}', 'ansible_job_id': 'm', 'git_sha': 'a', 'suite_name': 's', 'close_with_job': True}
DEPLOY = {'event_id': '{{ target_event_id }}'}


@pytest.mark.parametrize('fails', [False, True])
def test_own_tasks_may_register_their_results_by_any_name_and_pass_only_what_has_succeeded(run_ota, start_sums_sim, lab, fails):
    sums = start_sums_sim(*(('--scenario', f'{VIN}=fail:{REASON}') if fails else ()), step='200ms')
    inner, steps = lab.folder / 'inner.yml', lab.folder / 'steps.yml'
    inner.write_text(json.dumps([{'action': {'module': 'hatci.automation.hatci_test_event', **NEW}, 'register': 'my_test'}]))
    steps.write_text(json.dumps([
        role('hatci_request_update'), {'ansible.builtin.include_tasks': str(inner)},
        task('deploy', 'hatci_deploy_event', DEPLOY, register='mine', loop=[1])]))
    run = run_ota(sums, ota_test_tasks=str(steps))
    record, = sums.state()['test_events']
    assert (run.rc, outcome(run)['status'], record['status']) == ((2, 'FAIL', 'FAIL') if fails else (0, 'PASS', 'PASS')), outcome(run)
    assert 'deployment DEP-000001' in record['summary'] and (REASON in record['summary']) == fails


@pytest.fixture
def own(run_ota, lab):
    """Runs a test with these tasks after the events, and returns how it ended with its outcome."""
    def run(sums, *tasks, **variables):
        steps = lab.folder / 'steps.yml'
        steps.write_text(json.dumps([role('hatci_request_update'), task('record', 'hatci_test_event', NEW, register='mine'), *tasks]))
        run = run_ota(sums, ota_test_tasks=str(steps), **variables)
        return run.rc, outcome(run)
    return run


def test_of_several_deployments_the_last_one_of_the_vehicle_counts(own, start_sums_sim, lab):
    """Each is of an event of its own; the last one, which nobody waits for, fails. After it comes one of another vehicle."""
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}', step='200ms')
    lab.env['PYTHONHASHSEED'] = '2'
    event = EVENT | {'update_type': 'UROM'}
    rc, found = own(
        sums, *(task(f'deploy {number}', 'hatci_deploy_event', {'event_id': sums.make_fixed_event(**event)}) for number in range(3)),
        task('event of another', 'hatci_create_event', event | {'vin': OTHERS[0]}, register='other'),
        task('fix', 'hatci_fix_event', {'event_id': '{{ other.event_id }}'}),
        task('deploy another', 'hatci_deploy_event', {'event_id': '{{ other.event_id }}'}))
    assert (rc, found['status'], found['deployment_id']) == (2, 'FAIL', 'DEP-000003') and REASON in found['summary'], found


@pytest.mark.parametrize('status', ['FAIL', 'PASS'])
def test_a_verdict_that_own_tasks_have_recorded_stays_and_is_that_of_the_job(own, sums, status):
    close = {'test_event_id': '{{ mine.test_event_id }}', 'status': status, 'summary': 'noise in the log'}
    rc, found = own(sums, task('deploy', 'hatci_deploy_event', DEPLOY), task('close', 'hatci_test_event_update', close),
                    *([{'ansible.builtin.fail': {'msg': 'late'}}] if status == 'PASS' else []))
    record, = sums.state()['test_events']
    assert (rc, record['status'], record['summary'], found['status']) == (2, status, 'noise in the log', 'FAIL')
    assert ('keeps PASS' if status == 'PASS' else 'have closed test event TEV-000001 as FAIL') in found['summary']


def test_a_deployment_that_nobody_waits_for_is_no_vehicle_that_was_not_tested(own, sums, lab):
    rc, found = own(sums, task('deploy', 'hatci_deploy_event', DEPLOY, **{'async': 60, 'poll': 0}))
    assert (rc, found['status']) == (2, 'FAIL') and 'wait for such tasks with async_status.' in found['summary'], found


def test_a_deployment_belongs_to_its_vehicle_whichever_host_has_made_it(lab, vehicle, start_sums_sim):
    """One task deploys for all."""
    sums = start_sums_sim('--scenario', f'{OTHERS[0]}=fail:{REASON}', step='200ms')
    steps = lab.folder / 'steps.yml'
    steps.write_text(json.dumps([
        role('hatci_request_update'), task('record', 'hatci_test_event', NEW | {'vin': '{{ hatci_vin }}'}),
        task('deploy', 'hatci_deploy_event', {'event_id': '{{ hostvars[item].target_event_id }}'}, loop='{{ ansible_play_hosts }}',
             run_once=True, delegate_to='localhost')]))
    inventory = lab.folder / 'hosts.yml'
    cars = {f'car{number}': {'hatci_vin': vin, 'ansible_connection': 'local'} for number, vin in enumerate((VIN, OTHERS[0]))}
    inventory.write_text(yaml.safe_dump({'all': {'hosts': cars}}))
    given = yaml.safe_load(Path(vehicle.removeprefix('@')).read_text())
    del given['hatci_vin']
    run = lab.playbook(PLAYBOOK, '-i', inventory, variables=given | sums.variables | {
        'ota_hosts': 'all', 'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'ota_test_tasks': str(steps)})
    assert run.rc == 2
    assert {one['vin']: one['status'] for one in sums.state()['test_events']} == {VIN: 'PASS', OTHERS[0]: 'FAIL'}


def test_an_update_that_succeeds_where_it_should_be_refused_fails_at_once(run_ota, sums):
    run = run_ota(sums, hatci_success_states='FAILED', hatci_wait_timeout_seconds=3600)
    assert run.rc == 2 and outcome(run)['status'] == 'FAIL' and 'timed out' not in outcome(run)['summary'], outcome(run)


def test_a_refusal_may_be_what_a_test_wants(run_ota, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    run_ota(sums, hatci_success_states='FAILED').ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and record['summary'].startswith(f'The update of {VIN} from ') and ' ended as FAILED, as expected.' in record['summary']


def test_two_updates_in_a_test_have_one_record_and_their_own_ids(run_ota, sums, lab, collections):
    copied = collections / 'ansible_collections/hatci/automation/playbooks/tasks/ota_update_and_verify.yml'
    steps = lab.folder / 'steps.yml'
    steps.write_text(json.dumps([{'ansible.builtin.include_tasks': str(copied), 'loop': ['2.0', '3.0'], 'loop_control': {
        'loop_var': 'hatci_target_build_level'}}]))
    given = yaml.safe_load((collections / 'ansible_collections/hatci/automation/playbooks/examples/vehicle.yml').read_text())
    del given['hatci_target_build_level']
    inventory = lab.folder / 'hosts.yml'
    inventory.write_text(yaml.safe_dump({'all': {'hosts': {'car': {**given, 'ansible_connection': 'local', 'hatci_target_build_level': '1.9'}}}}))
    run = lab.playbook(PLAYBOOK, '-i', inventory, variables=sums.variables | {
        'ota_hosts': 'car', 'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'ota_test_tasks': str(steps)})
    found = outcome(run)
    assert run.rc == 2 and 'started several: TEV-000002, TEV-000001' in found['summary'], found
    deployed = {one['deployment_id']: one['event_id'] for one in sums.state()['deployments']}
    assert deployed[found['deployment_id']] == found['target_event_id']
    assert [one['event_id'] for one in sums.state()['test_events'] if one['test_event_id'] == found['test_event_id']] == [found['target_event_id']]


def test_a_record_that_own_tasks_have_begun_is_closed_whatever_its_tags(run_ota, sums, lab):
    steps = lab.folder / 'steps.yml'
    steps.write_text(json.dumps([role('hatci_request_update') | {'tags': 'always'}, task('record', 'hatci_test_event', NEW, tags='update'),
                                 task('deploy', 'hatci_deploy_event', DEPLOY, tags='update')]))
    steps.write_text(steps.read_text().replace('"name": "hatci.automation.hatci_request_update"', '"name": "hatci.automation.hatci_request_update", "apply": {"tags": "always"}'))
    run = run_ota(sums, '--tags', 'update', ota_test_tasks=str(steps)).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and 'It was not verified' in record['summary'], outcome(run)


def test_own_tasks_may_deploy_more_than_once(run_ota, sums, lab):
    """A first deployment has touched the vehicle, whatever becomes of a second."""
    steps = lab.folder / 'steps.yml'
    deployed = role('hatci_wait_for_update', hatci_deployment_id='{{ ota_deployment.deployment_id }}')
    steps.write_text(json.dumps([
        role('hatci_request_update', hatci_target_build_level='between'),
        task('first', 'hatci_deploy_event', {'event_id': '{{ target_event_id }}'}, register='ota_deployment'), deployed,
        task('second', 'hatci_deploy_event', {'event_id': 'EVT-999999'}, register='ota_deployment')]))
    run = run_ota(sums, ota_test_tasks=str(steps))
    assert run.rc == 2 and outcome(run)['status'] == 'FAIL', outcome(run)


def test_what_own_tasks_register_or_set_by_the_names_of_the_playbook_is_neither_deployment_nor_vehicle(own, sums, lab):
    other = {'ansible.builtin.command': 'echo prepared', 'register': 'ota_deployment'}
    rc, found = own(sums, other, {'name': 'rack', 'ansible.builtin.fail': {'msg': 'no power'}})
    assert (rc, found['status']) == (2, 'not_tested') and 'rack: no power' in found['summary'], found
    renamed = {'ansible.builtin.set_fact': {'hatci_vin': OTHERS[0]}}
    rc, found = own(sums, renamed, task('deploy', 'hatci_deploy_event', DEPLOY, register='mine'))
    assert (rc, found['status'], found['vin']) == (0, 'PASS', VIN), found


@pytest.fixture
def losing_creates(sums):
    """The URL of a proxy in front of the server that loses the answer to each POST."""
    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self):
            body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
            request = urllib.request.Request(sums.url + self.path, body or None, dict(self.headers), method=self.command)
            with urllib.request.urlopen(request) as answer:
                if self.command == 'GET':
                    self.wfile.write(b'HTTP/1.0 200 OK\r\n\r\n' + answer.read())

        do_POST = do_GET

    with ThreadingHTTPServer(('127.0.0.1', 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield 'http://127.0.0.1:%d' % server.server_port
        server.shutdown()


def test_a_deployment_whose_answer_was_lost_in_own_tasks_may_have_changed_the_vehicle(own, sums, losing_creates):
    lost = {'hatci_base_url': losing_creates, 'idempotency_keys': 'ignored'}
    rc, found = own(sums, task('deploy', 'hatci_deploy_event', DEPLOY | lost, register='mine'))
    assert (rc, found['status'], len(sums.state()['deployments'])) == (2, 'FAIL', 1), found
