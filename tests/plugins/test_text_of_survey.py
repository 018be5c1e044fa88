"""Lists and dicts that come as text."""
import importlib.util
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / 'collection/plugins/plugin_utils/text_of_survey.py'
SPEC = importlib.util.spec_from_file_location('text_of_survey', FILE)
text_of_survey = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(text_of_survey)


@pytest.mark.parametrize('text, value', [
    ('["a", "b"]', ['a', 'b']), (' [a, b] ', ['a', 'b']), ("[{'a': 1}]", [{'a': 1}]), ('{"a": 1}', {'a': 1}), ('- a\n- b', ['a', 'b']),
    ('["https://a.example/1,2"]', ['https://a.example/1,2']), ('a,b', 'a,b'), ('[{"n":00123,"v":1_0}]', [{'n': '00123', 'v': '1_0'}]), ('[12:30:45, 2026-01-01, yes, 0x1F, .nan]',
     ['12:30:45', '2026-01-01', 'yes', '0x1F', '.nan']), ('[1, -2, 1.5, true, null]', [1, -2, 1.5, True, None]), ('["a", "b', '["a", "b'), ('', ''), ([1], [1]), (None, None), (3, 3)])
def test_text_that_holds_a_list_or_a_dict_becomes_it(text, value):
    assert text_of_survey.parsed(text) == value


@pytest.mark.parametrize('value, items', [
    ('a, b,', ['a', 'b']), ('["a,b"]', ['a,b']), ('', []), (' ', []), (None, []), (['a'], ['a']), (7, [7]), ('--opt=a', ['--opt=a'])])
def test_a_list_comes_in_any_form(value, items):
    assert text_of_survey.as_list(value) == items


@pytest.mark.parametrize('text', ['["a", "b', '[a, b', '{"k": ', '{"k": 1', ' [', '[1: 2: 3]', '[@a]', '{"a": 1, "a": 2}'])
def test_what_is_almost_json_is_named_and_not_parted_at_its_commas(text):
    assert text_of_survey.complaint({'x': text, 'y': 'a,b'}).startswith('x begins like JSON')
    arguments, wrong = text_of_survey.options({'metadata': text, 'summary': text})
    assert wrong.startswith('metadata (in roles and playbooks: hatci_test_metadata) begins like JSON')
    assert arguments == {'metadata': text, 'summary': text}


@pytest.mark.parametrize('links', [{'log': 'https://a'}, '{"log": "https://a"}', '[{"name": "log"}]', [None], True, 3])
def test_what_is_no_list_of_links_is_named(links):
    assert text_of_survey.complaint({'hatci_artifact_urls': links}).startswith('hatci_artifact_urls is not a list of links.')
    assert text_of_survey.options({'artifact_urls': links})[1].startswith('artifact_urls (in roles and playbooks: hatci_artifact_urls) is not a list')


@pytest.mark.parametrize('variable, value, wanted', [
    ('hatci_source_ecus', '{"ecu_name": "Gateway"}', 'not a list of dicts. Give one, or its JSON text, such as [{"ecu_name"'),
    ('hatci_target_ecus', [['Gateway']], 'not a list of dicts.'), ('hatci_source_ecus', '[[{}]]', 'not a list of dicts.'),
    ('hatci_source_ecus', 'Gateway 2.0.0', 'not a list of dicts.'), ('hatci_test_metadata', 'a, 1', 'not a dict. Give one, or its JSON text'),
    ('hatci_test_metadata', '[1]', 'not a dict.'), ('hatci_test_metadata', 7, 'not a dict.')])
def test_who_gives_another_form_is_told_what_to_write(variable, value, wanted):
    assert text_of_survey.complaint({variable: value}).startswith('%s is %s' % (variable, wanted))


@pytest.mark.parametrize('variable, value', [
    ('hatci_source_ecus', '[{"ecu_name": "Gateway"}]'), ('hatci_source_ecus', [{}]), ('hatci_source_ecus', []), ('hatci_source_ecus', ''),
    ('hatci_source_ecus', None), ('hatci_test_metadata', '{"a": 1}'), ('hatci_test_metadata', {'a': 1}), ('hatci_test_metadata', 'a=1'),
    ('hatci_test_metadata', ''), ('hatci_test_metadata', None)])
def test_what_has_the_right_form_is_no_reason_to_complain(variable, value):
    assert text_of_survey.complaint({variable: value}) == ''


@pytest.mark.parametrize('text, links', [
    ('https://a/1\nhttps://a/2\n', ['https://a/1', 'https://a/2']), ('https://a/1,\r\n https://a/2', ['https://a/1', 'https://a/2']),
    ('- https://a/1\n- https://a/2', ['https://a/1', 'https://a/2']), ('["https://a/1,2"]', ['https://a/1,2']), ('https://a/1', ['https://a/1']),
    (['https://a/1,2'], ['https://a/1,2']), ('["https://a', '["https://a'), ('', []), (None, None), (3, 3)])
def test_links_are_separated_by_commas_and_line_breaks(text, links):
    assert text_of_survey.links(text) == links
    if links:
        assert text_of_survey.options({'artifact_urls': text})[0] == {'artifact_urls': links}


def test_what_can_be_read_is_no_reason_to_complain():
    assert text_of_survey.options({'artifact_urls': '[https://a, https://b]', 'ecus': [], 'remark': '[x'}) == (
        {'artifact_urls': ['https://a', 'https://b'], 'ecus': [], 'remark': '[x'}, '')


def test_what_is_nested_comes_as_yaml_too_and_what_is_not_stays_a_text():
    given = {'ecus': "- ecu_name: Gateway\n  sw_version: '1.10'", 'metadata': 'tester: Kim', 'labels': 'winter: yes', 'summary': 'a: b'}
    assert text_of_survey.options(given) == (given | {'ecus': [{'ecu_name': 'Gateway', 'sw_version': '1.10'}], 'metadata': {'tester': 'Kim'}}, '')
