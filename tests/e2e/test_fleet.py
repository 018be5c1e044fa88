"""Many vehicles: in waves, each with one record, whatever happens to the job."""

import json
import re
import shutil
import signal
import time
from collections import Counter

import pytest
import yaml
from ansible_run import Ansible
from conftest import ROOT
from fleet_fixtures import (  # noqa: F401
    PLAYBOOK, REASON, ecus, failing, host, inventory, reported, run, shown, start, stock, verdicts, vin)
from jumpstarter_fixtures import until
from reports import Module
from servers import SumsSim
from test_first_afternoon import table


def test_a_fleet_is_updated_in_waves_with_one_record_for_each_vehicle(run, sums, tmp_path):
    ended = run(sums, 12, hatci_waves=[1, '25%', '100%'], hatci_report_dir=str(tmp_path / 'report'), hatci_resume_file='resume.yml',
                hatci_concurrency=None, hatci_not_found_grace=None, hatci_poll_timeout_seconds=' ').ok()
    assert stock(sums) == (12, 24, 12)
    assert set(verdicts(sums).values()) == {'PASS'}
    summary = next(test['summary'] for test in sums.state()['test_events'] if test['vin'] == vin(3))
    assert summary.startswith(f'Updated {vin(3)} from 2026.01 to 2026.02. Source event EVT-')
    begun = [task['result']['counts']['total'] for task in ended.tasks
             if task['task'].endswith('Begin the updates') and task['status'] != 'skipped']
    assert begun == [1, 3, 8]
    assert 'wave 3/3: 8 of 8 finished' in ended.stdout
    assert f'{host(7)}   {vin(7)}  PASS' in ended.stdout and ended.failed == []
    report = json.loads((tmp_path / 'report/report.json').read_text())
    assert Counter(vehicle['status'] for vehicle in report['vehicles']) == {'PASS': 12}
    assert report['vehicles'][0]['ecus'] == [{'ecu_name': 'Gateway', 'from': '1.0', 'to': '2.0'}]
    resume = tmp_path / 'resume.yml'
    assert resume.stat().st_mode & 0o777 == 0o600
    assert {vehicle['stage'] for vehicle in yaml.safe_load(resume.read_text())['hatci_resume']['vehicles']} == {'closed'}


def test_a_server_whose_health_is_a_mere_text_takes_a_fleet_and_each_vehicle_has_one_row(run, other_sums, sums):
    ended = run(other_sums, 2, env={'HATCI_BASE_URL': sums.url}).ok()
    assert [shown(ended).count(vin(number) + ' PASS') for number in (1, 2)] == [1, 1]


def test_the_same_campaign_again_changes_nothing(run, sums):
    run(sums, 3).ok()
    writes = sums.writes()
    again = run(sums, 3).ok()
    assert again.changed == [] and sums.writes() == writes


def test_a_failure_stops_what_has_not_begun_and_the_file_goes_on_with_the_rest(run, start_sums_sim, ansible):
    sums = start_sums_sim(*failing(1))
    report = {'hatci_report_dir': str(ansible.folder / 'report'), 'hatci_report_run': 'winter'}
    stopped = run(sums, 6, hatci_waves=[1, '100%'], **report)
    assert stopped.rc == 2 and verdicts(sums) == {vin(1): 'FAIL'}
    assert '1 of 1 vehicles failed, more than 0, so no further vehicle was started.' in stopped.failed[-1]['result']['msg']
    assert 'uid=' not in stopped.stdout
    test, = sums.state()['test_events']
    assert REASON in test['summary']
    resume = ansible.folder / 'resume.yml'
    went_on = run(sums, 6, '-e', f'@{resume}', hatci_max_failures=1, **report)
    assert Counter(verdicts(sums).values()) == {'FAIL': 1, 'PASS': 5} and stock(sums) == (6, 12, 6)
    # Each has the row of the test that it has had meanwhile.
    assert reported(ansible.folder / 'report') == {host(number): 'FAIL' if number == 1 else 'PASS' for number in range(1, 7)}
    # The reason is still what the server said, and no template of it was evaluated on the way.
    outcome = went_on['See what came of each vehicle']['outcomes'][host(1)]
    assert REASON in outcome['summary'] and outcome['status'] == 'FAIL'


def test_slices_at_once_and_jobs_one_after_another_add_to_the_report_of_their_run(start, run, sums, ansible):
    folder = ansible.folder / 'report'

    def on_one(number, run='winter'):
        return (sums, 6, '--limit', host(number)), {
            'hatci_report_dir': str(folder), 'hatci_report_run': run, 'hatci_resume_file': str(ansible.folder / f'{number}.yml')}

    slices = [start(*args, **variables) for args, variables in map(on_one, range(1, 5))]
    assert [ansible.finish(job).ok().rc for job in slices] == [0] * 4
    for last, run_id, expected in (5, 'winter', [1, 2, 3, 4, 5]), (6, 'spring', [6]):
        args, variables = on_one(last, run_id)
        run(*args, **variables).ok()
        assert reported(folder) == {host(number): 'PASS' for number in expected}


@pytest.mark.parametrize('most, min_finished, fails, begun', [
    ('0', 0, [2], 5), ('0', 5, [1], 5), ('1', 0, [1], 8), ('10%', 0, [1], 1), ('50%', 5, [1, 2], 8)])
def test_the_threshold_decides_whether_the_next_wave_begins(run, start_sums_sim, most, min_finished, fails, begun):
    sums = start_sums_sim(*(option for number in fails for option in failing(number)))
    assert run(sums, 8, hatci_waves=[1, 4, 3], hatci_max_failures=most, hatci_min_finished=min_finished).rc == 2
    assert len(verdicts(sums)) == begun


def test_check_mode_writes_nothing_and_says_what_would_come(run, sums, ansible):
    predicted = run(sums, 3, '--check').ok()
    assert sums.writes() == [] and not (ansible.folder / 'resume.yml').exists()
    assert any(name.endswith('Begin the updates') for name in predicted.changed)
    assert ' '.join(table(predicted)).count('Would be updated.') == 3
    assert 'timed out' not in predicted.stdout and 'UNKNOWN' not in predicted.stdout + predicted.stderr
    # The server lists its vehicles, and none of these is among them.
    warning = 'these are not among them: ' + ', '.join(f'{vin(number)} ({host(number)})' for number in (1, 2, 3))
    assert warning in ' '.join(predicted['Plan the campaign']['warnings'])


def test_a_wave_that_nobody_approves_is_not_begun(run, sums):
    ended = run(sums, 4, hatci_waves='[1, 100%]', hatci_approval=True)  # as text, as --extra-vars have it
    assert ended.rc == 2 and len(verdicts(sums)) == 1
    assert 'Nobody approved wave 2.' in ended.failed[-1]['result']['msg']
    assert shown(ended).count('Not started. Nobody approved wave 2.') == 3


def test_events_of_an_earlier_test_in_the_job_are_none_of_the_fleets_and_those_that_are_given_are(ansible, sums, inventory):
    next_build = {'hatci_target_build_level': '2027.NEXT', 'hatci_target_ecus': ecus('9.9'), 'hatci_vin': vin(1)}
    given = {f'{side}_event_id': sums.make_fixed_event(
                 vin=vin(3), tester_name='Jane', program_name='OTA', update_type=kind, build_level=level, ecus=ecus(version))
             for side, kind, level, version in [('source', 'RROM', '2026.01', '1.0'), ('target', 'UROM', '2026.02', '2.0')]}
    book = [{'hosts': 'car001', 'connection': 'local', 'gather_facts': False, 'tasks': [
                {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_request_update'}, 'vars': next_build}]},
            {'ansible.builtin.import_playbook': 'hatci.automation.ota_single_vehicle', 'vars': {'ota_hosts': 'car002'}},
            {'ansible.builtin.import_playbook': PLAYBOOK}]
    path = ansible.folder / 'book.yml'
    path.write_text(json.dumps(book))
    ended = ansible.playbook(str(path), '-i', inventory(3, {host(3): given}), variables=sums.variables | {
        'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'hatci_resume_file': str(ansible.folder / 'resume.yml')}).ok()
    state = sums.state()
    events = {event['event_id']: event for event in state['events']}
    deployed = [(events[one['event_id']]['vin'], events[one['event_id']]['build_level']) for one in state['deployments']]
    assert sorted(deployed) == [(vin(number), '2026.02') for number in (1, 2, 2, 3)]
    assert [test['status'] for test in state['test_events']] == ['PASS'] * 4
    outcomes = ended['See what came of each vehicle']['outcomes']
    assert given.items() <= outcomes[host(3)].items()


@pytest.mark.parametrize('args, variables, words', [
    (('--tags', 'preflight'), {}, 'ota_fleet does not support tags'),
    (('--skip-tags', 'verify'), {}, 'ota_fleet does not support tags'),
    ((), {'hatci_concurrency': '0'}, 'concurrency (in playbooks: hatci_concurrency) is 0; give a number from 1 to 256.'),
    ((), {'hatci_soak': '-1'}, "option 'soak': must be 0 or more, got: -1"),
    ((), {'hatci_deployment_id': 'DEP-1', 'target_event_id': 'EVT-1'}, 'car001 and car002 are both given deployment DEP-1'),
    ((), {'ota_verify_tasks': 'nowhere.yml'}, 'ota_verify_tasks is nowhere.yml, but there is no such file'),
    ((), {'hatci_start_datetime': '2026-01-01T00:00:00Z'}, 'ota_fleet does not support hatci_start_datetime, which is set for car001. Start the job')])
def test_what_a_fleet_can_not_do_is_refused_before_anything_is_written(run, sums, args, variables, words):
    ended = run(sums, 2, *args, **variables)
    assert ended.rc == 2 and words in ended.stdout and sums.writes() == []
    # What refuses, and at the end the job.
    assert len(ended.failed) == (1 if args else 2)


def test_every_variable_of_one_vehicle_is_honoured_by_a_fleet_or_refused():
    """By its name in what makes up the playbook; the roles for benches are the same."""
    def names(text):
        return set(re.findall(r'\b(?:hatci|ota|jumpstarter)_[a-z_]+|\b(?:source|target)_event_id|\b(?:power_control|serial_url|device_address)\b', text))

    def options(role):
        specs = yaml.safe_load((ROOT / 'roles' / role / 'meta/argument_specs.yml').read_text())['argument_specs']
        return {name for spec in specs.values() for name in spec.get('options', {})}

    def read(*patterns):
        return '\n'.join(path.read_text() for pattern in patterns for path in ROOT.glob(pattern))

    benches = options('jumpstarter_exporter_config') | options('jumpstarter_lease_guard')
    single = names(read('playbooks/ota_single_vehicle.yml', 'playbooks/tasks/*.yml')) | options('hatci_preflight') | options(
        'hatci_request_update') | options('hatci_wait_for_update') | options('hatci_report_results')
    # What the playbook and its roles set themselves, and names of roles, modules and the playbook.
    own = set(re.findall(r'^ +((?:ota|hatci|jumpstarter)_\w+):', read(
        'playbooks/ota_single_vehicle.yml', 'playbooks/tasks/*.yml', 'roles/hatci_*/tasks/*.yml', 'roles/jumpstarter_*/tasks/*.yml'), re.M))
    own |= set(re.findall(r'register: (\w+)', read('playbooks/*.yml', 'playbooks/tasks/*.yml', 'roles/*/tasks/*.yml')))
    own |= {path.stem for path in ROOT.glob('collection/plugins/modules/*')} | {path.name for path in ROOT.glob('roles/*')}
    own |= {'ota_single_vehicle', 'ota_update_and_verify', 'ota_close', 'ota_step', 'ota_part', 'ota_file', 'ota_variables', 'ota_note_vehicle', 'ota_check_own_tasks', 'ota_check'}
    own |= {'hatci_event_id', 'hatci_test_status', 'hatci_test_summary', 'ota_fleet_file'}
    plugins = read('collection/plugins/plugin_utils/hatci_fleet_plan.py', 'collection/plugins/plugin_utils/variables.py')
    sides = {f'hatci_{side}_{what}' for side in ('source', 'target') for what in ('build_level', 'ecus', 'remark')} | {
        'source_event_id', 'target_event_id'}
    fleet = names(plugins + read('playbooks/ota_fleet.yml', 'roles/ota_fleet/*/*.yml')) | sides
    assert single - own - benches - fleet == set()


def test_what_a_play_says_of_its_vehicles_counts_and_links_that_it_sets_are_not_those_of_the_next_test(ansible, sums, inventory):
    verify = ansible.folder / 'verify.yml'
    verify.write_text(json.dumps([{'ansible.builtin.set_fact': {'hatci_artifact_urls': ['https://logs/{{ inventory_hostname }}']}}]))
    job = ansible.folder / 'job.yml'
    job.write_text(json.dumps([
        {'import_playbook': PLAYBOOK, 'vars': {
            'ota_hosts': 'fleet', 'hatci_waves': ['100%'], 'hatci_target_build_level': '2027-{{ inventory_hostname }}', 'ota_verify_tasks': str(verify)}},
        {'import_playbook': 'hatci.automation.ota_single_vehicle', 'vars': {'ota_hosts': host(1)}}]))
    ansible.playbook(str(job), '-i', inventory(2), variables=sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1}).ok()
    state = sums.state()
    levels = [event['build_level'] for event in state['events'] if event['update_type'] == 'UROM']
    assert sorted(levels[:2]) == [f'2027-{host(1)}', f'2027-{host(2)}'] and levels[2] == '2026.02'
    links = [(test['vin'], test.get('artifact_urls')) for test in state['test_events']]
    assert sorted(links[:2]) == [(vin(number), [f'https://logs/{host(number)}']) for number in (1, 2)]
    assert links[2][0] == vin(1) and not links[2][1]


def test_a_fleet_runs_in_step_whatever_the_strategy_and_ara_finds_it_by_suite_and_outcomes(run, start_sums_sim, ara, tmp_path):
    sums = start_sums_sim(*failing(2, f'no {SumsSim.TOKEN}'))
    ended = run(sums, 2, env={'ANSIBLE_STRATEGY': 'free'}, hatci_waves=['100%'], hatci_suite_name='winter', ara_spool=str(tmp_path / 'spool'),
                **ara.variables)
    assert ended.rc == 2 and len(verdicts(sums)) == 2
    labels = {label['name'] for label in ara.only('playbooks')['labels']}
    assert {'suite:winter', f'vin:{vin(1)}', f'vin:{vin(2)}', f'PASS:{vin(1)}', f'FAIL:{vin(2)}'} <= labels
    assert 'no ***' in (tmp_path / 'resume.yml').read_text() and SumsSim.TOKEN not in (tmp_path / 'resume.yml').read_text()


def test_an_interrupted_job_shows_what_it_has_made_and_how_to_go_on_and_no_earlier_report_says_otherwise(start, start_sums_sim, ansible, collections):
    sums = start_sums_sim(step='1h')
    reports = Module(collections, ansible.folder)('reports', run='another', results={host(1): {'status': 'PASS'}, 'other': {'status': 'FAIL'}})
    job = start(sums, 2, hatci_waves=['100%'], hatci_report_dir=str(reports))
    until(lambda: len(sums.state()['deployments']) == 2, 'the updates')
    time.sleep(2)  # what is noted gets into the file once a second
    job.send_signal(signal.SIGINT)
    ended = ansible.finish(job)
    assert shown(ended).count('NO VERDICT') == 2
    assert all(f'DEP-00000{number}' in shown(ended) for number in (1, 2))
    assert f'To resume the campaign: -e @{ansible.folder}/resume.yml' in ended.stdout
    assert (reports / 'report.md').read_text().startswith('**NO VERDICT** Campaign') and 'errors="2"' in (reports / 'junit.xml').read_text()
    assert [one['host'] for one in json.loads((reports / 'report.json').read_text())['vehicles']] == [host(1), host(2)]


def test_the_example_of_the_role_fails_if_a_vehicle_did(ansible, start_sums_sim, inventory):
    block, = re.findall(r'^```yaml\n(.*?)^```$', (ROOT / 'roles/ota_fleet/README.md').read_text(), re.M | re.S)
    path = ansible.folder / 'example.yml'
    path.write_text(block)
    sums = start_sums_sim(*failing(1))
    ended = ansible.playbook(str(path), '-i', inventory(2), variables=sums.variables | {'hatci_poll_interval_seconds': 1})
    assert ended.rc == 2 and verdicts(sums) == {vin(1): 'FAIL'} and REASON in ended.stdout


def test_each_vehicle_is_tested_on_its_leased_bench(run, sums, lab, controller):
    benches = {'jumpstarter_exporter_name': 'bench', 'jumpstarter_client_config': controller.client(), 'ota_lease': True}
    run(sums, 2, on=lab, hatci_waves=[1], **benches).ok()
    assert set(verdicts(sums).values()) == {'PASS'} and len(verdicts(sums)) == 2
    assert len(controller.leases) == 2 and controller.active == []


def test_a_lease_around_the_fleet_is_still_there_after_it(lab, sums, controller, inventory):
    def on_car1(**options):
        role = {'ansible.builtin.include_role': {'name': 'hatci.automation.jumpstarter_lease_guard', **options}}
        return {'hosts': 'car001', 'connection': 'local', 'gather_facts': False, 'vars': {'bench': 'bench'}, 'tasks': [role]}

    verify = lab.folder / 'verify.yml'
    verify.write_text('- ansible.builtin.debug: {msg: well}')
    fleets = [{'ansible.builtin.import_playbook': PLAYBOOK, 'vars': {
        'ota_lease': leases, 'hatci_resume_file': str(lab.folder / f'{leases}.yml')}} for leases in (False, True)]
    path = lab.folder / 'book.yml'
    path.write_text(json.dumps([on_car1(), *fleets, on_car1(tasks_from='verify')]))
    lab.playbook(str(path), '-i', inventory(2), variables=sums.variables | {
        'ota_verify_tasks': str(verify), 'hatci_poll_interval_seconds': 1, 'hatci_waves': [1], 'jumpstarter_client_config': controller.client(),
        'jumpstarter_exporter_name': "{{ bench | default('bench-2') }}", 'jumpstarter_lease_wait_timeout': 20}).ok()
    assert len(controller.leases) == 3 and controller.active == []


def test_a_vehicle_without_a_bench_is_not_tested_and_the_others_are(run, sums, lab, controller):
    benches = {'jumpstarter_exporter_name': "{{ 'nowhere' if inventory_hostname == 'car001' else 'bench' }}",
               'jumpstarter_client_config': controller.client(), 'ota_lease': True}
    ended = run(sums, 2, on=lab, hatci_waves=['100%'], **benches)
    assert ended.rc == 2 and verdicts(sums) == {vin(2): 'PASS'}
    outcomes = ended['See what came of each vehicle']['outcomes']
    assert outcomes[host(1)]['status'] == 'not_tested' and 'Acquire the lease' in outcomes[host(1)]['summary']
    assert controller.active == []


def test_blank_variables_count_as_not_given(run, sums):
    names = ['ota_verify_tasks', 'hatci_environment', 'hatci_report_dir', 'hatci_start_datetime', 'hatci_previous_test_event_id', 'hatci_approval',
             'hatci_test_event_id', 'hatci_suite_name', 'hatci_resume_file', 'hatci_campaign_id']
    run(sums, 2, hatci_waves=[1, '100%'], **dict.fromkeys(names, ' ')).ok()
    assert verdicts(sums) == {vin(1): 'PASS', vin(2): 'PASS'}


def test_the_records_of_a_killed_job_are_closed(start, start_sums_sim, ansible):
    sums = start_sums_sim(step='1h')
    job = start(sums, 40, hatci_waves=['100%'])
    until(lambda: len(sums.state()['deployments']) == 40, 'the updates')
    job.kill()
    ansible.finish(job)
    until(lambda: list(verdicts(sums).values()) == ['FAIL'] * 40, 'the end of all records')
    assert all(test['summary'].startswith('ansible-playbook was killed') for test in sums.state()['test_events'])


def test_of_two_jobs_at_once_one_is_refused_and_one_that_was_killed_blocks_nobody(run, start, start_sums_sim, ansible):
    sums = start_sums_sim('--no-idempotency', step='1h')
    how = {'hatci_waves': ['100%'], 'hatci_campaign_id': 'tw'}
    jobs = [start(sums, 4, **how) for dummy in range(2)]
    until(lambda: any(job.poll() is not None for job in jobs), 'the refusal')
    refused, working = sorted(jobs, key=lambda job: job.poll() is None)
    refused = ansible.finish(refused)
    failed = refused.failed[0]
    assert refused.rc == 2 and failed['task'] == 'Plan the campaign'
    assert f'another job is working on this campaign (process {working.pid} on ' in failed['result']['msg']
    until(lambda: len(sums.state()['deployments']) == 4, 'the updates')
    time.sleep(2)  # what is noted gets into the file once a second
    working.kill()
    ansible.finish(working)
    went_on = run(sums, 4, hatci_poll_timeout_seconds=1, **how)
    assert went_on.rc == 2 and 'It may still be running' in went_on.stdout
    assert stock(sums) == (4, 8, 4)
    assert [path.name for path in ansible.folder.iterdir() if 'resume' in path.name] == ['resume.yml']


def test_a_killed_job_is_gone_on_with_on_another_machine_and_no_vehicle_is_touched_twice(
        run, start, start_sums_sim, ansible, collections, tmp_path):
    """The whole of it: 200 vehicles, every tenth fails, five never end, nearly every third request goes wrong."""
    vehicles, fails, stuck = 200, set(range(10, 201, 10)), {23, 57, 101, 102, 199}
    scenarios = [option for number in sorted(fails) for option in failing(number, 'flash write error')]
    scenarios += [option for number in sorted(stuck) for option in ('--scenario', f'{vin(number)}=stuck')]
    faults = [option for fault in ('503:0.1', 'reset:0.1', 'reset-after:0.1') for option in ('--fault', fault)]
    sums = start_sums_sim(*scenarios, *faults, '--seed', '11')
    how = {'hatci_waves': [5, 60, '100%'], 'hatci_max_failures': '50%', 'hatci_retries': 8, 'hatci_poll_timeout_seconds': 15,
           'hatci_campaign_id': 'winter'}
    job = start(sums, vehicles, **how)
    until(lambda: len(sums.state()['test_events']) > 5 + 20, 'the middle of wave 2')
    job.kill()
    assert ansible.finish(job).rc == -9

    other = tmp_path / 'other'
    other.mkdir()
    machine = Ansible(collections, other)
    shutil.copy(ansible.folder / 'resume.yml', other / 'copied.yml')
    ended = run(sums, vehicles, '-e', f'@{other}/copied.yml', on=machine, **how)
    assert ended.rc == 2
    state = sums.state()
    tests = Counter(test['vin'] for test in state['test_events'])
    assert tests == {vin(number): 1 for number in range(1, vehicles + 1)}
    events = {event['event_id']: event['vin'] for event in state['events']}
    deployed = Counter(events[deployment['event_id']] for deployment in state['deployments'])
    assert max(deployed.values()) == 1 and len(deployed) == vehicles
    expected = {vin(number): 'FAIL' if number in fails | stuck else 'PASS' for number in range(1, vehicles + 1)}
    assert [test for test in state['test_events'] if test['status'] != expected[test['vin']]] == []
    outcomes = ended['See what came of each vehicle']['outcomes']
    assert {outcome['vin']: outcome['status'] for outcome in outcomes.values()} == expected
    assert 'flash write error' in outcomes[host(10)]['summary']
    assert 'It may still be running' in outcomes[host(23)]['summary']
