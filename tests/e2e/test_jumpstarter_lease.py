"""jumpstarter_lease, and what the real `jmp` says about the same leases."""

from datetime import datetime, timedelta

import pytest
from ansible_run import task
from jumpstarter_fixtures import lease, play_at, until

NAME = {'lease_name': 'mine'}
INSTANT = timedelta(milliseconds=1)  # jmp tells microseconds, the module nanoseconds


def run_all(lab, controller, *tasks, args=()):
    return lab.playbook([play_at(controller, list(tasks))], *args)


def test_a_bench_is_leased_renewed_and_given_back_and_jmp_agrees(lab, controller, jmp):
    held = {'lease_name': '{{ bench.lease_name }}'}
    run = run_all(
        lab, controller,
        lease('acquire', {'exporter': 'bench', 'duration': '1h', 'tags': {'campaign': 'winter'}}, register='bench'),
        lease('verify', {'state': 'verified', **held}),
        lease('renew', {'state': 'renewed', 'duration': '2h', **held}),
        lease('release', {'state': 'released', **held}),
        lease('release again', {'state': 'released', **held}),
    ).ok()
    assert run.changed == ['acquire', 'renew', 'release']
    assert controller.active == []
    told = run['renew']
    seen = jmp.leases(controller.client())[told['lease_name']]
    assert (seen['exporter'], seen['exporter_name'], seen['client']) == (told['exporter'], 'bench', 'ci')
    assert seen['tags'] == told['tags']
    assert {'job', 'host', 'user', 'limit', 'campaign'} == set(told['tags'])
    assert [condition['reason'] for condition in told['conditions']] == ['Ready']
    assert [condition['reason'] for condition in seen['conditions']] == ['Released']


def test_a_named_lease_is_acquired_once_and_predicted_by_check_mode(lab, controller):
    tasks = [lease('acquire', {'exporter': 'bench', 'keepalive': False} | NAME)]
    release = [lease('release', {'state': 'released'} | NAME)]
    seen = [run_all(lab, controller, *tasks, args=['--check', '--diff']).ok().changed]
    assert controller.leases == {}
    seen += [run_all(lab, controller, *tasks, args=args).ok().changed for args in ([], [], ['--check'])]
    assert seen == [['acquire'], ['acquire'], [], []]
    assert run_all(lab, controller, *release, args=['--check']).ok().changed == ['release']
    assert controller.active == ['mine']
    assert [run_all(lab, controller, *release).ok().changed for _ in range(2)] == [['release'], []]


def test_check_mode_finds_that_there_is_no_such_bench(lab, controller):
    run = run_all(lab, controller, lease('acquire', {'selector': 'board=none'}), args=['--check'])
    assert run['acquire']['error']['kind'] == 'not_found'


@pytest.mark.parametrize('options, reason', [
    ({'exporter': 'nowhere'}, 'ExporterNotFound'),
    ({'selector': 'board=none'}, 'NoAccess'),
])
def test_a_bench_that_can_never_be_had_fails_at_once_with_the_controllers_reason(lab, controller, options, reason):
    run = run_all(lab, controller, lease('acquire', options))
    assert run['acquire']['error']['kind'] == 'failed'
    assert reason in run['acquire']['msg']
    assert not run['acquire']['changed']


@pytest.mark.parametrize('options, words', [
    ({'exporter': 'bench', 'selector': 'a=b'}, 'mutually exclusive'),
    ({}, 'Set `exporter` or `selector`'),
    ({'state': 'renewed'}, 'Set `lease_name`'),
    ({'exporter': 'bench', 'duration': 'a while'}, '"a while" is not a duration'),
    ({'exporter': 'bench', 'lease_ttl': '1s'}, 'lease_ttl is too short'),
    ({'selector': 'board in ('}, 'failed to parse label selector'),
    ({'exporter': 'bench', 'tags': {'a b': 'c'}}, 'invalid lease tags'),
    ({'exporter': 'bench', 'tags': {'job': 'mine'}}, "The tag `job` identifies the owner of the lease and can't be set"),
    ({'exporter': 'bench', 'lease_name': 'Not A Name'}, 'is invalid'),
])
def test_wrong_options_are_refused_with_the_reason(lab, controller, options, words):
    run = run_all(lab, controller, lease('acquire', options))
    assert run.rc == 2 and words in run['acquire']['msg']
    assert controller.leases == {}


def test_the_other_words_for_the_states_are_understood(lab, controller):
    run = run_all(
        lab, controller,
        lease('create', {'action': 'create', 'exporter': 'bench'} | NAME),
        lease('acquire', {'state': 'acquire', 'exporter': 'bench'} | NAME),
        lease('renew', {'action': 'renew', 'duration': 7200} | NAME),
        lease('release', {'action': 'release'} | NAME),
    ).ok()
    assert run.changed == ['create', 'renew', 'release']


def test_renewing_never_shortens(lab, controller):
    run = run_all(
        lab, controller,
        lease('acquire', {'exporter': 'bench', 'duration': '2h', 'keepalive': False} | NAME),
        lease('renew', {'state': 'renewed', 'duration': '10m'} | NAME),
    ).ok()
    assert run.changed == ['acquire']
    assert controller.lease('mine')['duration'] == 7200


def test_a_lease_made_with_jmp_can_be_verified_renewed_and_released(lab, controller, jmp):
    client = controller.client()
    jmp.ok('create', 'lease', '--client-config', client, '-n', 'bench', '--duration', '30m', '--lease-id', 'mine')
    until(lambda: controller.lease('mine')['exporter'], 'the bench')
    run = run_all(
        lab, controller,
        lease('acquire', {'exporter': 'bench'} | NAME),
        lease('verify', {'state': 'verified'} | NAME),
        lease('renew', {'state': 'renewed', 'duration': '1h'} | NAME),
    ).ok()
    assert run.changed == ['renew']
    assert jmp.leases(client)['mine']['duration'] > 3600
    assert run_all(lab, controller, lease('release', {'state': 'released'} | NAME)).ok().changed == ['release']


def test_a_lease_of_another_client_is_left_alone(lab, controller):
    acquire = lease('acquire', {'exporter': 'bench', 'keepalive': False} | NAME)
    lab.playbook([play_at(controller, [acquire], client='other')]).ok()
    before = controller.lease('mine')
    for options in ({'exporter': 'bench'}, {'state': 'renewed', 'duration': '5h'}, {'state': 'verified'}, {'state': 'released'}):
        run = run_all(lab, controller, lease('it', options | NAME))
        assert run['it']['error']['kind'] == 'conflict', options
    assert controller.lease('mine') == before


def test_a_name_that_is_used_up_or_means_something_else_is_refused(lab, controller):
    run_all(lab, controller, lease('acquire', {'exporter': 'bench', 'keepalive': False} | NAME)).ok()
    other = run_all(lab, controller, lease('acquire', {'exporter': 'bench-2'} | NAME))
    assert 'it is for bench, not for bench-2' in other['acquire']['msg']
    run_all(lab, controller, lease('release', {'state': 'released'} | NAME)).ok()
    again = run_all(lab, controller, lease('acquire', {'exporter': 'bench'} | NAME))
    assert again['acquire']['error']['kind'] == 'conflict' and 'stays taken' in again['acquire']['msg']


def test_a_lease_that_has_ended_is_not_verified(lab, controller):
    run_all(lab, controller, lease('acquire', {'exporter': 'bench', 'keepalive': False} | NAME)).ok()
    controller.tell(clock_offset=31 * 60)
    for state in ('verified', 'renewed'):
        run = run_all(lab, controller, lease('it', {'state': state} | NAME))
        assert run['it']['error']['kind'] == 'failed' and 'Expired' in run['it']['msg']


def test_two_vehicles_contend_for_one_bench(lab, controller):
    """Two plays at once in one run: the second waits until the first has given the bench back."""
    vehicles = [
        lease('acquire', {'exporter': 'bench', 'lease_name': '{{ inventory_hostname }}', 'wait_timeout': 60}),
        {'name': 'use', 'ansible.builtin.command': 'sleep 1'},
        lease('release', {'state': 'released', 'lease_name': '{{ inventory_hostname }}'}),
    ]
    play = play_at(controller, vehicles, connection='local', strategy='free') | {'hosts': 'all'}
    inventory = lab.folder / 'vehicles'
    inventory.write_text('vehicle-1\nvehicle-2\n')
    run = lab.playbook([play], '-i', inventory).ok()
    first, second = sorted(controller.leases.values(), key=lambda lease: lease['effective_begin'])
    assert first['end'] <= second['effective_begin'] and second['end']
    assert f'bench is held by client ci (job {first["tags"]["job"]} of ' in run.stdout
    assert f'lease {first["name"]}' in run.stdout


def test_a_bench_that_stays_busy_leaves_no_lease_behind(lab, controller):
    run = run_all(
        lab, controller,
        lease('holder', {'exporter': 'bench', 'keepalive': False} | NAME),
        lease('waiter', {'exporter': 'bench', 'wait_timeout': 1, 'lease_name': 'waiter'}),
    )
    assert run['waiter']['error']['kind'] == 'timeout'
    assert 'bench is held by client ci' in run['waiter']['msg']
    assert not run['waiter']['changed']
    assert controller.active == ['mine']


def test_without_wait_the_lease_stays_pending_until_a_later_task_waits(lab, controller):
    run = run_all(
        lab, controller,
        lease('holder', {'exporter': 'bench'} | NAME),
        lease('ask', {'exporter': 'bench', 'wait': False, 'lease_name': 'later'}),
        lease('verify', {'state': 'verified', 'lease_name': 'later'}, ignore_errors=True),
        lease('release', {'state': 'released'} | NAME),
        lease('wait', {'exporter': 'bench', 'lease_name': 'later'}),
    ).ok()
    assert 'exporter' not in run['ask']
    assert 'still waiting for its bench' in run['verify']['msg']
    assert run['wait']['exporter'] == 'bench'


def test_waiting_in_vain_for_a_lease_that_was_pending_deletes_it(lab, controller):
    run = run_all(
        lab, controller,
        lease('holder', {'exporter': 'bench', 'keepalive': False} | NAME),
        lease('ask', {'exporter': 'bench', 'wait': False, 'lease_name': 'later', 'keepalive': False}),
        lease('wait', {'exporter': 'bench', 'wait_timeout': 1, 'lease_name': 'later'}),
    )
    assert run['wait']['error']['kind'] == 'timeout'
    assert controller.active == ['mine']


def test_all_leases_are_told_as_jmp_tells_them(lab, controller, jmp):
    """Ready, pending, released, expired, and one that can't be had; by name and by labels."""
    ask = {'keepalive': False, 'wait': False}
    run_all(
        lab, controller,
        lease('ready', ask | {'exporter': 'bench', 'lease_name': 'ready', 'duration': '2h', 'tags': {'campaign': 'winter'}}),
        lease('short', ask | {'selector': 'exporter=bench-2', 'lease_name': 'expired', 'duration': '10m'}),
        lease('pending', ask | {'selector': 'board=ev9,exporter=bench', 'lease_name': 'pending'}),
        lease('lost', ask | {'exporter': 'nowhere', 'lease_name': 'lost'}),
        lease('released', ask | {'selector': 'board=ev9', 'lease_name': 'released'}),
        lease('release', {'state': 'released', 'lease_name': 'released'}),
    ).ok()
    controller.tell(clock_offset=15 * 60)
    run = run_all(lab, controller, task('info', 'jumpstarter_lease_info', {'ended': True})).ok()
    told = {one['lease_name']: one for one in run['info']['leases']}
    seen = jmp.leases(controller.client())
    assert set(told) == set(seen) == {'ready', 'expired', 'pending', 'lost', 'released'}
    for name, one in told.items():
        other = seen[name]
        reasons = {condition['type']: condition for condition in other['conditions']}
        assert (one['client'], one['mine'], one['tags']) == (other['client'], True, other['tags'])
        assert (one['exporter'] or '') == other['exporter']
        assert one['asked_for'] == (other['exporter_name'] or other['selector'])
        if other['effective_begin_time']:
            begin = datetime.fromisoformat(other['effective_begin_time'])
            assert abs(datetime.fromisoformat(one['expires_at']) - begin - timedelta(seconds=other['duration'])) < INSTANT
        else:
            assert one['expires_at'] is None and one['remaining'] is None
        last = reasons.get('Unsatisfiable') or reasons.get('Ready') or reasons['Pending']
        assert one['reason'] in (last['message'], None)
    states = {name: one['state'] for name, one in told.items()}
    assert states == {'ready': 'ready', 'expired': 'ended', 'pending': 'pending', 'lost': 'ended', 'released': 'ended'}
