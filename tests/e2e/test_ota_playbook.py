"""The main job: one playbook takes one vehicle through a whole OTA test, and closes it whatever happens."""

import json
from pathlib import Path

import pytest
import yaml
from ansible_run import task
from servers import VIN

PLAYBOOK = 'hatci.automation.ota_single_vehicle'
REASON = 'Gateway refused the signature'


@pytest.fixture
def run_ota(lab, vehicle):
    """Runs the playbook against a server with the vehicle of the examples, on a bench of the controller if there is one."""
    def run(server, *args, controller=None, **variables):
        bench = {'ota_lease': False}
        if controller:
            bench = {'jumpstarter_exporter_name': 'bench', 'jumpstarter_client_config': controller.client()}
        given = {'hatci_poll_interval_seconds': 1} | bench | server.variables | variables
        return lab.playbook(PLAYBOOK, '-e', vehicle, *args, variables=given)
    return run


# A key that the record has used already: only the server can notice, at step 6.
FAILS_AT_STEP_6 = {'hatci_test_idempotency_key': 'used-twice', 'hatci_deployment_idempotency_key': 'used-twice'}


@pytest.mark.one_core
def test_the_polling_interval_need_not_be_given(lab, vehicle, sums):
    lab.playbook(PLAYBOOK, '-e', vehicle, '--check', variables={'ota_lease': False} | sums.variables).ok()


def ids(run):
    """What the playbook says that the next run can go on with."""
    return run['Show IDs for resuming']['msg']


def test_a_vehicle_is_updated_on_a_leased_bench_and_the_test_passes(run_ota, sums, controller):
    run = run_ota(sums, controller=controller).ok()
    state = sums.state()
    assert [(event['update_type'], event['fixed']) for event in state['events']] == [('RROM', True), ('UROM', True)]
    assert [deployment['state'] for deployment in state['deployments']] == ['COMPLETE']
    test_event, = state['test_events']
    assert test_event['status'] == 'PASS'
    source, target = (event['event_id'] for event in state['events'])
    deployment, = state['deployments']
    assert test_event['summary'] == (f'Updated {VIN} from 2024.01.01 to 2024.02.01. Source event {source}, target event {target}, '
                                     f'deployment {deployment["deployment_id"]}.')
    assert (test_event['event_id'], deployment['event_id']) == (target, target)
    assert run.failed == []
    lease, = controller.leases.values()
    assert lease['exporter'] == 'bench'
    assert controller.active == []


def test_each_change_of_state_is_shown_as_it_happens(run_ota, start_sums_sim):
    run = run_ota(start_sums_sim(step='4s')).ok()
    assert 'PENDING -> IN_PROGRESS' in run.stdout
    assert 'IN_PROGRESS -> COMPLETE' in run.stdout


def test_a_second_run_with_the_ids_of_the_first_changes_nothing(run_ota, sums):
    first = run_ota(sums).ok()
    writes = sums.writes()
    second = run_ota(sums, **ids(first)).ok()
    assert second.changed == []
    assert sums.writes() == writes
    assert ids(second) == ids(first)


@pytest.mark.one_core
def test_a_second_run_against_another_server_makes_nothing_new(run_ota, other_sums):
    first = run_ota(other_sums).ok()
    run_ota(other_sums, **ids(first)).ok()
    posts = [path for method, path in other_sums.requests() if method == 'POST' and not path.endswith('/fix')]
    assert sorted(posts) == ['/api/v1/deployments', '/api/v1/events', '/api/v1/events', '/api/v1/test_events']


def test_check_mode_writes_nothing_and_predicts_the_changes(run_ota, sums, controller):
    predicted = run_ota(sums, '--check', controller=controller).ok()
    assert sums.writes() == []
    assert controller.leases == {}
    assert run_ota(sums, controller=controller).ok().changed == predicted.changed


def test_a_failed_update_closes_the_test_with_the_servers_reason_and_releases_the_lease(run_ota, start_sums_sim, controller):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    run = run_ota(sums, controller=controller)
    assert run.rc == 2
    test_event, = sums.state()['test_events']
    assert test_event['status'] == 'FAIL'
    assert REASON in test_event['summary']
    assert run.tasks[-1]['status'] == 'failed' and REASON in run.tasks[-1]['result']['msg']
    assert len(controller.leases) == 1 and controller.active == []


@pytest.mark.one_core
def test_an_update_that_never_ends_closes_the_test_when_the_time_is_up(run_ota, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=stuck')
    assert run_ota(sums, hatci_poll_timeout_seconds=2).rc == 2
    test_event, = sums.state()['test_events']
    assert test_event['status'] == 'FAIL'
    assert 'IN_PROGRESS' in test_event['summary']


def outcome(run):
    return run['Note the outcome']['outcome']


def test_what_fails_before_the_deployment_is_no_verdict_on_the_vehicle(run_ota, sums, controller):
    run = run_ota(sums, controller=controller, **FAILS_AT_STEP_6)
    assert run.rc == 2
    test_event, = sums.state()['test_events']
    assert test_event['status'] == 'FAIL' and test_event['summary'].startswith('NOT TESTED: 6. Deploy the target event: ')
    assert outcome(run)['status'] == 'not_tested'
    assert len(controller.leases) == 1 and controller.active == []


@pytest.mark.one_core
def test_what_fails_before_the_record_leaves_none_and_releases_the_lease(run_ota, sums, controller):
    run = run_ota(sums, controller=controller, target_event_id='EVT-999999')
    assert run.rc == 2
    assert sums.state()['test_events'] == []
    assert outcome(run)['status'] == 'not_tested' and 'EVT-999999' in outcome(run)['summary']
    assert len(controller.leases) == 1 and controller.active == []


@pytest.mark.one_core
@pytest.mark.parametrize('wrong', [
    {'hatci_source_ecus': [{'ecu_name': 'Gateway'}]},
    {'hatci_target_ecus': []},
    {'hatci_poll_interval_seconds': 0},
    {'ota_verify_tasks': '/nonexistent/verify.yml'},
    {'ota_verify_tasks': __file__},
    {'ota_test_tasks': __file__},
], ids=lambda wrong: ' '.join(map(str, next(iter(wrong.items()))))[:40])
def test_a_variable_that_can_not_be_used_is_told_before_anything_is_written(run_ota, sums, wrong):
    run = run_ota(sums, **wrong)
    assert run.rc in (1, 2, 4), run
    assert sums.writes() == []


@pytest.mark.parametrize('blank', ['', pytest.param(' ', marks=pytest.mark.one_core)])
def test_empty_variables_count_as_not_given(run_ota, sums, blank):
    """As the blank fields of a survey arrive."""
    names = ['source_event_id', 'target_event_id', 'hatci_deployment_id', 'hatci_test_event_id', 'hatci_start_datetime',
             'hatci_end_datetime', 'ota_verify_tasks', 'ota_test_tasks', 'ota_hosts', 'hatci_environment', 'hatci_report_dir']
    run_ota(sums, **dict.fromkeys(names, blank)).ok()
    assert [test['status'] for test in sums.state()['test_events']] == ['PASS']


@pytest.mark.one_core
def test_a_test_that_has_passed_keeps_its_verdict_when_it_can_not_be_gone_on_with(run_ota, sums):
    first = run_ota(sums).ok()
    second = run_ota(sums, **ids(first) | {'hatci_deployment_id': 'DEP-999999'})
    assert second.rc == 2
    assert second['Note the outcome']['outcome']['summary'].endswith('This outcome is not recorded: test event TEV-000001 keeps PASS.')
    assert [test['status'] for test in sums.state()['test_events']] == ['PASS']


@pytest.mark.one_core
def test_each_test_of_a_job_is_a_test_of_its_own(lab, vehicle, other_sums):
    """Facts outlive a play: what the first test has made is no business of the second."""
    vins = [VIN, 11111111111111111]  # as a number, too
    tests = [{'import_playbook': PLAYBOOK, 'vars': {'hatci_vin': vin}} for vin in vins]
    given = {'hatci_poll_interval_seconds': 1, 'ota_lease': False} | other_sums.variables
    settings = lab.folder / 'settings.json'
    with open(vehicle[1:]) as file:
        settings.write_text(json.dumps({name: value for name, value in yaml.safe_load(file).items() if name != 'hatci_vin'}))
    lab.playbook(tests, '-e', f'@{settings}', variables=given).ok()
    posts = other_sums.bodies('POST')
    assert [body['vin'] for body in posts if 'ecus' in body] == [str(vin) for vin in vins for _ in range(2)]
    assert [body['summary'].split()[1] for body in other_sums.bodies('PATCH')] == [str(vin) for vin in vins]


def test_a_failure_is_not_the_next_tests(lab, vehicle, sums):
    """The first test of `one` fails, and the job goes on."""
    inventory = lab.folder / 'vehicles'
    inventory.write_text(f'one hatci_vin={VIN} hatci_test_idempotency_key=twice hatci_deployment_idempotency_key=twice\ntwo hatci_vin=5NPE24AF5FH000002\n')
    given = yaml.safe_load(Path(vehicle.removeprefix('@')).read_text()) | {
        'hatci_poll_interval_seconds': 1, 'ota_lease': False, 'ota_hosts': 'all'} | sums.variables
    del given['hatci_vin']  # as an extra variable it would be the same for both
    go_on = {'hosts': 'all', 'gather_facts': False, 'tasks': [{'name': 'go on', 'ansible.builtin.meta': 'clear_host_errors'}]}
    tests = [{'import_playbook': PLAYBOOK}, go_on, {'import_playbook': PLAYBOOK, 'vars': {'hatci_test_idempotency_key': '', 'hatci_deployment_idempotency_key': ''}}]
    run = lab.playbook(tests, '-i', inventory, variables=given)
    assert sorted(test['status'] for test in sums.state()['test_events']) == ['FAIL', 'PASS', 'PASS', 'PASS'], run


@pytest.mark.one_core
def test_a_bench_that_was_lost_during_the_update_fails_the_test(run_ota, start_sums_sim, controller):
    sums = start_sums_sim(step='3s')
    run = run_ota(sums, controller=controller, jumpstarter_lease_duration='4s')
    assert run.rc == 2
    test_event, = sums.state()['test_events']
    assert test_event['status'] == 'FAIL' and 'lease' in test_event['summary']


@pytest.mark.one_core
def test_a_bench_that_is_not_there_leaves_no_record(run_ota, sums, controller):
    run = run_ota(sums, controller=controller, jumpstarter_exporter_name='nowhere')
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested'
    assert sums.writes() == []


@pytest.mark.one_core
def test_a_busy_bench_leaves_no_record(run_ota, lab, sums, controller):
    options = {'exporter': 'bench', 'client_config': controller.client('other'), 'keepalive': False}
    lab.tasks([task('hold it', 'jumpstarter_lease', options)]).ok()
    run = run_ota(sums, controller=controller, jumpstarter_lease_wait_timeout=1)
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested'
    assert sums.writes() == []


@pytest.mark.one_core
def test_without_a_jumpstarter_client_there_is_no_record(run_ota, lab, sums):
    run = run_ota(sums, ota_lease=True, jumpstarter_client_config='/nonexistent/client.yaml')
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested'
    assert sums.writes() == []


@pytest.mark.one_core
def test_a_broken_run_goes_on_where_it_broke(run_ota, sums):
    broken = run_ota(sums, **FAILS_AT_STEP_6)
    assert broken.rc == 2
    run_ota(sums, **ids(broken)).ok()
    state = sums.state()
    assert (len(state['events']), len(state['deployments'])) == (2, 1)
    first, second = state['test_events']
    assert (first['status'], second['status']) == ('FAIL', 'PASS')
    assert second['metadata'] == {'previous_test_event_id': first['test_event_id']}
    assert f"previous test event {first['test_event_id']}" in second['summary']


@pytest.mark.one_core
def test_a_closed_record_that_is_given_keeps_its_verdict(run_ota, sums):
    broken = run_ota(sums, **FAILS_AT_STEP_6)
    closed = ids(broken)['hatci_previous_test_event_id']
    run_ota(sums, hatci_test_event_id=closed).ok()
    first, second = sums.state()['test_events']
    assert (first['status'], second['status']) == ('FAIL', 'PASS')
    assert second['metadata'] == {'previous_test_event_id': closed}


@pytest.mark.one_core
def test_an_open_record_that_is_given_is_closed(run_ota, sums):
    made = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    run_ota(sums, hatci_test_event_id=sums.post('/api/v1/test_events', made)['test_event_id']).ok()
    assert [test['status'] for test in sums.state()['test_events']] == ['PASS']


def test_the_last_failure_has_the_error_of_the_first(run_ota, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    first, *_, last = run_ota(sums).failed
    assert last['task'] == "Fail with the test's reason"
    assert last['result']['error'] == first['result']['error'] and last['result']['error']['kind'] == 'failed'


@pytest.mark.one_core
@pytest.mark.parametrize('fault', ['503:0.3', '429:0.3', 'reset:0.3'])
def test_a_bad_network_makes_nothing_twice(run_ota, start_sums_sim, fault):
    sums = start_sums_sim('--fault', fault, '--seed', '7')
    run_ota(sums, hatci_retries=10).ok()
    state = sums.state()
    assert (len(state['events']), len(state['deployments']), len(state['test_events'])) == (2, 1, 1)
    assert state['test_events'][0]['status'] == 'PASS'


PREFLIGHT = {
    'nobody there': ({'hatci_base_url': 'http://127.0.0.1:1'}, 'unavailable'),
    'no such host': ({'hatci_base_url': 'http://sums.invalid'}, 'unavailable'),
    'a wrong token': ({'hatci_token': 'wrong-token-0000'}, 'auth'),
    'no TLS there': ({'hatci_base_url': 'https://127.0.0.1:{port}'}, 'tls'),
    'not this API': ({'hatci_base_url': 'http://127.0.0.1:{port}/elsewhere'}, 'not_found'),
}


@pytest.mark.one_core
@pytest.mark.parametrize('case', PREFLIGHT)
def test_preflight_tells_what_is_wrong_before_anything_is_written(run_ota, sums, case):
    wrong, kind = PREFLIGHT[case]
    port = sums.url.rpartition(':')[2]
    run = run_ota(sums, **{name: text.format(port=port) for name, text in wrong.items()})
    assert [failed['result']['error']['kind'] for failed in run.failed] == [kind, kind], run
    assert sums.writes() == []


def test_steps_of_ones_own_replace_steps_4_to_8(run_ota, sums, tmp_path):
    steps = tmp_path / 'steps.yml'
    steps.write_text(json.dumps([
        {'name': 'Update twice', 'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_request_update'}},
        {'name': 'Deploy', 'hatci.automation.hatci_deploy_event': {'event_id': '{{ target_event_id }}'}, 'register': 'ota_deployment'},
        {'name': 'Look at ECU 2', 'ansible.builtin.fail': {'msg': 'ECU 2 is old.'}}]))
    run = run_ota(sums, ota_test_tasks=str(steps))
    assert run.rc == 2
    outcome = run['Note the outcome']['outcome']
    assert (outcome['status'], outcome['summary']) == ('FAIL', 'Look at ECU 2: ECU 2 is old.')
    assert outcome['deployment_id'] == sums.state()['deployments'][0]['deployment_id']
    assert sums.state()['test_events'] == [], 'these steps record nothing'
