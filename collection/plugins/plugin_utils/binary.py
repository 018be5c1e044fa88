"""The one action plugin of this collection: it runs a module that is a compiled program.

On a local connection the program is started where it lies: no copy, no shell, and its arguments in an
anonymous file, so that a token never touches a disk. Every other connection, `become` and `async` go through
Ansible's own `_execute_module`, with the program that was built for the target's architecture.
"""
from __future__ import annotations

import contextlib
import datetime
import json
import multiprocessing
import os
import re
import selectors
import signal
import subprocess
from collections.abc import Mapping

from ansible import constants as C
from ansible import release
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.hatci.automation.plugins.plugin_utils.checkpoint import Checkpoint

try:
    # From 2.19 on a plain string is never a template, so a result needs no mark.
    from ansible.template import trust_as_template  # pylint: disable=unused-import

    def untrusted(result):
        return result
except ImportError:
    from ansible.utils.unsafe_proxy import wrap_var as untrusted

display = Display()

COLLECTION = 'hatci.automation'
MODULES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'modules')
TICK = 1  # seconds between two looks at whether ansible-playbook still lives
GRACE = 2  # seconds a program has to clean up after SIGTERM
QUOTED = 4000  # characters of a broken program's output that are worth showing


class BinaryAction(ActionBase):
    """Runs the program of the same name as the file of the subclass."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._supports_async = True  # here, because ansible-core 2.15 resets it in its own __init__
        self._module = type(self).__module__.rsplit('.', 1)[-1]

    def run(self, tmp=None, task_vars=None):
        result = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        arguments = plain({**self._omitted_defaults(task_vars), **self._task.args})
        # ansible-core before 2.21 knows no such setting, and always shows the options.
        with contextlib.suppress(AnsibleError):
            arguments['_ansible_inject_invocation'] = C.config.get_config_value('INJECT_INVOCATION', variables=task_vars)
        checkpoint = Checkpoint(self, task_vars)
        with self._in_time(result):
            result.update(self._run_module(arguments, task_vars, checkpoint, result.update))
        if not self._module.startswith('ara_'):
            with self._in_time(result):
                checkpoint.end(result)
        return result

    def _run_module(self, arguments, task_vars, checkpoint, ended):
        """The module's result; `ended` is called with the last words of a program that had to be ended."""
        local = self._connection.transport == 'local'
        if local and self._connection.become is None and not self._task.async_val:
            host = task_vars.get('inventory_hostname', '')

            def show(text):
                if not self._task.no_log:
                    display.display('%s | %s' % (host, text), color='dark gray')
                checkpoint.progress(text)

            return self.run_in_place(self._module, arguments, show, ended)
        machine = os.uname().machine if local else self._target_machine(task_vars)
        self._program(self._module, machine)
        return self._execute_module(
            module_name='%s.__%s__.%s' % (COLLECTION, machine, self._module), module_args=arguments,
            task_vars=task_vars, wrap_async=self._task.async_val)

    @contextlib.contextmanager
    def _in_time(self, result):
        """Makes a failed result of what is known when the task's `timeout:` strikes: Ansible's own would forget it."""
        try:
            yield
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException:  # what Ansible raises for `timeout:` has a name of its own in each release
            if not result:
                raise
            words = result.get('msg') if result.get('failed') else 'The module itself had ended before.'
            result.update(failed=True, timedout={'period': self._task.timeout},
                          msg="The task's timeout of %s s has passed. %s" % (self._task.timeout, words))

    def _omitted_defaults(self, task_vars):
        """What `module_defaults` say for this module, from the play's inwards.

        Ansible has merged them into the arguments already, but it drops a default when the task, or a block in
        between, gives the option as `{{ variable | default(omit) }}`. The roles are written so, and an option
        that is omitted shall be as good as one that isn't written.
        """
        found = {}
        omit = task_vars.get('omit')
        action = '%s.%s' % (COLLECTION, self._module)
        groups = ()
        with contextlib.suppress(AttributeError):  # a task outside of any play has none
            groups = self._task.get_play()._action_groups.get(action, ())
        for key in (*('group/%s' % group for group in groups), action):
            for defaults in self._task.module_defaults or ():
                options = defaults.get(key) or {}
                if isinstance(options, str):
                    options = self._templar.template(options)
                # Only what is missing: to render a template takes longer than all else here.
                missing = {option: value for option, value in options.items() if option not in self._task.args}
                if missing:
                    missing = self._templar.template(missing)
                found.update((option, value) for option, value in missing.items() if value != omit)
        return found

    def _program(self, module, machine):
        """The path of the module's program for this kind of machine, as `uname -m` names it."""
        path = os.path.join(MODULES, '__%s__' % machine, module)
        if re.fullmatch(r'\w+', machine) and os.path.isfile(path):
            return path
        machines = sorted(one.name[2:-2] for one in os.scandir(MODULES) if os.path.isfile(os.path.join(one.path, module)))
        remedy = 'Install an archive that was built for it'
        if os.uname().machine in machines:
            remedy += ', or run the task with `delegate_to: localhost`'
        raise AnsibleActionFail('%s has no program for a %s machine in the installed collection %s, which was built for %s. %s.' % (
            module, machine, COLLECTION, ' and '.join(machines) or 'no machine at all', remedy))

    def _target_machine(self, task_vars):
        if self._task.delegate_to:
            task_vars = task_vars.get('ansible_delegated_vars', {}).get(self._task.delegate_to, {})
        facts = task_vars.get('ansible_facts') or {}
        if 'system' in facts and 'architecture' in facts:
            system, machine = facts['system'], facts['architecture']
        else:
            answer = self._low_level_execute_command('uname -sm', sudoable=False)
            system, dummy, machine = (answer.get('stdout') or '').strip().partition(' ')
        if system != 'Linux':
            raise AnsibleActionFail('%s runs on Linux, and the target says it is %r. Run the task with '
                                    '`delegate_to: localhost`.' % (self._module, system))
        return machine

    def run_in_place(self, module, arguments, show=lambda text: None, ended=lambda result: None):
        """The result of this module of the collection, run on this machine."""
        with self._starting(module, arguments) as program:
            ending = program.run(show, lambda result: ended(untrusted(result)))
        return untrusted(outcome(module, *ending))

    def run_for_itself(self, module, arguments, stay_open):
        """Start this module of the collection so that it outlives this task; it keeps the descriptor `stay_open`."""
        with self._starting(module, arguments) as program:
            program.run_for_itself(stay_open)

    @contextlib.contextmanager
    def _starting(self, module, arguments):
        path = self._program(module, os.uname().machine)
        arguments = plain(arguments)
        with contextlib.suppress(AttributeError):  # a task outside of any play has none
            # What ARA knows this play by; its column holds 36 characters.
            arguments['_ansible_play_uuid'] = str(self._task.get_play()._uuid)[:36]
        arguments.update(
            _ansible_check_mode=bool(self._task.check_mode),
            _ansible_diff=bool(self._task.diff),
            _ansible_module_name='%s.%s' % (COLLECTION, module),
            _ansible_no_log=bool(self._task.no_log),
            _ansible_verbosity=int(display.verbosity),
            _ansible_version=str(release.__version__),
        )
        environment = {}
        self._compute_environment_string(environment)
        try:
            yield Program(path, json.dumps(arguments), environment)
        except OSError as error:
            raise AnsibleActionFail('%s could not be started: %s. If its mode was lost on the way here, install the '
                                    'collection with `ansible-galaxy collection install`.' % (path, error)) from error


class Program:
    """One run of a program."""

    def __init__(self, path, arguments, environment):
        self._path = path
        self._arguments = arguments.encode()
        self._environment = {str(name): str(value) for name, value in environment.items()}
        # The process that forked this worker. Not getppid(): it names init when ansible-playbook is gone already.
        parent = multiprocessing.parent_process()
        self._owner = parent.pid if parent else os.getppid()

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
            with os.fdopen(writer, 'wb'):  # ours is closed once the program has its own
                child = self._start([], arguments, writer, {'ANSIBLE_MODULE_PROGRESS_FD': str(writer)},
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            files.enter_context(child.stdout)
            files.enter_context(child.stderr)
            texts = {child.stdout: b'', child.stderr: b'', progress: b''}
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

    def run_for_itself(self, stay_open):
        """Start it in a session of its own; nobody hears of it any more but whoever watches this descriptor."""
        with self._file() as arguments:
            self._start(['--detached'], arguments, stay_open, {}, start_new_session=True,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _file(self):
        """The arguments in a file without a name."""
        file = os.fdopen(os.memfd_create('arguments'), 'wb')
        file.write(self._arguments)
        file.flush()
        return file

    def _start(self, options, arguments, descriptor, environment, **how):
        """Start it with these arguments; of all other descriptors it gets this one alone."""
        return subprocess.Popen(
            [self._path, *options, '/proc/self/fd/%d' % arguments.fileno()], pass_fds=[arguments.fileno(), descriptor],
            env={**os.environ, **self._environment, 'ANSIBLE_MODULE_OWNER': str(self._owner), **environment},
            stdin=subprocess.DEVNULL, **how)

    def _attend(self, child, progress, texts):
        """Read all pipes into `texts` until they close, or until the program is gone and somebody else holds them open."""
        with selectors.DefaultSelector() as selector:
            for pipe in texts:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map():
                ready = selector.select(TICK)
                if os.getppid() != self._owner:
                    raise AnsibleActionFail('ansible-playbook is gone, so its task was ended.')
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
    if status < 0:
        why = 'was ended by %s' % signal_name(-status)
    elif not out.strip():
        why = 'ended with status %d and no result' % status
    elif result is not None:
        why = 'ended with status %d and a result that is no failure' % status
    else:
        why = 'ended with status %d and a result that is not a JSON object' % status
    msg = '%s %s. That is a fault of the module: report it with module_stdout and module_stderr.' % (module, why)
    return {'failed': True, 'msg': msg, 'rc': status, 'module_stdout': out[-QUOTED:], 'module_stderr': err[-QUOTED:]}


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return 'signal %d' % number


def plain(value):
    """The same value in JSON's own types: no tags, no vault objects, no lazy containers, dates as ISO 8601."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes):
        return value.decode('utf-8', 'surrogateescape')
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value)
