"""ARA records the result that Ansible gives a task, under a real ansible-playbook, with programs that do as each test says."""
import json

FAILS = 'answer(failed=True, changed=True, msg="no")'
WORKS = 'answer(changed=True, number=7)'
COUNTS = """
with open(args["file"], "a+") as file:
    file.write("x")
answer(number=os.path.getsize(args["file"]))
"""


def task(name, module, does, keywords=None, **options):
    return {'name': name, 'hatci.automation.%s' % module: dict(does=does, **options), 'ignore_errors': True, **(keywords or {})}


def test_a_tasks_own_conditions_decide_what_ara_is_told(ansible):
    files = {name: str(ansible.folder / name) for name in ('reached', 'never', 'alone')}
    tasks = [
        task('forgiven', 'hatci_fix_event', FAILS, {'failed_when': False}),
        task('refused', 'hatci_update_status', WORKS, {'register': 'it', 'failed_when': ['it.number == 7', 'limit == 7']}),
        task('as before', 'hatci_update_status', WORKS, {'register': 'it', 'failed_when': 'it is failed'}),
        task('unchanged', 'hatci_fix_event', WORKS, {'changed_when': False}),
        task('item', 'hatci_fix_event', WORKS, {'loop': [7, 8], 'register': 'it', 'changed_when': 'item == it.number'}),
        task('by a fact', 'hatci_outcome', 'answer(ansible_facts=dict(found=3))', {'failed_when': 'found == 3'}),
        task('broken', 'hatci_fix_event', WORKS, {'failed_when': 'nowhere == 1'}),
        task('reached', 'hatci_info', COUNTS, {'register': 'it', 'until': 'it.number == 2', 'retries': 5, 'delay': 0}, file=files['reached']),
        task('never', 'hatci_info', COUNTS, {'register': 'it', 'until': 'it.number == 9', 'retries': 1, 'delay': 0}, file=files['never']),
        task('no verdict', 'hatci_test_event_update', FAILS, {'failed_when': False}, status='PASS'),
        task('a verdict', 'hatci_test_event_update', WORKS, status='PASS'),
    ]
    shown = {'name': 'shown', 'ansible.builtin.debug': {'msg': 'done'}}
    output = ansible.run(*tasks, shown, vars={'ara_enabled': True, 'limit': 7})
    assert 'done' in output, output
    events = [json.loads(line) for line in (ansible.folder / 'events.jsonl').read_text().splitlines()]
    assert [(one['name'], one['status'], one['changed']) for one in events] == [
        ('forgiven', 'changed', True), ('refused', 'ignored', True), ('as before', 'changed', True), ('unchanged', 'ok', False),
        ('item', 'changed', True), ('item', 'ok', False), ('by a fact', 'ignored', False), ('broken', 'ignored', True),
        ('reached', 'ok', False), ('reached', 'ok', False), ('never', 'ok', False), ('never', 'ignored', False),
        ('no verdict', 'changed', True), ('a verdict', 'changed', True)]
    details = [(event['details']['failed'], event['details']['changed']) for event in events]
    assert details == [(event['status'] == 'ignored', event['changed']) for event in events]
    assert [event.get('verdict') for event in events[-2:]] == [None, 'completed']
