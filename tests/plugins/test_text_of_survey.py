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
    ('["https://a.example/1,2"]', ['https://a.example/1,2']), ('a,b', 'a,b'), ('["a", "b', '["a", "b'), ('', ''), ([1], [1]), (None, None), (3, 3)])
def test_text_that_holds_a_list_or_a_dict_becomes_it(text, value):
    assert text_of_survey.parsed(text) == value


@pytest.mark.parametrize('text', ['["a", "b', '[a, b', '{"k": ', '{"k": 1', ' [', '[1: 2: 3]', '[@a]'])
def test_what_is_almost_json_is_named_and_not_parted_at_its_commas(text):
    assert text_of_survey.complaint({'x': text, 'y': 'a,b'}).startswith('x begins like JSON')
    arguments, wrong = text_of_survey.options({'metadata': text, 'summary': text})
    assert wrong.startswith('metadata (in roles and playbooks: hatci_test_metadata) begins like JSON')
    assert arguments == {'metadata': text, 'summary': text}


def test_what_can_be_read_is_no_reason_to_complain():
    assert text_of_survey.options({'artifact_urls': '[https://a, https://b]', 'ecus': [], 'remark': '[x'}) == (
        {'artifact_urls': ['https://a', 'https://b'], 'ecus': [], 'remark': '[x'}, '')
