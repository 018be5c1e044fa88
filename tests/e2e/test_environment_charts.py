"""platform.yml with the real Helm, as far as that needs no cluster; a program of the tests stands for the cluster."""

import json
import os
import re
from pathlib import Path

import pytest
from environment_fixtures import why
from environment_repository import APPS, BUSINESS, SECRET

HELM = os.environ.get('HELM', '')
if not Path(HELM).is_file():
    pytest.skip('Helm is not here (cargo xtask fetch helm)', allow_module_level=True)


def deploy(repository, *args, **variables):
    run = repository.playbook('platform', *args, variables=variables)
    assert SECRET not in run.stdout + run.stderr
    return run


def upgrades(repository):
    return [call['argv'] for call in repository.programs.calls('helm', 'upgrade')]


def after(argv, word):
    return argv[argv.index(word) + 1]


def test_kubernetes_and_charts_are_checked_and_then_the_applications_are_deployed_once(repository):
    assert repository.ansible.run(HELM, 'lint', APPS).rc == 0
    run = deploy(repository, '-vvvv').ok()
    argv, = upgrades(repository)
    kubeconfig = f'{repository.home}/kubernetes/core-development/artifacts/admin.conf'
    digest = json.loads(repository.outputs()['metadata.json'])['digest']
    assert argv[:6] == ['upgrade', '--install', 'cluster-apps', str(repository.root / APPS), '-n', 'argocd']
    assert '--create-namespace' in argv and after(argv, '--history-max') == '10' and after(argv, '--timeout') == '300s'
    assert after(argv, '--kubeconfig') == kubeconfig and after(argv, '--description').startswith(f'core v0.2.0 {digest}')
    assert not after(argv, '-f').startswith(str(repository.root / 'api')) and not Path(after(argv, '-f')).exists()
    wait, = repository.programs.calls('kubectl')
    assert wait['argv'][:5] == ['--kubeconfig', kubeconfig, 'wait', '--for=condition=Ready', 'nodes']
    assert repository.programs.calls('podman') == [] and 'Deploy the release' in run.changed
    # What a cluster would say of it now.
    repository.programs.forget()
    history = json.dumps([{'revision': 1, 'status': 'deployed', 'description': after(argv, '--description')}])
    repository.with_helm(history={'stdout': history})
    assert deploy(repository).ok().changed == [] and upgrades(repository) == []
    # Another chart is another deployment, although the package is the same.
    chart = repository.root / APPS / 'templates/applications.yaml'
    chart.write_text(chart.read_text().replace('project: business', 'project: other'))
    deploy(repository).ok()
    assert len(upgrades(repository)) == 1


def test_in_check_mode_it_renders_and_says_what_it_would_deploy(repository):
    run = deploy(repository, '--check').ok()
    assert 'would deploy core v0.2.0' in run.stdout and run.changed == [] and upgrades(repository) == []
    (repository.home / 'kubernetes/core-development/artifacts/admin.conf').unlink()
    run = deploy(repository, '--check').ok()
    assert 'the cluster was not asked' in run.stdout


@pytest.mark.parametrize('values, words', [
    (BUSINESS.replace('path: apps', 'chartPath: apps'), ['renders an empty path in orders', 'chartPath']),
    (BUSINESS.replace('path: apps/orders', 'path: ""'), ['renders an empty path in orders']),
    (BUSINESS.replace('applications:', 'aplications:'), ['does not define aplications', 'It defines applications']),
    (f'applications: [\npassword: {SECRET}\n', []),
])
def test_values_that_helm_would_ignore_stop_before_the_cluster_is_touched(repository, values, words):
    repository.change('business.yaml', values)
    run = deploy(repository)
    assert all(word in why(run) for word in words), run
    assert upgrades(repository) == [] and repository.programs.calls('kubectl') == []


def test_an_empty_path_among_the_sources_of_an_application_is_found(repository):
    template = repository.root / APPS / 'templates/applications.yaml'
    source = re.search(r'  source:\n((?:    .*\n)+)', template.read_text())
    first, *others = source[1].splitlines(keepends=True)
    sources = ''.join(['  sources:\n', '    - ' + first.lstrip(), *('  ' + other for other in others)])
    template.write_text(template.read_text().replace(source[0], sources))
    deploy(repository, '--check').ok()
    repository.change('business.yaml', BUSINESS.replace('path: apps', 'chartPath: apps'))
    run = deploy(repository)
    assert 'renders an empty path in orders' in why(run) and upgrades(repository) == [], run


def test_a_chart_with_a_schema_names_the_value_but_no_secret(repository):
    (repository.root / APPS / 'values.yaml').write_text('applications: []\npassword: ""\n')
    (repository.root / APPS / 'values.schema.json').write_text(json.dumps({'properties': {'password': {'enum': ['x']}, 'applications': {'type': 'object'}}}))
    repository.change('business.yaml', f'{BUSINESS}password: {SECRET}\n')
    run = deploy(repository)
    assert "can't render" in why(run) and 'applications' in why(run), run


def test_a_path_with_a_comma_is_one_path(repository, tmp_path):
    folder = tmp_path / 'a,b'
    folder.mkdir()
    repository.ansible.env['TMPDIR'] = str(folder)
    repository.ansible.env['ANSIBLE_REMOTE_TMP'] = str(folder)
    (repository.root / 'config/packages/core/package.json').write_text(json.dumps(
        {'id': 'core', 'version': 'v0.3.0', 'environments': [{'name': 'development', 'files': {'business': 'business.yaml'}}]}))
    repository.generate()
    run = deploy(repository).ok()
    argv, = upgrades(repository)
    assert after(argv, '-f').startswith('"') and 'a,b' in after(argv, '-f'), (argv, run)


def test_without_a_kubeconfig_of_this_environment_nothing_is_deployed(repository):
    (repository.home / 'kubernetes/core-development/artifacts/admin.conf').unlink()
    run = deploy(repository)
    assert '-e platform_kubeconfig=~/.kube/development' in why(run) and upgrades(repository) == [], run
    other = repository.home / 'other.conf'
    other.touch()
    deploy(repository, platform_kubeconfig=str(other)).ok()
    assert after(upgrades(repository)[0], '--kubeconfig') == str(other)


def test_an_unhealthy_cluster_stops(repository):
    repository.programs.add('kubectl', **{'--kubeconfig': {'rc': 1, 'stderr': 'error: timed out waiting for the condition on nodes/worker-1'}})
    run = deploy(repository)
    assert 'is not healthy' in why(run) and 'nodes/worker-1' in why(run) and upgrades(repository) == [], run


def test_a_deployment_that_was_killed_is_named_with_the_way_out(repository):
    repository.with_helm(history={'stdout': json.dumps([{'revision': 2, 'status': 'pending-upgrade', 'description': 'x'}])})
    run = deploy(repository)
    assert 'helm rollback cluster-apps -n argocd' in why(run) and upgrades(repository) == [], run


def test_a_deployment_that_fails_says_what_helm_said_but_no_secret(repository):
    (repository.root / APPS / 'values.yaml').write_text('applications: []\npassword: ""\n')
    repository.change('business.yaml', f'{BUSINESS}password: {SECRET}\n')
    repository.with_helm(upgrade={'rc': 1, 'stderr': f'Error: context deadline exceeded: "{SECRET}"', 'stdout': SECRET})
    run = deploy(repository)
    assert 'context deadline exceeded: "********"' in why(run) and SECRET not in run.stdout, run


def test_a_package_without_the_values_is_named(repository):
    (repository.root / 'config/packages/core/package.json').write_text(json.dumps(
        {'id': 'core', 'version': 'v0.3.0', 'environments': [{'name': 'development', 'files': {'terraform': 'terraform.tfvars'}}]}))
    repository.generate()
    run = deploy(repository)
    assert 'core v0.3.0 has no business for development' in why(run), run
