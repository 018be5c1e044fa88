"""What the results of this job's tasks say of its tests: a note each, and from all notes together what is known of each test."""
from __future__ import annotations

import os

UPDATE_TYPES = {'RROM': 'source_event_id', 'UROM': 'target_event_id'}
MADE = {'hatci_deploy_event': 'deployment_id', 'hatci_test_event': 'test_event_id', 'jumpstarter_lease': 'lease_name'}
ACQUIRING = ('acquired', 'acquire', 'create')  # states of a lease that make one
FOREIGN = ('not_found', 'conflict')  # kinds of failures for which an id is not this test's, unless it is known to be
NOT_TESTED = 'not_tested'
TELLING = ('event_id', 'hatci_base_url', 'status', 'summary', 'test_event_id', 'test_events', 'vin', 'update_type', 'state')
MARK = 'NOT TESTED: '  # how a record begins that holds FAIL because the API has no third verdict


def is_unfinished(result):
    """Whether this is of a task with `async` that has only begun. What comes of it is not known here."""
    return bool(result.get('ansible_job_id')) and not int(result.get('finished') or 0)


def is_lost(result):
    """Whether this is what `async_status` says of a job of which it knows nothing, or nothing any more."""
    return 'erased' in result or result.get('msg') == 'could not find job'


def telling(arguments):
    """Those of a task's arguments by which `of_result` goes."""
    return {key: value for key, value in arguments.items() if key in TELLING}


def of_result(host, module, arguments, result):
    """The notes on a task of this host. Each has its `host`, what is `known`, and the `server` and the `test_event_id` that it is about."""
    if result.get('skipped'):
        return []
    server = str(arguments.get('hatci_base_url') or os.environ.get('HATCI_BASE_URL') or '').strip().rstrip('/').lower()
    if module == 'hatci_test_event_update':
        found = [_of_verdict(host, arguments, result, result.get('msg'))]
    elif module == 'hatci_fleet_close':
        found = _of_fleet_close(arguments, result)
    else:
        found = [of_outcome(one, outcome) for one, outcome in (result.get('outcomes') or {}).items()]
        found.append(_of_one(host, module, arguments, result))
    asks = module.startswith('hatci_') and module not in ('hatci_outcome', 'hatci_fleet_plan')
    about = {'event': str(arguments['event_id'])} if arguments.get('event_id') and module in ('hatci_deploy_event', 'hatci_test_event') else {}
    return [{**note, **about, **({'server': server} if asks else {})} for note in found if note['known']]


def of_outcome(host, outcome):
    return {'host': host, 'test_event_id': outcome.get('test_event_id'), 'known': dict(outcome)}


def ids(entries, host, name, vin):
    """The ids of this name that were made for a vehicle, in order: by tasks of this host, or by another's that are known to be about it.

    What only says how a test came out makes nothing.
    """
    known = [entry for entry in entries if 'known' in entry]
    vins = {str(entry['known'].get(side)): entry['known'].get('vin') for entry in known for side in UPDATE_TYPES.values()}

    def is_made(entry):
        if not entry['known'].get(name) or not entry['known'].keys().isdisjoint(('status', 'recorded', 'refused', 'unsure')):
            return False
        of = entry['known'].get('vin') or vins.get(entry.get('event'))
        return of == vin if of and vin else entry['host'] == host

    return list(dict.fromkeys(str(entry['known'][name]) for entry in known if is_made(entry)))


def _of_one(host, module, arguments, result):
    """What a task has made for a vehicle, or says of it. What was refused is none of this vehicle's, although the result may name it."""
    known = dict(result.get('outcome') or {})
    is_refused = result.get('failed') and not result.get('changed')
    made = MADE.get(module)
    if module == 'jumpstarter_lease' and arguments.get('state', 'acquired') not in ACQUIRING:
        made = None
    if made and result.get(made) and not is_refused:
        known[made] = result[made]
    if module == 'hatci_create_event' and result.get('event_id') and not is_refused:
        known[UPDATE_TYPES.get(arguments.get('update_type'), 'target_event_id')] = result['event_id']
    if known and module.startswith('hatci_'):
        _add_vin(known, arguments)
    return of_outcome(host, known)


def _of_fleet_close(arguments, result):
    given = arguments.get('test_events')
    given = {str(one.get('host')): one for one in given if isinstance(one, dict)} if isinstance(given, list) else {}
    found = []
    # Without `vehicles` the same came of all: nothing, or nothing that is known yet.
    for host, one in (result.get('vehicles') or dict.fromkeys(given, result)).items():
        # What is on record may be another verdict than the one that was given.
        options = {**given.get(host, {}), **{name: one[name] for name in ('status', 'summary', 'test_event_id') if one.get(name)}}
        reason = one.get('reason') or one.get('msg') or 'It was not started.'
        found.append(_of_verdict(host, options, dict(one, failed=one.get('state') != 'closed'), reason))
    return found


def _of_verdict(host, options, result, reason):
    """What came of recording a verdict."""
    status, test_event_id = str(options.get('status') or ''), str(options.get('test_event_id') or '').strip()
    if not status:
        return of_outcome(host, {})
    known = {'test_event_id': test_event_id}
    if is_unfinished(result):
        known['unsure'] = status
    elif result.get('failed'):
        known.update(not_recorded=str(reason or ''), refused=status, unsure='')
        if not result.get('changed') and (result.get('error') or {}).get('kind') in FOREIGN:
            del known['test_event_id']
    else:
        known.update(not_recorded='', unsure='', recorded={'status': status, 'summary': str(options.get('summary') or '')})
    _add_vin(known, options)
    return {'host': host, 'test_event_id': test_event_id, 'known': known}


def _add_vin(known, options):
    if options.get('vin'):
        known.setdefault('vin', str(options['vin']).strip().upper())


class Tests:
    """What is known of each test, in the order of their beginnings. A host has as many as it has test events and outcomes."""

    def __init__(self, notes=()):
        self.all = []
        self._of_host = {}
        self._of_id = {}
        self._refused = {}  # by host and id: verdicts on test events that may be none of this job's
        for note in notes:
            self.add(note)

    def add(self, note):
        known, host = note['known'], note['host']
        test = self._same(note)
        if test is None:
            test = {'host': host}
            self.all.append(test)
            self._of_host.setdefault(host, []).append(test)
        if 'refused' in known and 'test_event_id' not in known:
            self._refused[host, note['test_event_id']] = {'not_recorded': known['not_recorded'], 'refused': known['refused']}
        if 'recorded' in known and not _is_record_of_outcome(known['recorded'], test):
            test.update(known['recorded'])
        if note.get('server'):
            test.setdefault('server', note['server'])
        # Another host's task may not know which vehicle it is.
        test.update({key: value for key, value in known.items() if key != 'vin' or host == test['host'] or 'vin' not in test})
        if 'status' in known and 'recorded' not in test:
            test.update(self._refused.pop((host, known.get('test_event_id')), {}))
        if test.get('test_event_id'):
            of_same_id = self._of_id.setdefault(test['test_event_id'], [])
            if not any(one is test for one in of_same_id):
                of_same_id.append(test)

    def _same(self, note):
        """Which test this is about: the one with the same test event, or the last one of its host, if nothing differs and it is open.

        Whether a verdict could be recorded still belongs to a test that has one.
        """
        known, test_event_id = note['known'], note.get('test_event_id')
        if test_event_id:
            same = [test for test in self._of_id.get(test_event_id, ()) if _fits(test, note)]
            own = [test for test in same if test['host'] == note['host']]
            if own or len(same) == 1:
                return (own or same)[0]
        last = self._of_host.get(note['host'], [None])[-1]
        if last is None or not _fits(last, note):
            return None
        if any(known.get(key) and last.get(key, known[key]) != known[key] for key in ('test_event_id', 'vin')):
            return None
        return last if 'status' not in last or not known.keys().isdisjoint(('not_recorded', 'unsure')) else None


def _fits(test, note):
    """Whether a test event of this id is the same one: it is on the same server, and a vehicle for which it was refused is not its own."""
    known = note['known']
    if test.get('server') and note.get('server') and test['server'] != note['server']:
        return False
    return not known.get('not_recorded') or known.get('vin', test.get('vin')) == test.get('vin', known.get('vin'))


def as_recorded(status):
    """How the API, which knows two verdicts only, has it."""
    return 'FAIL' if status == NOT_TESTED else status


def _is_record_of_outcome(recorded, test):
    """Whether the server has what an outcome has said already, in fewer words."""
    if 'status' not in test or recorded['status'] != as_recorded(test['status']):
        return False
    said = str(test.get('summary') or '').strip()
    if said == test.get('recorded', {}).get('summary'):
        return False  # an earlier record said it
    return said and said in recorded['summary'] or test['status'] == NOT_TESTED and recorded['summary'].startswith(MARK)
