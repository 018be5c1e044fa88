"""The workflows that build a bench: everything is checked first, done once, and looked at again."""

import json
import os
import signal

import pytest
import yaml
from bench_fixtures import CHAP_SECRET, PULL_SECRET, SECRETS, bench  # noqa: F401
from conftest import ROOT

IQN = 'iqn.2005-10.org.freenas.ctl:bench1'
NOTHING = {
    'private': [], 'public': [], 'luns': [], 'orphans': {'targets': [], 'extents': [], 'initiators': []}, 'inserted': [False],
    'next': 'None', 'waiting': [], 'target': '',
}
BUILT = NOTHING | {
    'private': ['artifacts/benches/bench1/booted.json', 'artifacts/benches/bench1/report.json', 'isos/bench1-4.18.9.iso',
                'metadata/index.json'],
    'public': ['isos/4.18/bench1.iso'], 'luns': [(IQN, 0, 'tank/benches/bench1')], 'target': IQN,
}


def table(run):
    """The rows at the end: (component, found, verified)."""
    head, *lines = run['Show the bench']['msg']
    found, verified, last = (head.index(word) for word in ('FOUND', 'VERIFIED', 'WOULD' if 'WOULD' in head else 'DONE'))
    return [(line[:found].strip(), line[found:verified].strip(), line[verified:last].strip()) for line in lines]


def test_a_bench_is_built_once_and_left_alone_then(bench):  # noqa: F811
    assert bench.looks() == NOTHING
    first = bench.run('full_deployment', '-vvvv').ok()
    components = ['s3', 'openshift', 'iscsi', 'server']
    assert [row[0] for row in table(first)] == components and {row[2] for row in table(first)} == {'yes'}, first
    assert bench.looks() == BUILT
    report = json.loads((bench.folder / 'report.json').read_text())
    assert [row['component'] for row in report['components']] == components and report['iqn'] == IQN and report['failures'] == []
    # The same for people and CI servers.
    assert sorted(it.name for it in (bench.folder / 'report').iterdir()) == ['junit.xml', 'report.html', 'report.json', 'report.md']
    assert '4 passed' in (bench.folder / 'report/report.md').read_text()
    assert [f'"bench1-{it}"' in (bench.folder / 'report/junit.xml').read_text() for it in components] == [True] * 4
    password = (bench.folder / 'agent.kubeadmin-password').read_text()
    for secret in (*SECRETS.values(), CHAP_SECRET, PULL_SECRET, 'hush4711', 'AAAAplantedkey', password):
        assert secret not in first.stdout + first.stderr, secret
    second = bench.run('full_deployment').ok()
    assert second.changed == [], second
    assert table(second) == [(component, 'as wanted', 'yes') for component in components]
    assert bench.looks() == BUILT


def test_nothing_is_changed_unless_all_prerequisites_hold(bench):  # noqa: F811
    run = bench.run('full_deployment', idrac_password='wrong')
    assert run.rc == 2
    said = run['End with what has failed']['msg']
    assert said.startswith('Nothing was changed'), said
    assert 'Check user name and password' in run['End with what has failed']['msg']
    # An iDRAC blocks an address after a few failures.
    assert len([it for it in run.failed if it['action'].startswith('hatci.automation.idrac')]) == 1, run.failed
    # But for the report, which says why.
    assert bench.looks() == NOTHING and sorted(it.name for it in bench.folder.iterdir()) == ['report', 'report.json']
    report = json.loads((bench.folder / 'report.json').read_text())
    assert 'Check user name and password' in report['failures'][0], report
    assert {row['component']: row['found'] for row in report['components']}['server'] == 'failed'
    for wrong, why in ({'bench_name': 'bench_1'}, 'underscore'), ({'bench_volume': ''}, 'bench_volume is missing'):
        run = bench.run('full_deployment', **wrong)
        assert run.rc == 2 and why in run.stdout and 'bench_target is' not in run.stdout, run


def test_check_mode_and_the_modes_that_only_look_change_nothing(bench):  # noqa: F811
    options = yaml.safe_load((ROOT / 'roles/bench/meta/argument_specs.yml').read_text())['argument_specs']['main']['options']
    blank = dict.fromkeys(set(options) - set(bench.variables) - {'bench_components', 'bench_public_bucket'}, '')
    run = bench.run('full_deployment', '--check', **blank).ok()
    assert [row[1] for row in table(run)] == ['buckets to do', 'iso to do', 'target to do', 'adapter, boot_order, boot to do'], run
    for mode in 'validate', 'list':
        bench.run('full_deployment', bench_mode=mode).ok()
    assert bench.looks() == NOTHING and not bench.folder.exists()


def test_components_can_be_chosen_and_left_out(bench):  # noqa: F811
    run = bench.run('openshift_only').ok()
    assert [row[0] for row in table(run)] == ['s3', 'openshift']
    now = bench.looks()
    assert (now['public'], now['luns'], now['target']) == (BUILT['public'], [], '')
    for components, args, variables in (['iscsi'], ['--tags', 'iscsi'], {}), (['iscsi', 'server'], [], {'bench_skip': 's3, openshift'}):
        run = bench.run('full_deployment', *args, **variables).ok()
        assert [row[0] for row in table(run)] == components
        # The report is here without S3, too.
        assert [row['component'] for row in json.loads((bench.folder / 'report.json').read_text())['components']] == components
    assert bench.looks()['target'] == IQN
    run = bench.run('iscsi_boot_only', bench_mode='reset_iscsi').ok()
    assert [row[0] for row in table(run)] == ['server']
    now = bench.looks()
    assert (now['target'], now['luns']) == ('', BUILT['luns'])


def kill(process, at, times):
    """Kills a run when it comes to this task for the so many-th time."""
    for line in process.stdout:
        times -= line.startswith(f'TASK [hatci.automation.bench : {at}]')
        if not times:
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


# A step is taken once to check and once to do it.
@pytest.mark.parametrize(('at', 'times'), [('Set up the iSCSI target', 2), ('Boot from the virtual CD once, now', 1)])
def test_a_run_that_was_killed_is_completed_by_the_next(bench, at, times):  # noqa: F811
    kill(bench.start('full_deployment'), at, times)
    bench.run('full_deployment').ok()
    assert bench.looks() == BUILT
    assert bench.run('full_deployment').ok().changed == []


def test_a_server_that_is_loading_the_iso_is_not_restarted_after_a_run_that_was_killed(bench):  # noqa: F811
    kill(bench.start('full_deployment', bench_boot_wait=600), 'Wait until the server has loaded the image', 1)
    assert True in bench.looks()['inserted']
    run = bench.run('full_deployment').ok()
    assert not {'Insert the ISO', 'Boot from the virtual CD once, now'} & set(run.changed), run
    assert bench.looks() == BUILT
    assert bench.run('full_deployment').ok().changed == []


def test_a_step_that_fails_is_in_the_report_and_nothing_after_it_is_done(bench, tmp_path):  # noqa: F811
    installer = tmp_path / 'openshift-install'
    installer.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then echo "$0 4.18.9"; exit; fi\n'
        'echo "level=error msg=registry password=hush4711" >&2\necho "level=fatal msg=unauthorized" >&2\nexit 1\n')
    installer.chmod(0o755)
    run = bench.run('full_deployment', '-vvvv', bench_openshift_channel='', bench_openshift_installer=str(installer))
    said = run['End with what has failed']['msg']
    assert run.rc == 2 and 'exit code 1: unauthorized' in said and 'Nothing was changed' not in said, said
    assert 'hush4711' not in run.stdout + run.stderr
    report = json.loads((bench.folder / 'report.json').read_text())
    assert report['failures'] == [said] and [row['verified'] for row in report['components']] == ['-', 'no', '-', '-'], report
    assert '1 failed' in (bench.folder / 'report/report.md').read_text()
    assert bench.looks() == NOTHING
    # The next run that ends well says so.
    bench.run('full_deployment').ok()
    assert bench.looks() == BUILT
    assert json.loads((bench.folder / 'report.json').read_text())['failures'] == []
