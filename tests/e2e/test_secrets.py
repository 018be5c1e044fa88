"""A secret that was given, or that a server gives back, is nowhere in what a run says or leaves behind."""

import base64
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from ansible_run import play, task
from jumpstarter_fixtures import lease, play_at, processes, until
from servers import EVENT, VIN
from test_protocol import WAIT, running, start_waiting

TOKEN = 'scripted-token-2342'
PASSWORD = 'hunter2-in-the-url'
LOGIN = base64.b64encode(f'somebody:{PASSWORD}'.encode()).decode()


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
    """The environment of a run that writes a log, too, into its home, and tells the options with every result."""
    return {'ANSIBLE_LOG_PATH': str(ansible.folder / 'home/ansible.log'), 'ANSIBLE_INJECT_INVOCATION': 'true'}


@pytest.mark.parametrize('scenario', [
    [], *(pytest.param(scenario, marks=pytest.mark.one_core) for scenario in (['--scenario', f'{VIN}=fail:no'], ['--fault', 'html:0.3'])),
])
def test_the_token_of_a_whole_test(ansible, vehicle, start_sums_sim, assert_hidden, logged, scenario):
    sums = start_sums_sim(*scenario)
    variables = sums.variables | {'ota_lease': False, 'hatci_poll_interval_seconds': 1}
    run = ansible.playbook(
        'hatci.automation.ota_single_vehicle', '-e', vehicle, '-vvvv', '--diff', variables=variables, env=logged)
    assert len(run.tasks) > 3
    assert_hidden(run, sums.TOKEN)


def http(status, body, *headers, content_type='application/json'):
    """An answer as `answering` takes it, which hangs up then, and has to say so: a redirect would be followed on the same connection."""
    head = [f'HTTP/1.1 {status}', f'Content-Type: {content_type}', f'Content-Length: {len(body)}', 'Connection: close', *headers]
    return ['\r\n'.join([*head, '', body]).encode()]


BAD_TOKEN = {
    'JSON': http('400 Bad Request', json.dumps({'error': f'bad token {TOKEN} in Bearer {TOKEN}'})),
    'a page': http('403 Forbidden', f'<title>bad token {TOKEN}</title>', content_type='text/html'),
    'text': http('500 Internal Server Error', f'bad token {TOKEN}', content_type='text/plain'),
}


@pytest.mark.one_core
@pytest.mark.parametrize('case', BAD_TOKEN)
def test_a_token_that_the_server_echoes(ansible, answering, assert_hidden, logged, case):
    server = answering(BAD_TOKEN[case])
    run = ansible.tasks([task('it', 'hatci_create_event', EVENT | {'retries': 0})], server, '-vvvv', env=logged)
    assert 'bad token ***' in run['it']['msg']
    assert_hidden(run, TOKEN)


@pytest.mark.one_core
def test_a_token_in_every_answer_while_waiting(ansible, answering, assert_hidden, logged):
    answer = {'deployment_id': 'DEP-1', 'state': f'BUSY {TOKEN}', 'reason': TOKEN, 'step': f'step {TOKEN}', 'timestamps': [TOKEN]}
    server = answering(http('200 OK', json.dumps(answer)))
    wait = task('it', 'hatci_update_status', {'deployment_id': 'DEP-1', 'wait_timeout': 2} | WAIT)
    run = ansible.tasks([wait], server, '-vvvv', env=logged)
    assert run['it']['state'] == 'BUSY ********'
    assert ': BUSY ********, step ********' in run.stdout
    assert_hidden(run, TOKEN)


def test_a_token_in_an_option_that_is_shown(ansible, sums, assert_hidden, logged):
    told = task('it', 'hatci_create_event', EVENT | {'remark': f'made with {sums.TOKEN}'})
    for args in (['--check'], []):
        run = ansible.tasks([told], sums, '-vvvv', '--diff', *args, env=logged).ok()
        assert 'made with ********' in run.stdout
        assert_hidden(run, sums.TOKEN)


@pytest.mark.one_core
@pytest.mark.parametrize('target', [
    f'http://127.0.0.1:1/?token={TOKEN}', f'http://somebody:{PASSWORD}@127.0.0.1:1/', f'//somebody:{PASSWORD}@127.0.0.1/',
    f'/{TOKEN}',
])
def test_a_secret_in_a_redirect(ansible, answering, assert_hidden, logged, target):
    server = answering(http('302 Found', '', f'Location: {target}'))
    run = ansible.tasks([task('it', 'hatci_update_status', {'event_id': 'EV-1'})], server, '-vvvv', env=logged)
    assert 'redirect' in run['it']['msg']
    assert_hidden(run, TOKEN, PASSWORD)


@pytest.mark.one_core
@pytest.mark.parametrize('variable, scheme', [
    ('HATCI_BASE_URL', 'http'), ('http_proxy', 'http'), ('https_proxy', 'https'), ('ALL_PROXY', 'https'),
])
def test_a_password_in_a_url(ansible, assert_hidden, logged, variable, scheme):
    env = {'HATCI_BASE_URL': f'{scheme}://sums.invalid', 'HATCI_TOKEN': TOKEN}
    env[variable] = f'http://somebody:{PASSWORD}@127.0.0.1:1'
    # Not `environment:` of the play: Ansible itself would show that at -vvvv.
    run = ansible.playbook([play([task('it', 'hatci_info', {'retries': 0})])], '-vvvv', env=env | logged)
    assert ('contains an @' if variable == 'HATCI_BASE_URL' else '127.0.0.1:1') in run['it']['msg']
    assert_hidden(run, PASSWORD, LOGIN, TOKEN)


@pytest.mark.one_core
def test_a_password_in_the_url_of_an_option(ansible, assert_hidden, logged):
    options = {'hatci_base_url': '{{ url }}', 'hatci_token': '{{ token }}', 'retries': 0}
    variables = {'url': f'http://somebody:{PASSWORD}@127.0.0.1:1', 'token': TOKEN}
    run = ansible.tasks([task('it', 'hatci_info', options)], None, '-vvvv', variables=variables, env=logged)
    assert 'contains an @' in run['it']['msg']
    assert_hidden(run, PASSWORD, TOKEN)


@pytest.mark.one_core
def test_a_password_that_a_proxy_echoes(ansible, answering, assert_hidden, logged):
    proxy = answering(http('407 Who Are You', f'not {PASSWORD}, not {LOGIN}', content_type='text/plain'))
    env = {'HATCI_BASE_URL': 'http://sums.invalid', 'HATCI_TOKEN': TOKEN,
           'http_proxy': proxy.url.replace('//', f'//somebody:{PASSWORD}@')}
    run = ansible.playbook([play([task('it', 'hatci_info')])], '-vvvv', env=env | logged)
    assert 'not ***' in run['it']['msg']
    assert_hidden(run, PASSWORD, LOGIN, TOKEN)


def assert_unseen(pids, token):
    """That the token is neither in the command lines of these processes nor in their environments."""
    assert pids
    for pid in pids:
        for name in ('cmdline', 'environ', 'comm'):
            # Who has no right to look finds environ refused: the program is not dumpable.
            if os.access(f'/proc/{pid}/{name}', os.R_OK):
                assert token.encode() not in Path(f'/proc/{pid}/{name}').read_bytes()


def test_the_token_of_a_running_program(ansible, collections, start_sums_sim):
    sums = start_sums_sim('--scenario', f'{VIN}=stuck')
    process = start_waiting(ansible, collections, sums)
    assert_unseen(running(collections), sums.TOKEN)
    os.killpg(process.pid, signal.SIGINT)
    ansible.finish(process)


@pytest.mark.one_core
def test_the_token_of_the_process_that_keeps_a_lease(lab, controller):
    hold = {'name': 'hold', 'ansible.builtin.pause': {'minutes': 5}}
    process = lab.start_playbook([play_at(controller, [lease('acquire', {'exporter': 'bench', 'lease_name': 'kept'}), hold])])
    keepers = until(lambda: processes('--job-guard', lab.env['XDG_RUNTIME_DIR']), 'its keeper')
    assert_unseen(keepers, controller.tokens['ci'])
    os.killpg(process.pid, signal.SIGINT)
    lab.finish(process)


def leaves_core(folder, command, ready):
    """Whether this program's memory is written to a file when it is ended by SIGQUIT."""
    process = subprocess.Popen(
        ['sh', '-c', 'ulimit -c unlimited && exec "$@"', 'sh', *command], cwd=folder, env={'PATH': '/usr/bin:/bin'},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    until(lambda: ready(process.pid), 'its start')
    process.send_signal(signal.SIGQUIT)
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    process.communicate()
    return ended.si_code == os.CLD_DUMPED


@pytest.mark.one_core
def test_no_core_of_a_program_is_left(collections, start_sums_sim, tmp_path):
    if not leaves_core(tmp_path, ['sleep', '60'], lambda pid: Path(f'/proc/{pid}/comm').read_text() == 'sleep\n'):
        pytest.skip('this machine writes no core files')
    sums = start_sums_sim('--scenario', f'{VIN}=stuck')
    arguments = tmp_path / 'arguments.json'
    arguments.write_text(json.dumps(sums.variables | WAIT | {'deployment_id': sums.make_deployment()}))
    folder = collections / f'ansible_collections/hatci/automation/plugins/modules/__{os.uname().machine}__'
    looks = '/api/v1/deployments/'
    assert not leaves_core(tmp_path, [folder / 'hatci_update_status', arguments],
                           lambda _: any(it['path'].startswith(looks) for it in sums.get('/sim/requests')))


def test_a_short_secret_is_masked_and_warned_of(ansible, sums):
    run = ansible.tasks([task('it', 'hatci_info', {'hatci_token': 'abc'})], sums)
    result = run.result('it')
    assert 'abc' not in str(result)
    assert any('hatci_token' in text and 'fewer than 4 characters' in text for text in result['warnings']), result
