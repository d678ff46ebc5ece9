"""The language of bank rules: YAML text to rules, every fault with its file, line and mend."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from string import Formatter
from typing import cast

import yaml

from worker.bankrules.patterns import Unreadable, compiled
from worker.bankrules.rule import (
    Action,
    Ask,
    Code,
    Condition,
    Ignore,
    Operator,
    Part,
    Rule,
    Slice,
    Transfer,
    When,
)
from worker.books.money import decimal_of
from worker.errors import Refused, SetupWrong
from worker.text.fold import fold

__all__ = ["Rule", "parse"]

_TEXT_PARTS = ("text", "payer", "reference")

_WORD_OPERATORS = ("contains", "equals", "starts", "ends", "one-of")
_OPERATORS = (*_WORD_OPERATORS, "regex")
_RULE_KEYS = ("name", "priority", "stop", "when", "then")
_GROUPS = ("all", "any", "none")
_PARTS = (*_TEXT_PARTS, "amount", "sign", "account", "day", "currency")
_ACTIONS = ("code", "split", "transfer", "ignore", "ask")
_CODE_KEYS = ("account", "tax", "contact", "tracking", "description")
_SPLIT_KEYS = ("contact", "lines")
_SPLIT_LINE_KEYS = ("account", "tax", "tracking", "description", "amount", "percent", "remainder")
_RANGE_KEYS = ("from", "to")
# What a description may be filled in with, from the bank line.
_FIELDS = ("payee", "reference", "description", "date", "month")


def parse(text: str, file: str) -> tuple[Rule, ...]:
    """The rules of one file, in the order written.

    Raises SetupWrong naming every fault at once, each with file, line and what to do about it.
    """
    reader = _Reader(file)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{file}:{mark.line + 1}" if mark is not None else file
        problem = getattr(error, "problem", None) or "not readable as YAML"
        raise SetupWrong(f"{place}: {problem}; check indentation and quotes") from None
    except RecursionError:
        raise SetupWrong(f"{file}: nested too deeply to be rules") from None
    if root is None:
        return ()
    rules = tuple(reader.rules(root))
    if reader.faults:
        raise SetupWrong("\n".join(reader.faults))
    return rules


class _Fault(Exception):
    """A fault at a node; caught where the next item can still be read."""

    def __init__(self, node: yaml.Node, message: str) -> None:
        super().__init__(message)
        self.node = node


class _Reader:
    """Walks the YAML nodes, so that every fault knows its line, and scalars stay as written."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[str] = []
        self.names: dict[str, int] = {}

    def rules(self, root: yaml.Node) -> Iterator[Rule]:
        try:
            top = self.mapping(root, ("rules",), "a rules file")
            listed = self.items(top["rules"]) if "rules" in top else []
            if "rules" not in top:
                raise _Fault(root, "no rules; begin the file with “rules:” and a list")
        except _Fault as fault:
            self.note(fault)
            return
        for node in listed:
            try:
                yield self.rule(node)
            except _Fault as fault:
                self.note(fault)

    def rule(self, node: yaml.Node) -> Rule:
        keys = self.mapping(node, _RULE_KEYS, "a rule")
        for needed in ("name", "when", "then"):
            if needed not in keys:
                raise _Fault(node, f"a rule needs “{needed}:”")
        name = self.scalar(keys["name"])
        if not name:
            raise _Fault(keys["name"], "a rule needs a name to be told of it by")
        if name in self.names:
            raise _Fault(keys["name"], f"“{name}” is also the rule on line {self.names[name]}")
        self.names[name] = _line(keys["name"])
        return Rule(
            name=name,
            priority=self.whole(keys["priority"]) if "priority" in keys else 100,
            stop=self.truth(keys["stop"]) if "stop" in keys else True,
            when=self.when(keys["when"]),
            then=self.then(keys["then"]),
            place=f"{self.file}:{_line(node)}",
        )

    # Conditions

    def when(self, node: yaml.Node) -> When:
        groups = self.mapping(node, _GROUPS, "“when:”")
        read = {
            group: tuple(
                condition for item in self.items(inner) for condition in self.conditions(item)
            )
            for group, inner in groups.items()
        }
        when = When(read.get("all", ()), read.get("any", ()), read.get("none", ()))
        if not when.all and not when.any:
            raise _Fault(
                node, "a rule without a condition under all: or any: would take every line"
            )
        return when

    def conditions(self, node: yaml.Node) -> Iterator[Condition]:
        for part, value in self.mapping(node, _PARTS, "a condition").items():
            yield self.condition(part, value)

    def condition(self, part: str, node: yaml.Node) -> Condition:
        if part in _TEXT_PARTS:
            return self.text_condition(part, node)
        if part in ("amount", "day"):
            return self.range_condition(part, node)
        words = tuple(w.strip() for w in self.words(node))
        if part == "sign":
            words = tuple(w.lower() for w in words)
            if not set(words) <= {"in", "out"}:
                raise _Fault(node, "sign is in (money received) or out (money paid)")
        if part == "currency":
            words = tuple(w.upper() for w in words)
        return Condition(cast(Part, part), "one-of", words)

    def text_condition(self, part: str, node: yaml.Node) -> Condition:
        if not isinstance(node, yaml.MappingNode):
            return self.word_condition(part, "contains", node)
        keys = self.mapping(node, _OPERATORS, f"“{part}:”")
        if len(keys) != 1:
            raise _Fault(node, f"“{part}:” takes one operator: {', '.join(_OPERATORS)}")
        ((operator, value),) = keys.items()
        if operator == "regex":
            return Condition(cast(Part, part), "regex", tuple(self.pattern(value)))
        return self.word_condition(part, operator, value)

    def word_condition(self, part: str, operator: str, node: yaml.Node) -> Condition:
        words = tuple(fold(word) for word in self.words(node))
        if not words or not all(words):
            raise _Fault(node, f"nothing to look for: “{part}:” needs letters or digits")
        return Condition(cast(Part, part), cast(Operator, operator), words)

    def pattern(self, node: yaml.Node) -> Iterator[str]:
        for written in self.words(node):
            try:
                pattern = compiled(written)
            except Unreadable as error:
                raise _Fault(node, f"{written!r} is no RE2 pattern: {error}") from None
            if pattern.search("") is not None:
                raise _Fault(node, f"{written!r} fits an empty text, so it would fit every line")
            yield written

    def range_condition(self, part: str, node: yaml.Node) -> Condition:
        if isinstance(node, yaml.MappingNode):
            keys = self.mapping(node, _RANGE_KEYS, f"“{part}:”")
            low = self.figure(keys["from"]) if "from" in keys else None
            high = self.figure(keys["to"]) if "to" in keys else None
        else:
            low = high = self.figure(node)
        if low is None and high is None:
            raise _Fault(node, f"“{part}:” needs from: or to:")
        if low is not None and high is not None and low > high:
            raise _Fault(node, f"from {low} to {high} holds nothing; exchange the two")
        if (low or 0) < 0 or (high or 0) < 0:
            raise _Fault(node, f"“{part}:” is a size without sign; say sign: out beside it")
        return Condition(cast(Part, part), "one-of", (), low, high)

    # Actions

    def then(self, node: yaml.Node) -> Action:
        keys = self.mapping(node, _ACTIONS, "“then:”")
        if len(keys) != 1:
            raise _Fault(node, f"“then:” is one action: {', '.join(_ACTIONS)}")
        ((action, value),) = keys.items()
        if action == "code":
            return self.code(value)
        if action == "split":
            return self.split(value)
        said = self.scalar(value)
        if not said:
            raise _Fault(value, f"“{action}:” needs a word of what or why")
        if action == "transfer":
            return Transfer(said)
        return Ignore(said) if action == "ignore" else Ask(said)

    def code(self, node: yaml.Node) -> Code:
        keys = self.mapping(node, _CODE_KEYS, "“code:”")
        return Code(self.needed(node, keys, "contact"), (self.slice(node, keys),))

    def split(self, node: yaml.Node) -> Code:
        keys = self.mapping(node, _SPLIT_KEYS, "“split:”")
        contact = self.needed(node, keys, "contact")
        if "lines" not in keys:
            raise _Fault(node, "“split:” needs “lines:”")
        slices = []
        rests = 0
        for item in self.items(keys["lines"]):
            inner = self.mapping(item, _SPLIT_LINE_KEYS, "a line of a split")
            sized = [key for key in ("amount", "percent", "remainder") if key in inner]
            if len(sized) != 1:
                raise _Fault(item, "a line of a split has one of amount:, percent:, remainder:")
            rests += sized == ["remainder"]
            slices.append(self.slice(item, inner))
        if len(slices) < 2 or rests != 1:
            raise _Fault(node, "a split has two lines or more, and exactly one “remainder: yes”")
        return Code(contact, tuple(slices))

    def slice(self, node: yaml.Node, keys: Mapping[str, yaml.Node]) -> Slice:
        amount = self.figure(keys["amount"]) if "amount" in keys else None
        percent = self.figure(keys["percent"]) if "percent" in keys else None
        if "remainder" in keys and not self.truth(keys["remainder"]):
            raise _Fault(keys["remainder"], "write “remainder: yes”, or leave it out")
        if amount is not None and amount <= 0:
            raise _Fault(keys["amount"], "a part of a split is more than nothing")
        if percent is not None and not 0 < percent < 100:
            raise _Fault(keys["percent"], "a percent lies between 0 and 100")
        return Slice(
            account=self.needed(node, keys, "account"),
            tax=self.needed(node, keys, "tax"),
            description=self.template(keys["description"]) if "description" in keys else "",
            tracking=self.tracking(keys["tracking"]) if "tracking" in keys else (),
            amount=amount,
            percent=percent,
        )

    def needed(self, node: yaml.Node, keys: Mapping[str, yaml.Node], key: str) -> str:
        if key not in keys or not self.scalar(keys[key]):
            hint = {
                "tax": "; it is never taken from the account. Write tax: NONE where there is none",
                "contact": "; every entry in the books has another party",
            }
            raise _Fault(node, f"“{key}:” is missing{hint.get(key, '')}")
        return self.scalar(keys[key])

    def template(self, node: yaml.Node) -> str:
        written = self.scalar(node)
        try:
            fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(written)]
        except ValueError:
            raise _Fault(node, "a brace has no partner; write {{ for a brace itself") from None
        for name, spec, how in fields:
            if name is not None and (name not in _FIELDS or spec or how):
                known = ", ".join("{" + field + "}" for field in _FIELDS)
                raise _Fault(node, f"{{{name}}} cannot be filled in; known: {known}")
        return written

    def tracking(self, node: yaml.Node) -> tuple[tuple[str, str], ...]:
        if not isinstance(node, yaml.MappingNode):
            raise _Fault(node, "tracking is written as Category: Option")
        return tuple((self.scalar(key), self.scalar(value)) for key, value in node.value)

    # YAML values as written

    def mapping(self, node: yaml.Node, allowed: Sequence[str], what: str) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise _Fault(node, f"{what} is written as key: value with {', '.join(allowed)}")
        read: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            key = self.scalar(key_node)
            if key not in allowed:
                near = get_close_matches(key, allowed, 1)
                hint = f"did you mean “{near[0]}”?" if near else f"known: {', '.join(allowed)}"
                raise _Fault(key_node, f"“{key}” is not known in {what}; {hint}")
            if key in read:
                raise _Fault(key_node, f"“{key}:” is written twice")
            read[key] = value
        return read

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise _Fault(node, "a list is wanted here, each item on a line beginning with “- ”")
        return list(node.value)

    def words(self, node: yaml.Node) -> list[str]:
        if isinstance(node, yaml.SequenceNode):
            return [self.scalar(item) for item in node.value]
        return [self.scalar(node)]

    def scalar(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _Fault(node, "one value is wanted here, not a list or a group")
        return str(node.value).strip()

    def figure(self, node: yaml.Node) -> Decimal:
        try:
            return decimal_of(self.scalar(node))
        except Refused:
            raise _Fault(node, f"{self.scalar(node)!r} is no number; write 12.50") from None

    def whole(self, node: yaml.Node) -> int:
        figure = self.figure(node)
        if figure != int(figure):
            raise _Fault(node, f"{figure} is no whole number")
        return int(figure)

    def truth(self, node: yaml.Node) -> bool:
        said = self.scalar(node).lower()
        if said not in ("yes", "no", "true", "false"):
            raise _Fault(node, f"{said!r} is neither yes nor no")
        return said in ("yes", "true")

    def note(self, fault: _Fault) -> None:
        self.faults.append(f"{self.file}:{_line(fault.node)}: {fault}")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
