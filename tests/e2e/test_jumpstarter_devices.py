"""jumpstarter_exporter_config, jumpstarter_shell and jumpstarter_power with the real `jmp`: on local devices, and on leased ones."""

import json
import os
import signal
from pathlib import Path

import pytest
from ansible_run import play, task
from jumpstarter_fixtures import Exporter, lease, play_at, processes, token, until

LOCAL = {
    'apiVersion': 'jumpstarter.dev/v1alpha1', 'kind': 'ExporterConfig',
    'metadata': {'namespace': 'default', 'name': 'local'},
    'export': Exporter.DRIVERS | {
        'tools': {'type': 'jumpstarter_driver_shell.driver.Shell', 'config': {'methods': {'hello': 'echo hello-$1'}}},
        'group': {'children': {'relay': {'type': 'jumpstarter_driver_power.driver.MockPower'}}},
    },
}


@pytest.fixture
def device(lab):
    """The file of a local exporter."""
    path = lab.folder / 'local.yaml'
    path.write_text(json.dumps(LOCAL))
    return {'exporter_config': str(path)}


def shell(device, commands, **options):
    return task('shell', 'jumpstarter_shell', device | {'commands': commands} | options)


def run_task(lab, it, *args, **how):
    return lab.playbook([play([it])], *args, **how)


def config(name, content=None, **options):
    given = {'content': json.dumps(content)} if content is not None else {}
    return task('config', 'jumpstarter_exporter_config', {'name': name} | given | options)


def test_an_exporter_config_is_written_once_kept_private_and_used_by_jmp(lab):
    path = Path(lab.env['HOME']) / '.config/jumpstarter/exporters/vehicle_001.yaml'
    seen = [run_task(lab, config('vehicle_001', LOCAL), *args).ok().changed for args in (['--check'], [], [], ['--check'])]
    assert seen == [['config'], ['config'], [], []]
    assert path.stat().st_mode & 0o777 == 0o600
    run = run_task(lab, shell({'exporter': 'vehicle_001'}, ['j tools hello you'])).ok()
    assert run['shell']['stdout_lines'] == ['hello-you']
    path.chmod(0o644)
    assert run_task(lab, config('vehicle_001', LOCAL)).ok().changed == ['config']
    assert path.stat().st_mode & 0o777 == 0o600
    gone = [run_task(lab, config('vehicle_001', state='absent'), *args).ok().changed for args in (['--check'], [], [])]
    assert gone == [['config'], ['config'], []]
    assert not path.exists()


def test_a_backup_is_kept_and_the_difference_hides_the_token(lab):
    old, new = (LOCAL | {'token': word} for word in ('planted-old', 'planted-new'))
    run_task(lab, config('a', old)).ok()
    run = run_task(lab, config('a', new, backup=True, replace_registration=True), '--diff').ok()
    mark, content = Path(run['config']['backup_file']).read_text().split('\n', 1)
    assert 'hatci.automation' in mark and json.loads(content) == old
    assert Path(run['config']['backup_file']).stat().st_mode & 0o777 == 0o600
    assert '********' in run.stdout and 'planted' not in run.stdout


def test_what_the_collections_template_can_not_make_use_of_is_named(ansible):
    bad = [({'jumpstarter_power_control': 'ipmi'}, 'jumpstarter_power_address is not set'),
           ({'power_control': 'ipmi', 'power_address': ' '}, 'jumpstarter_power_address is not set'),
           ({'jumpstarter_power_control': 'rope'}, 'jumpstarter_power_control is rope'),
           ({'serial_url': 'loop://', 'serial_baudrate': 'fast'}, 'jumpstarter_serial_baudrate is fast')]
    role = {'name': 'hatci.automation.jumpstarter_exporter_config', 'apply': {'ignore_errors': True}}
    tasks = [{'ansible.builtin.include_role': role, 'vars': variables, 'ignore_errors': True} for variables, _ in bad]
    run = ansible.tasks(tasks, variables={'jumpstarter_exporters_dir': str(ansible.folder / 'exporters')})
    said = [done['result']['msg'] for done in run.tasks if done['task'].endswith('Write the exporter configuration, or remove it')]
    assert len(said) == len(bad) and all(words in msg for msg, (_, words) in zip(said, bad)), said
    assert not (ansible.folder / 'exporters').exists()


@pytest.mark.parametrize('content, words', [
    (LOCAL | {'metadata': {'namespace': None, 'name': 7}}, 'in line 1'),
    (LOCAL | {'metadata': {'name': 'local'}}, 'missing field `namespace`'),
    (LOCAL | {'kind': 'ClientConfig'}, 'must be ExporterConfig'),
    (LOCAL | {'export': ['power']}, 'line 1'),
])
def test_what_jmp_refuses_is_not_written(lab, jmp, content, words):
    path = lab.folder / 'refused.yaml'
    path.write_text(json.dumps(content))
    assert jmp.run('shell', '--exporter-config', str(path), '--', 'true').returncode != 0
    run = run_task(lab, config('refused', content, dir=str(lab.folder)))
    assert run['config']['error']['kind'] == 'invalid' and words in run['config']['msg']


def test_what_can_not_work_here_is_warned_of(lab):
    doubtful = LOCAL | {'export': {'can': {'type': 'jumpstarter_driver_can.driver.Can'}}, 'exports': {}}
    run = run_task(lab, config('a', doubtful, dir=str(lab.folder))).ok()
    warnings = ' '.join(run['config']['warnings'])
    for words in ('`jmp` ignores the key `exports`', 'jumpstarter_driver_can.driver.Can is not installed', 'jmp does not search'):
        assert words in warnings


def test_a_configuration_in_no_place_of_jmp_is_not_found_by_name(lab, jmp):
    """What the warning says is true."""
    run_task(lab, config('elsewhere', LOCAL, dir=str(lab.folder))).ok()
    jmp.env['HOME'] = lab.env['HOME']
    assert jmp.run('shell', '--exporter', 'elsewhere', '--', 'true').returncode == 2
    jmp.ok('shell', '--exporter-config', str(lab.folder / 'elsewhere.yaml'), '--', 'true')


def test_commands_tell_their_true_exit_codes_and_all_they_wrote_but_nothing_that_jmp_did(lab, device):
    commands = ['j power cycle --wait 1', 'echo out; echo err >&2; exit 7', 'j power bogus', 'echo {{ "{{" }} 1 }}']
    run = run_task(lab, shell(device, commands, check_rc=False)).ok()
    results = run['shell']['results']
    assert [result['rc'] for result in results] == [0, 7, 1, 0]
    # The log of `j` is part of what the command wrote; that of `jmp` is not.
    first, *log = results[0]['stdout_lines']
    assert first == 'Power cycling with 1 seconds wait time...' and 'Power cycle sequence complete' in log[-1]
    assert 'driver.MockPower' in run['shell']['jmp_output'] and 'driver.MockPower' not in run['shell']['stdout']
    assert (results[1]['stdout'], results[1]['stderr']) == ('out\n', 'err\n')
    assert results[3]['stdout_lines'] == ['{{ 1 }}']


def test_the_first_command_that_fails_is_the_last(lab, device):
    run = run_task(lab, shell(device, ['true', 'echo reason >&2; exit 3', 'echo never']))
    assert [result['rc'] for result in run['shell']['results']] == [0, 3]
    assert 'ended with 3. It said: reason' in run['shell']['msg']


# Tests may run side by side: each has sleepers of its own.
SLEEPER = f'sleep {10_000 + os.getpid()}'


def sleepers():
    return processes('sleep', SLEEPER.split()[1])


def test_a_command_that_takes_too_long_is_ended_with_all_it_started(lab, device):
    run = run_task(lab, shell(device, ['echo first', f'echo flashing; setsid {SLEEPER} & {SLEEPER}'], timeout=20))
    assert run['shell']['error']['kind'] == 'timeout'
    assert [(result['rc'], result['stdout']) for result in run['shell']['results']] == [(0, 'first\n'), (124, 'flashing\n')]
    until(lambda: not sleepers(), 'the end of the sleepers')


def test_a_task_that_is_cancelled_ends_all_it_started(lab, device):
    process = lab.start_playbook([play([shell(device, [f'setsid {SLEEPER} & {SLEEPER}'])])])
    until(lambda: len(sleepers()) >= 2, 'the sleepers')
    os.killpg(process.pid, signal.SIGTERM)
    until(lambda: not sleepers(), 'the end of the sleepers')


def test_a_module_that_is_killed_leaves_nothing_behind(lab, device):
    process = lab.start_playbook([play([shell(device, [f'setsid {SLEEPER} & {SLEEPER}'])])])
    until(lambda: len(sleepers()) >= 2, 'the sleepers')
    guard, = processes('--guard', device['exporter_config'])
    module = int(Path(f'/proc/{guard}/stat').read_text().rsplit(')', 1)[1].split()[1])
    os.kill(module, signal.SIGKILL)
    until(lambda: not sleepers(), 'the end of the sleepers')
    assert 'was killed by SIGKILL' in lab.finish(process)['shell']['msg']


def test_an_output_that_there_is_no_room_for_is_counted_and_warned_of(lab, device):
    run = run_task(lab, shell(device, ['head -c 9000000 /dev/zero | tr "\\0" a'], max_output='1M')).ok()
    assert run['shell']['stdout'] == 'a' * (1 << 20) + '…'
    assert run['shell']['results'][0]['left_out'] == 9_000_000 - (1 << 20)
    assert '7951424 bytes' in run['shell']['warnings'][0]


@pytest.mark.parametrize('broken, kind, words', [
    ({'exporter': 'nobody'}, 'failed', 'could not connect to the exporter nobody'),
    ({'exporter_config': '/nonexistent.yaml'}, 'invalid', "exporter_config /nonexistent.yaml can't be used"),
])
def test_a_device_that_is_not_there_is_told_and_nothing_has_changed(lab, broken, kind, words):
    run = run_task(lab, shell(broken, ['true']))
    assert run['shell']['error']['kind'] == kind and words in run['shell']['msg']
    assert not run['shell']['changed']


def test_without_jmp_the_remedy_is_told(lab, device):
    run = run_task(lab, shell(device, ['true']), env={'PATH': lab.env['PATH'].split(':' + os.environ['JUMPSTARTER_VENV'])[0]})
    assert 'Install jumpstarter-cli' in run['shell']['msg']


@pytest.mark.parametrize('options, done', [
    ({'state': 'on'}, 'on'), ({'state': True}, 'on'), ({'state': False}, 'off'), ({'state': 'cycle', 'wait': 1}, 'cycle'),
    ({'state': 'on', 'driver': 'group.relay'}, 'on'),
])
def test_power_is_switched_also_by_yamls_words(lab, device, options, done):
    run = run_task(lab, task('power', 'jumpstarter_power', device | options)).ok()
    assert run['power']['state'] == done


def test_power_that_can_not_be_switched_fails(lab, device):
    run = run_task(lab, task('power', 'jumpstarter_power', device | {'state': 'on', 'driver': 'tools'}))
    assert run['power']['error']['kind'] == 'failed'


def test_check_mode_touches_no_device(lab, device):
    run = run_task(lab, task('power', 'jumpstarter_power', {'exporter': 'nobody', 'state': 'on'}), '--check').ok()
    assert run.changed == ['power']


@pytest.fixture
def leased(start_controller, jmp):
    """A controller with a real exporter, `vehicle`, behind it."""
    secret = token('vehicle')
    controller = start_controller('--exporter-token', f'vehicle={secret}')
    exporter = Exporter(controller, 'vehicle', secret, jmp)
    yield controller, exporter
    exporter.stop()


def test_a_leased_device_is_used_and_given_back(lab, leased):
    controller, exporter = leased
    device = {'lease': '{{ bench.lease_name }}'}
    run = lab.playbook([play_at(controller, [
        lease('acquire', {'exporter': 'vehicle'}, register='bench'),
        task('on', 'jumpstarter_power', device | {'state': 'on'}),
        shell(device, ['echo hi | j serial pipe', 'exit 5'], check_rc=False),
        task('off', 'jumpstarter_power', device | {'state': 'off'}),
        {'name': 'by jmp', 'ansible.builtin.command': f'jmp shell --client-config {controller.client()} -- j power on',
         'environment': {'JMP_LEASE': device['lease']}},
        lease('release', {'state': 'released', 'lease_name': '{{ bench.lease_name }}'}),
    ])]).ok()
    assert [result['rc'] for result in run['shell']['results']] == [0, 5]
    assert run['shell']['results'][0]['stdout_lines'] == ['hi']
    assert exporter.powered() == ['on', 'off', 'on']
    assert controller.active == []


def test_a_device_whose_lease_is_over_is_not_touched(lab, leased):
    controller, exporter = leased
    run = lab.playbook([play_at(controller, [
        lease('acquire', {'exporter': 'vehicle', 'lease_name': 'mine'}),
        lease('release', {'state': 'released', 'lease_name': 'mine'}),
        task('on', 'jumpstarter_power', {'lease': 'mine', 'state': 'on'}),
    ])])
    assert 'lease mine' in run['on']['msg']
    assert exporter.powered() == []
