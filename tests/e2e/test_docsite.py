"""A docsite of the collection builds without a complaint. Runs where the checkers are installed."""

import re
import subprocess
import sys

import pytest

pytest.importorskip('antsibull_docs', reason='antsibull-docs is one of the checkers, which are not installed here')

# Places and variables of Ansible's own documentation, which would have to be fetched to be known.
ELSEWHERE = {'action_plugins', 'ansible_configuration_settings', 'callback_plugins', 'common_return_values'}


def test_the_docsite_builds_without_a_complaint(ansible, modules):
    site = ansible.folder / 'site'
    site.mkdir(mode=0o700)  # no other is taken
    ansible.run('antsibull-docs', 'sphinx-init', '--use-current', '--sphinx-theme', 'alabaster', '--dest-dir', site,
                'hatci.automation').ok()
    with open(site / 'conf.py', 'a') as conf:
        conf.write('\nintersphinx_mapping = {}\n')
    build = ansible.run('bash', site / 'build.sh')
    complaints = re.findall('.*(?:WARNING|ERROR): .*', build.stdout + build.stderr)
    unknown = [re.search(r"undefined label: '(.*?)'|'envvar' reference target not found: (ANSIBLE_)", line) for line in complaints]
    assert [line for line, it in zip(complaints, unknown) if not it or not (it[1] in ELSEWHERE or it[2])] == []
    pages = {page.name for page in (site / 'build/html/collections/hatci/automation').glob('*_module.html')}
    assert pages == {f'{module}_module.html' for module in modules}
