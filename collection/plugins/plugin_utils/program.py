"""One run of a compiled program: its arguments, what it says while it runs, and how it ends."""
from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import selectors
import signal
import subprocess
import tempfile

from ansible.errors import AnsibleActionFail
from ansible_collections.hatci.automation.plugins.plugin_utils import guard

TICK = 1  # seconds between two looks at whether ansible-playbook still lives
GRACE = 2  # seconds a program has to clean up after SIGTERM
CRASHES = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP, signal.SIGSYS)
CRASH = 'This may be a bug in the module: report it with module_stdout and module_stderr.'
STOPPED = ('It is unknown who sent it: the system does so when memory runs out, and an operator or a limit of this machine may do so, too. Check the '
           'kernel log (`dmesg`) and other users of this machine, and check what was done before you run the task again.')
QUOTED = 4000  # characters of a broken program's output that are worth showing


class Program:
    """One run of a program."""

    def __init__(self, path, arguments, environment):
        self._path = path
        self._arguments = arguments.encode()
        self._environment = {str(name): str(value) for name, value in environment.items()}
        # The process that forked this worker. Not getppid(): it names init when ansible-playbook is gone already. Who has no such parent is
        # no worker: an inventory is read in ansible-playbook itself.
        parent = multiprocessing.parent_process()
        self._owner = parent.pid if parent else os.getpid()

    def run(self, show, ended):
        """Exit status (negative: the signal), standard output and standard error. Never outlives this worker.

        `show` is called with each line of progress. When the program had to be ended, `ended` is called with the result that it
        told all the same, if it did.
        """
        self._show = show
        with stoppable(), contextlib.ExitStack() as files:
            arguments = files.enter_context(self._file())
            reader, writer = os.pipe()
            progress = files.enter_context(os.fdopen(reader, 'rb'))
            self._check_owner()
            with os.fdopen(writer, 'wb'):  # ours is closed once the program has its own
                child = self._start(arguments, writer, {'ANSIBLE_MODULE_PROGRESS_FD': str(writer)},
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            files.enter_context(child.stdout)
            files.enter_context(child.stderr)
            texts = {child.stdout: bytearray(), child.stderr: bytearray(), progress: bytearray()}
            try:
                self._attend(child, progress, texts)
            except BaseException as error:  # the task's `timeout:`, Ctrl-C, SIGTERM, or ansible-playbook is gone
                result = told(texts[child.stdout] + self._end(child))
                if result:
                    ended(result)
                    if isinstance(error, KeyboardInterrupt):
                        self._show_message(result)  # nobody hears of the task's result any more
                raise
            return child.wait(), texts[child.stdout].decode('utf-8', 'replace'), texts[child.stderr].decode('utf-8', 'replace')

    def _file(self):
        """The arguments in a file without a name: in memory, or, where this Python was built without that, deleted from the start."""
        try:
            file = os.fdopen(os.memfd_create('arguments'), 'wb')
        except (AttributeError, OSError):
            file = tempfile.TemporaryFile()
        file.write(self._arguments)
        file.flush()
        return file

    def _start(self, arguments, descriptor, environment, **how):
        """Start it with these arguments; of all other descriptors it gets this one and the job's memory alone."""
        descriptors = [one for one in (arguments.fileno(), descriptor, guard.MEMORY) if one is not None]
        return subprocess.Popen(
            [self._path, '/proc/self/fd/%d' % arguments.fileno()], pass_fds=descriptors,
            env={**os.environ, **self._environment, **guard.ENVIRONMENT, 'ANSIBLE_MODULE_OWNER': str(self._owner), **environment},
            stdin=subprocess.DEVNULL, **how)

    def _check_owner(self):
        if self._owner not in (os.getpid(), os.getppid()):
            raise AnsibleActionFail('ansible-playbook has ended, so its task was stopped.')

    def _attend(self, child, progress, texts):
        """Read all pipes into `texts` until they close, or until the program is gone and somebody else holds them open."""
        with selectors.DefaultSelector() as selector:
            for pipe in texts:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(TICK)
                self._check_owner()
                if not ready and child.poll() is not None:
                    break
                for key, dummy in ready:
                    data = os.read(key.fd, 65536)
                    texts[key.fileobj] += data
                    if not data:
                        selector.unregister(key.fileobj)
                *lines, texts[progress] = texts[progress].split(b'\n')
                for line in lines:
                    self._show_message(told(line) or {})

    def _show_message(self, result):
        """Show its `msg`, without what could steer a terminal."""
        if 'msg' in result:
            self._show(''.join(char if char.isprintable() else ' ' for char in str(result['msg'])))

    def _end(self, child):
        """Ask the program to stop, so that it can undo what it began; insist when it doesn't. What it still wrote."""
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE)
        child.kill()
        child.wait()
        os.set_blocking(child.stdout.fileno(), False)
        return child.stdout.read() or b''


@contextlib.contextmanager
def stoppable():
    """A signal to stop raises KeyboardInterrupt, once, so that the program is ended before this worker is."""
    def stop(dummy_signal, dummy_frame):
        for one in before:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {one: signal.signal(one, stop) for one in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def told(out):
    """The JSON object that a program wrote, without Ansible's own marks, such as `_ansible_no_log`; None if it is none."""
    with contextlib.suppress(ValueError, AttributeError):
        return {key: value for key, value in json.loads(out).items() if not key.startswith('_ansible_')}
    return None


def outcome(module, status, out, err):
    """The result in a program's output; a failure that tells why when there is none."""
    result = told(out)
    if result is not None and (status == 0 or result.get('failed')):
        return result
    remedy = 'This is a bug in the module: report it with module_stdout and module_stderr.'
    if status < 0:
        why = 'was killed by %s' % signal_name(-status)
        remedy = CRASH if -status in CRASHES else STOPPED
    elif not out.strip():
        why = 'ended with status %d and no result' % status
    elif result is not None:
        why = 'ended with status %d and a result that is not a failure' % status
    else:
        why = 'ended with status %d and a result that is not a JSON object' % status
    return {'failed': True, 'msg': '%s %s. %s' % (module, why, remedy), 'rc': status, 'module_stdout': out[-QUOTED:], 'module_stderr': err[-QUOTED:]}


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return 'signal %d' % number
