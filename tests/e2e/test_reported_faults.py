"""Faults that were reported of programs of the same kind, tried on this one. Each is a case of its kind."""

import json

import pytest
from ansible.release import __version__ as core_version
from ansible_run import play, task
from conftest import ROOT
from servers import EVENT, VIN
from test_ota_playbook import PLAYBOOK, run_ota  # noqa: F401

OTHERS = ['5NPE24AF5FH000002', '11111111111111111']
BECOME = {'ANSIBLE_BECOME_PLUGINS': str(ROOT / 'tests/bench/become_plugins')}
ECUS = [{'ecu_name': 'Gateway, front', 'part_number': 'GW-1', 'sw_version': '1.10'}]


@pytest.fixture
def three_vehicles(lab, vehicle):
    """Runs the playbook for three vehicles at once."""
    inventory = lab.folder / 'three'
    inventory.write_text(''.join(f'car{number} hatci_vin={vin}\n' for number, vin in enumerate([VIN, *OTHERS], 1)))

    def run(sums, env=None, plays=PLAYBOOK, **variables):
        given = {'hatci_poll_interval_seconds': 1, 'ota_lease': False, 'ota_hosts': 'all'} | sums.variables | variables
        common = lab.folder / 'common.yml'
        lines = open(vehicle[1:], encoding='utf-8').read().splitlines()
        common.write_text('\n'.join(line for line in lines if not line.startswith('hatci_vin')) + '\n')
        return lab.playbook(plays, '-i', inventory, '-e', f'@{common}', variables=given, env=env)
    return run


def verdicts(sums):
    return {test['vin']: (test['status'], test.get('summary')) for test in sums.state()['test_events']}


def test_a_vehicle_that_fails_is_no_verdict_on_the_others_with_any_errors_fatal(three_vehicles, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{OTHERS[0]}=fail:no power')
    three_vehicles(sums, env={'ANSIBLE_ANY_ERRORS_FATAL': 'True'})
    found = verdicts(sums)
    assert [found[vin][0] for vin in (VIN, *OTHERS)] == ['PASS', 'FAIL', 'PASS'], found
    assert 'no power' in found[OTHERS[0]][1]


def fails_on(host, **keywords):
    return {'name': 'own check', 'ansible.builtin.fail': {'msg': f'{host} is broken'},
            'when': f'inventory_hostname == "{host}"', **keywords}


@pytest.mark.skipif(core_version < '2.17', reason='earlier releases stop a healthy host without any rescue')
def test_a_vehicle_that_ansible_stops_names_no_step_and_no_earlier_cause(three_vehicles, lab, sums):
    """In the first test car1 fails by itself, in the second Ansible stops it because car2 fails."""
    first, second = lab.folder / 'first.yml', lab.folder / 'second.yml'
    first.write_text(json.dumps([fails_on('car1')]))
    second.write_text(json.dumps([fails_on('car2', any_errors_fatal=True)]))
    go_on = {'hosts': 'all', 'gather_facts': False, 'tasks': [{'ansible.builtin.meta': 'clear_host_errors'}]}
    three_vehicles(sums, plays=[
        {'import_playbook': PLAYBOOK, 'vars': {'ota_verify_tasks': str(first)}}, go_on,
        {'import_playbook': PLAYBOOK, 'vars': {'ota_verify_tasks': str(second)}}])
    summaries = [test['summary'] for test in sums.state()['test_events'] if test['vin'] == VIN]
    assert summaries[0].startswith('own check: car1 is broken. Source event ')
    assert summaries[1].startswith('Ansible stopped the test of this vehicle'), summaries
    assert any(test['summary'].startswith('own check: car2 is broken') for test in sums.state()['test_events'])


@pytest.mark.parametrize('outside', ['command line', pytest.param('inventory', marks=pytest.mark.one_core), 'extra variable'])
def test_become_from_outside_takes_neither_progress_nor_keepalive(run_ota, lab, start_sums_sim, controller, outside):
    sums = start_sums_sim(step='1s')
    args = ['--become', '--become-method', 'as_is']
    if outside == 'inventory':
        inventory = lab.folder / 'become'
        inventory.write_text('localhost ansible_connection=local ansible_become=true ansible_become_method=as_is\n')
        args = ['-i', str(inventory)]
    if outside == 'extra variable':
        args = ['-e', 'ansible_become=true', '-e', 'ansible_become_method=as_is']
    lab.env.update(BECOME)
    run = run_ota(sums, *args, controller=controller).ok()
    assert 'localhost | deployment DEP-000001 after ' in run.stdout
    lease, = controller.leases.values()
    assert 'limit' in lease['tags'], lease  # so it is kept alive


def test_a_task_that_loses_progress_says_so(ansible, sums):
    options = {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1}
    tasks = [task('become', 'hatci_update_status', options, become=True, become_method='as_is'),
             task('async', 'hatci_update_status', options, **{'async': 60, 'poll': 1}),
             task('in place', 'hatci_update_status', options)]
    run = ansible.tasks(tasks, sums, env=BECOME).ok()
    for way in ('become', 'async'):
        assert any(f'because of `{way}`' in text for text in run[way]['warnings']), run[way]
    assert 'warnings' not in run['in place']


def test_a_lease_that_is_not_kept_alive_says_so(lab, controller):
    options = {'selector': 'exporter=bench', 'client_config': controller.client()}
    run = lab.playbook([play([
        task('acquire', 'jumpstarter_lease', options, become=True, become_method='as_is', register='it'),
        task('release', 'jumpstarter_lease', options | {'state': 'released', 'lease_name': '{{ it.lease_name }}', 'selector': None}),
    ])], env=BECOME)
    assert any('not kept alive because of `become`' in text for text in run['acquire']['warnings']), run


def test_until_makes_one_thing_of_all_its_attempts(ansible, start_sums_sim):
    sums = start_sums_sim('--fault', 'reset-after:0.7', '--seed', '3')
    create = task('create', 'hatci_create_event', EVENT, loop=[1, 2], register='it', until='it is succeeded', retries=100, delay=0)
    run = ansible.tasks([create], sums).ok()
    keys = [one['idempotency_key'] for one in run['create']['results']]
    assert len(set(keys)) == 2
    assert all(one['changed'] for one in run['create']['results'])
    assert len(sums.state()['events']) == 2


@pytest.mark.one_core
@pytest.mark.parametrize('says, kind', [('honoured', None), ('ignored', 'unknown_outcome'), ('auto', 'unknown_outcome')])
def test_a_server_that_honours_keys_in_silence(ansible, start_sums_sim, says, kind):
    sums = start_sums_sim('--silent-idempotency', '--fault', 'reset-after:0.6', '--seed', '3')
    options = EVENT | {'idempotency_keys': says, 'retries': 50}
    run = ansible.tasks([task('create', 'hatci_create_event', options, ignore_errors=True)], sums)
    assert run['create'].get('error', {}).get('kind') == kind, run['create']
    assert len(sums.state()['events']) == 1


@pytest.mark.one_core
def test_the_server_tells_whether_it_honours_keys(ansible, start_sums_sim):
    for options, shown in ([], 'honoured'), (['--silent-idempotency'], 'not_shown'), (['--no-idempotency'], 'not_shown'):
        assert ansible.tasks([task('info', 'hatci_info')], start_sums_sim(*options)).ok()['info']['idempotency_keys'] == shown


def test_standard_output_is_the_callbacks_alone(ansible, start_sums_sim):
    sums = start_sums_sim(step='1s')
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1})
    run = ansible.tasks([wait], sums, env={'ANSIBLE_STDOUT_CALLBACK': 'whole_json'}).ok()
    assert json.loads(run.stdout)['ok'] == {'localhost': 1}
    assert 'deployment DEP-000001 after 0 s: ' in run.stderr


@pytest.mark.parametrize('callback', ['default', 'minimal', pytest.param('oneline', marks=pytest.mark.one_core)])
def test_progress_is_seen_beside_callbacks_that_print_lines(ansible, start_sums_sim, callback):
    sums = start_sums_sim(step='1s')
    wait = task('wait', 'hatci_update_status', {'deployment_id': sums.make_deployment(), 'wait': True, 'poll_interval': 1})
    assert 'deployment DEP-000001 after 0 s: ' in ansible.tasks([wait], sums, env={'ANSIBLE_STDOUT_CALLBACK': callback}).ok().stdout


PROBE = {'block': [{'name': 'probe', 'ansible.builtin.fail': {'msg': 'optional probe absent'}}], 'rescue': [{'ansible.builtin.debug': {'msg': 'ok'}}]}


@pytest.fixture
def verify(lab):
    """Writes these tasks of step 8, and returns the variable that names them."""
    def write(*tasks):
        (lab.folder / 'verify.yml').write_text(json.dumps(tasks))
        return {'ota_verify_tasks': str(lab.folder / 'verify.yml')}
    return write


def test_a_failure_that_was_rescued_is_no_reason(run_ota, verify, three_vehicles, start_sums_sim, sums):
    assert run_ota(sums, **verify(PROBE, {'ansible.builtin.include_tasks': 'nowhere.yml'})).rc == 2
    status, summary = verdicts(sums)[VIN]
    assert status == 'FAIL' and 'none of its tasks had failed' in summary and 'probe' not in summary
    run_ota(sums, **verify(PROBE)).ok()
    # One that comes after it is the reason.
    assert run_ota(sums, **verify(PROBE, {'name': 'look', 'ansible.builtin.fail': {'msg': 'dark'}})).rc == 2
    assert [test['summary'].split('.')[0] for test in sums.state()['test_events'][2:]] == ['look: dark']
    # Before 2.17 `rescue` did not run for those.
    several = start_sums_sim()
    stop = {'name': 'look', 'ansible.builtin.fail': {'msg': 'dark'}, 'when': "inventory_hostname == 'car2'", 'any_errors_fatal': True}
    three_vehicles(several, **verify(PROBE, stop))
    assert verdicts(several)[OTHERS[0]][1].startswith('look: dark')
    assert not any('probe' in summary for _, summary in verdicts(several).values())


@pytest.mark.parametrize('stop', [{'run_once': True}, {'any_errors_fatal': True, 'when': "inventory_hostname == 'car1'"}])
@pytest.mark.parametrize('step', ['update', pytest.param('record', marks=pytest.mark.one_core)])
def test_a_vehicle_that_has_failed_keeps_its_reason_whatever_fails_for_all_afterwards(three_vehicles, verify, start_sums_sim, lab, step, stop):
    sums = start_sums_sim('--scenario', f'{OTHERS[1]}=fail:no flash')
    given = verify({'name': 'rig', 'ansible.builtin.fail': {'msg': 'shared rig off'}, **stop})
    gone = {'hatci_test_event_id': "{{ 'TEV-999999' if inventory_hostname == 'car3' else '' }}"} if step == 'record' else {}
    three_vehicles(sums, hatci_report_dir=str(lab.folder / 'report'), **given, **gone)
    report = json.loads((lab.folder / 'report/report.json').read_text())
    found = {one['host']: (one['status'], one['summary']) for one in report['vehicles']}
    assert found['car1'][0] == 'FAIL' and 'shared rig off' in found['car1'][1], found
    status, reason = ('FAIL', 'no flash') if step == 'update' else ('not_tested', 'TEV-999999')
    assert found['car3'][0] == status and reason in found['car3'][1], found


@pytest.mark.parametrize('how', ['item == 2', 'item == 2 or true'])
def test_what_no_log_hides_of_one_item_is_in_no_record_and_no_report(run_ota, verify, lab, sums, how):
    hidden = {'name': 'login', 'ansible.builtin.assert': {'that': 'item == 1', 'fail_msg': 'password hunter22-secret refused'},
              'loop': [1, 2], 'no_log': '{{ %s }}' % how}
    assert run_ota(sums, hatci_report_dir=str(lab.folder / 'report'), **verify(hidden)).rc == 2
    status, summary = verdicts(sums)[VIN]
    assert status == 'FAIL' and summary.startswith('login: its output is hidden by no_log')
    assert not any('hunter22' in path.read_text() for path in (lab.folder / 'report').iterdir())


@pytest.mark.parametrize('action', ['end_host', 'end_play'])
def test_a_test_that_meta_ends_fails_the_job_also_without_an_inventory(run_ota, verify, sums, action):
    run = run_ota(sums, **verify({'ansible.builtin.meta': action}))
    assert run.rc == 2, run
    status, summary = verdicts(sums)[VIN]
    assert status == 'FAIL' and 'Ansible ended the play' in summary


@pytest.mark.parametrize('name, value, undefined', [
    ('ota_verify_tasks', '{{ playbook_dirr }}/verify.yml', 'playbook_dirr'),
    pytest.param('hatci_start_datetime', '{{ window_strat }}', 'window_strat', marks=pytest.mark.one_core),
    ('hatci_test_metadata', {'rig': ['{{ rig_nmae }}']}, 'rig_nmae')])
def test_a_variable_that_refers_to_an_undefined_one_is_named_before_anything_is_made(run_ota, sums, name, value, undefined):
    run = run_ota(sums, **{name: value})
    assert run.rc == 2 and sums.writes() == []
    assert f'{name} refers to {undefined}, which is not defined.' in run['Note the outcome']['outcome']['summary']


def test_a_fleet_without_the_approval_that_a_misspelt_variable_asks_for_is_not_begun(ansible, vehicle, sums):
    given = sums.variables | {'ota_hosts': 'localhost', 'ota_lease': False, 'hatci_approval': '{{ nope }}'}
    run = ansible.playbook('hatci.automation.ota_fleet', '-i', 'localhost,', '-e', vehicle, variables=given)
    assert run.rc == 2 and sums.writes() == []
    assert 'hatci_approval refers to nope, which is not defined.' in run.failed[-1]['result']['msg']


def test_a_vaulted_token_is_a_token(lab, vehicle, sums):
    (lab.folder / 'password').write_text('open sesame')
    lab.env['ANSIBLE_VAULT_PASSWORD_FILE'] = str(lab.folder / 'password')
    (lab.folder / 'vault.yml').write_text(lab.run('ansible-vault', 'encrypt_string', '--name', 'hatci_token', sums.TOKEN).ok().stdout)
    given = {'hatci_base_url': sums.url, 'ota_lease': False, 'hatci_poll_interval_seconds': 1}
    run = lab.playbook(PLAYBOOK, '-e', vehicle, '-e', f'@{lab.folder}/vault.yml', '-vvvv', variables=given).ok()
    assert verdicts(sums)[VIN][0] == 'PASS' and sums.TOKEN not in run.stdout + run.stderr


def test_a_stray_byte_in_a_reason_closes_the_test(run_ota, lab, sums):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([
        {'name': 'say', 'ansible.builtin.shell': "printf 'bad \\377 byte'", 'register': 'said'},
        {'name': 'fail', 'ansible.builtin.fail': {'msg': '{{ said.stdout }}'}}]))
    assert run_ota(sums, ota_verify_tasks=str(verify)).rc == 2
    status, summary = verdicts(sums)[VIN]
    # Newer ones refuse the output of the command themselves.
    refused = 'surrogates not allowed', 'returned non UTF-8 data'
    assert status == 'FAIL' and (summary.startswith('fail: bad \ufffd byte.') or any(words in summary for words in refused))


def test_a_python_without_memfd_runs_the_modules(ansible, sums, tmp_path):
    (tmp_path / 'sitecustomize.py').write_text('import os\nif hasattr(os, "memfd_create"): del os.memfd_create\n')
    ansible.tasks([task('info', 'hatci_info')], sums, env={'PYTHONPATH': str(tmp_path)}).ok()


@pytest.mark.one_core
def test_what_is_not_seen_yet_is_waited_for(run_ota, start_sums_sim):
    sums = start_sums_sim('--unseen-for', '2s')
    run_ota(sums).ok()
    assert verdicts(sums)[VIN][0] == 'PASS'


@pytest.mark.one_core
@pytest.mark.parametrize('write', [json.dumps, str], ids=['JSON', 'Python'])
def test_a_survey_gives_ecus_as_text(run_ota, sums, write):
    run_ota(sums, hatci_source_ecus=write(ECUS), hatci_target_ecus=write(ECUS)).ok()
    assert [event['ecus'] for event in sums.state()['events']] == [ECUS, ECUS]


def test_text_that_holds_no_ecus_says_what_to_write(run_ota, sums):
    run = run_ota(sums, hatci_target_ecus='Gateway 2.0.0')
    assert run.rc == 2 and sums.writes() == []
    assert 'hatci_target_ecus must be a list of at least one ECU' in str(run.failed), run


def test_urls_as_json_text_are_recorded_one_by_one(ansible, sums):
    made = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    urls = ['https://a.example/1,2', 'https://b.example']
    ansible.tasks([
        task('begin', 'hatci_test_event', made, register='it'),
        task('end', 'hatci_test_event_update', {'test_event_id': '{{ it.test_event_id }}', 'status': 'PASS', 'summary': 'ok',
                                                'artifact_urls': json.dumps(urls)}),
    ], sums).ok()
    assert sums.state()['test_events'][0]['artifact_urls'] == urls


def test_links_that_are_almost_json_are_named_before_there_is_a_record(run_ota, sums):
    run = run_ota(sums, hatci_artifact_urls='["https://a.example", "https://b')
    assert run.rc == 2 and sums.writes() == []
    assert 'hatci_artifact_urls begins like JSON, but cannot be read.' in run.stdout, run


def test_a_verdict_is_recorded_without_links_that_can_not_be_read(ansible, sums):
    made = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    run = ansible.tasks([
        task('begin', 'hatci_test_event', made, register='it'),
        task('end', 'hatci_test_event_update', {'test_event_id': '{{ it.test_event_id }}', 'status': 'PASS', 'summary': 'ok',
                                                'artifact_urls': '["https://a.example", "https://b'}),
    ], sums).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and not record.get('artifact_urls')
    assert 'artifact_urls' in str(run['end']['warnings']) and 'It was left out.' in str(run['end']['warnings'])


@pytest.mark.parametrize('playbook, variable', [
    ('ota_fleet', 'hatci_waves'), ('ota_fleet', 'hatci_test_metadata'), *(pytest.param(*names, marks=pytest.mark.one_core) for names in (
        ('ota_fleet', 'hatci_source_ecus'), ('ota_fleet', 'hatci_success_states'),
        ('merge_reports', 'hatci_report_files'), ('release_stale_leases', 'jumpstarter_ended_jobs')))])
def test_a_variable_that_is_almost_json_is_named(ansible, vehicle, sums, tmp_path, playbook, variable):
    given = {'hatci_report_dir': str(tmp_path / 'report'), 'ota_hosts': 'localhost', 'ota_lease': False, variable: '["a", "b'}
    env = {'HATCI_BASE_URL': sums.url, 'HATCI_TOKEN': sums.TOKEN}
    run = ansible.playbook(f'hatci.automation.{playbook}', '-i', 'localhost,', '-e', vehicle, variables=given, env=env)
    assert run.rc == 2 and sums.writes() == []
    said = str([one['result']['msg'] for one in run.failed])
    assert variable in said and 'begins like JSON, but cannot be read. Check its quotes, commas and brackets.' in said, run


@pytest.mark.one_core
def test_blanks_alone_count_as_not_given(run_ota, sums):
    blank = dict.fromkeys(['hatci_suite_name', 'hatci_timeout', 'hatci_verify_tls', 'hatci_guard_wait', 'hatci_vehicle_id', 'hatci_test_metadata',
                           'hatci_artifact_urls', 'hatci_success_states', 'hatci_start_datetime'], ' ')
    run_ota(sums, **blank).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and record['suite_name'] == 'ota_single_vehicle' and 'vehicle_id' not in record


@pytest.mark.one_core
def test_vehicles_that_can_not_be_read_are_warned_of(ansible, answering):
    web_page = b'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\n<html>'
    server = answering([web_page])
    run = ansible.tasks([task('info', 'hatci_info', ignore_errors=True)], server)
    assert any('vehicles' in text for text in run['info'].get('warnings', [])), run['info']


@pytest.mark.one_core
def test_no_vehicle_closes_the_record_of_another(run_ota, three_vehicles, start_sums_sim):
    sums = start_sums_sim()
    made = {'vin': OTHERS[0], 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    record = sums.post('/api/v1/test_events', made)['test_event_id']
    refused = run_ota(sums, hatci_test_event_id=record)
    assert f'is the record of vehicle {OTHERS[0]}' in refused.failed[0]['result']['msg'], refused
    # Of three, it may be meant for any.
    run = three_vehicles(sums, hatci_test_event_id=record)
    told = [task['result']['msg'] for task in run.failed if task['task'] == 'Check that the variables can be used']
    assert len(told) == 3 and all('The same id is given for several vehicles' in msg for msg in told), run
    test_event, = sums.state()['test_events']
    assert 'status' not in test_event


@pytest.mark.one_core
def test_a_verdict_on_another_vehicles_record_is_refused(ansible, sums):
    made = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    run = ansible.tasks([
        task('begin', 'hatci_test_event', made, register='it'),
        task('end', 'hatci_test_event_update', {'test_event_id': '{{ it.test_event_id }}', 'vin': OTHERS[0], 'status': 'FAIL', 'summary': 'x'}),
    ], sums)
    assert run['end']['error']['kind'] == 'conflict' and run['end']['changed'] is False
    assert sums.state()['test_events'][0].get('status') is None
