"""A fleet is verified by tasks of the user: each vehicle's record says what came of its own, however they end."""

import json
import re

import pytest
import yaml
from fleet_fixtures import host, inventory, reported, run, shown, start, stock, verdicts, vin  # noqa: F401
from jumpstarter_fixtures import until


def recap(ended):
    """How many tasks of each host failed, as the recap says."""
    return {name: int(number) for name, number in re.findall(r'^(car\d+) +: ok=.*failed=(\d+)', ended.stdout, re.M)}


@pytest.fixture
def verify(ansible):
    """Writes a file of tasks, and returns the variables with which vehicles are verified by it."""
    def write(*tasks):
        path = ansible.folder / 'verify.yml'
        path.write_text(yaml.safe_dump(tasks))
        return {'hatci_waves': ['100%'], 'ota_verify_tasks': str(path)}
    return write


def on(number, task):
    return task | {'when': f"hatci_vin == '{vin(number)}'"}


def test_what_is_recorded_of_a_vehicle_is_what_came_of_its_verification_and_no_other_one_is_stopped(run, sums, verify, tmp_path):
    # The record of this one can't be closed.
    lose = {'path': '{{ ota_fleet_plan.resume_file }}', 'regexp': '("host":"car003".*"test_event_id":")[^"]*', 'replace': '\\g<1>TEV-999999'}
    ended = run(sums, 5, of_hosts={host(1): {'ansible_connection': 'ssh', 'ansible_host': '127.0.0.1', 'ansible_port': 9}, host(4): {
        'hatci_report_environment': 'rack 7', 'hatci_artifact_urls': ['https://artifacts.example.com/old.log']}}, **verify(
            on(2, {'name': 'Look at {{ item }}', 'ansible.builtin.assert': {'that': "item != 'b'", 'fail_msg': 'bad {{ item }}'}, 'loop': ['a', 'b']}),
            on(3, {'ansible.builtin.replace': lose}),
            on(4, {'ansible.builtin.set_fact': {'hatci_artifact_urls': ['https://artifacts.example.com/{{ inventory_hostname }}.log']}}),
            on(5, {'ansible.builtin.meta': 'end_host'})),
        hatci_not_found_grace=0, hatci_report_dir=str(tmp_path / 'report'), hatci_report_title='Winter',
        hatci_report_job_url='https://awx.example.com/1')
    assert ended.rc == 2
    records = {test['vin']: test for test in sums.state()['test_events']}
    assert [records[vin(number)]['status'] for number in (1, 2, 4, 5)] == ['PASS', 'FAIL', 'PASS', 'FAIL']
    # ansible-core 2.15 leaves the name as it was written.
    assert re.match(r'Look at( {{ item }})?: bad b\. Source event ', records[vin(2)]['summary'])
    assert 'The cause is unknown' in records[vin(5)]['summary'] and 'meta: end_host' in records[vin(5)]['summary']
    assert records[vin(4)]['artifact_urls'] == ['https://artifacts.example.com/car004.log']
    report = json.loads((tmp_path / 'report/report.json').read_text())
    vehicles = {vehicle['vin']: vehicle for vehicle in report['vehicles']}
    assert (report['title'], vehicles[vin(4)]['environment']) == ('Winter', 'rack 7') and 'https://awx.example.com/1' in json.dumps(report)
    results = ended['See what came of each vehicle']['ansible_stats']['data']['hatci_results']
    assert 'Recording the verdict failed: ' in shown(ended)
    for words in shown(ended), results[host(3)]['not_recorded'], vehicles[vin(3)]['not_recorded']:
        assert 'TEV-999999' in words
    # Sentence after sentence, and one verdict is one verdict.
    words, = (task['result']['msg'] for task in ended.failed if (task['task'], task['host']) == ('Fail unless the vehicle has passed', host(2)))
    assert re.search(r'bad b\. \d of 5 vehicles passed, .* not started\. 1 verdict could not be recorded\. Resume the campaign with -e @', words), words
    # Each that failed is named, and nothing went over the connection to a vehicle.
    assert recap(ended) == {host(1): 0, host(2): 1, host(3): 1, host(4): 0, host(5): 1} and 'unreachable=1' not in ended.stdout


@pytest.mark.parametrize('name, task', [
    ('the failure of another host', on(2, {'ansible.builtin.fail': {'msg': 'no gateway'}}) | {'any_errors_fatal': True}),
    ('a failure for all', {'ansible.builtin.fail': {'msg': 'no gateway'}, 'run_once': True})])
def test_a_vehicle_that_another_ones_failure_stops_has_a_reason_that_claims_nothing(run, sums, verify, name, task):
    assert run(sums, 2, **verify({'name': 'Look', **task})).rc == 2
    # Before ansible-core 2.19, a block with a rescue lets the other host come to its end, and then that has passed.
    stopped, failed = sorted(sums.state()['test_events'], key=lambda test: test['summary'].startswith('Look: no gateway. '))
    assert failed['status'] == 'FAIL' and failed['summary'].startswith('Look: no gateway. ')
    assert stopped['status'] == 'PASS' or 'none of its tasks had failed. The cause is unknown' in stopped['summary']


def test_a_verification_that_ends_the_play_gives_no_verdict_until_the_campaign_is_gone_on_with(run, sums, verify, ansible, tmp_path):
    report = {'hatci_report_dir': str(tmp_path / 'report'), 'hatci_report_run': 'winter'}
    ended = run(sums, 2, **verify({'ansible.builtin.meta': 'end_play'}), **report)
    assert ended.rc == 2 and recap(ended) == {host(1): 1, host(2): 1}
    assert shown(ended).count('NO VERDICT') == 2 and 'PASS' not in shown(ended)
    # No reader of the report waits for what has ended.
    assert set(reported(tmp_path / 'report').values()) == {'unknown'}
    assert (tmp_path / 'report/junit.xml').read_text().count('<error') == 2
    results = ended['See what came of each vehicle']['ansible_stats']['data']['hatci_results']
    assert {outcome['status'] for outcome in results.values()} == {'unknown'}
    until(lambda: set(verdicts(sums).values()) == {'FAIL'}, 'the end of the records')
    # The file says that the updates succeeded; nobody has verified them, and nobody passes without that.
    refused = run(sums, 2, '-e', f'@{ansible.folder}/resume.yml')
    assert refused.rc == 2 and 'car001 was to be verified in this campaign, but has no verification now' in refused.stdout
    # A run without its host gives it no verdict.
    without = run(sums, 2, '-e', f'@{ansible.folder}/resume.yml', '--limit', host(1), **verify({'ansible.builtin.fail': {'msg': 'loose'}}),
                  hatci_resume_file='another.yml')
    assert without.rc == 2 and 'not verified yet. Resume the campaign with this vehicle among the hosts' in json.dumps(
        without['See what came of each vehicle']['outcomes'][host(2)])
    assert 'summary' in [test for test in sums.state()['test_events'] if test['vin'] == vin(2)][0]
    assert 'PASS' not in verdicts(sums).values()
    again = run(sums, 2, '-e', f'@{ansible.folder}/resume.yml', **report, **verify(
        on(2, {'name': 'Look at {{ inventory_hostname }}', 'ansible.builtin.fail': {'msg': 'old'}})))
    assert again.rc == 2 and stock(sums) == (2, 4, 2)
    outcomes = again['See what came of each vehicle']['outcomes']
    # The job with another file has recorded a verdict meanwhile, which is not that of a guard.
    assert {name: outcome['status'] for name, outcome in outcomes.items()} == {host(1): 'FAIL', host(2): 'FAIL'}
    assert reported(tmp_path / 'report') == {host(1): 'FAIL', host(2): 'FAIL'} and 'loose' in outcomes[host(1)]['summary']
    assert outcomes[host(2)]['summary'] == 'Look at car002: old'


def test_what_keeps_a_wave_from_beginning_is_said_of_each_vehicle(run, sums, verify):
    """The server is gone when the second wave is to begin, and when the verdict of the first is to be recorded."""
    kill = {'ansible.builtin.command': f'kill {sums.process.pid}', 'run_once': True}
    ended = run(sums, 2, **verify(kill) | {'hatci_waves': [1]}, hatci_retries=0, hatci_deadline=2, hatci_not_found_grace=0, hatci_max_failures=1)
    assert ended.rc == 2
    assert re.search(rf'{host(1)} +{vin(1)} PASS .*Recording the verdict failed: .*refused', shown(ended)), shown(ended)
    assert re.search(rf'{host(2)} +{vin(2)} NOT TESTED Not started\. .*refused', shown(ended)), shown(ended)
