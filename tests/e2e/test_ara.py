"""Runs are on record in a real ARA, each event once, and an ARA that does not serve is never in the way."""

import os
import re
import shutil
import signal
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_run import play, task
from ara_fixtures import venv
from jumpstarter_fixtures import lease, play_at, processes, until
from servers import START, VIN

PLAYBOOK = 'hatci.automation.ota_single_vehicle'
REASON = 'Gateway refused the signature'
STEPS = ['Check that the SUMS API works', 'Create the source event', 'Create the target event', 'Fix the source event',
         'Fix the target event', '5. Record the test', '6. Deploy the target event', 'Wait until the update has ended',
         'Read the record', 'Note the outcome', 'Close the test event']
RUN = {'run_id': 'job 4711'}


@pytest.fixture
def spool(tmp_path):
    return tmp_path / 'spool'


@pytest.fixture
def run_ota(ansible, vehicle, spool):
    """Runs the OTA playbook without a bench against a SUMS server, on record in an ARA server."""
    def run(sums, ara, *args, **variables):
        fast = {'hatci_poll_interval_seconds': 1, 'ota_lease': False, 'ara_spool': str(spool)}
        return ansible.playbook(PLAYBOOK, '-e', vehicle, *args, variables=fast | sums.variables | ara.variables | variables)
    return run


def waiting(spool):
    """The entries in the spool that were not sent."""
    return [line for file in spool.glob('*/*/entries.jsonl') for line in file.read_text().splitlines()]


def warnings_of(run):
    """What a run's tasks say about ARA."""
    return [text for it in run.tasks for text in it['result'].get('warnings', ()) if 'ARA' in text]


def infos(*names):
    """Tasks that are events and take no time."""
    return [task(name, 'hatci_info') for name in names]


def times(thing):
    return [datetime.fromisoformat(thing[name]) for name in ('started', 'ended')]


def test_a_whole_test_is_on_record(run_ota, start_sums_sim, ara):
    run = run_ota(start_sums_sim(step='4s'), ara, ara_run_labels=['bench-7'], ara_default_metadata={'commit': '4f1c2ab'}).ok()
    assert warnings_of(run) == []
    names = [name.rpartition(' : ')[2] for name, _ in ara.events()]
    assert list(dict.fromkeys(names)) == STEPS
    assert {status for _, status in ara.events()} == {'ok', 'changed'}
    contents = [ara.get(f'/api/v1/results/{result["id"]}')['content'] for result in ara.all('results')]
    changes = [re.search(r'\w+ -> \w+', content.get('msg', '')) for content in contents]
    assert {change[0] for change in changes if change} >= {'PENDING -> IN_PROGRESS', 'IN_PROGRESS -> COMPLETE'}

    playbook = ara.only('playbooks')
    assert playbook['status'] == 'completed'
    labels = {label['name'] for label in playbook['labels']}
    assert labels == {'bench-7', 'run:' + ara.only('plays')['uuid'], f'vin:{VIN}', 'suite:ota_single_vehicle', f'PASS:{VIN}'}
    assert playbook['name'] == f'OTA test of one vehicle - ota_single_vehicle - {VIN}'
    records = {record['key']: ara.get(f'/api/v1/records/{record["id"]}')['value'] for record in ara.all('records')}
    assert records == {'metadata': {'commit': '4f1c2ab'}, 'run_id': ara.only('plays')['uuid']}
    host = ara.only('hosts')
    assert (host['ok'], host['failed']) == (len(names), 0)
    started, ended = times(playbook)
    assert all(started <= one for result in ara.all('results') for one in times(result))
    assert ended >= max(times(result)[1] for result in ara.all('results'))


def test_the_pages_show_the_events_and_their_durations(record, ara):
    events = [{'name': 'Charge the battery', 'key': '1', 'duration': 600, 'details': {'msg': 'all <b>full</b>'}},
              {'name': 'Look at it', 'key': '2', 'status': 'failed'}]
    url = record('ara_event', ara, events=events)['url']
    record('ara_run', ara, state='finished')
    page = ara.page(url.removeprefix(ara.url))
    assert 'Charge the battery' in page and 'Look at it' in page and '00:10:00' in page
    assert 'hatci.automation' in ara.page('/')
    for result in ara.all('results'):
        ara.page(f'/results/{result["id"]}.html')
    assert 'all &lt;b&gt;full&lt;/b&gt;' in ara.page(f'/results/{ara.all("results")[0]["id"]}.html')
    assert (ara.only('playbooks')['status'], ara.only('hosts')['ok'], ara.only('hosts')['failed']) == ('failed', 1, 1)


@pytest.mark.parametrize('login', ['none', 'basic', 'bearer'])
def test_whatever_login_the_server_wants(record, ara_with, login):
    ara = ara_with(login)
    assert record('ara_event', ara, events=[{'name': 'it'}])['waiting'] == 0
    assert ara.events() == [('it', 'ok')]


def test_a_wrong_password_is_warned_of_once_and_fails_only_who_wants_that(record, ara_with):
    ara, wrong = ara_with('basic'), {'events': [{'name': 'it'}], 'ara_api_password': 'a-wrong-password'}
    first, second = (record('ara_event', ara, **wrong) for _ in range(2))
    assert '401' in first['warnings'][0] and 'warnings' not in second
    assert second['waiting'] == 3  # the run's beginning and two events
    strict = record('ara_event', ara, **wrong, fail_on_error=True)
    assert strict['failed'] and strict['error']['kind'] == 'auth'


def test_an_event_sent_twice_is_stored_once(record, ara):
    event = {'name': 'it', 'key': 'the-first'}
    assert [record('ara_event', ara, events=[event])['changed'] for _ in range(2)] == [True, False]
    # Another machine knows nothing of the first one's spool.
    shutil.rmtree(record.spool)
    assert record('ara_event', ara, events=[event])['changed'] is False
    assert record('ara_event', ara, events=[event | {'host': 'another'}])['changed'] is True
    assert len(ara.all('results')) == len(ara.all('tasks')) == 2


@pytest.mark.parametrize('bad', [0, 0.3])
def test_six_at_once_make_one_run(record, ara, way, tmp_path, bad):
    way.spoil(bad)
    machines = [record.start('ara_run', way, spool=str(tmp_path / f'machine-{n}'), retries=10) for n in range(6)]
    results = [machine.result() for machine in machines]
    assert len(ara.all('playbooks')) == len(ara.all('plays')) == 1
    assert {result['playbook_id'] for result in results} == {ara.only('playbooks')['id']}
    assert bad or sum(result['changed'] for result in results) == 1


def test_nothing_is_lost_or_doubled_on_a_bad_way(record, ara, way):
    way.spoil(0.3)
    patient = {'retries': 10}
    record('ara_run', way, **patient)
    for number in range(15):
        record('ara_event', way, events=[{'name': f'event {number}', 'key': str(number)}], **patient)
    assert record('ara_run', way, state='finished', **patient)['waiting'] == 0
    assert set(way.faults) == set(way.FAULTS)
    assert ara.events() == [(f'event {number}', 'ok') for number in range(15)]
    assert (ara.only('playbooks')['status'], ara.only('hosts')['ok']) == ('completed', 15)


def test_a_whole_test_on_a_bad_way_is_on_record_once(run_ota, sums, ara, way, spool):
    way.spoil(0.3)
    run = run_ota(sums, way, ara_timeout=START).ok()
    assert warnings_of(run) == waiting(spool) == []
    assert len(way.faults) > 10
    names = [name.rpartition(' : ')[2] for name, _ in ara.events()]
    assert list(dict.fromkeys(names)) == STEPS
    assert len(names) == len(ara.all('tasks')) == ara.only('hosts')['ok']
    assert ara.only('playbooks')['status'] == 'completed'


def test_six_playbooks_at_once_with_one_id_are_one_run(ansible, sums, ara, spool):
    def start(number):
        given = {'ara_run_id': 'job 4711', 'ara_spool': str(spool / str(number % 3))}
        return ansible.start_playbook([play(infos(f'{number}a', f'{number}b'), sums)], variables=ara.variables | given)

    for playbook in [start(number) for number in range(6)]:
        ansible.finish(playbook).ok()
    assert ara.only('playbooks') and ara.only('plays')
    assert sorted(ara.events()) == [(f'{number}{half}', 'ok') for number in range(6) for half in 'ab']


@pytest.mark.parametrize('trust', ['ara_ca_path', 'SSL_CERT_FILE', 'ara_verify_ssl', None])
def test_a_server_with_a_private_authority(ansible, sums, ara, https_way, spool, trust):
    options = {'ara_ca_path': {'ara_ca_path': https_way.ca}, 'ara_verify_ssl': {'ara_verify_ssl': False}}.get(trust, {})
    env = {'SSL_CERT_FILE': https_way.ca} if trust == 'SSL_CERT_FILE' else None
    run = ansible.tasks(infos('one', 'two'), sums, env=env,
                        variables=https_way.variables | {'ara_timeout': START, 'ara_spool': str(spool)} | options).ok()
    assert ara.events() == ([('one', 'ok'), ('two', 'ok')] if trust else [])
    warnings = [text for it in run.tasks for text in it['result'].get('warnings', ())]
    assert len(warnings) == (0 if trust in ('ara_ca_path', 'SSL_CERT_FILE') else 1), warnings
    assert all('certificate' in text for text in warnings)


def test_leases_are_on_record(lab, controller, ara, spool):
    held = {'state': 'released', 'lease_name': '{{ bench.lease_name }}'}
    tasks = [lease('acquire', {'exporter': 'bench'}, register='bench'), lease('release', held)]
    lab.playbook([play_at(controller, tasks)], variables=ara.variables | {'ara_spool': str(spool)}).ok()
    assert ara.events() == [('acquire', 'changed'), ('release', 'changed')]
    assert ara.content('acquire')['lease_name'] == ara.content('release')['lease_name']


@pytest.fixture
def start_stuck(ansible, collections, sums, record, ara, way, spool):
    """Starts a play of a run that ARA knows, and tells a process that tries to send its events, which gets stuck."""
    def start(*tasks):
        record('ara_run', way, **RUN)
        way.fault = lambda: 'hang'
        given = {'ara_run_id': RUN['run_id'], 'ara_spool': str(spool), 'ara_api_token': ara.TOKEN}
        playing = ansible.start_playbook([play(list(tasks), sums)], variables=way.variables | given)
        return playing, until(senders, 'a process that sends')[0]

    def senders():
        return processes('--job-guard', str(collections))

    yield start
    until(lambda: not senders(), 'the end of those who send')


def test_a_play_goes_on_while_ara_takes_its_time(start_stuck, ansible, record, sums, ara, way, spool):
    playing, sender = start_stuck(*infos('one', 'two', 'three'))
    about = Path(f'/proc/{sender}')
    assert ara.TOKEN not in (about / 'cmdline').read_text() + (about / 'environ').read_text()
    runs = [ansible.finish(playing).ok()]
    assert way.faults == ['hang'] and len(waiting(spool)) == 4  # the last is the end of the run
    given = {'ara_run_id': RUN['run_id'], 'ara_spool': str(spool)}
    runs += [ansible.tasks(infos(name), sums, variables=way.variables | given).ok() for name in ('four', 'five')]
    assert len([text for run in runs for text in warnings_of(run)]) == 1
    way.fault = lambda: None
    record('ara_event', way, drain=True)
    assert ara.events() == [(name, 'ok') for name in ('one', 'two', 'three', 'four', 'five')]


def test_what_a_killed_play_leaves_is_told_by_the_next_run(start_stuck, record, ara, way):
    playing, _ = start_stuck(*infos('one'), {'name': 'wait', 'pause': {'seconds': 60}})
    os.killpg(playing.pid, signal.SIGKILL)
    playing.communicate()
    way.fault = lambda: None

    def told():
        # Either by this, or before by the process that sends, which outlives the play for a moment.
        record('ara_event', way, drain=True)
        return ara.events()

    assert until(told, 'what was left') == [('one', 'ok')]


@pytest.mark.parametrize('fault', ['503', 'reset', 'html', 'hang'])
def test_an_ara_that_does_not_serve_is_warned_of_once_and_told_later(record, ara, way, fault):
    way.fault = lambda: fault
    results = [record('ara_event', way, events=[{'name': f'event {n}', 'key': str(n)}], timeout=1) for n in range(5)]
    assert [len(result.get('warnings', ())) for result in results] == [1, 0, 0, 0, 0]
    assert results[-1]['waiting'] == 6 and not any(result.get('failed') for result in results)
    assert fault in ('503', 'reset') or len(way.faults) == 1  # the others show at once that there is no hope

    way.fault = lambda: None
    assert record('ara_event', way, run_id='another run', drain=True)['changed'] is True
    assert ara.events() == [(f'event {n}', 'ok') for n in range(5)]
    assert record('ara_event', way, run_id='another run', drain=True)['changed'] is False
    assert waiting(record.spool) == []


def test_the_next_run_tells_what_the_last_one_could_not(record, ara, way):
    way.fault = lambda: 'reset'
    record('ara_run', way, state='finished', retries=0)
    way.fault = lambda: None
    record('ara_run', way, run_id='the next')
    assert [playbook['status'] for playbook in ara.all('playbooks')] == ['running', 'completed']


def test_a_run_that_was_deleted_in_ara_is_registered_again(record, ara):
    record('ara_event', ara, events=[{'name': 'before'}])
    ara.forget_all('playbooks')
    assert record('ara_event', ara, events=[{'name': 'after'}])['waiting'] == 0
    assert ara.events() == [('after', 'ok')]


def test_a_server_that_hangs_costs_one_timeout_and_changes_no_result(run_ota, sums, way, spool):
    way.fault = lambda: 'hang'
    run = run_ota(sums, way).ok()
    assert len(warnings_of(run)) == 1
    assert way.faults == ['hang']
    assert len(waiting(spool)) >= 10


def test_a_play_can_insist_on_ara(run_ota, sums, way):
    way.fault = lambda: 'html'
    run = run_ota(sums, way, ara_fail_on_error=True)
    assert run.rc == 2 and 'Check that the base URL' in run.failed[0]['result']['msg']


@pytest.mark.parametrize('case', ['the update fails', 'preflight fails'])
def test_a_failed_run_ends_as_failed(run_ota, start_sums_sim, ara, case):
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    run = run_ota(sums, ara, **({'hatci_token': 'wrong-token-0000'} if case == 'preflight fails' else {}))
    assert run.rc == 2
    assert ara.only('playbooks')['status'] == 'failed'
    assert ara.only('hosts')['failed'] >= 1


def test_without_ara_the_output_is_the_same_to_the_byte(ansible, vehicle, start_sums_sim, ara, spool):
    """Even with it, as long as ARA has nothing to say."""
    def output(**variables):
        given = {'ota_lease': False, 'hatci_poll_interval_seconds': 1, 'ara_spool': str(spool)}
        sums = start_sums_sim(step='1ms')  # whatever is seen of it is the same
        shown = ansible.playbook(PLAYBOOK, '-e', vehicle, variables=given | sums.variables | variables).ok().stdout
        return re.sub(r'(PASS +)\d+ +', r'\1N ', shown)  # it shows how long it took

    without = output()
    assert output(ara_enabled=False, ara_api_base_url='http://127.0.0.1:1') == without
    assert not spool.exists()
    assert output(**ara.variables) == without


def test_no_token_is_anywhere(run_ota, start_sums_sim, ara_with, ansible, spool):
    """In ARA's database, in the output or in the spool, be it of SUMS or of ARA, also with the server away."""
    ara = ara_with('bearer')
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    runs = [run_ota(sums, ara, '-vvvv', '--diff'), run_ota(sums, SimpleNamespace(
        variables=ara.variables | {'ara_api_base_url': 'http://127.0.0.1:1', 'ara_run_name': f'with {ara.TOKEN}'}), '-vvvv')]
    assert len(ara.events()) > 8 and len(waiting(spool)) > 8
    files = [path for folder in (ara.folder, spool, ansible.folder / 'home') for path in folder.rglob('*') if path.is_file()]
    assert any(path.suffix == '.sqlite' for path in files)
    for secret in (ara.TOKEN, sums.TOKEN):
        assert not any(secret in run.stdout + run.stderr + str(run.tasks) for run in runs)
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_task_with_no_log_sends_its_status_only_and_a_forgiven_failure_fails_no_run(ansible, sums, ara, spool):
    forgiven = task('forgiven', 'hatci_fix_event', {'event_id': 'nope', 'not_found_grace': 0}, failed_when=False)
    ansible.tasks([task('secret', 'hatci_info', no_log=True), forgiven], sums, variables=ara.variables | {'ara_spool': str(spool)}).ok()
    assert ara.events() == [('secret', 'ok'), ('forgiven', 'ok')]
    assert ara.content('secret') == {} and ara.content('forgiven')['failed'] is False
    assert ara.only('playbooks')['status'] == 'completed'


def test_more_than_ara_takes_is_cut(record, ara):
    assert record('ara_event', ara, events=[{'name': 'it', 'details': {'stdout': 'x' * (3 << 20)}}])['waiting'] == 0
    assert 'ARA does not accept more' in ara.content('it')['note']


def test_what_a_proxy_does_not_let_through_is_cut_and_stops_nothing(record, ara, way):
    way.most = 1 << 20
    large = {'text': 'x' * (3 << 19)}
    events = [{'name': 'one'}, {'name': 'large', 'details': large}, {'name': 'two'}]
    result = record('ara_event', way, metadata=large, events=events)
    assert result['waiting'] == 0 and 'warnings' not in result
    assert [name for name, _ in ara.events()] == ['one', 'large', 'two']
    assert 'ARA does not accept more' in ara.content('large')['note']


def test_what_a_run_left_without_its_beginning_is_no_part_of_another(record, ara, way):
    way.fault = lambda: '503'
    record('ara_event', way, events=[{'name': 'left'}], retries=0)
    file, = record.spool.glob('*/*/entries.jsonl')
    _, event = file.read_text().splitlines()
    file.write_text('{"Start":{"id":\n' + event + '\n')
    way.fault = lambda: None
    record('ara_run', way, run_id='another', run_name='another', labels=['bench-7'])
    another, lost = ara.all('playbooks')
    task, = ara.all('tasks')
    assert (task['playbook'], lost['status']) == (lost['id'], 'running')
    assert [label['name'] for label in lost['labels']] == [f'run:{record.run_id}']
    assert another['name'] == 'another'


def test_all_plays_and_hosts_of_one_playbook_are_one_run(ansible, sums, ara, spool):
    hosts = {'hosts': 'all', 'connection': 'local'}
    plays = [play([task(name, 'hatci_info')], sums, **hosts) for name in ('one', 'two')]
    ansible.playbook(plays, '-i', 'v1,v2', variables=ara.variables | {'ara_spool': str(spool)}).ok()
    assert ara.only('plays')
    assert sorted(ara.events()) == [('one', 'ok')] * 2 + [('two', 'ok')] * 2
    assert sorted(host['name'] for host in ara.all('hosts')) == ['v1', 'v2']


def test_beside_aras_callback_there_is_one_run(ansible, sums, ara, spool):
    callbacks = next(venv().glob('lib/python3*/site-packages/ara/plugins/callback'))
    env = {'PATH': f'{venv()}/bin:{os.environ["PATH"]}', 'ANSIBLE_CALLBACK_PLUGINS': str(callbacks), 'ARA_API_CLIENT': 'http',
           'ANSIBLE_CALLBACKS_ENABLED': 'ara_default', 'ARA_API_SERVER': ara.url, 'ARA_BASE_DIR': str(ansible.folder / 'home')}
    ansible.playbook([play([task('it', 'hatci_info')], sums, name='the play')], env=env,
                     variables=ara.variables | {'ara_spool': str(spool), 'ara_run_labels': ['bench-7']}).ok()
    playbook = ara.only('playbooks')
    assert playbook['client_version'] == '1.8.0' and playbook['status'] == 'completed'
    assert len(ara.all('plays')) == 2
    assert sorted(ara.events()) == [('it', 'ok')] * 2  # the callback's, and ours with its result
    assert 'bench-7' in {label['name'] for label in playbook['labels']}
