"""A secret that was given, or that a server gives back, is nowhere in what a run says or leaves behind."""

import pytest
from ansible_run import play, task
from servers import EVENT, VIN

PASSWORD = 'hunter2-in-the-url'


@pytest.fixture
def assert_hidden(ansible):
    """That none of these is in the run's output, results or log, nor in what it left in its home."""
    def check(run, *secrets):
        left = [path.read_bytes().decode(errors='replace') for path in ansible.folder.glob('home/**/*') if path.is_file()]
        for secret in secrets:
            for text in (run.stdout, run.stderr, str(run.tasks), *left):
                assert secret not in text
    return check


@pytest.fixture
def logged(ansible):
    """The environment of a run that also writes a log, into its home."""
    return {'ANSIBLE_LOG_PATH': str(ansible.folder / 'home/ansible.log')}


@pytest.mark.parametrize('scenario', [[], ['--scenario', f'{VIN}=fail:no'], ['--fault', 'html:0.3']])
def test_the_token_of_a_whole_test(ansible, vehicle, start_sums_sim, assert_hidden, logged, scenario):
    sums = start_sums_sim(*scenario)
    variables = sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1}
    run = ansible.playbook(
        'hatci.automation.ota_single_vehicle', '-e', vehicle, '-vvvv', '--diff', variables=variables, env=logged)
    assert len(run.tasks) > 3
    assert_hidden(run, sums.TOKEN)


ECHO = 'HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}'


def test_a_token_that_the_server_echoes(ansible, answering, assert_hidden, logged):
    body = '{"error": "bad token scripted-token-2342 in Bearer scripted-token-2342"}'
    server = answering([ECHO.format(len(body), body).encode()])
    assert server.TOKEN in body
    run = ansible.tasks([task('it', 'hatci_create_event', EVENT)], server, '-vvvv', env=logged)
    assert 'bad token' in run['it']['msg']
    assert_hidden(run, server.TOKEN)


def test_a_token_in_a_redirect(ansible, answering, assert_hidden, logged):
    server = answering([b'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/?token=scripted-token-2342\r\nContent-Length: 0\r\n\r\n'])
    run = ansible.tasks([task('it', 'hatci_update_status', {'event_id': 'EV-1'})], server, '-vvvv', env=logged)
    assert run.rc == 2
    assert_hidden(run, server.TOKEN)


@pytest.mark.parametrize('variable', ['HATCI_BASE_URL', 'http_proxy'])
def test_a_password_in_a_url(ansible, assert_hidden, logged, variable):
    env = {'HATCI_BASE_URL': 'http://sums.invalid', 'HATCI_TOKEN': 'a-token-0000'}
    env[variable] = f'http://somebody:{PASSWORD}@127.0.0.1:1'
    # Not `environment:` of the play: Ansible itself would show that at -vvvv.
    run = ansible.playbook([play([task('it', 'hatci_info', {'retries': 0})])], '-vvvv', env=env | logged)
    assert run.rc == 2
    assert_hidden(run, PASSWORD, 'a-token-0000')


def test_a_short_secret_is_masked_and_warned_of(ansible, sums):
    run = ansible.tasks([task('it', 'hatci_info', {'hatci_token': 'abc'})], sums)
    assert 'abc' not in str(run.result('it'))
