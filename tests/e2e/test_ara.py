"""Runs are on record in a real ARA, each event once, and an ARA that does not serve is never in the way."""

import os
import re
import shutil
from datetime import datetime
from types import SimpleNamespace
from urllib.request import Request

import pytest
from ansible_run import play, task
from ara_fixtures import venv
from servers import DIRECT, VIN

PLAYBOOK = 'hatci.automation.ota_single_vehicle'
REASON = 'Gateway refused the signature'
HANDLERS = {'roles': ['hatci.automation.ara_handlers'], 'force_handlers': True}


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


def times(thing):
    return [datetime.fromisoformat(thing[name]) for name in ('started', 'ended')]


def test_a_whole_test_is_on_record(run_ota, start_sums_sim, ara):
    run = run_ota(start_sums_sim(step='1s'), ara, ara_run_labels=['bench-7'], ara_default_metadata={'commit': '4f1c2ab'}).ok()
    assert not any('ARA' in str(it['result'].get('warnings')) for it in run.tasks)
    names = [name.rpartition(' : ')[2] for name, _ in ara.events()]
    steps = ['Ask the SUMS API whether it can be used', '3. Record the test', 'Create the source event', 'Create the target event',
             'Fix the source event', 'Fix the target event', '6. Deploy the target event', 'Wait until the update has ended',
             'Close the test event']
    assert [name for name in dict.fromkeys(names)] == steps
    assert {status for _, status in ara.events()} == {'ok', 'changed'}

    playbook = ara.only('playbooks')
    assert (playbook['status'], playbook['name']) == ('completed', 'OTA test of one vehicle')
    labels = {label['name'] for label in playbook['labels']}
    assert labels == {'bench-7', 'run:' + ara.only('plays')['uuid']}
    records = {record['key']: ara.get(f'/api/v1/records/{record["id"]}')['value'] for record in ara.all('records')}
    assert records == {'metadata': {'commit': '4f1c2ab'}, 'run_id': ara.only('plays')['uuid']}
    host = ara.only('hosts')
    assert (host['ok'], host['failed']) == (len(names), 0)
    started, ended = times(playbook)
    assert all(started <= one for result in ara.all('results') for one in times(result))
    assert ended >= max(times(result)[1] for result in ara.all('results'))


def test_each_change_of_state_is_an_event_with_its_time(run_ota, start_sums_sim, ara):
    run_ota(start_sums_sim(step='1s'), ara).ok()
    contents = [ara.get(f'/api/v1/results/{result["id"]}')['content'] for result in ara.all('results')]
    changes = [re.search(r'\w+ -> \w+', content.get('msg', '')) for content in contents]
    assert {change[0] for change in changes if change} >= {'PENDING -> IN_PROGRESS', 'IN_PROGRESS -> COMPLETE'}


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
def test_whatever_login_the_server_wants(record, start_ara, login):
    ara = start_ara(login)
    assert record('ara_event', ara, events=[{'name': 'it'}])['waiting'] == 0
    assert ara.events() == [('it', 'ok')]


def test_a_wrong_password_is_warned_of_once_and_fails_only_who_wants_that(record, start_ara):
    ara = start_ara('basic')
    ara.login['ara_api_password'] = 'a-wrong-password'
    first, second = (record('ara_event', ara, events=[{'name': 'it'}]) for _ in range(2))
    assert '401' in first['warnings'][0] and 'warnings' not in second
    assert second['waiting'] == 3  # the run's beginning and two events
    strict = record('ara_event', ara, events=[{'name': 'it'}], fail_on_error=True)
    assert strict['failed'] and strict['error']['kind'] == 'auth'


def test_an_event_sent_twice_is_stored_once(record, ara):
    event = {'name': 'it', 'key': 'the-first'}
    assert [record('ara_event', ara, events=[event])['changed'] for _ in range(2)] == [True, False]
    # Another machine knows nothing of the first one's spool.
    shutil.rmtree(record.spool)
    assert record('ara_event', ara, events=[event])['changed'] is False
    assert record('ara_event', ara, events=[event | {'host': 'another'}])['changed'] is True
    assert len(ara.all('results')) == len(ara.all('tasks')) == 2


def test_six_at_once_make_one_run(record, ara, tmp_path):
    machines = [record.start('ara_run', ara, spool=str(tmp_path / f'machine-{n}')) for n in range(6)]
    results = [machine.result() for machine in machines]
    assert len(ara.all('playbooks')) == len(ara.all('plays')) == 1
    assert {result['playbook_id'] for result in results} == {ara.only('playbooks')['id']}
    assert sum(result['changed'] for result in results) == 1


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


def test_a_run_that_was_deleted_in_ara_is_registered_again(record, start_ara, way):
    first, second = start_ara(), start_ara()
    assert first.url != second.url
    record('ara_event', first, events=[{'name': 'before'}])
    DIRECT.open(Request(first.url + '/api/v1/playbooks/1', method='DELETE'))
    assert record('ara_event', first, events=[{'name': 'after'}])['waiting'] == 0
    assert first.events() == [('after', 'ok')]


def test_a_server_that_hangs_costs_one_timeout_and_changes_no_result(run_ota, sums, way, spool):
    way.fault = lambda: 'hang'
    run = run_ota(sums, way).ok()
    assert len([it for it in run.tasks if 'ARA' in str(it['result'].get('warnings'))]) == 1
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
        sums = start_sums_sim()
        return ansible.playbook(PLAYBOOK, '-e', vehicle, variables=given | sums.variables | variables).ok().stdout

    without = output()
    assert output(ara_enabled=False, ara_api_base_url='http://127.0.0.1:1') == without
    assert not spool.exists()
    assert output(**ara.variables) == without


def test_no_token_is_anywhere(run_ota, start_sums_sim, start_ara, ansible, spool):
    """In ARA's database, in the output or in the spool, be it of SUMS or of ARA, also with the server away."""
    ara = start_ara('bearer')
    sums = start_sums_sim('--scenario', f'{VIN}=fail:{REASON}')
    runs = [run_ota(sums, ara, '-vvvv', '--diff'), run_ota(sums, SimpleNamespace(
        variables=ara.variables | {'ara_api_base_url': 'http://127.0.0.1:1', 'ara_run_name': f'with {ara.TOKEN}'}), '-vvvv')]
    assert len(ara.events()) > 8 and len(waiting(spool)) > 8
    files = [path for folder in (ara.folder, spool, ansible.folder / 'home') for path in folder.rglob('*') if path.is_file()]
    assert any(path.suffix == '.sqlite' for path in files)
    for secret in (ara.TOKEN, sums.TOKEN):
        assert not any(secret in run.stdout + run.stderr + str(run.tasks) for run in runs)
        assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_task_with_no_log_sends_its_status_only(ansible, sums, ara, spool):
    ansible.tasks([task('secret', 'hatci_info', no_log=True)], sums, variables=ara.variables | {'ara_spool': str(spool)}).ok()
    assert ara.events() == [('secret', 'ok')]
    assert ara.content('secret') == {}


def test_more_than_ara_takes_is_cut(record, ara):
    assert record('ara_event', ara, events=[{'name': 'it', 'details': {'stdout': 'x' * (3 << 20)}}])['waiting'] == 0
    assert 'more than ARA takes' in ara.content('it')['note']


def run_handlers(ansible, ara, spool, *tasks, **keywords):
    variables = ara.variables | {'ara_spool': str(spool)}
    return ansible.playbook([play(list(tasks), **HANDLERS, **keywords)], variables=variables)


def noted(name, notify, **facts):
    return {'name': name, 'set_fact': facts or {'unused': 1}, 'changed_when': True, 'notify': notify}


def queued(**event):
    return {'name': 'queue', 'include_role': {'name': 'hatci.automation.ara_handlers', 'tasks_from': 'event'},
            'vars': {'ara_event': event}}


def test_handlers_record_a_run_and_all_that_was_queued_before_one_flush(ansible, ara, spool):
    payload = {'task': 'pr_status_check', 'status': 'ok', 'host': 'vehicle-1', 'duration': 1.23, 'details': {'message': 'done'}}
    run = run_handlers(
        ansible, ara, spool, noted('begin', ['ara_register_run', 'ara_finish_run']), queued(name='first'), queued(name='second'),
        noted('payload', 'ara_send_event', ara_event_payload=payload), {'meta': 'flush_handlers'})
    run.ok()
    assert sorted(ara.events()) == [('first', 'ok'), ('pr_status_check', 'ok'), ('second', 'ok')]
    assert ara.content('pr_status_check') == {'message': 'done'}
    assert ara.only('playbooks')['status'] == 'completed'


def test_a_failing_play_sends_what_it_queued_and_ends_as_failed(ansible, ara, spool):
    run = run_handlers(
        ansible, ara, spool, noted('begin', 'ara_finish_run'), queued(name='first'), queued(name='second'),
        {'name': 'break', 'fail': {'msg': 'broken'}})
    assert run.rc == 2
    assert ara.events() == [('first', 'ok'), ('second', 'ok')]
    assert ara.only('playbooks')['status'] == 'failed'


def test_the_flush_of_an_always_section_sends_what_was_queued(ansible, ara, spool):
    flush = {'name': 'flush', 'include_role': {'name': 'hatci.automation.ara_handlers', 'tasks_from': 'flush'}}
    block = {'block': [queued(name='first'), {'name': 'break', 'fail': {'msg': 'broken'}}], 'always': [flush]}
    run = ansible.playbook([play([block])], variables=ara.variables | {'ara_spool': str(spool)})
    assert run.rc == 2
    assert ara.events() == [('first', 'ok')]


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
