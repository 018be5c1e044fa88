"""What a new user meets in the first hours: what a run shows at its end, what check mode and tags do, and what is left alone."""

import json
import re
import signal
from pathlib import Path

import pytest
import yaml
from ansible_run import play, task
from conftest import ROOT
from jumpstarter_fixtures import lease, until
from servers import EVENT, VIN
from test_jumpstarter_examples import bench, run_example  # noqa: F401
from test_ota_playbook import PLAYBOOK, run_ota  # noqa: F401
from test_reported_faults import OTHERS, three_vehicles  # noqa: F401

EXAMPLES = sorted(path.stem for path in (ROOT / 'playbooks/examples').glob('*.yml') if path.stem not in ('bench', 'vehicle'))
PLAYBOOKS = [PLAYBOOK, 'hatci.automation.release_stale_leases', *(f'hatci.automation.examples.{name}' for name in EXAMPLES)]
STEPS = {'preflight', 'lease', 'update', 'verify', 'report'}


def table(run):
    """The table at the end of a run: its lines, from its head on."""
    lines = run.stdout.splitlines()
    head, = [at for at, line in enumerate(lines) if line.startswith('VEHICLE ')]
    return lines[head:]


def test_the_end_shows_one_row_for_each_vehicle_on_a_small_screen(three_vehicles, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{OTHERS[0]}=fail:no power')
    urls = ['https://artifacts.example.com/jobs/4711/' + 'a-long-name-of-a-log/' * 3 + 'serial.log']
    run = three_vehicles(sums, hatci_artifact_urls=urls)
    shown = table(run)
    assert max(map(len, shown)) <= 100
    rows = {line.split()[0]: line for line in shown if line.startswith('car')}
    for name, vin, verdict in ('car1', VIN, 'PASS'), ('car2', OTHERS[0], 'FAIL'), ('car3', OTHERS[1], 'PASS'):
        assert re.match(rf'{name} +{vin} +{verdict} +\d+ ', rows[name]), shown
    text = ' '.join(' '.join(shown).split())
    assert 'no power' in text and 'EVT-000001' in text and 'DEP-000001' in text and 'TEV-000001' in text
    assert text.count('serial.log') == 3


def test_what_was_not_tested_is_an_outcome_of_its_own(run_ota, sums):
    run = run_ota(sums, '-v', source_event_id='EVT-999999')
    assert re.search(r'^localhost +\S+ +NOT TESTED +\d+ ', '\n'.join(table(run)), re.M), run
    stats = run['Note the outcome']['ansible_stats']['data']['hatci_results']
    assert stats['localhost']['status'] == 'not_tested' and stats['localhost']['vin'] == VIN


def test_a_verdict_that_the_server_has_not_is_said_to_be_missing_there(ansible, sums):
    run = ansible.tasks([
        task('note', 'hatci_outcome', {'status': 'PASS', 'summary': 'Updated.'}),
        task('close', 'hatci_test_event_update', {
            'test_event_id': 'TEV-999999', 'status': 'PASS', 'summary': 'Updated.', 'not_found_grace': 0}),
    ], sums)
    assert run.rc == 2
    text = ' '.join(' '.join(table(run)).split())
    assert 'Updated. Recording the verdict failed: ' in text and 'TEV-999999' in text


def test_the_outcome_is_an_artifact_of_the_job(lab, run_ota, sums):
    lab.env['ANSIBLE_SHOW_CUSTOM_STATS'] = 'true'
    shown = run_ota(sums).ok().stdout.partition('CUSTOM STATS')[2]
    for name in ('"status": "PASS"', '"vin": ', '"deployment_id": "DEP-000001"', '"test_event_id": "TEV-000001"', '"seconds": '):
        assert name in shown


def test_a_role_of_ones_own_playbook_can_report_that_nothing_was_tested(ansible, sums):
    made = {'vin': VIN, 'event_id': 'pending', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    record = sums.post('/api/v1/test_events', made)['test_event_id']
    report = {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_report_results'}}
    run = ansible.tasks([report], sums, variables={
        'hatci_test_event_id': record, 'hatci_test_status': 'not_tested', 'hatci_test_summary': 'no bench'}).ok()
    test_event, = sums.state()['test_events']
    assert (test_event['status'], test_event['summary']) == ('FAIL', 'NOT TESTED: no bench')
    assert 'NOT TESTED' in '\n'.join(table(run))


@pytest.mark.parametrize('callback', ['whole_json', 'default_json'])
def test_standard_output_of_a_machine_readable_callback_stays_its_own(run_ota, lab, sums, callback):
    lab.env['ANSIBLE_STDOUT_CALLBACK'] = callback
    run = run_ota(sums).ok()
    assert json.loads(run.stdout) and 'VEHICLE ' in run.stderr


def test_ctrl_c_leaves_the_ids_on_the_screen(lab, vehicle, sums):
    """On a server that answers at once."""
    holds = lab.folder / 'holds'
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([{'name': 'hold', 'ansible.builtin.shell': f'touch {holds}; sleep 600'}]))
    process = lab.start_playbook(PLAYBOOK, '-e', vehicle, variables=sums.variables | {
        'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'ota_verify_tasks': str(verify)})
    until(holds.exists, 'the task')
    process.send_signal(signal.SIGINT)
    run = lab.finish(process)
    ids = ['EVT-000001', 'EVT-000002', 'DEP-000001', 'TEV-000001']
    as_they_come = [line for line in run.stdout.splitlines() if line.startswith('localhost | ')]
    assert all(any(f' {one} ' in line for line in as_they_come) for one in ids), run
    assert 'NO VERDICT' in '\n'.join(table(run)) and all(one in ' '.join(table(run)) for one in ids), run
    assert 'Test event TEV-000001 was closed as FAIL.' in run.stderr


def test_a_loop_over_vehicles_finds_its_events_again(ansible, vehicle, sums):
    request = {'ansible.builtin.include_role': {'name': 'hatci.automation.hatci_request_update'}, 'vars': {'hatci_vin': '{{ one }}'},
               'loop': [VIN, OTHERS[0], VIN], 'loop_control': {'loop_var': 'one'}}
    with open(vehicle[1:]) as file:
        given = {name: value for name, value in yaml.safe_load(file).items() if name != 'hatci_vin'}
    ansible.playbook([play([request], vars=given)], variables=sums.variables).ok()
    assert [event['vin'] for event in sums.state()['events']] == [VIN, VIN, OTHERS[0], OTHERS[0]]


REGISTERED = """# by hand
apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata: {namespace: lab, name: vehicle_001}
endpoint: grpc.lab.example.com:443
token: nowhere-else
export: {}
"""


TEMPLATE, CLEAN_UP = {'power_control': 'mock'}, {'jumpstarter_exporter_cleanup': True, 'serial_url': 'loop://'}


@pytest.mark.parametrize('name, variables', [*((name, TEMPLATE) for name in PLAYBOOKS), (PLAYBOOK, {}), (PLAYBOOK, CLEAN_UP)])
def test_a_registered_exporter_is_left_alone(run_example, lab, name, variables, sums):
    file = lab.folder / 'home/.config/jumpstarter/exporters/vehicle_001.yaml'
    file.parent.mkdir(parents=True)
    file.write_text(REGISTERED)
    more = {'hatci_deployment_id': sums.make_deployment()} if 'monitor' in name else {}
    run_example(name, **variables, **more)
    assert file.read_text() == REGISTERED and list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize('name', PLAYBOOKS)
def test_every_playbook_can_be_previewed(run_example, bench, sums, lab, name):
    more = {'hatci_deployment_id': sums.make_deployment()} if 'monitor' in name else {}
    before = sums.writes()
    if name == PLAYBOOK:
        verify = lab.folder / 'verify.yml'
        text = (ROOT / 'collection/docs/GETTING_STARTED.md').read_text()
        verify.write_text(re.search(r'```yaml\n(- name: Measure the power.*?)```', text, re.S)[1])
        more['ota_verify_tasks'] = str(verify)
    run_example(name, '--check', **more).ok()
    assert sums.writes() == before and bench[0].leases == {}


def test_what_a_playbook_of_ones_own_looks_at_is_there_in_check_mode(lab, sums, controller):
    options = {'client_config': controller.client()}
    device = {'lease': '{{ lease.lease_name }}', **options}
    test = {'vin': VIN, 'event_id': '{{ event.event_id }}', 'ansible_job_id': '1', 'git_sha': 'x', 'suite_name': 's'}
    run = lab.tasks([
        lease('acquire', {'exporter': 'bench', **options}, register='lease'),
        lease('verify', {'state': 'verified', 'lease_name': '{{ lease.lease_name }}', **options}),
        task('create', 'hatci_create_event', EVENT, register='event'),
        task('fix', 'hatci_fix_event', {'event_id': '{{ event.event_id }}'}),
        task('record', 'hatci_test_event', test, register='test'),
        task('deploy', 'hatci_deploy_event', {'event_id': '{{ event.event_id }}'}, register='deployment'),
        task('wait', 'hatci_update_status', {'deployment_id': '{{ deployment.deployment_id }}', 'wait': True}, register='status'),
        task('power', 'jumpstarter_power', {'state': 'on', **device}, register='power'),
        task('ask', 'jumpstarter_shell', {'commands': ['j power read', 'true'], **device}, register='answer'),
        {'name': 'look', 'ansible.builtin.debug': {'msg': [
            '{{ status.state }} {{ power.stdout }} {{ power.stderr }} {{ answer.results[1].rc }} {{ answer.results[0].stdout_lines }}']}},
        task('close', 'hatci_test_event_update', {'test_event_id': '{{ test.test_event_id }}', 'status': 'PASS', 'summary': 'well'}),
        lease('release', {'state': 'released', 'lease_name': '{{ lease.lease_name }}', **options}),
    ], sums, '--check').ok()
    assert run['release']['changed'] and sums.writes() == [] and controller.leases == {}


def steps_of(run):
    return [re.sub(r'^\d+\. ', '', done['task']) for done in run.tasks if done['status'] == 'ok']


def test_steps_are_chosen_by_tag(run_ota, lab, sums, controller):
    listed = lab.run('ansible-playbook', PLAYBOOK, '--list-tags').ok().stdout
    assert set(re.findall(r'\w+', ' '.join(re.findall('TASK TAGS:(.*)', listed)))) == STEPS | {'always'}

    run_ota(sums, '--tags', 'preflight').ok()
    assert sums.writes() == []

    run = run_ota(sums, '--tags', 'lease', controller=controller).ok()
    assert len(controller.leases) == 1 and controller.active == [] and sums.writes() == []
    assert run['Note the outcome']['outcome']['status'] == 'not_tested'

    run = run_ota(sums, '--tags', 'update').ok()
    assert sums.state()['test_events'] == [] and len(sums.state()['deployments']) == 1
    assert run['Note the outcome']['outcome']['status'] == 'PASS'

    run_ota(sums, '--tags', 'report').ok()
    assert sums.state()['test_events'] == [], 'nobody has tested anything'

    run_ota(sums, '--tags', 'update,report').ok()
    verify = lab.folder / 'verify.yml'
    verify.write_text(json.dumps([{'ansible.builtin.debug': {'msg': 'x'}}]))
    run = run_ota(sums, '--skip-tags', 'verify,lease', ota_verify_tasks=str(verify)).ok()
    assert 'It was not verified: this run was limited by its tags.' in run['Note the outcome']['outcome']['summary']
    assert [test['status'] for test in sums.state()['test_events']] == ['PASS', 'PASS']


def test_a_role_can_be_entered_anywhere(ansible, sums, vehicle):
    ids = {'source_event_id': sums.make_event(), 'target_event_id': sums.make_event()}
    role = {'hosts': 'localhost', 'gather_facts': False, 'roles': ['hatci.automation.hatci_request_update']}
    ansible.playbook([role], '--start-at-task', 'Fix the source event', '-e', vehicle, variables=sums.variables | ids).ok()
    assert [event['fixed'] for event in sums.state()['events']] == [True, True]


def test_a_run_without_a_bench_shows_few_headings(run_ota, sums):
    run = run_ota(sums).ok()
    headings = re.findall(r'^TASK \[(.*)\] \*', run.stdout, re.M)
    skipped = [done['task'] for done in run.tasks if done['status'] == 'skipped']
    assert len(headings) <= 41 and len(skipped) <= 8, '\n'.join(headings)


def test_a_missing_token_says_where_it_may_come_from(ansible):
    run = ansible.tasks([task('ask', 'hatci_info', {'hatci_base_url': 'http://127.0.0.1:1'})])
    assert run['ask']['msg'].startswith('missing required arguments: hatci_token')
    assert 'HATCI_TOKEN' in run['ask']['msg'] and 'variable of that name' in run['ask']['msg']


def test_text_that_yaml_has_turned_is_warned_of(ansible, sums):
    run = ansible.tasks([task('create', 'hatci_create_event', EVENT | {'region': False, 'build_level': 2024.1})], sums).ok()
    warnings = ' '.join(run['create']['warnings'])
    assert 'region is a bool' in warnings and 'build_level is a number' in warnings and 'quote it' in warnings


def test_a_released_lease_has_nothing_left_and_a_kept_one_shows_its_term_and_its_end(lab, controller):
    options = {'client_config': controller.client()}
    run = lab.tasks([
        lease('acquire', {'exporter': 'bench', 'lease_name': 'mine', 'duration': '10m', **options}),
        lease('release', {'state': 'released', 'lease_name': 'mine', **options}),
        lease('again', {'state': 'released', 'lease_name': 'mine', **options}),
    ]).ok()
    had = run['acquire']
    assert had['expires_at'] < had['ends_at'] and had['remaining'] <= 300
    assert run['release']['remaining'] == run['again']['remaining'] == 0
