"""The S3 modules in a real playbook, against moto, which checks each signature by the code of AWS's own client."""

import json

import pytest
from ansible_run import task

MIB = 1 << 20
STORE = {'private_bucket': 'lab-private', 'public_bucket': 'lab-public', 'index': True}


@pytest.fixture
def play(ansible, s3):
    """Runs tasks with the options of the connection given once, for the action group; the keys are in the environment."""
    ansible.env |= {'S3_ACCESS_KEY': s3['access_key'], 'S3_SECRET_KEY': s3['secret_key']}

    def run(tasks, *args):
        run = ansible.playbook([{
            'hosts': 'localhost', 'gather_facts': False, 'tasks': tasks,
            'module_defaults': {'group/hatci.automation.s3': {'s3_endpoint': s3['url']}},
        }], *args)
        assert s3['secret_key'] not in run.stdout + run.stderr + json.dumps(run.tasks)
        return run

    return run


def four_times(name, module, options):
    """Check mode, the change, and both again."""
    return [task(f'{name} {step}', module, options, check_mode=step.startswith('check'))
            for step in ('check', 'made', 'again', 'check again')]


def test_a_store_is_made_filled_indexed_and_removed(play, tmp_path):
    iso = tmp_path / 'agent.iso'
    iso.write_bytes(b''.join(bytes([number]) * MIB for number in range(12)))
    artifact = {'bucket': 'lab-private', 'key': 'isos/server 1+ä.iso', 'src': str(iso), 'part_size': '5M',
                'metadata': {'Version': '4.18.9'}, 'publish': {'bucket': 'lab-public', 'key': 'isos/4.18/agent.iso'}}
    gone = {'state': 'absent'}
    run = play([
        *four_times('store', 's3_artifact_store', STORE),
        *four_times('artifact', 's3_artifact', artifact),
        *four_times('index', 's3_artifact_store', STORE),
        task('list', 's3_artifact_info', {'bucket': 'lab-public', 'prefix': 'isos/', 'metadata': {'version': '4.18.9'}}),
        *four_times('artifact gone', 's3_artifact', artifact | gone),
        *four_times('store gone', 's3_artifact_store', STORE | gone),
    ], '-vvvv').ok()
    for name in ('store', 'artifact', 'index', 'artifact gone', 'store gone'):
        changed = [run[f'{name} {step}']['changed'] for step in ('check', 'made', 'again', 'check again')]
        assert changed == [True, True, False, False], name
        assert run[f'{name} made']['housekeeping']['verified'] is True
    assert [one['key'] for one in run['list']['artifacts']] == ['isos/4.18/agent.iso']
    assert run['list']['artifacts'][0]['sha256'] == run['artifact made']['sha256']
    assert run['index made']['index_entries'] == 1


def test_a_wrong_secret_key_is_told_as_such_and_not_shown(play):
    wrong = {'s3_secret_key': 'planted-and-wrong'}
    run = play([task('store', 's3_artifact_store', {'private_bucket': 'lab-other'} | wrong, ignore_errors=True)], '-vvvv')
    failed = run['store']
    assert (failed['error']['kind'], failed['error']['code']) == ('auth', 'SignatureDoesNotMatch')
    assert failed['msg'].endswith('Check the access key and the secret key.')
    assert 'planted' not in run.stdout + run.stderr + json.dumps(run.tasks)
