"""What a test leaves on record is true, whatever the user has got wrong: what was not tested is neither PASS nor FAIL."""

import json
import signal
from pathlib import Path

import pytest
import yaml
from ansible_run import play, task
from jumpstarter_fixtures import lease, until
from reports import Module
from servers import EVENT, VIN
from test_first_afternoon import table
from test_ota_playbook import PLAYBOOK, REASON, ids, run_ota  # noqa: F401
from test_reported_faults import OTHERS, three_vehicles, verdicts  # noqa: F401


def outcome(run):
    return run['Note the outcome']['outcome']


def role(name, **variables):
    return {'ansible.builtin.include_role': {'name': f'hatci.automation.{name}'}, 'vars': variables}


def test_the_documented_command_needs_no_further_variable(lab, vehicle, start_sums_sim):
    sums = start_sums_sim(step='0s')
    lab.playbook(PLAYBOOK, '-e', vehicle, variables=sums.variables | {'ota_lease': False}).ok()
    assert sums.state()['test_events'][0]['status'] == 'PASS'


def test_an_extra_variable_is_no_verdict(run_ota, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    assert run_ota(sums, hatci_test_status='PASS', hatci_test_summary='well').rc == 2
    test_event, = sums.state()['test_events']
    assert test_event['status'] == 'FAIL' and REASON in test_event['summary']


@pytest.mark.parametrize('variable', [
    {'hatci_poll_timeout_seconds': '1h'}, {'hatci_poll_interval_seconds': '2.5'}, {'hatci_success_states': '{"a": 1}'},
    {'hatci_test_metadata': 'night run'}, {'hatci_artifact_urls': {'log': 'https://a'}}, {'hatci_artifact_urls': '[{"name": "log"}]'},
    {'hatci_artifact_urls': True}, {'hatci_end_datetime': '30.11.2026 09:00'},
    {'hatci_deployment_id': 'DEP-000001'}, {'source_event_id': 'EVT-1', 'target_event_id': 'EVT-1 '}])
def test_what_can_not_be_is_noticed_before_anything_is_written(run_ota, sums, variable):
    run = run_ota(sums, **variable)
    assert run.rc == 2 and outcome(run)['status'] == 'not_tested'
    assert sums.writes() == []


@pytest.mark.parametrize('playbook', [PLAYBOOK, 'hatci.automation.ota_fleet'])
def test_blanks_around_the_texts_of_a_survey_are_no_part_of_them(lab, vehicle, sums, playbook):
    given = sums.variables | {'ota_hosts': 'localhost', 'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'hatci_vin': f' {VIN.lower()} ',
                              'hatci_region': 'US ', 'hatci_source_build_level': ' 1.10', 'hatci_target_build_level': '2.00 '}
    lab.playbook(playbook, '-i', 'localhost,', '-e', vehicle, variables=given).ok()
    state = sums.state()
    assert {(event['region'], event['build_level'], event['vin']) for event in state['events']} == {('US', '1.10', VIN), ('US', '2.00', VIN)}
    record, = state['test_events']
    assert record['vin'] == VIN and record['summary'].startswith(f'Updated {VIN} from 1.10 to 2.00.')


def test_links_that_nobody_has_filled_in_are_no_verdict(run_ota, sums):
    run_ota(sums, hatci_artifact_urls=['{{ nope }}', 'https://a']).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and not record.get('artifact_urls')


@pytest.mark.parametrize('wrong', [{'hatci_token': 'expired'}, {'hatci_waves': '0'}, {'hatci_soak': '{{ nope }}'}])
def test_a_fleet_that_fails_at_its_start_leaves_no_verdict_of_an_earlier_run_in_the_report(lab, vehicle, sums, wrong):
    given = sums.variables | {'ota_hosts': 'localhost', 'ota_lease': False, 'hatci_poll_interval_seconds': 1,
                              'hatci_report_dir': str(lab.folder / 'report')}
    statuses = []
    for more in ({}, wrong):
        run = lab.playbook('hatci.automation.ota_fleet', '-i', 'localhost,', '-e', vehicle, variables=given | more)
        report = json.loads((lab.folder / 'report/report.json').read_text())
        statuses += [(run.rc, [one['status'] for one in report['vehicles']])]
    assert statuses == [(0, ['PASS']), (2, ['not_tested'])]


def test_links_that_the_verification_sets_wrongly_are_no_verdict(run_ota, lab, sums):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([{'ansible.builtin.set_fact': {'hatci_artifact_urls': {'log': 'https://a'}}}]))
    run = run_ota(sums, ota_verify_tasks=str(verify)).ok()
    record, = sums.state()['test_events']
    assert record['status'] == 'PASS' and not record.get('artifact_urls')
    assert 'is not a list of links' in str(run['Note the outcome']['warnings'])


def test_what_the_verification_registers_and_sets_changes_neither_record_nor_outcome(run_ota, lab, sums):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([
        *({'ansible.builtin.debug': {'msg': 'ok'}, 'register': f'ota_{name}'} for name in ('test', 'deployment', 'failed', 'status', 'tested')),
        {'ansible.builtin.set_fact': {'hatci_vin': OTHERS[0], 'hatci_target_build_level': '9', 'ota_success': 'yes it did', 'ota_updated': {}}}]))
    run = run_ota(sums, ota_verify_tasks=str(verify), hatci_report_dir=str(lab.folder / 'report')).ok()
    record, = sums.state()['test_events']
    assert (record['status'], record['summary'].split('.')[0]) == ('PASS', f'Updated {VIN} from 2024'), record
    assert (outcome(run)['vin'], outcome(run)['test_event_id']) == (VIN, record['test_event_id'])
    assert [one['vin'] for one in json.loads((lab.folder / 'report/report.json').read_text())['vehicles']] == [VIN]


@pytest.mark.parametrize('states', ['COMPLETE\nSUCCESS', '["COMPLETE", "SUCCESS"]'])
def test_states_come_as_a_survey_has_them(run_ota, sums, states):
    run_ota(sums, hatci_success_states=states, hatci_event_id='left over').ok()
    assert sums.state()['test_events'][0]['status'] == 'PASS'


def test_a_deployment_that_is_refused_is_no_test_and_not_this_vehicles(run_ota, sums):
    made = {key: event_id for key, event_id in ids(run_ota(sums).ok()).items() if key in ('source_event_id', 'target_event_id')}
    run = run_ota(sums, hatci_deployment_id=sums.make_deployment(), **made)
    assert (outcome(run)['status'], outcome(run).get('deployment_id')) == ('not_tested', None)
    assert sums.state()['test_events'][1]['summary'].startswith('NOT TESTED: ')


@pytest.mark.parametrize('variable', ['hatci_test_event_id', 'hatci_previous_test_event_id'])
def test_a_record_that_is_none_of_this_vehicles_is_refused_before_the_vehicle_is_touched(run_ota, sums, variable):
    theirs = {'vin': OTHERS[0], 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    foreign = sums.post('/api/v1/test_events', theirs)['test_event_id']
    for wrong, words in ('TEV-999999', 'there is no test event TEV-999999'), (foreign, f'is the record of vehicle {OTHERS[0]}'):
        run = run_ota(sums, **{variable: wrong})
        assert words in outcome(run)['summary'] and outcome(run)['status'] == 'not_tested'
        assert 'test_event_id' not in outcome(run)
    assert sums.state()['deployments'] == []


def test_two_hosts_that_are_the_same_vehicle_are_refused(three_vehicles, lab, sums):
    (lab.folder / 'host_vars').mkdir()
    (lab.folder / 'host_vars/car2').write_text(f'hatci_vin: " {VIN.lower()}"\n')  # over what the inventory's file has
    run = three_vehicles(sums)
    assert run.rc == 2 and 'for car1 and car2' in run.stdout
    assert [test['vin'] for test in sums.state()['test_events']] == OTHERS[1:]


@pytest.mark.parametrize('step', ['4. Request the update', '5. Record the test'])
def test_a_start_in_between_makes_nothing(run_ota, sums, step):
    run = run_ota(sums, '--start-at-task', step)
    assert run.rc != 0 and "can't be started with --start-at-task" in run.stdout + run.stderr
    assert not any(sums.state()[made] for made in ('events', 'deployments', 'test_events'))


def test_a_play_that_ansible_ends_for_a_vehicle_closes_its_test(three_vehicles, lab, sums):
    ends = lab.folder / 'ends.yml'
    ends.write_text(yaml.safe_dump([
        {'ansible.builtin.meta': 'end_host', 'when': 'inventory_hostname == "car2"'},
        {'name': 'Look at {{ inventory_hostname }}', 'ansible.builtin.fail': {'msg': 'old'}, 'when': 'inventory_hostname == "car3"'}]))
    run = three_vehicles(sums, ota_verify_tasks=str(ends))
    found = verdicts(sums)
    assert run.rc == 2 and [found[vin][0] for vin in (VIN, *OTHERS)] == ['PASS', 'FAIL', 'FAIL'], found
    assert found[OTHERS[0]][1].startswith('Ansible ended the play for this vehicle before there was a verdict')
    # Ansible fills in a task's name for the first host only.
    assert found[OTHERS[1]][1].startswith('Look at car3: old. Source event ')


def test_what_was_refused_is_none_of_the_vehicles_ids(run_ota, sums):
    foreign = sums.make_event()
    run = run_ota(sums, source_event_id=foreign)
    assert run.rc == 2 and foreign in outcome(run)['summary'] and 'source_event_id' not in outcome(run)


def test_what_the_verification_would_register_is_not_there_before_it_runs(run_ota, sums, lab):
    verify = lab.folder / 'verify.yml'
    names = ('hatci_final_state', 'hatci_environment_package', 'target_event_id', 'hatci_deployment_id')
    verify.write_text(json.dumps([{'ansible.builtin.debug': {'msg': 'ok'}, 'register': name} for name in names]))
    refused = run_ota(sums, ota_verify_tasks=str(verify), hatci_deployment_id=sums.make_deployment(), source_event_id=sums.make_event(),
                      target_event_id=sums.make_event())
    assert refused.rc == 2 and outcome(refused)['status'] == 'not_tested', outcome(refused)
    assert outcome(run_ota(sums, ota_verify_tasks=str(verify)).ok())['status'] == 'PASS'


def test_a_token_in_the_message_of_a_users_own_task_is_not_recorded(run_ota, sums, lab):
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([{'ansible.builtin.fail': {'msg': 'curl -H "Authorization: Bearer {{ hatci_token }}" failed'}}]))
    run = run_ota(sums, ota_verify_tasks=str(verify), hatci_report_dir=str(lab.folder / 'report'))
    record, = sums.state()['test_events']
    kept = [record['summary'], *(path.read_text() for path in (lab.folder / 'report').iterdir()), *table(run)]
    assert 'Authorization: Bearer ****' in record['summary'] and not any(sums.variables['hatci_token'] in text for text in kept)


@pytest.mark.parametrize('jobs', [[['car1', 'car2']], [['car1'], ['car2']]], ids=['hosts of a play', 'tests of a job'])
def test_the_ids_of_one_vehicle_are_not_those_of_another(lab, other_sums, vehicle, jobs):
    inventory = lab.folder / 'hosts.yml'
    cars = {name: {'hatci_vin': one, 'ansible_connection': 'local'} for name, one in (('car1', VIN), ('car2', OTHERS[0]))}
    inventory.write_text(yaml.safe_dump({'all': {'hosts': cars}}))
    given = {key: value for key, value in yaml.safe_load(Path(vehicle.removeprefix('@')).read_text()).items() if key != 'hatci_vin'}
    variables = given | other_sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1}
    first = outcome(lab.playbook(PLAYBOOK, '-i', inventory, variables=variables | {'ota_hosts': 'car1'}).ok())
    ids = {'source_event_id': first['source_event_id'], 'target_event_id': first['target_event_id'], 'hatci_deployment_id': first['deployment_id']}
    both = lab.folder / 'both.yml'
    both.write_text(json.dumps([{'import_playbook': PLAYBOOK, 'vars': {'ota_hosts': ','.join(hosts)}} for hosts in jobs]))
    run = lab.playbook(str(both), '-i', inventory, variables=variables | ids)
    assert run.rc == 2 and 'The same id is given for several vehicles: ' in run.stdout
    assert OTHERS[0] not in str(other_sums.bodies('POST'))


def test_a_blank_name_of_a_lease_is_none(run_ota, sums):
    run_ota(sums, current_lease_name=' ', ansible_job_id=' ', awx_job_id=' ').ok()


def test_a_bench_is_given_up_only_by_a_clear_no(run_ota, sums):
    for unclear in None, 'true ', 'Ja':
        run = run_ota(sums, ota_lease=unclear)
        assert run.rc == 2 and outcome(run)['status'] == 'not_tested' and sums.writes() == []


def test_a_file_of_tasks_that_is_not_there_is_named(run_ota, sums, lab):
    for variable in 'ota_verify_tasks', 'ota_test_tasks':
        run = run_ota(sums, **{variable: 'nowhere.yml'})
        assert f'{variable} is nowhere.yml, but there is no such file' in outcome(run)['summary']
        assert 'TASK [2./3. ' not in run.stdout and sums.writes() == []


@pytest.mark.parametrize('content, fault', [
    ('', 'there is no task in it'), ('---\n# - hatci.automation.hatci_info: {}\n', 'there is no task in it'), ('[]', 'there is no task in it'),
    ('[{block: [{debug: {}, register: ota_single_on_record}]}]', 'a task in it registers ota_single_on_record')])
def test_a_file_that_can_verify_nothing_or_falsifies_the_verdict_is_refused(run_ota, sums, lab, content, fault):
    verify = lab.folder / 'verify.yml'
    verify.write_text(content)
    run = run_ota(sums, ota_verify_tasks=str(verify))
    assert outcome(run)['status'] == 'not_tested' and f'ota_verify_tasks is {verify}, but {fault}' in outcome(run)['summary']
    assert sums.writes() == []


def test_nothing_of_an_earlier_vehicle_is_in_the_results_of_the_next(lab, vehicle, sums):
    """Ansible merges what a host had before with what it has now."""
    lab.env['ANSIBLE_SHOW_CUSTOM_STATS'] = 'true'
    known = yaml.safe_load(Path(vehicle.removeprefix('@')).read_text())
    twice = lab.folder / 'twice.yml'
    twice.write_text(json.dumps([
        {'import_playbook': PLAYBOOK, 'vars': {
            'hatci_vin': VIN, 'hatci_region': known['hatci_region'], 'hatci_target_build_level': known['hatci_target_build_level']}},
        {'import_playbook': PLAYBOOK, 'vars': {'hatci_vin': OTHERS[0], 'hatci_region': ''}}]))
    given = {key: value for key, value in known.items() if key not in ('hatci_vin', 'hatci_region', 'hatci_target_build_level')}
    verification = lab.folder / 'verification.yml'
    verification.write_text(json.dumps([
        {'ansible.builtin.set_fact': {'hatci_artifact_urls': ['https://logs/{{ hatci_vin }}'], 'hatci_target_build_level': 'another'}},
        role('hatci_request_update', hatci_vin=OTHERS[1])]))
    variables = given | sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'ota_verify_tasks': str(verification)}
    run = lab.playbook(str(twice), variables=variables)
    first, = (test for test in sums.state()['test_events'] if test['status'] == 'PASS')
    assert f' to {known["hatci_target_build_level"]}. ' in first['summary']
    assert 'Source event EVT-000001, target event EVT-000002,' in first['summary'] and first['artifact_urls'] == [f'https://logs/{VIN}']
    assert sum('https://logs/' in line for line in table(run)) == 1
    shown = run.stdout.partition('CUSTOM STATS')[2]
    assert '"status": "not_tested"' in shown and f'"vin": "{OTHERS[0]}"' in shown
    assert '"hatci_results_by_vin"' in shown and '"status": "PASS"' in shown
    results = shown.split('"hatci_results_by_vin"')[0]
    assert 'DEP-000001' not in results and 'TEV-000001' not in results


def test_a_job_that_is_killed_before_the_deployment_has_tested_nothing_and_no_earlier_report_says_otherwise(lab, vehicle, sums, collections):
    reports = Module(collections, lab.folder)('reports', run='another', results={'localhost': {'status': 'PASS', 'vin': VIN}})
    assert '**PASS**' in (reports / 'report.md').read_text()
    holds = lab.folder / 'holds'
    steps = lab.folder / 'steps.yml'
    steps.write_text(json.dumps([
        {'hatci.automation.hatci_test_event': {
            'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's', 'close_with_job': True,
            'tested_by_deployment': True}},
        {'name': 'hold', 'ansible.builtin.shell': f'touch {holds}; sleep 600'}]))
    process = lab.start_playbook(PLAYBOOK, '-e', vehicle, variables=sums.variables | {
        'ota_lease': False, 'ota_test_tasks': str(steps), 'hatci_report_dir': str(reports)})
    until(holds.exists, 'the task')
    process.send_signal(signal.SIGINT)
    run = lab.finish(process)
    assert 'NO VERDICT' in '\n'.join(table(run))
    until(lambda: sums.state()['test_events'][0].get('status') == 'FAIL', 'the end')
    assert sums.state()['test_events'][0]['summary'].startswith('NOT TESTED: ansible-playbook was interrupted; last')
    assert (reports / 'report.md').read_text().startswith('**NO VERDICT** OTA test: 1 vehicle, 1 without a verdict')
    assert 'errors="1"' in (reports / 'junit.xml').read_text() and '**PASS**' not in (reports / 'report.html').read_text()


def test_what_an_earlier_test_of_the_job_has_seen_is_not_the_next_ones(ansible, sums, vehicle):
    """Two vehicles one after the other on one host, with roles alone; the second is not deployed."""
    one = [
        task('record', 'hatci_test_event', {'vin': '{{ car.vin }}', 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'g', 'suite_name': 's'}, register='test'),
        {'block': [
            role('hatci_request_update', hatci_vin='{{ car.vin }}', hatci_region_spec='{{ car.spec }}'),
            task('deploy', 'hatci_deploy_event', {'event_id': '{{ target_event_id }}'}, register='deployed', when='car.deploys'),
            role('hatci_wait_for_update', hatci_deployment_id="{{ deployed.deployment_id | default('') }}")],
         'rescue': [{'debug': {}}],
         'always': [role('hatci_report_results', hatci_vin='{{ car.vin }}', hatci_test_event_id='{{ test.test_event_id }}', hatci_report_dir='report',
                         hatci_test_status="{{ 'PASS' if hatci_final_state == 'COMPLETE' else 'FAIL' }}", hatci_test_summary='{{ hatci_final_state }}')]}]
    (ansible.folder / 'one.yml').write_text(json.dumps(one))
    cars = [{'vin': VIN, 'spec': 'north', 'deploys': True}, {'vin': OTHERS[0], 'spec': 'north', 'deploys': False},
            {'vin': VIN, 'spec': 'south', 'deploys': False}]
    tests = {'include_tasks': str(ansible.folder / 'one.yml'), 'loop': cars, 'loop_control': {'loop_var': 'car'}}
    given = yaml.safe_load(Path(vehicle.removeprefix('@')).read_text())
    del given['hatci_vin']
    run = ansible.tasks([tests], sums, variables=given | sums.variables | {'hatci_poll_interval_seconds': 1}).ok()
    state = sums.state()
    assert [(test['vin'], test['status']) for test in state['test_events']] == [(VIN, 'PASS'), (OTHERS[0], 'FAIL'), (VIN, 'FAIL')]
    assert [event['region_spec'] for event in state['events']] == ['north'] * 4 + ['south'] * 2
    rows = json.loads((ansible.folder / 'report/report.json').read_text())['vehicles']
    assert [row['vin'] for row in rows if 'COMPLETE' in str(row.get('states'))] == [VIN]
    rows = [line.split()[1:4] for line in table(run) if 'localhost' in line]
    assert rows == [[VIN, 'PASS', 'COMPLETE'], [OTHERS[0], 'FAIL', 'UNKNOWN'], [VIN, 'FAIL', 'UNKNOWN']]


def test_the_table_has_one_row_for_each_test_with_the_verdict_of_the_server_whoever_has_recorded_it(ansible, sums):
    """One host closes the tests of both, and then a fleet's module closes them otherwise. A FAIL that is on record stays."""
    hosts = {'alpha': VIN, 'beta': OTHERS[0]}
    foreign = sums.make_event(update_type='RROM')
    made = '{{ hostvars[item].made.test_event_id }}'
    events = [{'host': name, 'test_event_id': made.replace('item', f'"{name}"'), 'status': status, 'summary': 'By the fleet.'}
              for name, status in (('alpha', 'FAIL'), ('beta', 'PASS'))]
    tasks = [
        task('refused', 'hatci_create_event', EVENT | {'event_id': foreign}, run_once=True, ignore_errors=True),
        task('begin', 'hatci_test_event', {
            'vin': '{{ hatci_vin }}', 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'g', 'suite_name': 's'}, register='made'),
        task('close', 'hatci_test_event_update', {
            'test_event_id': made, 'status': "{{ 'PASS' if item == 'alpha' else 'FAIL' }}", 'summary': 'By alpha.'}, run_once=True, loop=list(hosts)),
        task('close again', 'hatci_fleet_close', {'test_events': events}, run_once=True)]
    inventory = ansible.folder / 'two'
    inventory.write_text(''.join(f'{name} ansible_connection=local hatci_vin={vin}\n' for name, vin in hosts.items()))
    run = ansible.playbook([play(tasks, sums, hosts='all')], '-i', inventory).ok()
    assert {test['vin']: test['status'] for test in sums.state()['test_events']} == {VIN: 'FAIL', OTHERS[0]: 'FAIL'}
    shown = table(run)
    rows = sorted(line.split()[:6] for line in shown if line.startswith(tuple(hosts)))
    assert rows == [['alpha', VIN, 'FAIL', 'By', 'the', 'fleet.'], ['beta', OTHERS[0], 'FAIL', 'By', 'alpha.']], shown
    assert foreign in run['refused']['msg'] and foreign not in ' '.join(shown)


def test_a_lease_that_was_held_before_is_held_afterwards(lab, controller, vehicle, sums):
    job = lab.folder / 'job.yml'
    job.write_text(json.dumps([
        play([role('jumpstarter_lease_guard')]),
        {'import_playbook': PLAYBOOK},
        play([lease('verify', {'state': 'verified', 'lease_name': '{{ current_lease_name }}', 'client_config': controller.client()})])]))
    bench = {'jumpstarter_exporter_name': 'bench', 'jumpstarter_client_config': controller.client()}
    variables = sums.variables | bench | {'hatci_poll_interval_seconds': 1}
    run = lab.playbook(str(job), '-e', vehicle, '--skip-tags', 'lease', variables=variables).ok()
    assert 'Give the lease back' not in run.stdout and run['verify']['lease_name']
