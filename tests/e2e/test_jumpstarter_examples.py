"""The examples and playbooks that use a device, on real exporters with mock drivers, leased through the controller."""

import json

import pytest
from ansible_run import task
from jumpstarter_fixtures import Exporter, lease, play_at, token, until

OTA = 'hatci.automation.ota_single_vehicle'
BENCH = 'vehicle_001'


@pytest.fixture
def bench(start_controller, jmp):
    """A controller with the real exporter that the examples lease, and that exporter."""
    secret = token(BENCH)
    controller = start_controller('--exporter', f'{BENCH}:exporter={BENCH}', '--exporter-token', f'{BENCH}={secret}')
    exporter = Exporter(controller, BENCH, secret, jmp)
    yield controller, exporter
    exporter.stop()


@pytest.fixture
def run_example(lab, vehicle, bench, sums):
    def run(name, *args, **variables):
        known = {'jumpstarter_client_config': bench[0].client(), 'hatci_poll_interval_seconds': 1}
        return lab.playbook(name, '-e', vehicle, *args, variables=known | sums.variables | variables)
    return run


def held(controller):
    """The leases that ever had the bench, in that order."""
    had = [lease for lease in controller.leases.values() if lease['effective_begin']]
    return sorted(had, key=lambda lease: lease['effective_begin'])


def test_a_leased_device_is_powered_on_and_off(run_example, bench):
    controller, exporter = bench
    run_example('hatci.automation.examples.lease_guard').ok()
    assert exporter.powered() == ['on', 'off']
    assert len(held(controller)) == 1 and controller.active == []


def test_an_exporter_configuration_is_written_and_used(run_example):
    run = run_example('hatci.automation.examples.exporter_config').ok()
    assert run['Power the device on']['state'] == 'on'


def test_the_whole_workflow_collects_diagnostics_from_the_leased_device(run_example, bench, sums):
    controller, _ = bench
    run = run_example('hatci.automation.examples.complete_workflow').ok()
    assert 'voltage=' in run['Collect diagnostics']['stdout']
    assert sums.state()['test_events'][0]['status'] == 'PASS'
    assert controller.active == []


def test_the_whole_workflow_runs_against_another_server(run_example, other_sums):
    run_example('hatci.automation.examples.complete_workflow', **other_sums.variables).ok()
    assert [body['status'] for body in other_sums.bodies('PATCH')] == ['PASS']


def test_a_vehicle_is_updated_on_a_bench_that_is_its_own_meanwhile(run_example, bench, sums, jmp):
    controller, _ = bench
    run_example(OTA).ok()
    lease, = held(controller)
    seen = jmp.leases(controller.client())[lease['name']]
    assert (seen['exporter'], seen['tags']) == (BENCH, lease['tags'])
    assert [condition['reason'] for condition in seen['conditions']] == ['Released']
    assert sums.state()['test_events'][0]['status'] == 'PASS'


def test_a_command_that_fails_on_the_vehicle_is_what_the_test_failed_of(run_example, lab, sums):
    verify = lab.folder / 'verify.yml'
    ask = task('ask', 'jumpstarter_shell', {'lease': '{{ current_lease_name }}', 'command': 'echo the gateway refused; exit 7'})
    verify.write_text(json.dumps([ask]))
    assert run_example(OTA, ota_verify_tasks=str(verify)).rc == 2
    assert 'the gateway refused' in sums.state()['test_events'][0]['summary']


def test_the_whole_workflow_can_be_looked_at_in_check_mode(run_example, sums):
    run_example('hatci.automation.examples.complete_workflow', '--check').ok()
    assert sums.writes() == []


def test_two_vehicles_contend_for_one_bench(run_example, bench, lab, sums):
    controller, _ = bench
    inventory = lab.folder / 'vehicles'
    inventory.write_text('vehicle-1\nvehicle-2\n')
    # With the strategy `linear` the first could not go on, and give the bench back, while the second waits for it.
    lab.env['ANSIBLE_STRATEGY'] = 'free'
    vins = "{{ {'vehicle-1': '1HGBH41JXMN109186', 'vehicle-2': '5NPE24AF5FH000002'}[inventory_hostname] }}"
    run_example(OTA, '-i', inventory, ota_hosts='all', hatci_vin=vins).ok()
    first, second = held(controller)
    assert first['end'] <= second['effective_begin'] and second['end']
    assert [event['status'] for event in sums.state()['test_events']] == ['PASS', 'PASS']


def test_a_vehicle_is_not_updated_without_its_lease(run_example, bench, sums):
    """The bench's name is wrong: the test fails before anything is deployed, and says why."""
    run = run_example(OTA, jumpstarter_exporter_selector='exporter=nobody')
    assert run.rc == 2 and 'NoAccess' in run.tasks[-1]['result']['msg']
    assert sums.writes() == []


@pytest.fixture
def run_without_release(lab, controller):
    """Runs a play whose lease can't be released, since the controller does not let its client in by then."""
    stranger = controller.write_client('stranger', 'wrong')

    def run(*tests, **variables):
        guard = {'ansible.builtin.include_role': {'name': 'hatci.automation.jumpstarter_lease_guard', 'tasks_from': 'always'}}
        tasks = [{'block': [
            lease('acquire', {'exporter': 'bench', 'lease_name': 'mine'}),
            {'name': 'remember', 'ansible.builtin.set_fact': {'current_lease_name': 'mine'}},
            {'name': 'break', 'ansible.builtin.command': f'cp {stranger} {controller.client()}'},
            *tests,
        ], 'always': [guard]}, {'name': 'tell', 'ansible.builtin.debug': {'var': 'jumpstarter_lease_leaked'}}]
        return lab.playbook([play_at(controller, tasks, vars={'jumpstarter_client_config': controller.client()} | variables)])
    return run


def test_a_lease_that_can_not_be_released_is_told_and_hides_no_other_failure(run_without_release):
    run = run_without_release({'name': 'test', 'ansible.builtin.fail': {'msg': 'the test itself'}})
    assert run.rc == 2
    assert 'LEASE mine WAS NOT RELEASED' in str(run['Give the lease back']['warnings'])
    assert 'the test itself' in run.stdout


@pytest.mark.parametrize('strict', [True, False])
def test_a_lease_that_can_not_be_released_fails_the_play_only_if_that_is_wanted(run_without_release, strict):
    run = run_without_release(jumpstarter_release_strict=strict)
    assert 'LEASE mine WAS NOT RELEASED' in str(run['Give the lease back']['warnings'])
    assert 'LEASE mine WAS NOT RELEASED' in ' '.join(run.stderr.split()), 'a warning is shown in its colour'
    if strict:
        assert run.rc == 2 and 'rejected the client' in run['Fail because the lease is still there']['msg']
    else:
        assert run.ok()['tell']['jumpstarter_lease_leaked'] is True


def test_each_of_two_leases_one_within_the_other_is_released_in_its_turn(lab, controller):
    """The second of one name is the same lease, and one that can't be had is none."""
    def guard(tasks_from, bench=None, **variables):
        return {'ansible.builtin.include_role': {'name': 'hatci.automation.jumpstarter_lease_guard', 'tasks_from': tasks_from},
                'vars': {'jumpstarter_exporter_name': bench} | variables if bench else {}}

    release = guard('always')
    run = lab.playbook([play_at(controller, [
        guard('main', 'bench', jumpstarter_lease_name='outer'),
        {'block': [guard('main', 'bench-2', jumpstarter_lease_name='inner'), guard('main', 'bench-2', jumpstarter_lease_name='inner')],
         'always': [release]},
        {'block': [guard('main', 'nowhere')], 'rescue': [{'name': 'tell', 'ansible.builtin.debug': {}}], 'always': [release]},
        guard('verify'), release, release,
    ])]).ok()
    released = [done['result'].get('lease_name') for done in run.tasks if done['task'].endswith('Give the lease back')]
    assert released == ['inner', None, 'outer', None], 'skipped where there is none'


@pytest.fixture
def stale(lab, controller):
    """A lease whose job was killed together with the process that kept it, before its term is over."""
    lab.playbook([play_at(controller, [lease('acquire', {'exporter': 'bench', 'lease_name': 'stale', 'keepalive': False})])]).ok()
    return 'stale'


def sweep(lab, controller, **variables):
    return lab.playbook('hatci.automation.release_stale_leases',
                        variables={'jumpstarter_client_config': controller.client()} | variables)


def test_stale_leases_are_listed_and_swept_and_those_in_use_are_left(lab, controller, stale):
    in_use = lease('acquire', {'exporter': 'bench-2', 'lease_name': 'in-use'})
    lab.start_playbook([play_at(controller, [in_use, {'name': 'hold', 'ansible.builtin.pause': {'minutes': 5}}])])
    until(lambda: controller.leases.get('in-use', {}).get('exporter'), 'the bench')
    listed = sweep(lab, controller).ok()
    assert listed['Show the stale ones']['stale_leases'] == [stale]
    assert {one['lease_name']: one['job'] for one in listed['List the leases']['leases']} == {stale: 'over', 'in-use': 'running'}
    assert sorted(controller.active) == ['in-use', stale]
    sweep(lab, controller, jumpstarter_sweep=True).ok()
    assert controller.active == ['in-use']


def test_jobs_of_other_hosts_are_swept_by_name(lab, controller, jmp):
    for name, job in (('bench', 'awx-4711.12-34'), ('bench-2', 'awx-47111.12-34')):
        jmp.ok('create', 'lease', '--client-config', controller.client(), '-n', name, '--lease-id', name, '--duration', '1h',
               '--tag', f'job={job}', '--tag', 'host=elsewhere')
    assert sweep(lab, controller, jumpstarter_sweep=True).ok()['Show the stale ones']['stale_leases'] == []
    sweep(lab, controller, jumpstarter_sweep=True, jumpstarter_ended_jobs=['awx-4711']).ok()
    assert controller.active == ['bench-2']


def test_leases_are_found_by_their_tags(lab, controller, stale):
    info = task('info', 'jumpstarter_lease_info', {'tags': {'campaign': 'none'}})
    assert lab.playbook([play_at(controller, [info])]).ok()['info']['leases'] == []
