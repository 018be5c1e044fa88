"""The guard of this job, as `ansible-playbook` and its workers see it: a process that closes what the job has opened.

Modules start it on first need, and hand it what is to be closed. Here is the job's memory, from which a new guard learns what one
that was killed had to do; here the guard hears how far the job is; and here `ansible-playbook` waits for it at its end, because in a
container the end of that is the end of everything.
"""
from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

from ansible.utils.display import Display

display = Display()

PATIENCE = 2  # seconds that the end of `ansible-playbook` waits for the guard, unless the user says otherwise
LONGEST = 600  # seconds that the user may choose
LONGEST_LINE = 4000  # characters of what the guard says that are shown
ANSWERS = 5  # seconds that a guard may take for an answer


def _memory():
    """A file in memory that lives as long as `ansible-playbook`; None where this Python was built without. Secrets need no disk."""
    try:
        return os.memfd_create('job')
    except (AttributeError, OSError):
        return None


# Ansible loads this in `ansible-playbook` itself, before it forks its workers. So they have the descriptor, too.
MEMORY = _memory()
OWNER = os.getpid()
ENVIRONMENT = {} if MEMORY is None else {'ANSIBLE_MODULE_JOB_MEMORY': str(MEMORY)}
_interrupted = []


def _note_interrupts():
    """Nothing tells at the end whether it came by Ctrl-C. What is done about that stays as it is."""
    before = signal.getsignal(signal.SIGINT)

    def note(number, frame):
        _interrupted.append(number)
        return before(number, frame)

    if callable(before):
        with contextlib.suppress(ValueError):  # not in the main thread
            signal.signal(signal.SIGINT, note)


_note_interrupts()


def _note_exit():
    """Nothing tells at the end with which status it comes, either. Only the process that loads this is meant, and its last exit."""
    before = sys.exit

    def note(status=None):
        _statuses.append(status)
        before(status)

    sys.exit = note


_statuses = []
_note_exit()


def _ending():
    """How the run has ended, as far as is known at its end."""
    if _interrupted:
        return 'Interrupted'
    # Not only failed hosts: a file of tasks that can't be read ends a run, too, and Ansible counts nobody as failed.
    return 'Failed' if _statuses and _statuses[-1] not in (None, 0) else 'Ended'


def is_interrupted():
    """Whether Ctrl-C, or what a job's end sends in its place, has reached `ansible-playbook`."""
    return bool(_interrupted)


def is_known():
    """Whether there is a guard, or should be one."""
    return MEMORY is not None and os.fstat(MEMORY).st_size > 0


@contextlib.contextmanager
def connection():
    """To the guard: one JSON object a line goes there, and one comes back."""
    path = json.loads(os.pread(MEMORY, 4096, 0).split(b'\n')[0])
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(ANSWERS)
        link.connect(path)
        _check_peer(link)
        yield link


def _check_peer(link):
    """Whoever else has put a socket in the guard's place learns nothing of the job, and nobody sees what it says."""
    credentials = struct.Struct('3i')
    user = credentials.unpack(link.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, credentials.size))[1]
    if user != os.geteuid():
        raise PermissionError('the socket of the guard belongs to user %d' % user)


def send(link, request):
    link.sendall(json.dumps(request).encode() + b'\n')


def note(host, step, wait=None):
    """What the job does now with this host. A guard that is not there needs no such note."""
    with contextlib.suppress(OSError, ValueError), connection() as link:
        send(link, {'Note': {'host': host, 'step': step, 'wait': wait}})
        link.recv(1)


def test_event_is_closed(test_event_id):
    """Spare the guard a test event that was closed where it could not be told: with `become`, `async`, or on another machine."""
    if is_known():
        with contextlib.suppress(OSError, ValueError), connection() as link:
            send(link, {'ForgetAll': {'kind': 'test event', 'prefix': '%s (' % test_event_id}})
            link.recv(1)


def revive(program, environment):
    """Bring another guard if it was killed, and return what there is to be told about that."""
    if not is_known():
        return []
    try:
        with connection():
            return []
    except (OSError, ValueError):
        done = subprocess.run(
            [program(), '--revive-job-guard', str(OWNER)], env={**os.environ, **environment(), **ENVIRONMENT}, pass_fds=[MEMORY],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.stdout.splitlines()


def seconds(text):
    """The number of seconds that this text is; a ValueError if it is none, or more than LONGEST."""
    try:
        number = float(text)
    except TypeError:
        raise ValueError(text) from None
    if not 0 <= number <= LONGEST:
        raise ValueError(text)
    return number


def _seconds_to_wait(from_job):
    """How long the end of `ansible-playbook` waits: what the environment says, else the job's variable, else PATIENCE."""
    usual = PATIENCE if from_job is None else from_job
    text = os.environ.get('HATCI_GUARD_WAIT')
    if not text:
        return usual
    try:
        return seconds(text)
    except ValueError:
        _say('HATCI_GUARD_WAIT is %r, which is not a number of seconds from 0 to %d; waiting %g s.' % (text, LONGEST, usual))
        return usual


def _say(text):
    """Show what may hold a server's words: nothing in it steers the terminal, reverses its text or begins another line."""
    clean = ''.join(c if c.isprintable() else ' ' for c in str(text)[:LONGEST_LINE])
    display.display('hatci.automation: %s' % clean, stderr=True)


def _bring_another():
    """The guard was killed after the last task; another one closes what it had to close."""
    program = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'modules', '__%s__' % os.uname().machine, 'hatci_info')
    for line in revive(lambda: program, dict):
        _say(line)


@atexit.register
def wait_for_guard():
    """Tell the guard that the job is over, and the user what it does then."""
    if os.getpid() != OWNER or not is_known():
        return
    wait = None
    try:
        _bring_another()
        with connection() as link:
            send(link, {'Over': {'ending': _ending()}})
            with link.makefile('rb') as answers:
                wait = _seconds_to_wait(json.loads(answers.readline())['Wait'])
                end = time.monotonic() + wait
                while True:
                    link.settimeout(max(end - time.monotonic(), 0.001))
                    line = answers.readline()
                    if not line:
                        return
                    _say(json.loads(line)['Said'])
    except TimeoutError:
        if wait is None:
            _say('The guard process has not answered for %g s, so it is unknown whether it still closes what this job opened. Leases and test '
                 'events may still be open.' % ANSWERS)
            return
        _say('Still closing after %s s; continuing in the background. To wait longer, set HATCI_GUARD_WAIT.' % format(wait, 'g'))
    except (OSError, ValueError, KeyError):
        if is_known():  # else it has just ended, with nothing left to do
            _say('The guard process that closes what this job opened does not answer, so leases and test events may still be open.')
