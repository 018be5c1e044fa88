"""Random argument specs and arguments, and what AnsibleModule makes of them.

Usage: generate.py SEED ROWS; one JSON object a line on stdout.

A row holds `spec`, `module` (the rules), `args` and `env`, and of the answer: `error` (the message) if there was a fault,
`params`, `secrets`, `warnings` and `deprecations` as far as they came. In place of an answer it holds `raises` where
ansible-core itself fails, or `unwritable` where no JSON can hold the answer.
"""

from __future__ import annotations

import ast
import copy
import json
import math
import os
import random
import sys
import warnings

from ansible.module_utils.basic import PASSWORD_MATCH
from ansible.module_utils.common import warnings as told
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.parameters import env_fallback
from ansible.module_utils.errors import NoLogError, UnsupportedError

TYPES = ["str", "bool", "int", "float", "list", "dict", "path", "raw", "json", "jsonarg", "bytes", "bits"]
RULES = ["mutually_exclusive", "required_together", "required_one_of", "required_if", "required_by"]
VARIABLES = ["HATCI_A", "HATCI_B"]
HOME = "/home/u"

BOOLS = ["yes", "No", "TRUE", " on", "off\n", "1", "0", "y", "n", "t", "f", "True", "False", "\x1ftrue\x1c", "2"]
INTS = ["12", " 7 ", "+3", "-4", "1.0", "1.5", "1e3", "1E-2", "100e-2", "-0", "007", "1_000", "_1", "1__0", "0x1F", "٣",
        "１２", "\u1d7d9", "5.", ".5", ".", "1e", "e5", "--1", "+-1", "1e4299", "1e4300", "0e99", "123456789012345678901234567890",
        "1e-99999999999999999999", "\u00a05\u2003", "\x1c5\x1f", "1 2", "nan", "sNaN1"]
FLOATS = ["1_0.5", "1e400", "-1e-400", "inf", "-Infinity", "nan", "1e16", "1.5e300", "1e-5", "1_.5", "5_e1", "0.1", "1,5"]
SIZES = ["1K", "2MB", "1.5G", "3kb", "1b", "2B", "4 M", "1KB", "2Mb", "7Kbit", "1kilobyte", "1Kilobit", "3 zettabyte", "1YB",
         "1Yb", "2 byte", "2bit", "1E", "5Zetabyte", "1.K", ".5K", "1K ", "0.5", "1.5", "2.5", "1 KX", "1Bb", "+1K", "99Z"]
DICTS = ["k=v", "a=1,b=2", "a=1 b=2", "a=\"1 2\" b='3,4'", "a=1,b", "=", "a\\=b=c", "a=1 a=2", " a=1 ", "a='1", "a=\\", "a==b",
         '{"a": 1}', "{'a': 1}", "{'a': [1, 2.5, None, True], \"b\": 'x\\n'}", "{bad", '{"a": 1} x', "{}", "{'a'}", "{'a': 0x1F}",
         "{'a': 007}", "{'a': 1_0}", "{'a': - 1}", "{'a': 'b' 'c'} # d", "{'a': r'\\n', }", "{'a': u'''x\ny'''}", "{'a': '\\101\\x41'}",
         "{'a': 1 + 2}", '{"a": 1e2}', "{'a': .5}", "{'a': 1.e3}", "{'b': {'c': 'k=v'}}", "{'a': True, 'c': 'x'}", '{"a": 1, "a": 2}',
         "{'a': (1)}", "{'a': x}", "{'a': 1,, }", "{'a' : \\\n 1}", "{\"a\": \"\\ud83d\\ude00\"}", "{'a': not True}"]
BEYOND_JSON = ["{'a': (1,)}", "{1: 2}", "{'a': {None: 1, True: 2}}", "{'a': {1}}", "{'a': b'x'}", "{'a': 1j}", "{'a': ...}",
               "{'a': 1e400}", '{"a": 1e400}', '{"a": NaN}', '{"a": "\\ud800"}', "{(1, 2): 3}"]
PATHS = ["$HOME/x", "${HATCI_A}y", "~/x", "~", "~root/y", "~nobodyx/z", "$", "${", "${}", "$1", "a$HATCI_A", "$HATCI_Ab", "$$HOME",
         "~x$HOME", "${HOME}}", "x~"]
LISTS = ["x,y", "a, b ", ",", "1,2", "true,False", "a=1,b=2", "1K,2M", "[1,2]", "present,absent"]
TEXTS = ["", "a", "b", "tést", "it's", '"q"', "b\"c'", "l\nm", "t\tab", "\\", "\x7f", "\u00a0", "\u200b", "😀", "\u0301x", "None", "null",
         "present", "absent", "secret1", "🚗=1", " trimmed \u3000"]
STRINGS = BOOLS + INTS + FLOATS + SIZES + DICTS + BEYOND_JSON + PATHS + LISTS + TEXTS
NUMBERS = [0, 1, 2, -1, 5, 10**20, -10**25, 10**25, 2**63, 2**64, 1.0, 0.0, -0.0, 1.5, 2.75, 1e16, 1e22, 1e25, 1.5e300, 1e-5, 0.1,
           123456789.125, 1e15, 100.0, 1e-07]
DECIMALS = [[0, [1, 5], 0], [0, [1, 5], -1], [True, [], False]]
PLAUSIBLE = {
    "bool": BOOLS + [True, False, 0, 1, 1.0],
    "int": INTS + NUMBERS + DECIMALS,
    "float": INTS + FLOATS + NUMBERS,
    "bytes": SIZES + NUMBERS,
    "bits": SIZES + NUMBERS,
    "dict": DICTS,
    "path": PATHS,
    "list": LISTS,
}
CHOICES = [["a", "b"], ["yes", "no"], ["on", "off"], [1, 2], ["1", "2"], ["True", "x"], ["y", "yes", "n"], ["present", "absent"],
           [1.5, 2], [True, False], [""], [1, "x"], [True, "maybe"], [[1, 2], "x,y"]]
DECIDING = ["a", "yes", 1, True, "present", 1.0, None, "True", [1], 10**25, 1e25, {"a": 1}, ""]
EQUALS = [[1, 1.0, True], [0, 0.0, False, -0.0], [[1], [True], [1.0]], [{"a": 1}, {"a": True}], [10**25, 1e25]]
REMOVALS = [("version", "9.0.0"), ("date", "2099-01-01")]


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def scalar(self):
        return self.random.choice([None, True, False, self.random.choice(NUMBERS)] + [self.random.choice(STRINGS)] * 5)

    def value(self, depth: int = 2):
        kind = self.random.random()
        if depth and kind < 0.1:
            return [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        if depth and kind < 0.2:
            keys = ["a", "b", "c", "k", "zz", "q'"]
            return {self.random.choice(keys): self.value(depth - 1) for _ in range(self.random.randint(0, 3))}
        return self.scalar()

    def value_for(self, option: dict):
        """A value that has a fair chance to pass."""
        if "choices" in option and self.chance(0.7):
            return self.random.choice(option["choices"])
        if "options" in option and self.chance(0.75):
            elements = [self.sub_arguments(option["options"]) for _ in range(self.random.randint(0, 2))]
            return elements if option["type"] == "list" else self.sub_arguments(option["options"])
        if option.get("type") == "list" and self.chance(0.5):
            element = {"type": option.get("elements", "str")}
            return [self.value_for(element) for _ in range(self.random.randint(0, 3))]
        plausible = PLAUSIBLE.get(option.get("type"))
        return self.random.choice(plausible) if plausible and self.chance(0.6) else self.value()

    def sub_arguments(self, spec: dict) -> dict:
        arguments = self.arguments(spec, 0.7)
        if self.chance(0.08):
            arguments[self.random.choice(["zz", "yy"])] = self.scalar()
        return arguments

    def arguments(self, spec: dict, given: float) -> dict:
        arguments = {}
        for name, option in spec.items():
            if self.chance(given):
                arguments[name] = self.value_for(option)
            for alias in option.get("aliases", []):
                if self.chance(0.3):
                    arguments[alias] = self.value_for(option)
        return arguments

    def option(self, name: str, depth: int) -> dict:
        option: dict = {}
        if self.chance(0.85):
            option["type"] = self.random.choice(TYPES + ["str", "int", "bool", "list", "dict", "dict", "list"])
        if self.chance(0.2):
            option["required"] = True
        if option.get("type") == "list" and self.chance(0.6):
            option["elements"] = self.random.choice(TYPES + ["dict", "dict"])
        if self.chance(0.15):
            option["choices"] = self.random.choice(CHOICES)
        if self.chance(0.15):
            option["aliases"] = [name + "1", name + "2"][: self.random.randint(1, 2)]
            if self.chance(0.2):
                option["deprecated_aliases"] = [self.deprecated_alias(option["aliases"])]
        if self.chance(0.2):
            option["no_log"] = self.chance(0.8)
        if self.chance(0.15):
            option["fallback"] = ["env", self.random.choice([VARIABLES[:1], VARIABLES])]
        if self.chance(0.03):
            self.remove(option)
        if depth and (option.get("type") == "dict" or option.get("elements") == "dict") and self.chance(0.6):
            option["options"] = self.spec(["a", "b", "c"][: self.random.randint(1, 3)], depth - 1)
            if self.chance(0.15):
                option["apply_defaults"] = True
            option.update(self.rules(list(option["options"])))
        if not option.get("required") and self.chance(0.25):
            option["default"] = self.value_for(option)
        return option

    def deprecated_alias(self, aliases: list) -> dict:
        when, value = self.random.choice(REMOVALS)
        alias = {"name": self.random.choice(aliases), when: value}
        if self.chance(0.5):
            alias["collection_name"] = "ns.name"
        return alias

    def remove(self, option: dict) -> None:
        when, value = self.random.choice(REMOVALS)
        option["removed_in_version" if when == "version" else "removed_at_date"] = value
        if self.chance(0.5):
            option["removed_from_collection"] = "ns.name"

    def spec(self, names: list, depth: int = 2) -> dict:
        return {name: self.option(name, depth) for name in names}

    def rules(self, names: list) -> dict:
        def group() -> list:
            return self.random.sample(names, min(len(names), self.random.randint(2, 3)))

        def groups() -> list:
            return [group() for _ in range(self.random.randint(1, 2))]

        rules: dict = {}
        if len(names) < 2:
            return rules
        for rule in RULES:
            if not self.chance(0.08):
                continue
            if rule == "required_if":
                one_is_enough = [self.chance(0.5)] if self.chance(0.6) else []
                rules[rule] = [[names[0], self.random.choice(DECIDING), group()] + one_is_enough for _ in range(2)]
            elif rule == "required_by":
                rules[rule] = {names[0]: self.random.choice([names[1], [names[1], names[-1]]])}
            else:
                rules[rule] = groups()
        return rules

    def row(self) -> dict:
        names = ["a", "b", "c", "d"][: self.random.randint(1, 4)]
        if self.chance(0.05):
            names.append(self.random.choice(["password", "my_passwd", "pass-phrase", "passport"]))
        spec = self.spec(names)
        arguments = self.arguments(spec, 0.75)
        for unknown in ["zz", "yy"]:
            if self.chance(0.04):
                arguments[unknown] = self.scalar()
        env = {"HOME": self.random.choice([HOME, HOME, "/", ""])}
        for variable in VARIABLES:
            if self.chance(0.35):
                env[variable] = self.random.choice([text for text in STRINGS if "\0" not in text])
        rules = self.rules(names)
        for name, value, *_ in rules.get("required_if", []):
            if self.chance(0.5):
                arguments[name] = self.random.choice(self.equals(value))
        return {"spec": spec, "module": rules, "args": arguments, "env": env}

    def equals(self, value) -> list:
        """Values that Python may call equal to this one."""
        return next((equals for equals in EQUALS if value in equals), [value])


def with_fallbacks(spec: dict) -> dict:
    """The spec as a module has it: functions in place of their names."""
    spec = copy.deepcopy(spec)
    for option in spec.values():
        if "fallback" in option:
            option["fallback"] = (env_fallback, option["fallback"][1])
        if "options" in option:
            option["options"] = with_fallbacks(option["options"])
    return spec


def password_warnings(spec: dict, result) -> list:
    """What AnsibleModule's _log_invocation warns of, once nothing is wrong."""
    unsaid = [name for name in result.validated_parameters
              if spec.get(result._aliases.get(name, name), {}).get("no_log") is None and PASSWORD_MATCH.search(name)]
    return [f"Module did not set no_log for {name}" for name in unsaid]


def answer(row: dict) -> dict:
    for variable in VARIABLES:
        os.environ.pop(variable, None)
    os.environ.update(row["env"])
    told._global_warnings.clear()
    told._global_deprecations.clear()
    spec = with_fallbacks(row["spec"])
    validator = ModuleArgumentSpecValidator(spec, **{rule: row["module"].get(rule) for rule in RULES})
    try:
        result = validator.validate(copy.deepcopy(row["args"]))
    except Exception as error:
        return {"raises": f"{type(error).__name__}: {error}"}
    answered = {
        "params": result.validated_parameters,
        "secrets": sorted({str(secret) for secret in result._no_log_values}),
        "forgot_secrets": any(isinstance(error, NoLogError) for error in result.errors.errors),
        "warnings": list(told.get_warning_messages()),
        "deprecations": list(told.get_deprecation_messages()),
    }
    if result.error_messages:
        message = result.errors.msg
        is_unsupported = isinstance(result.errors[0], UnsupportedError)
        answered["error"] = f"Unsupported parameters for (basic.py) module: {message}" if is_unsupported else message
    else:
        answered["warnings"] += password_warnings(spec, result)
    return answered


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for element in value.values():
            yield from texts_in(element)
    elif isinstance(value, list):
        for element in value:
            yield from texts_in(element)


def is_plain(value) -> bool:
    """Whether JSON in UTF-8 carries the value as it is."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(key) for key in value) and all(map(is_plain, value.values()))
    if isinstance(value, list):
        return all(map(is_plain, value))
    if isinstance(value, str):
        return not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (bool, int))


def is_beyond_json(text: str) -> bool:
    """Whether a dict is written there that only Python can hold."""
    if not text.startswith("{"):
        return False
    try:
        value = json.loads(text)
    except ValueError:
        try:
            value = ast.literal_eval(text)
        except Exception:
            return False
    return not is_plain(value)


def main(seed: int, rows: int) -> None:
    warnings.simplefilter("ignore")  # Of Python, about odd escapes in literals.
    generator = Generator(seed)
    for _ in range(rows):
        row = generator.row()
        row["beyond_json"] = any(map(is_beyond_json, texts_in(row)))
        try:
            line = json.dumps({**row, **answer(row)}, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError) as error:
            line = json.dumps({**row, "unwritable": str(error)}, ensure_ascii=False).encode()
        sys.stdout.buffer.write(line + b"\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
