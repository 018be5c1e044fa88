"""The table of outcomes at the end of a run, and what ARA records: a row has the verdict that the server has."""
import importlib.util
import json
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'collection/plugins/plugin_utils/outcome_notes.py'
SPEC = importlib.util.spec_from_file_location('outcome_notes', FILE)
outcome_notes = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(outcome_notes)
SUMS = {'hatci_base_url': 'https://sums.example.com'}
ASYNC = {'started': 1, 'finished': 0, 'ansible_job_id': 'j1.2'}


def rows(*results):
    """What is known of each test, from results: host, module, options and result."""
    notes = [note for host, module, options, result in results
             for note in outcome_notes.of_result(host, 'hatci_' + module, {**SUMS, **options}, result)]
    return outcome_notes.Tests(notes).all


def verdicts(*results):
    return [(one['host'], one.get('status'), one.get('test_event_id')) for one in rows(*results)]


def made(host, test_event_id, **options):
    return host, 'test_event', options, {'test_event_id': test_event_id, 'changed': True}


def closed(host, test_event_id, status, summary='', result=None, **options):
    return host, 'test_event_update', {'test_event_id': test_event_id, 'status': status, 'summary': summary, **options}, result or {'changed': True}


def outcome(host, status, summary='', **known):
    return host, 'outcome', {}, {'outcome': {'status': status, 'summary': summary, **known}}


def fleet(results, **states):
    """Of hatci_fleet_close: each host's test event, verdict and state."""
    given = [{'host': host, 'test_event_id': one[0], 'status': one[1], 'summary': 'By fleet.'} for host, one in results.items()]
    told = {host: {'test_event_id': one[0], 'status': one[1], 'state': states.get(host, 'closed')} for host, one in results.items()}
    return 'alpha', 'fleet_close', {'test_events': given}, {'vehicles': told, 'changed': True}


@pytest.mark.parametrize('first, last', [('PASS', 'FAIL'), ('FAIL', 'PASS')])
def test_the_last_verdict_that_the_server_has_accepted_counts(first, last):
    for before in closed('a', 'T1', first, 'one'), outcome('a', first, 'one'), outcome('a', first, 'one', test_event_id='T1'), fleet({'a': ('T1', first)}):
        row, = rows(made('a', 'T1'), before, closed('a', 'T1', last, 'two'))
        assert (row['status'], row['summary']) == (last, 'two')
        refused = {'failed': True, 'changed': False, 'msg': '403', 'error': {'kind': 'auth'}}
        row, = rows(made('a', 'T1'), before, closed('a', 'T1', last, 'two', refused))
        assert (row['status'], row['refused'], row['not_recorded']) == (first, last, '403')
        row, = rows(closed('a', 'T1', last, 'two', refused), closed('a', 'T1', last, 'two'))
        assert (row['status'], row['not_recorded']) == (last, '')


def test_the_record_of_an_outcome_keeps_the_words_of_the_outcome():
    for status, verdict, record in ('PASS', 'PASS', 'Well. Deployment D1.'), ('not_tested', 'FAIL', 'NOT TESTED: Well. Deployment D1.'):
        for order in 1, -1:
            row, = rows(*[closed('a', 'T1', verdict, record), outcome('a', status, 'Well.', test_event_id='T1')][::order])
            assert (row['status'], row['summary']) == (status, 'Well.')
    row, = rows(outcome('a', 'not_tested', 'no bench', test_event_id='T1'), closed('a', 'T1', 'FAIL', 'ECU 2 is old.'))
    assert (row['status'], row['summary']) == ('FAIL', 'ECU 2 is old.')
    row, = rows(closed('a', 'T1', 'PASS', 'ok'), closed('a', 'T1', 'PASS', 'ok again'))
    assert row['summary'] == 'ok again'


def test_what_an_unfinished_async_task_will_do_is_not_known():
    refused = {**ASYNC, 'started': True, 'finished': False}
    for result in ASYNC, refused:
        row, = rows(made('a', 'T1'), closed('a', 'T1', 'PASS', result=result))
        assert ('status' not in row, row['unsure']) == (True, 'PASS')
    row, = rows(('a', 'fleet_close', {'test_events': [{'host': 'b', 'test_event_id': 'T1', 'status': 'FAIL', 'summary': 's'}]}, ASYNC))
    assert (row['host'], row['unsure'], 'status' in row) == ('b', 'FAIL', False)
    assert rows(('a', 'test_event', {'vin': 'V'}, ASYNC), ('a', 'deploy_event', {}, ASYNC)) == []
    row, = rows(closed('a', 'T1', 'PASS', result=ASYNC), closed('a', 'T1', 'FAIL'))
    assert (row['status'], row['unsure']) == ('FAIL', '')
    row, = rows(closed('a', 'T1', 'PASS', result={**ASYNC, 'finished': 1}))
    assert row['status'] == 'PASS'


def test_what_hatci_fleet_close_has_closed_has_its_verdict():
    results = {'alpha': ('T1', 'PASS'), 'beta': ('T2', 'FAIL'), 'gamma': ('T3', 'PASS')}
    begun = [made('alpha', 'T1'), made('beta', 'T2'), made('gamma', 'T3')]
    found = rows(*begun, fleet(results, gamma='not_begun'))
    assert [(one['host'], one.get('status'), one.get('not_recorded')) for one in found] == [
        ('alpha', 'PASS', ''), ('beta', 'FAIL', ''), ('gamma', None, 'It was not started.')]
    assert found[0]['summary'] == 'By fleet.'
    assert verdicts(*begun[:1], closed('alpha', 'T1', 'PASS'), fleet({'alpha': ('T1', 'FAIL')})) == [('alpha', 'FAIL', 'T1')]
    whole = ('a', 'fleet_close', {'test_events': [{'host': 'beta', 'test_event_id': 'T2', 'status': 'FAIL'}]},
             {'failed': True, 'changed': False, 'msg': 'The token was refused.'})
    row, = rows(*begun[1:2], whole)
    assert (row['host'], row['not_recorded'], 'status' in row) == ('beta', 'The token was refused.', False)


def test_a_test_event_that_another_host_closes_is_still_one_row():
    begun = made('alpha', 'T1', vin='V1'), made('beta', 'T2', vin='V2')
    found = rows(*begun, closed('beta', 'T1', 'PASS'), closed('beta', 'T2', 'FAIL'))
    assert [(one['host'], one['vin'], one['status']) for one in found] == [('alpha', 'V1', 'PASS'), ('beta', 'V2', 'FAIL')]
    other = {'hatci_base_url': 'https://other.example.com'}
    found = rows(begun[0], made('beta', 'T1', **other), closed('beta', 'T1', 'FAIL', **other))
    assert [(one['host'], one.get('status')) for one in found] == [('alpha', None), ('beta', 'FAIL')]
    assert verdicts(begun[0], closed('alpha', 'T1', 'FAIL', **other)) == [('alpha', None, 'T1'), ('alpha', 'FAIL', 'T1')]


def test_what_was_refused_is_none_of_this_tests():
    refused = {'failed': True, 'changed': False, 'msg': 'of another vehicle', 'error': {'kind': 'conflict'}}
    found = rows(
        ('a', 'create_event', {'update_type': 'UROM', 'vin': 'V1'}, {'event_id': 'E1', **refused}),
        ('a', 'deploy_event', {}, {'deployment_id': 'D1', **refused}), ('a', 'test_event', {'vin': 'V1'}, {'test_event_id': 'T1', **refused}),
        closed('a', 'T1', 'PASS', result=refused, vin='v1'), outcome('a', 'FAIL', 'No.'))
    assert [{key: one.get(key) for key in ('vin', 'not_recorded', 'status')} for one in found] == [
        {'vin': 'V1', 'not_recorded': 'of another vehicle', 'status': 'FAIL'}]
    assert not set(found[0]) & {'source_event_id', 'target_event_id', 'deployment_id', 'test_event_id'}
    found = rows(made('alpha', 'T1', vin='V1'), closed('beta', 'T1', 'PASS', result=refused, vin='V2'))
    assert [one.get('not_recorded') for one in found] == [None, 'of another vehicle']


def test_a_refused_verdict_belongs_to_the_outcome_that_names_its_test_event():
    refused = {'failed': True, 'msg': 'no such test event', 'error': {'kind': 'not_found'}}
    all_rows = rows(
        made('car', 'T-2'), closed('car', 'T-7', 'PASS', result=refused), outcome('car', 'PASS', 'smoke ok', test_event_id='T-7'),
        closed('car', 'T-2', 'FAIL', 'full bad'))
    assert [(row.get('test_event_id'), row['status'], row.get('not_recorded', '')) for row in all_rows] == [
        ('T-2', 'FAIL', ''), ('T-7', 'PASS', 'no such test event')]


def test_what_exists_or_may_exist_stays_though_the_task_failed():
    row, = rows(
        ('a', 'create_event', {'update_type': 'UROM'}, {'event_id': 'E1', 'failed': True, 'changed': True}),
        ('a', 'deploy_event', {}, {'deployment_id': 'D1', 'failed': True, 'changed': True}),
        closed('a', 'T1', 'PASS', result={'failed': True, 'changed': True, 'msg': 'no answer', 'error': {'kind': 'conflict'}}))
    assert (row['target_event_id'], row['deployment_id'], row['test_event_id']) == ('E1', 'D1', 'T1')


def test_the_table_of_a_run_has_one_row_for_each_test_with_the_verdict_of_the_server(ansible):
    """From real tasks, whose programs answer as each says."""
    def task(module, does='answer(changed=True)', **options):
        given = {key: options.pop(key) for key in ('async', 'poll', 'run_once', 'loop', 'when') if key in options}
        return {'hatci.automation.hatci_' + module: dict(does=does, **options), 'ignore_errors': True, **given}

    refused = 'answer(failed=True, changed=False, event_id="EVT-7", test_event_id="T9", msg="Not yours."); sys.exit(1)'
    hosts = ['alpha', 'beta', 'gamma']
    events = [dict(host=host, test_event_id='T-' + host, status='FAIL', summary='By fleet.') for host in hosts[:2]]
    closes = 'answer(changed=True, vehicles={one["host"]: dict(one, state="closed") for one in args["test_events"]})'
    output = ansible.run(
        task('create_event', refused, update_type='UROM', vin='V-{{ inventory_hostname }}'),
        task('test_event', 'answer(changed=True, test_event_id=args["id"])', id='T-{{ inventory_hostname }}', vin='V-{{ inventory_hostname }}'),
        task('test_event_update', test_event_id='T-{{ item }}', status='PASS', summary='Looped.', run_once=True, loop=hosts[:2]),
        task('test_event_update', test_event_id='T-gamma', status='PASS', summary='Later.', when='inventory_hostname == "gamma"',
             poll=0, **{'async': 30}),
        task('fleet_close', closes, test_events=events[1:], run_once=True),
        task('outcome', 'answer(outcome=dict(status="FAIL", summary="ECU 2 is old.", test_event_id="T-alpha"))', when='inventory_hostname == "alpha"'),
        hosts='all', flags=['-i', ','.join(hosts) + ',', '-c', 'local', '-e', 'ansible_python_interpreter={{ ansible_playbook_python }}'])
    table = output[output.index('VEHICLE '):].splitlines()
    starts = [at for at, line in enumerate(table) if line.startswith(tuple(hosts))]
    found = {table[at].split()[0]: ' '.join(' '.join(table[at:end]).split()) for at, end in zip(starts, [*starts[1:], len(table)])}
    assert len(starts) == 3 and 'EVT-7' not in ' '.join(table) and 'T9' not in ' '.join(table), output
    assert found['beta'].startswith('beta V-BETA FAIL By fleet. test event T-beta'), output
    assert 'gamma V-GAMMA NO VERDICT It is unknown whether PASS is on record' in found['gamma'], output
    assert 'ECU 2 is old.' in found['alpha'] and 'SUMS has PASS on record.' in ' '.join(table), output


def test_ara_is_told_no_verdict_of_an_async_task_that_has_not_finished(ansible):
    close = {'hatci.automation.hatci_test_event_update': dict(does='answer(changed=True)', test_event_id='T1', status='PASS', summary='s')}
    ansible.run({**close, 'async': 30, 'poll': 0}, close, vars={'ara_enabled': True, 'ansible_python_interpreter': '{{ ansible_playbook_python }}'})
    told = [json.loads(line)['events'][0] for line in (ansible.folder / 'told').read_text().splitlines()]
    assert [event.get('verdict') for event in told] == [None, 'completed']
