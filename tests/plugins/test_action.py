"""The action plugin, under a real ansible-playbook, with programs that do as each test says."""
import contextlib
import json
import os
import pty
import signal
import sys
import time

import pytest
from ansible.release import __version__

RELEASE = tuple(map(int, __version__.split('.')[:2]))


def program(does, **options):
    return {'hatci.automation.hatci_info': dict(does=does, **options)}


RETURN_ARGUMENTS = 'del args["does"]; answer(args={key: args[key] for key in args if not key.startswith("_ansible_")})'
RETURN_ABOUT = 'answer(about={key[9:]: args[key] for key in args if key.startswith("_ansible_")})'


def test_arguments_arrive_as_plain_json(ansible):
    text = '{{ not_a_variable }}'
    task = program(RETURN_ARGUMENTS, text='a "b"\n', number=2 ** 70, truth=True, nothing=None, left_out='{{ omit }}',
                   nested={'list': [1, {'deep': 1.5}]}, raw={'__ansible_unsafe': text})
    assert ansible.result(task)['args'] == dict(
        text='a "b"\n', number=2 ** 70, truth=True, nothing=None, nested={'list': [1, {'deep': 1.5}]}, raw=text)


def test_a_date_arrives_as_text(ansible):
    task = program(RETURN_ARGUMENTS, day="{{ '2026-11-20' | to_datetime('%Y-%m-%d') }}")
    assert ansible.result(task)['args']['day'].startswith('2026-11-20')


def test_the_program_is_told_about_its_task(ansible):
    about = ansible.result(dict(program(RETURN_ABOUT), check_mode=True, diff=True), flags=['-v'])['about']
    assert (about['check_mode'], about['diff'], about['no_log'], about['verbosity']) == (True, True, False, 1)
    assert about['module_name'] == 'hatci.automation.hatci_info'
    assert len(about['play_uuid']) == 36


def test_arguments_are_not_on_the_command_line_nor_on_disk(ansible):
    does = 'answer(command=open("/proc/self/cmdline").read(), file=os.readlink(sys.argv[1]))'
    result = ansible.result(program(does, hatci_token='planted-token'))
    assert 'planted-token' not in result['command']
    assert result['file'].startswith('/memfd:')


def test_module_defaults_of_the_group_reach_the_program(ansible):
    defaults = {'group/hatci.automation.hatci': {'hatci_base_url': 'https://group', 'timeout': 5},
                'hatci.automation.hatci_info': {'timeout': 7}}
    assert ansible.result(program(RETURN_ARGUMENTS), module_defaults=defaults)['args'] == dict(
        hatci_base_url='https://group', timeout=7)


def test_an_omitted_option_falls_back_to_module_defaults(ansible):
    defaults = {'group/hatci.automation.hatci': {'hatci_base_url': '{{ url }}', 'retries': '{{ omit }}'},
                'group/hatci.automation.jumpstarter': {'wait': True}}
    task = program(RETURN_ARGUMENTS, hatci_base_url='{{ nowhere | default(omit) }}', retries='{{ nowhere | default(omit) }}')
    result = ansible.result(task, module_defaults=defaults, vars={'url': 'https://group'})
    assert result['args'] == dict(hatci_base_url='https://group')


def test_a_module_outside_of_the_group_gets_none_of_its_defaults(ansible):
    task = {'hatci.automation.jumpstarter_exporter_config': dict(does=RETURN_ARGUMENTS)}
    defaults = {'group/hatci.automation.jumpstarter': {'client_config': 'ci.yaml'}}
    assert ansible.result(task, module_defaults=defaults)['args'] == {}


def test_an_option_that_a_block_omits_falls_back_to_the_plays_module_defaults(ansible):
    group = 'group/hatci.automation.hatci'
    block = {'block': [dict(program('answer(args=args["hatci_token"], url=args["hatci_base_url"])'), register='it'),
                       {'ansible.builtin.debug': {'msg': '{{ it.args }} {{ it.url }}'}}],
             'module_defaults': {group: {'hatci_token': '{{ nowhere | default(omit) }}', 'hatci_base_url': 'inner'}}}
    output = ansible.run(block, module_defaults={group: {'hatci_token': 'outer', 'hatci_base_url': 'outer'}})
    assert '"msg": "outer inner"' in output


def test_the_environment_of_play_and_task_reaches_the_program(ansible):
    task = dict(program('answer(a=os.environ["A"], b=os.environ["B"])'), environment=dict(B=5))
    result = ansible.result(task, environment=dict(A='play', B='play'))
    assert (result['a'], result['b']) == ('play', '5')


def test_the_owner_is_ansible_playbook(ansible):
    process = ansible.start(program('tell("owner " + os.environ["ANSIBLE_MODULE_OWNER"]); answer()'))
    assert 'localhost | owner {}\n'.format(process.pid) in process.communicate()[0]


def test_progress_is_shown_while_the_program_runs(ansible):
    """The program goes on only once the test has seen its line."""
    go = ansible.folder / 'go'
    process = ansible.start(program('tell("half \\x1b[2Jway")\nwhile not os.path.exists("{}"): time.sleep(0.01)\nanswer()'.format(go)))
    assert any(line == 'localhost | half  [2Jway\n' for line in process.stdout)
    go.touch()
    assert 'ok=1' in process.communicate()[0]


def test_on_a_terminal_the_numbers_of_a_fleet_are_a_bar_that_is_redrawn(ansible):
    told = ['w: 1 of 4 finished', 'w: car2: failed', 'w: 4 of 4 finished']
    terminal, end = pty.openpty()
    process = ansible.start(program('[tell(text) for text in %r]; answer()' % told), stdout=end)
    os.close(end)
    shown = b''
    with contextlib.suppress(OSError):  # nobody writes to it any more
        while data := os.read(terminal, 65536):
            shown += data
    process.wait()
    lines = shown.decode().replace('\r\n', '\n')
    erase, quarter, full = '\r\x1b[K', '[#####...............] localhost | w: 1 of 4 finished', '[%s] localhost | w: 4 of 4 finished' % ('#' * 20)
    drawn = [erase + quarter, erase + 'localhost | w: car2: failed\n', erase + quarter, erase + full, erase + full + '\n']
    assert ''.join(drawn) in lines, lines


def test_progress_is_hidden_with_no_log(ansible):
    output = ansible.run(dict(program('tell("private"); answer()'), no_log=True))
    assert 'ok=1' in output
    assert 'private' not in output


def test_what_a_server_says_is_never_a_template(ansible):
    text = "{{ lookup('ansible.builtin.pipe', 'echo run') }}"
    show = {'ansible.builtin.debug': {'msg': '{{ it.text }}'}}
    does = 'answer(text=bytes.fromhex("{}").decode())'.format(text.encode().hex())
    output = ansible.run(dict(program(does), register='it'), show)
    assert '"msg": "{}"'.format(text) in output


def test_ansibles_own_marks_are_dropped_from_a_result(ansible):
    result = ansible.result(program('answer(_ansible_no_log=True, answer=42)'))
    assert result['answer'] == 42
    assert '_ansible_no_log' not in result


CRASHES = [
    ('os.kill(os.getpid(), signal.SIGABRT)', 'hatci_info was killed by SIGABRT. This may be a bug in the module'),
    ('os.kill(os.getpid(), signal.SIGKILL)', 'hatci_info was killed by SIGKILL. It is unknown who sent it: the system does so when memory runs out, and an operator'),
    ('sys.exit(3)', 'hatci_info ended with status 3 and no result.'),
    ('print("half a {")', 'hatci_info ended with status 0 and a result that is not a JSON object.'),
    ('print([1])', 'hatci_info ended with status 0 and a result that is not a JSON object.'),
    ('answer(changed=True); sys.exit(3)', 'hatci_info ended with status 3 and a result that is not a failure.'),
]


@pytest.mark.parametrize('level, is_refused', [('1.10', True), ('0x10', True), ('1.10.1', False), (2, True)])
def test_a_build_level_that_ansible_may_have_made_a_number_is_refused(ansible, monkeypatch, level, is_refused):
    """From 2.19 on the setting has no effect, and a text stays one."""
    ansible._environment['ANSIBLE_JINJA2_NATIVE'] = 'True'
    task = {'hatci.automation.hatci_info': dict(does='answer(level=args["build_level"])', build_level='{{ level }}')}
    result = ansible.result(task, vars={'level': level})
    if RELEASE < (2, 19):
        assert result['failed'] == is_refused and ('"1.10"' in result.get('msg', '')) == is_refused, result
    else:
        assert result['level'] == level


def test_a_crash_is_told(ansible):
    results = ansible.results(*(program(does) for does, _ in CRASHES))
    for result, (_, why) in zip(results, CRASHES):
        assert result['failed'] is True
        assert result['msg'].startswith(why)
        assert {'rc', 'module_stdout', 'module_stderr'} <= set(result)


def test_a_failure_is_passed_on(ansible):
    result = ansible.result(program('answer(failed=True, msg="No such event.", changed=False); sys.exit(1)'))
    assert (result['failed'], result['msg']) == (True, 'No such event.')
    assert 'module_stdout' not in result


MACHINE = os.uname().machine


@pytest.mark.parametrize('module, why', [
    ('jumpstarter_shell', 'jumpstarter_shell has no program for a {} machine in the installed collection hatci.automation, which '
     'was built for no machine at all. Install an archive that was built for it.'.format(MACHINE)),
    ('jumpstarter_power', 'could not be started: [Errno 13] Permission denied'),
])
def test_a_program_that_cannot_run_is_told(ansible, module, why):
    result = ansible.result({'hatci.automation.' + module: {}})
    assert result['failed'] is True
    assert why in result['msg']


COPIED = 'answer(option=args.get("option"), in_place="ANSIBLE_MODULE_OWNER" in os.environ)'


def test_a_local_connection_runs_the_program_in_place(ansible):
    assert ansible.result(program(COPIED))['in_place'] is True


def test_async_goes_through_ansibles_own_way(ansible):
    result = ansible.result(dict(program(COPIED, option=1), poll=1, **{'async': 60}))
    assert (result['option'], result['in_place']) == (1, False)


def test_another_connection_goes_through_ansibles_own_way(ansible):
    result = ansible.result(program(COPIED, option=1), vars={'ansible_connection': 'away'})
    assert (result['option'], result['in_place']) == (1, False)


NO_PROGRAM = [
    ('Linux', 'riscv64', 'hatci_info has no program for a riscv64 machine in the installed collection hatci.automation, which was '
     'built for {}. Install an archive that was built for it, or run the task with `delegate_to: localhost`.'.format(MACHINE)),
    ('Linux', '../x86_64', 'hatci_info has no program for a ../x86_64 machine'),
    ('Win32NT', '64-bit', "hatci_info runs only on Linux, but the target is 'Win32NT'"),
]


def test_a_target_that_no_program_was_built_for_is_refused(ansible):
    def facts(system, machine):
        return {'ansible_connection': 'away', 'ansible_facts': {'system': system, 'architecture': machine}}
    results = ansible.results(*(dict(program(COPIED), vars=facts(system, machine)) for system, machine, _ in NO_PROGRAM))
    for result, (_, _, why) in zip(results, NO_PROGRAM):
        assert why in result['msg']


def gathered(machine, **keywords):
    """A task after which Ansible takes its host for a machine of this kind."""
    facts = {'ansible_system': 'Linux', 'ansible_architecture': machine}
    return dict(program('answer(ansible_facts={})'.format(facts)), **keywords)


@pytest.mark.parametrize('machine, why', [(MACHINE, None), ('riscv64', 'no program for a riscv64 machine'), (None, None)])
def test_a_delegated_task_goes_by_the_machine_it_is_delegated_to(ansible, machine, why):
    """Where nothing is known of that machine, it is asked."""
    hosts = {'localhost': {'ansible_connection': 'local'}, 'other': {'ansible_connection': 'away'}}
    inventory = ansible.folder / 'inventory.json'
    inventory.write_text(json.dumps({'all': {'hosts': hosts, 'vars': {'ansible_python_interpreter': sys.executable}}}))
    before = [gathered(machine, delegate_to='other', delegate_facts=True)] if machine else []
    result = ansible.result(
        dict(program(COPIED), delegate_to='other'), flags=['-i', str(inventory)], pre_tasks=[*before, gathered('s390x')])
    if why:
        assert why in result['msg']
    else:
        assert result['in_place'] is False


def test_become_goes_through_ansibles_own_way(ansible):
    result = ansible.result(program(COPIED), become=True, become_method='as_is')
    assert result['in_place'] is False


@pytest.mark.one_core
def test_a_result_counts_though_a_grandchild_holds_the_pipes(ansible):
    does = 'child = subprocess.Popen(["sleep", "600"]); answer(child=child.pid)'
    result = ansible.result(program(does))
    os.kill(result['child'], signal.SIGTERM)


# A program that says its process id and then hangs. Stubborn: SIGTERM doesn't end it.
HANGS = 'tell("pid %d" % os.getpid()); time.sleep(600)'
STUBBORN = 'signal.signal(signal.SIGTERM, signal.SIG_IGN); signal.signal(signal.SIGINT, signal.SIG_IGN); ' + HANGS
# One that has something to say when it is told to stop.
POLITE = ('signal.signal(signal.SIGTERM, lambda *_: (answer(failed=True, changed=True, msg="It was stopped.", key="k-1", '
          'text="{" + "{ 1 }" + "}"), os._exit(1))); ' + HANGS)


def pid_in(line):
    return int(line.split('| pid ')[1])


def wait_until_gone(pid):
    deadline = time.monotonic() + 60
    while os.path.exists('/proc/{}'.format(pid)):
        assert time.monotonic() < deadline, 'the program is still running'
        time.sleep(0.05)


@pytest.mark.parametrize('does', [HANGS, STUBBORN], ids=['willing', 'stubborn'])
def test_the_timeout_of_a_task_ends_the_program(ansible, does):
    output = ansible.run(dict(program(does), timeout=5))
    assert 'failed=1' in output
    pid = next(pid_in(line) for line in output.splitlines() if '| pid ' in line)
    assert not os.path.exists('/proc/{}'.format(pid))


def test_the_result_of_a_program_that_the_timeout_ends_is_the_tasks(ansible):
    result = ansible.result(dict(program(POLITE), timeout=5))
    assert (result['failed'], result['changed'], result['key'], result['text']) == (True, True, 'k-1', '{{ 1 }}')
    assert result['msg'] == "The task's timeout of 5 s has passed. It was stopped."
    assert result['timedout']['period'] == 5


def test_a_program_without_last_words_leaves_the_timeout_to_ansible(ansible):
    result = ansible.result(dict(program(HANGS), timeout=5))
    assert result['failed'] is True
    assert 'Timed out after 5 second' in result['msg'] or 'in the expected time frame (5)' in result['msg']


@pytest.mark.parametrize('does', [HANGS, STUBBORN], ids=['willing', 'stubborn'])
@pytest.mark.parametrize('how', [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_program_ends_with_ansible_playbook(ansible, how, does):
    process = ansible.start(program(does))
    pid = next(pid_in(line) for line in process.stdout if '| pid ' in line)
    os.kill(process.pid, how)
    wait_until_gone(pid)
    process.stdout.close()
    process.wait()


def test_ctrl_c_ends_ansible_too_while_progress_is_on_its_way(ansible):
    """2.15 sends what a worker shows from a thread, and a worker that ended while it did left `ansible-playbook` waiting forever."""
    process = ansible.start(program('[tell("x" * 1000) for _ in range(500)]; ' + HANGS))
    next(line for line in process.stdout if 'xxx' in line)
    time.sleep(1)  # until the screen, which nobody reads, and the queue before it are full
    os.killpg(process.pid, signal.SIGINT)
    time.sleep(1)  # until the worker would have ended
    with process.stdout:
        assert 'xxx' in process.stdout.read()
    assert process.wait() > 0  # and not ended by the watchdog


def test_ctrl_c_ends_the_program(ansible):
    """A terminal sends SIGINT to the whole foreground group."""
    process = ansible.start(program(STUBBORN))
    pid = next(pid_in(line) for line in process.stdout if '| pid ' in line)
    os.killpg(process.pid, signal.SIGINT)
    wait_until_gone(pid)
    process.stdout.close()
    process.wait()


@pytest.mark.one_core
@pytest.mark.skipif(os.geteuid() != 0, reason='only root can give a file to another user')
@pytest.mark.parametrize('owner, owner_of_link', [(0, 0), (4711, 0), (0, 4711)])
def test_a_campaigns_file_is_shown_only_if_no_other_user_has_planted_it(ansible, owner, owner_of_link):
    file, link = ansible.folder / 'resume.yml', ansible.folder / 'link.yml'
    vehicle = dict(host='planted', stage='closed', status='PASS', summary='Updated.', test_event_id='TEV-1')
    file.write_text(json.dumps({'hatci_resume': {'vehicles': [vehicle]}}))
    link.symlink_to(file)
    os.chown(file, owner, 0)
    os.lchown(link, owner_of_link, 0)
    output = ansible.run({'hatci.automation.hatci_fleet_plan': dict(does='answer(resume_file=%r, changed=False)' % str(link))})
    assert ('  PASS  ' in output) == (owner == owner_of_link == 0), output
    assert 'To resume the campaign: -e @%s' % link in output
