"""How the tests of this job came out, as a table at the end of `ansible-playbook`: one row a test.

Workers write down what is known of a vehicle as soon as it is known, ids too, in a file that all processes of the job share. So the
table also tells what a job had made that was interrupted.
"""
from __future__ import annotations

import atexit
import json
import os
import tempfile

import yaml
from ansible_collections.hatci.automation.plugins.plugin_utils import guard, outcome_notes, outcome_table, progress

# Ansible loads this in `ansible-playbook` itself, before it forks its workers. The file has no name, and goes with the job.
with tempfile.TemporaryFile() as _with_no_name:
    _file = os.dup(_with_no_name.fileno())  # a number, which Python doesn't miss at its end
_owner = os.getpid()


def note(host, module, arguments, result):
    """Keep what this result says about the host's vehicle, or about a whole fleet."""
    for one in outcome_notes.of_result(host, module, arguments, result):
        _write(one)
    if outcome_notes.is_unfinished(result):
        _write({'job': result['ansible_job_id'], 'host': host, 'module': module, 'arguments': outcome_notes.telling(arguments)})
    if module == 'hatci_deploy_event' and result.get('idempotency_key'):
        _note_deployment(host, module, arguments, result, result['idempotency_key'])
    if module == 'hatci_fleet_plan' and result.get('resume_file'):
        _write({'campaign': result['resume_file'], 'is_over': 'outcomes' in result})


def _note_deployment(host, module, arguments, result, key):
    """Keep that it is unknown whether a deployment was created, or that the same request, which is known by its key, has now found out."""
    if result.get('deployment_id'):
        note_end(key)
    elif result.get('failed') and result.get('changed'):
        _write({'job': key, 'host': host, 'module': module, 'arguments': outcome_notes.telling(arguments)})


def note_unreachable(host, vin, reason):
    """Keep that Ansible ends the play for this host, as it does without any `rescue`."""
    _write(outcome_notes.of_outcome(host, {'vin': str(vin), 'ended': 'Ansible could not reach this host: %s' % reason}))


def tell(host, outcome):
    """Keep the outcome of a vehicle of a fleet."""
    _write(outcome_notes.of_outcome(host, outcome))


def made(host, name, vin):
    """The ids of this name, such as `deployment_id`, that tasks of this host have made for a vehicle, in order."""
    return outcome_notes.ids(_entries(), host, name, vin)


def verdicts():
    """The verdicts that tasks of this job have recorded, by test event."""
    return {test_event_id: one['status'] for test_event_id, one in recorded().items()}


def recorded():
    """The same, each with its `status` and its `summary`."""
    return {entry['test_event_id']: entry['known']['recorded'] for entry in _entries() if 'recorded' in entry.get('known', ())}


def unfinished(host):
    """Deployments of which it is unknown whether they were created: jobs of tasks with `async` that no task waited for, and keys of lost answers."""
    entries = _entries()
    ended = {entry['ended'] for entry in entries if 'ended' in entry}
    return [entry['job'] for entry in entries if entry.get('module') == 'hatci_deploy_event' and entry['host'] == host and entry['job'] not in ended]


def note_end(job):
    """Keep that this task with `async` has ended, and its result is noted."""
    _write({'ended': job})


def begun(job):
    """The task with `async` whose job this is: its `host`, `module` and the `arguments` that `note` needs; None if it is not one of ours."""
    return next((entry for entry in _entries() if entry.get('job') == job), None)


def _write(entry):
    line = json.dumps(entry, default=str).encode() + b'\n'
    # All processes share the place in the file, and a line that is written at once stays in one piece.
    os.write(_file, line)


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


@atexit.register
def show():
    """Show the table, if there is one to show."""
    if os.getpid() != _owner:
        return
    campaign = _campaign()
    tests = outcome_notes.Tests(entry for entry in _entries() if 'known' in entry).all
    if campaign:
        begun = _begun(campaign)
        names = {one['host'] for one in begun}
        tests = [one for one in tests if one['host'] not in names] + begun
    lines = outcome_table.rows(tests, guard.is_interrupted())
    if lines:
        progress.show('')
    for line, colour in lines:
        progress.show(line, colour)
    if campaign:
        progress.show('To resume the campaign: -e @%s' % campaign)
