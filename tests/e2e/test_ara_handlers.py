"""Events of the user's own, queued by notify or by the role `ara_handlers`, are recorded in ARA when handlers are flushed."""

from ansible_run import play
from test_ara import spool, warnings_of  # noqa: F401

FLUSH = {'meta': 'flush_handlers'}
QUEUE = 'hatci.automation.ara_queue'
HANDLERS = {'roles': ['hatci.automation.ara_handlers'], 'force_handlers': True}


def run_handlers(ansible, ara, spool, *tasks, **keywords):
    variables = ara.variables | {'ara_spool': str(spool)}
    return ansible.playbook([play(list(tasks), **HANDLERS, **keywords)], variables=variables)


def noted(name, notify, **facts):
    return {'name': name, 'set_fact': facts or {'unused': 1}, 'changed_when': True, 'notify': notify}


def queued(**event):
    return {'name': 'queue', 'include_role': {'name': 'hatci.automation.ara_handlers', 'tasks_from': 'event'},
            'vars': {'ara_event': event}}


def test_handlers_record_a_run_and_all_that_was_queued_before_one_flush(ansible, ara, spool):
    payload = {'playbook': '{{ ara_run_id }}', 'task': 'pr_status_check', 'status': 'success', 'host': 'vehicle-1',
               'duration': 1.23, 'details': {'message': 'done'}}
    run = run_handlers(
        ansible, ara, spool, noted('begin', ['ara_register_run', 'ara_finish_run']), queued(name='first'), queued(name='second'),
        noted('payload', 'ara_send_event', ara_event_payload=payload), FLUSH)
    run.ok()
    assert sorted(ara.events()) == [('first', 'ok'), ('pr_status_check', 'ok'), ('second', 'ok')]
    assert ara.content('pr_status_check') == {'message': 'done'}
    assert ara.only('playbooks')['status'] == 'completed'


def test_a_payload_is_sent_once_and_a_wrong_one_only_warned_of(ansible, ara, spool):
    def append(name):
        return noted(name, 'ara_send_event', ara_event_payload="{{ ara_event_payload + [{'name': '%s'}] }}" % name)

    run = run_handlers(
        ansible, ara, spool, append('one'), append('two'), FLUSH, append('three'), FLUSH,
        {'name': 'again', 'debug': {'msg': 'x'}, 'changed_when': True, 'notify': 'ara_send_event'}, FLUSH,
        noted('wrong', 'ara_send_event', ara_event_payload={'name': 'wrong', 'status': 'nonsense'})).ok()
    assert ara.events() == [(name, 'ok') for name in ('one', 'two', 'three')]
    empty, wrong = warnings_of(run)
    assert 'ara_event_payload is empty' in empty and 'nonsense' in wrong


def test_with_the_callback_all_payloads_before_one_flush_arrive(ansible, ara, spool):
    def payload(name, event, **keywords):
        return noted(name, 'ara_send_event', ara_event_payload=event) | keywords

    tasks = [
        payload('first', {'name': 'first'}), payload('list', [{'name': 'second'}, {'name': 'third'}]),
        payload('loop', {'name': '{{ item }}'}, loop=['fourth', 'fifth']),
        payload('append', "{{ ara_event_payload + [{'name': 'sixth'}] }}"),
        payload('append in a loop', "{{ ara_event_payload + [{'name': item}] }}", loop=['seventh', 'eighth']), FLUSH,
        payload('of one host', {'name': 'ninth'}, when="inventory_hostname == 'v1'")]
    run = ansible.playbook(
        [play(tasks, **HANDLERS, hosts='all', connection='local')], '-i', 'v1,v2', env={'ANSIBLE_CALLBACKS_ENABLED': f'task_results,{QUEUE}'},
        variables=ara.variables | {'ara_spool': str(spool)}).ok()
    assert warnings_of(run) == []
    hosts = {host['id']: host['name'] for host in ara.all('hosts')}
    names = {task['id']: task['name'] for task in ara.all('tasks')}
    of = {host: [names[result['task']] for result in ara.all('results') if hosts[result['host']] == host] for host in ('v1', 'v2')}
    eight = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth']
    assert of == {'v1': [*eight, 'ninth'], 'v2': eight}


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
