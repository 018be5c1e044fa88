"""The table of outcomes at the end of `ansible-playbook`: one row a test, no line longer than a screen is wide."""
from __future__ import annotations

import textwrap

from ansible import constants as C
from ansible_collections.hatci.automation.plugins.plugin_utils.outcome_notes import as_recorded

WIDTH = 100  # columns of the screen
FIRST = ('VEHICLE', 'VIN', 'VERDICT', 'SECONDS')  # the columns before the last
LONGEST_NAME = 32  # of a vehicle; what is longer loses its middle
GAP = '  '
VERDICTS = {'PASS': ('PASS', C.COLOR_OK), 'FAIL': ('FAIL', C.COLOR_ERROR), 'not_tested': ('NOT TESTED', C.COLOR_WARN),
            'unknown': ('NO VERDICT', C.COLOR_WARN)}
IDS = {'source_event_id': 'source event', 'target_event_id': 'target event', 'deployment_id': 'deployment',
       'test_event_id': 'test event', 'lease_name': 'lease'}
SHOWN = ('status', 'ended', 'test_event_id', 'not_recorded', 'unsure')  # who has none of these has no test, unless it was interrupted


def rows(vehicles, interrupted):
    """The lines of the table, each with its colour. No line is longer than WIDTH."""
    shown = [_cells(one, interrupted) for one in vehicles if interrupted or any(map(one.get, SHOWN))]
    if not shown:
        return []
    widths = [max(map(len, column)) for column in zip(FIRST, *(one[0] for one in shown))]
    lines = [(_first(FIRST, widths) + 'REASON, IDS AND LINKS', None)]
    for cells, colour, texts, urls in shown:
        first = _first(cells, widths)
        last = [part for text in texts for part in _wrapped(text, WIDTH - len(first))] or ['']
        lines += [(start + part, colour) for start, part in zip([first] + [' ' * len(first)] * len(last), last)]
        for url in urls:
            lines += [(part, None) for part in _wrapped(url, WIDTH, initial_indent=GAP, subsequent_indent=GAP)]
    return lines


def _first(cells, widths):
    return GAP.join(cell.ljust(width) for cell, width in zip(cells, widths)) + GAP


def _wrapped(text, width, **options):
    """Lines of at most this width, in which an id stays in one piece if it can."""
    return textwrap.wrap(text, width, break_on_hyphens=False, **options)


def _plain(text):
    """On one line, and without what controls a terminal."""
    return ' '.join(''.join(c if c.isprintable() else ' ' for c in str(text)).split())


def _cells(one, interrupted):
    """The first cells of a test's row, their colour, the texts of the last cell, and the links."""
    if 'status' in one:
        verdict, colour = VERDICTS.get(one['status'], (str(one['status']), None))
        reason = one.get('summary', '')
    else:
        verdict, colour = 'NO VERDICT', C.COLOR_WARN
        how = 'ansible-playbook was interrupted' if interrupted else 'The play ended for this vehicle'
        reason = one.get('ended') or ('' if one.get('unsure') or one.get('not_recorded') else how + ' before there was a verdict.')
    name = _plain(one['host'])
    if len(name) > LONGEST_NAME:
        half = LONGEST_NAME // 2
        name = name[:half - 1] + '…' + name[-half:]
    seconds = '%.0f' % one['seconds'] if 'seconds' in one else ''
    ids = ', '.join('%s %s' % (words, one[key]) for key, words in IDS.items() if one.get(key))
    texts = [_plain(text) for text in (reason, *_on_record(one), ids)]
    return (name, _plain(one.get('vin', '')), verdict, seconds), colour, texts, [_plain(url) for url in one.get('artifact_urls') or []]


def _on_record(one):
    """Sentences on what else the server has than the row's verdict, or may have."""
    status = as_recorded(one.get('status'))
    if one.get('recorded', {}).get('status', status) != status:
        yield 'SUMS has %s on record.' % one['recorded']['status']
    if one.get('not_recorded'):
        which = 'the verdict' if one.get('refused', status) == status else one['refused']
        yield 'Recording %s failed: %s' % (which, one['not_recorded'])
    if one.get('unsure'):
        yield 'It is unknown whether %s is on record, because that task ran with `async`. Check it in SUMS.' % one['unsure']
