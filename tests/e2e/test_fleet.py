"""Many vehicles: in waves, each with one record, whatever happens to the job."""

import json
import shutil
import time
from collections import Counter

import pytest
import yaml
from ansible_run import Ansible

PLAYBOOK = 'hatci.automation.ota_fleet'
REASON = "Gateway {{ lookup('pipe', 'id') }} refused"
LONGEST = 300  # seconds that something may take that is waited for


def vin(number):
    return f'TESTVEHC0{number:08}'


def host(number):
    return f'car{number:03}'


def ecus(version):
    return [{'ecu_name': 'Gateway', 'part_number': 'GW-1', 'sw_version': version}]


@pytest.fixture
def inventory(tmp_path):
    """Writes an inventory of so many vehicles, the group `fleet`."""
    def write(vehicles):
        same = {
            'hatci_tester_name': 'Jane', 'hatci_program_name': 'OTA', 'hatci_model_year': 2026, 'hatci_region': 'US',
            'hatci_source_build_level': '2026.01', 'hatci_source_ecus': ecus('1.0'),
            'hatci_target_build_level': '2026.02', 'hatci_target_ecus': json.dumps(ecus('2.0')),
        }
        hosts = {host(number): {'hatci_vin': vin(number)} for number in range(1, vehicles + 1)}
        path = tmp_path / f'fleet-{vehicles}.json'
        path.write_text(json.dumps({'fleet': {'hosts': hosts, 'vars': same}}))
        return path
    return write


@pytest.fixture
def start(ansible, inventory):
    """Starts a campaign on so many vehicles, without benches unless they are asked for."""
    def start(server, vehicles, *args, on=ansible, **variables):
        given = {'ota_hosts': 'fleet', 'ota_lease': False, 'hatci_poll_interval_seconds': 1,
                 'hatci_resume_file': str(on.folder / 'resume.yml')} | server.variables | variables
        return on.start_playbook(PLAYBOOK, '-i', inventory(vehicles), *args, variables=given)
    return start


@pytest.fixture
def run(ansible, start):
    """The same, to its end."""
    def run(*args, on=ansible, **variables):
        return on.finish(start(*args, on=on, **variables))
    return run


def verdicts(sums):
    """The verdict of each test event, by VIN."""
    return {test['vin']: test.get('status') for test in sums.state()['test_events']}


def stock(sums):
    state = sums.state()
    return tuple(len(state[kind]) for kind in ('test_events', 'events', 'deployments'))


def until(holds, what):
    end = time.monotonic() + LONGEST
    while not holds():
        assert time.monotonic() < end, f'{what} did not come within {LONGEST} s'
        time.sleep(0.05)


def failing(number, reason=REASON):
    return '--scenario', f'{vin(number)}=fail:{reason}'


def test_a_fleet_is_updated_in_waves_with_one_record_for_each_vehicle(run, sums, tmp_path):
    ended = run(sums, 12, hatci_waves=[1, '25%', '100%'], hatci_report_dir=str(tmp_path / 'report')).ok()
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


def test_the_same_campaign_again_changes_nothing(run, sums):
    run(sums, 3).ok()
    writes = sums.writes()
    again = run(sums, 3).ok()
    assert again.changed == [] and sums.writes() == writes


def test_a_failure_stops_what_has_not_begun_and_the_file_goes_on_with_the_rest(run, start_sums_sim, ansible):
    sums = start_sums_sim(*failing(1))
    stopped = run(sums, 6, hatci_waves=[1, '100%'])
    assert stopped.rc == 2 and verdicts(sums) == {vin(1): 'FAIL'}
    assert '1 of 1 vehicles failed, more than 0, so nothing new was begun.' in stopped.failed[-1]['result']['msg']
    assert 'uid=' not in stopped.stdout
    test, = sums.state()['test_events']
    assert REASON in test['summary']
    resume = ansible.folder / 'resume.yml'
    went_on = run(sums, 6, '-e', f'@{resume}', hatci_max_failures=1)
    assert Counter(verdicts(sums).values()) == {'FAIL': 1, 'PASS': 5} and stock(sums) == (6, 12, 6)
    # The reason is still what the server said, and no template of it was evaluated on the way.
    outcome = went_on['See what came of each vehicle']['outcomes'][host(1)]
    assert REASON in outcome['summary'] and outcome['status'] == 'FAIL'


@pytest.mark.parametrize('most, min_finished, fails, begun', [
    ('0', 0, [2], 5), ('0', 5, [1], 5), ('1', 0, [1], 8), ('10%', 0, [1], 1), ('50%', 5, [1, 2], 8)])
def test_the_threshold_decides_whether_the_next_wave_begins(run, start_sums_sim, most, min_finished, fails, begun):
    sums = start_sums_sim(*(option for number in fails for option in failing(number)))
    assert run(sums, 8, hatci_waves=[1, 4, 3], hatci_max_failures=most, hatci_min_finished=min_finished).rc == 2
    assert len(verdicts(sums)) == begun


def test_check_mode_writes_nothing(run, sums, ansible):
    predicted = run(sums, 3, '--check').ok()
    assert sums.writes() == [] and not (ansible.folder / 'resume.yml').exists()
    assert any(name.endswith('Begin the updates') for name in predicted.changed)


def test_a_wave_that_nobody_approves_is_not_begun(run, sums):
    ended = run(sums, 4, hatci_waves=[1, '100%'], hatci_approval=True)
    assert ended.rc == 2 and len(verdicts(sums)) == 1
    assert 'Nobody has approved wave 2.' in ended.failed[-1]['result']['msg']


def test_each_vehicle_is_verified_on_its_host_and_one_that_fails_stops_no_other(run, sums, ansible):
    verify = ansible.folder / 'verify.yml'
    verify.write_text(json.dumps([{'name': 'Look at it', 'ansible.builtin.fail': {'msg': 'no heartbeat'},
                                   'when': f"hatci_vin == '{vin(2)}'"}]))
    ended = run(sums, 4, hatci_waves=['100%'], ota_verify_tasks=str(verify))
    assert ended.rc == 2
    assert Counter(verdicts(sums).values()) == {'PASS': 3, 'FAIL': 1}
    summary = next(test['summary'] for test in sums.state()['test_events'] if test['vin'] == vin(2))
    assert summary.startswith('Look at it: no heartbeat. Source event ')


def test_each_vehicle_is_tested_on_its_leased_bench(run, sums, lab, controller):
    benches = {'jumpstarter_exporter_name': 'bench', 'jumpstarter_client_config': controller.client(), 'ota_lease': True}
    run(sums, 2, on=lab, hatci_waves=[1], **benches).ok()
    assert set(verdicts(sums).values()) == {'PASS'} and len(verdicts(sums)) == 2
    assert len(controller.leases) == 2 and controller.active == []


def test_a_vehicle_without_a_bench_is_not_tested_and_the_others_are(run, sums, lab, controller):
    benches = {'jumpstarter_exporter_name': "{{ 'nowhere' if inventory_hostname == 'car001' else 'bench' }}",
               'jumpstarter_client_config': controller.client(), 'ota_lease': True}
    ended = run(sums, 2, on=lab, hatci_waves=['100%'], **benches)
    assert ended.rc == 2 and verdicts(sums) == {vin(2): 'PASS'}
    outcomes = ended['See what came of each vehicle']['outcomes']
    assert outcomes[host(1)]['status'] == 'not_tested' and 'Acquire the lease' in outcomes[host(1)]['summary']
    assert controller.active == []


def test_the_records_of_a_killed_job_are_closed(start, start_sums_sim, ansible):
    sums = start_sums_sim(step='1h')
    job = start(sums, 40, hatci_waves=['100%'])
    until(lambda: len(sums.state()['deployments']) == 40, 'the updates')
    job.kill()
    ansible.finish(job)
    until(lambda: list(verdicts(sums).values()) == ['FAIL'] * 40, 'the end of all records')
    assert all(test['summary'].startswith('ansible-playbook was killed') for test in sums.state()['test_events'])


def test_a_killed_job_is_gone_on_with_on_another_machine_and_no_vehicle_is_touched_twice(
        run, start, start_sums_sim, ansible, collections, tmp_path):
    """The whole of it: 200 vehicles, every tenth fails, five never end, nearly every third request goes wrong."""
    vehicles, fails, stuck = 200, set(range(10, 201, 10)), {23, 57, 101, 102, 199}
    scenarios = [option for number in sorted(fails) for option in failing(number, 'flash write error')]
    scenarios += [option for number in sorted(stuck) for option in ('--scenario', f'{vin(number)}=stuck')]
    faults = [option for fault in ('503:0.1', 'reset:0.1', 'reset-after:0.1') for option in ('--fault', fault)]
    sums = start_sums_sim(*scenarios, *faults, '--seed', '11')
    how = {'hatci_waves': [5, 60, '100%'], 'hatci_max_failures': '50%', 'hatci_retries': 5, 'hatci_poll_timeout_seconds': 5,
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
    assert verdicts(sums) == expected
    outcomes = ended['See what came of each vehicle']['outcomes']
    assert {outcome['vin']: outcome['status'] for outcome in outcomes.values()} == expected
    assert 'flash write error' in outcomes[host(10)]['summary']
    assert 'It may still be running' in outcomes[host(23)]['summary']
