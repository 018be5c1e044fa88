"""Values as a program can read them: JSON's own types, and text that UTF-8 can hold."""
from __future__ import annotations

import datetime
from collections.abc import Mapping


def plain(value):
    """The same value in JSON's own types: no tags, no vault objects, no lazy containers, dates as ISO 8601."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, bytes):
        return value.decode('utf-8', 'replace')
    if isinstance(value, Mapping):
        return {text(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, datetime.date):
        return value.isoformat()
    return text(value)


def text(value):
    """The value as text. A byte that was not UTF-8 reaches Python as half a surrogate pair, and a program as U+FFFD."""
    found = str(value)
    try:
        found.encode()
    except UnicodeEncodeError:
        try:
            return found.encode('utf-8', 'surrogateescape').decode('utf-8', 'replace')
        except UnicodeEncodeError:
            return found.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')
    return found
