"""Kubernetes label selectors, as far as leases use them: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`."""

import re
from dataclasses import dataclass

REQUIREMENT = re.compile(
    r"""\s*(?:
        (?P<absent>!)\s*(?P<absent_key>[\w./-]+)
      | (?P<key>[\w./-]+)\s*(?:
            (?P<op>==|=|!=)\s*(?P<value>[\w.-]*)
          | (?P<set_op>in|notin)\s*\((?P<values>[^)]*)\)
        )?
    )\s*(?:,|$)""",
    re.VERBOSE,
)


@dataclass
class Requirement:
    key: str
    values: list  # empty: only presence counts
    wanted: bool
    equality: bool

    def matches(self, labels):
        if not self.values:
            return (self.key in labels) == self.wanted
        return (labels.get(self.key) in self.values) == self.wanted


def parse(text):
    """The requirements of a selector; ValueError with the controller's wording when it can't be read."""
    requirements, at = [], 0
    while at < len(text or ""):
        found = REQUIREMENT.match(text, at)
        if not found:
            raise ValueError(f"failed to parse label selector: unable to parse requirement: {text[at:]!r}")
        at = found.end()
        if found["absent"]:
            requirements.append(Requirement(found["absent_key"], [], False, False))
        elif found["set_op"]:
            values = [value.strip() for value in found["values"].split(",")]
            requirements.append(Requirement(found["key"], values, found["set_op"] == "in", False))
        elif found["op"]:
            wanted = found["op"] != "!="
            requirements.append(Requirement(found["key"], [found["value"]], wanted, wanted))
        else:
            requirements.append(Requirement(found["key"], [], True, False))
    return requirements


def matches(text, labels):
    """Whether labels satisfy the whole selector; an empty one matches all."""
    return all(requirement.matches(labels) for requirement in parse(text))


def equalities(text):
    """The `key=value` parts: the controller makes a lease's labels from them."""
    return {r.key: r.values[0] for r in parse(text) if r.equality}
