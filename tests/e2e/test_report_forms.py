"""The forms of a report beside the page: JUnit XML that Jenkins reads, JSON by its published schema, Markdown. All say the same."""

import json
import os
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import ROOT
from reports import HOSTILE, Module, hostile, vehicles

xmlschema = pytest.importorskip('xmlschema', reason='what judges reports is not installed here')
jsonschema = pytest.importorskip('jsonschema', reason='what judges reports is not installed here')
if not (Path(os.environ.get('REPORT_JUDGES', '')) / 'junit-10.xsd').is_file():
    pytest.skip('the schema of Jenkins is not here (cargo xtask fetch junit-schema)', allow_module_level=True)
STATUS = {'PASS': None, 'FAIL': 'failure', 'not_tested': 'error', 'unknown': 'error', 'running': 'skipped'}
KINDS = {'none': {}, 'one': vehicles(1), 'fifty': vehicles(50, running=5), 'a thousand': vehicles(1000), 'hostile': hostile()}


@pytest.fixture(params=KINDS)
def written(request, collections, tmp_path):
    """(what was given, the folder of the report)"""
    links = {'ara_url': 'https://ara.example.com/playbooks/1.html', 'job_url': 'https://aap.example.com/#/jobs/4711', 'run': '4711'}
    return KINDS[request.param], Module(collections, tmp_path)(results=KINDS[request.param], **links)


def test_junit_xml_is_what_the_schema_of_jenkins_allows(written):
    schema = xmlschema.XMLSchema(Path(os.environ['REPORT_JUDGES']) / 'junit-10.xsd')
    schema.validate(str(written[1] / 'junit.xml'))


def test_json_is_what_its_published_schema_allows(written):
    schema = json.loads((ROOT / 'collection/docs/report.schema.json').read_text())
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    checker.check_schema(schema)
    checker.validate(json.loads((written[1] / 'report.json').read_text()))


def test_all_forms_tell_the_same_of_each_vehicle(written):
    given, folder = written
    count = {status: sum(one['status'] == status for one in given.values()) for status in STATUS}
    said = json.loads((folder / 'report.json').read_text())
    names = {'PASS': 'passed', 'FAIL': 'failed', 'not_tested': 'not_tested', 'unknown': 'unknown', 'running': 'running'}
    assert said['counts'] == {'total': len(given)} | {names[status]: number for status, number in count.items()}
    assert {one['host']: one['status'] for one in said['vehicles']} == {host: one['status'] for host, one in given.items()}

    suite = ElementTree.parse(folder / 'junit.xml').getroot().find('testsuite')
    cases = suite.findall('testcase')
    shown = {case.get('name'): next((one.tag for one in case if one.tag in STATUS.values()), None) for case in cases}
    assert shown == {HOSTILE.get(host, host): STATUS[one['status']] for host, one in given.items()}
    assert [int(suite.get(name)) for name in ('tests', 'failures', 'errors', 'skipped')] == [
        len(given), count['FAIL'], count['not_tested'] + count['unknown'], count['running']]

    first, *_ = (folder / 'report.md').read_text().splitlines()
    words = {'PASS': 'passed', 'FAIL': 'failed', 'not_tested': 'not tested', 'unknown': 'without a verdict', 'running': 'running'}
    for status, number in count.items():
        assert (f', {number} {words[status]}' in first) == (number > 0), first


def test_a_reason_is_in_the_message_of_junit_and_in_its_text(collections, tmp_path):
    folder = Module(collections, tmp_path)(results=vehicles(50, running=5))
    for case in ElementTree.parse(folder / 'junit.xml').iter('testcase'):
        for outcome in case:
            if outcome.tag in ('failure', 'error', 'skipped'):
                assert outcome.get('message') == outcome.text and outcome.text, ElementTree.tostring(case)


def test_hostile_texts_are_texts_in_all_these_forms(collections, tmp_path):
    folder = Module(collections, tmp_path)(results=hostile(), title='\u202e<b>\0')
    cases = list(ElementTree.parse(folder / 'junit.xml').iter('testcase'))
    assert [case.get('name') for case in cases] == list(HOSTILE.values())
    failures = [case.find('failure') for case in cases]
    # A long one is in the text of the failure as a whole.
    assert [one.get('message') for one in failures] == [text if len(text) <= 1000 else text[:1000] + '…' for text in HOSTILE.values()]
    assert [' '.join(one.text.split()) for one in failures] == list(HOSTILE.values())
    assert [one['summary'] for one in json.loads((folder / 'report.json').read_text())['vehicles']] == list(HOSTILE)
    for name in ('junit.xml', 'report.md', 'report.json', 'report.html'):
        text = (folder / name).read_text()
        assert not re.search('[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]', text), name
        if name != 'report.json':
            assert '<img' not in text and '<script>alert' not in text, name
    markdown = (folder / 'report.md').read_text()
    for sign in ('<', '@everyone', '](', '**b**', 'http://', ':smile:', 'www.g'):
        assert sign not in markdown.partition('\n')[2], sign
    rows = [line for line in markdown.splitlines() if line.startswith('|')]
    assert {len(re.findall(r'(?<!\\)\|', row)) for row in rows} == {4}


def test_four_slices_give_the_same_report_as_one_run(collections, tmp_path):
    module, given = Module(collections, tmp_path), vehicles(200)
    hosts = list(given)
    slices = [module(f'slice{at}', results={host: given[host] for host in hosts[at::4]}) for at in range(4)]
    merged = module('merged', files=[str(path / 'report.json') for path in slices])
    whole = module('whole', results=given)
    by_host = [{one['host']: one for one in json.loads((path / 'report.json').read_text())['vehicles']} for path in (merged, whole)]
    assert by_host[0] == by_host[1]
    assert module.result['counts'] == json.loads((merged / 'report.json').read_text())['counts']
