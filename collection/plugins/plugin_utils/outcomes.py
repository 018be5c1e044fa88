"""How the tests of this job came out, as a table at the end of `ansible-playbook`: one row a vehicle.

Workers write down what is known of a vehicle as soon as it is known, ids too, in a file that all processes of the job share. So the
table also tells what a job had made that was interrupted.
"""
from __future__ import annotations

import atexit
import json
import os
import tempfile
import textwrap

import yaml
from ansible import constants as C
from ansible_collections.hatci.automation.plugins.plugin_utils import guard, progress

WIDTH = 100  # columns of the screen
FIRST = ('VEHICLE', 'VIN', 'VERDICT', 'SECONDS')  # the columns before the last
LONGEST_NAME = 32  # of a vehicle; what is longer loses its middle
GAP = '  '
VERDICTS = {'PASS': ('PASS', C.COLOR_OK), 'FAIL': ('FAIL', C.COLOR_ERROR), 'not_tested': ('NOT TESTED', C.COLOR_WARN),
            'unknown': ('NO VERDICT', C.COLOR_WARN)}
IDS = {'source_event_id': 'source event', 'target_event_id': 'target event', 'deployment_id': 'deployment',
       'test_event_id': 'test event', 'lease_name': 'lease'}
UPDATE_TYPES = {'RROM': 'source_event_id', 'UROM': 'target_event_id'}

# Ansible loads this in `ansible-playbook` itself, before it forks its workers. The file has no name, and goes with the job.
with tempfile.TemporaryFile() as _with_no_name:
    _file = os.dup(_with_no_name.fileno())  # a number, which Python doesn't miss at its end
_owner = os.getpid()


def note(host, module, arguments, result):
    """Keep what this result says about the host's vehicle, or about a whole fleet."""
    if result.get('skipped'):
        return
    for one, outcome in (result.get('outcomes') or {}).items():
        tell(one, outcome)
    if module == 'hatci_fleet_plan' and result.get('resume_file'):
        _write({'campaign': result['resume_file'], 'is_over': 'outcomes' in result})
    known = dict(result.get('outcome') or {})
    if module == 'hatci_create_event' and result.get('event_id'):
        known[UPDATE_TYPES.get(arguments.get('update_type'), 'target_event_id')] = result['event_id']
    if result.get('failed') and not result.get('changed'):
        made = None  # what was refused is none of this vehicle's
    else:
        made = {'hatci_deploy_event': 'deployment_id', 'hatci_test_event': 'test_event_id'}.get(module)
    if module == 'jumpstarter_lease' and not result.get('failed') and arguments.get('state', 'acquired') in ('acquired', 'acquire', 'create'):
        made = 'lease_name'
    if made and result.get(made):
        known[made] = result[made]
    if module == 'hatci_test_event_update' and arguments.get('status'):
        known['test_event_id'] = str(arguments.get('test_event_id', '')).strip()
        known['not_recorded'] = str(result.get('msg', '')) if result.get('failed') else ''
        if not result.get('failed'):
            known['recorded'] = {'status': arguments['status'], 'summary': arguments.get('summary', '')}
    if not known:
        return
    if module.startswith('hatci_') and arguments.get('vin'):
        known.setdefault('vin', str(arguments['vin']).strip().upper())
    _keep(host, known)


def note_unreachable(host, vin, reason):
    """Keep that Ansible ends the play for this host, as it does without any `rescue`."""
    _keep(host, {'vin': str(vin), 'ended': 'Ansible could not reach this host: %s' % reason})


def tell(host, outcome):
    """Keep the outcome of a vehicle of a fleet."""
    _keep(host, outcome)


def _keep(host, known):
    _write({'host': host, 'known': known})


def _write(entry):
    line = json.dumps(entry, default=str).encode() + b'\n'
    # All processes share the place in the file, and a line that is written at once stays in one piece.
    os.write(_file, line)


def _vehicles():
    """What is known of each test, in the order of their beginnings. A host has as many as it has test events and outcomes."""
    found = []
    for entry in _entries():
        if 'campaign' in entry:
            continue
        host, known = entry['host'], entry['known']
        test = _of_same_test([one for one in found if one['host'] == host], known)
        if test is None:
            test = {'host': host}
            found.append(test)
        test.update(known)
        # Who records a verdict without `hatci_outcome` has one, too.
        if 'status' not in test:
            test.update(test.get('recorded', {}))
    return found


def _of_same_test(tests, known):
    """Which of a host's tests this is about: that with the same test event, or the last one, if nothing differs and it is open.

    Whether a verdict could be recorded still belongs to a test that has one.
    """
    if known.get('test_event_id'):
        for test in tests:
            if test.get('test_event_id') == known['test_event_id']:
                return test
    last = tests[-1] if tests else {}
    differs = any(known.get(key) and last.get(key, known[key]) != known[key] for key in ('test_event_id', 'vin'))
    return last if last and ('status' not in last or 'not_recorded' in known) and not differs else None


def _entries():
    return [json.loads(line) for line in os.pread(_file, os.fstat(_file).st_size, 0).splitlines()]


def _campaign():
    """The file of the campaign that this job has begun and not brought to its end; None if there is none."""
    last = [entry for entry in _entries() if 'campaign' in entry][-1:]
    return last[0]['campaign'] if last and not last[0]['is_over'] else None


def _begun(path):
    """What is known of each vehicle of a campaign that was begun, from its file. One whose test was not closed has no verdict yet."""
    try:
        with open(path, encoding='utf-8', opener=_opened_if_ours) as file:
            vehicles = yaml.load(file, getattr(yaml, 'CSafeLoader', yaml.SafeLoader))['hatci_resume']['vehicles']
        plain = [{key: ''.join(value) if isinstance(value, list) and key != 'states' else value for key, value in one.items()} for one in vehicles]
        return [{key: value for key, value in one.items() if key != 'status' or value != 'PASS' or one['stage'] == 'closed'}
                for one in plain if one['stage'] != 'waiting']
    except (OSError, ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError):
        return []  # the file is named all the same


def _opened_if_ours(path, flags):
    """Opens a file that this user or root owns, by a name that is theirs too; never waits for a pipe."""
    file = os.open(path, flags | os.O_NONBLOCK)
    if not {os.lstat(path).st_uid, os.fstat(file).st_uid} <= {0, os.geteuid()}:
        os.close(file)
        raise PermissionError('%s belongs to another user' % path)
    return file


def rows(vehicles, interrupted):
    """The lines of the table, each with its colour. No line is longer than WIDTH."""
    shown = [_cells(one, interrupted) for one in vehicles if interrupted or any(map(one.get, ('status', 'ended', 'test_event_id')))]
    if not shown:
        return []
    widths = [max(map(len, column)) for column in zip(FIRST, *(one[0] for one in shown))]
    lines = [(_first(FIRST, widths) + 'REASON, IDS AND LINKS', None)]
    for cells, colour, texts, urls in shown:
        first = _first(cells, widths)
        last = [part for text in texts for part in _wrapped(text, WIDTH - len(first))] or ['']
        lines += [(start + part, colour) for start, part in zip([first] + [' ' * len(first)] * len(last), last)]
        for url in urls:
            lines += [(part, None) for part in _wrapped(url, WIDTH, initial_indent=GAP, subsequent_indent=GAP)]
    return lines


def _first(cells, widths):
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths)) + GAP


def _wrapped(text, width, **options):
    """Lines of at most this width, in which an id stays in one piece if it can."""
    return textwrap.wrap(text, width, break_on_hyphens=False, **options)


def _plain(text):
    """On one line, and without what controls a terminal."""
    return ' '.join(''.join(c if c.isprintable() else ' ' for c in str(text)).split())


def _cells(one, interrupted):
    """The first cells of a vehicle's row, their colour, the texts of the last cell, and the links."""
    if 'status' in one:
        verdict, colour = VERDICTS.get(one['status'], (str(one['status']), None))
        reason = one.get('summary', '')
    else:
        verdict, colour = 'NO VERDICT', C.COLOR_WARN
        how = 'ansible-playbook was interrupted' if interrupted else 'The play ended for this vehicle'
        reason = one.get('ended') or how + ' before there was a verdict.'
    name = _plain(one['host'])
    if len(name) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        name = name[:half - 1] + '…' + name[-half:]
    seconds = '%.0f' % one['seconds'] if 'seconds' in one else ''
    ids = ', '.join('%s %s' % (words, one[key]) for key, words in IDS.items() if one.get(key))
    unrecorded = 'Recording the verdict failed: ' + one['not_recorded'] if one.get('not_recorded') else ''
    texts = [_plain(text) for text in (reason, unrecorded, ids)]
    return (name, _plain(one.get('vin', '')), verdict, seconds), colour, texts, [_plain(url) for url in one.get('artifact_urls') or []]


@atexit.register
def show():
    """Show the table, if there is one to show."""
    if os.getpid() != _owner:
        return
    campaign = _campaign()
    vehicles = _vehicles()
    if campaign:
        begun = _begun(campaign)
        names = {one['host'] for one in begun}
        vehicles = [one for one in vehicles if one['host'] not in names] + begun
    lines = rows(vehicles, guard.is_interrupted())
    if lines:
        progress.show('')
    for line, colour in lines:
        progress.show(line, colour)
    if campaign:
        progress.show('To go on with the campaign: -e @%s' % campaign)
