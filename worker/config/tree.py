"""YAML text and TIEOUT_* variables → one tree of text that remembers where each piece was written.

Scalars stay the text they were (`12.50`, `0123`, `NO`); only the reader of a field gives it a type.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import yaml

from worker.errors import SetupWrong

PREFIX = "TIEOUT_"
RESERVED = frozenset({"TIEOUT_CONFIG", "TIEOUT_NOW", "TIEOUT_TEST_POSTGRES", "TIEOUT_LOG"})
"""Variables with a meaning of their own, which are no config keys."""

_NULLS = ("", "~", "null", "Null", "NULL")
_PLAIN_TAGS = tuple(
    f"tag:yaml.org,2002:{kind}"
    for kind in ("null", "bool", "int", "float", "timestamp", "str", "seq", "map", "merge", "value")
)
_NODES_MAX = 100_000


@dataclass(slots=True)
class Node:
    """A piece of configuration: text, nothing, a list or a mapping, and where it was written."""

    value: str | list[Node] | dict[str, Node] | None
    where: str
    line: int = 0
    """Line in the file, from 1; 0 for a variable of the environment."""


@dataclass(slots=True)
class Faults:
    """Everything wrong so far, told all at once, in the file's order and the environment's last."""

    found: list[tuple[Node, str]] = field(default_factory=list)

    def add(self, node: Node, text: str) -> None:
        self.found.append((node, text))

    def pardon(self, variables: Iterable[str]) -> None:
        """Forget faults of variables that turn out to hold a secret and no key."""
        places = set(variables)
        self.found = [fault for fault in self.found if fault[0].where not in places]

    def raise_any(self) -> None:
        """Raises SetupWrong with one line per fault; returns when there is none."""
        if self.found:
            ordered = sorted(self.found, key=lambda fault: fault[0].line or float("inf"))
            told = dict.fromkeys(f"{node.where}: {text}" for node, text in ordered)
            raise SetupWrong("\n".join(told))


def parse(text: str, name: str, faults: Faults) -> Node:
    """The file's tree; what is not YAML, or not one mapping, is a fault and an empty tree."""
    empty = Node({}, name)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return empty
        tree = _Marks(name, faults).node(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        faults.add(Node(None, f"{name}:{line}", line), f"this is not YAML: {error.problem}")
        return empty
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        code = error.character
        odd = f"character U+{code:04X}" if isinstance(code, int) else "a character"
        faults.add(Node(None, f"{name}:{line}", line), f"this is not YAML: {odd} is not allowed")
        return empty
    except RecursionError:
        faults.add(Node(None, name), "this is nested too deeply to be a configuration")
        return empty
    if not isinstance(tree.value, dict):
        faults.add(tree, "the file must hold keys and values, such as state_dir: state")
        return empty
    return tree


class _Marks:
    """YAML's own nodes → ours, with the faults that only the text shows."""

    def __init__(self, name: str, faults: Faults) -> None:
        self._name = name
        self._faults = faults
        self._above: set[int] = set()
        self._count = 0

    def node(self, raw: yaml.Node) -> Node:
        line = raw.start_mark.line + 1
        here = Node(None, f"{self._name}:{line}", line)
        self._count += 1
        # Aliases of aliases can unfold a small file into more than memory holds.
        if self._count > _NODES_MAX or id(raw) in self._above:
            raise yaml.MarkedYAMLError(
                problem="its aliases unfold without end", problem_mark=raw.start_mark
            )
        if raw.tag not in _PLAIN_TAGS:
            self._faults.add(here, f"the tag {raw.tag} has no meaning here")
        self._above.add(id(raw))
        if isinstance(raw, yaml.MappingNode):
            here.value = self._mapping(raw)
        elif isinstance(raw, yaml.SequenceNode):
            here.value = [self.node(item) for item in raw.value]
        elif isinstance(raw, yaml.ScalarNode) and (raw.style or raw.value not in _NULLS):
            here.value = raw.value
        self._above.discard(id(raw))
        return here

    def _mapping(self, raw: yaml.MappingNode) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for raw_key, raw_value in raw.value:
            value = self.node(raw_value)
            line = raw_key.start_mark.line + 1
            at_key = Node(None, f"{self._name}:{line}", line)
            if not isinstance(raw_key, yaml.ScalarNode):
                self._faults.add(at_key, "a key must be a plain word")
                continue
            # A fault of a value is told at its key: the eye looks for the key.
            value.line, value.where = line, at_key.where
            if raw_key.value in found:
                first = found[raw_key.value].line
                self._faults.add(at_key, f"{raw_key.value} is here twice; first on line {first}")
                continue
            found[raw_key.value] = value
        return found


def overlay(tree: Node, environ: Mapping[str, str], faults: Faults) -> None:
    """Lay TIEOUT_A__B__0__C variables over the tree: they win over the file.

    An empty variable counts as unset, as service managers cannot unset one.
    """
    ours = [
        (name, text)
        for name, text in environ.items()
        if name.startswith(PREFIX) and name not in RESERVED and text
    ]
    for name, text in sorted(ours, key=lambda pair: _in_order(_parts(pair[0]))):
        _set(tree, _parts(name), Node(text, name), faults)


def _parts(name: str) -> list[str]:
    return name.removeprefix(PREFIX).lower().split("__")


def _in_order(parts: list[str]) -> list[tuple[bool, int, str]]:
    return [(_is_index(part), int(part) if _is_index(part) else 0, part) for part in parts]


def _is_index(part: str) -> bool:
    return part.isascii() and part.isdigit() and len(part) <= 6


def _set(node: Node, parts: list[str], leaf: Node, faults: Faults) -> None:
    part, rest = parts[0], parts[1:]
    if node.value is None and _is_index(part):
        node.value = []
    if isinstance(node.value, list):
        if not _is_index(part) or int(part) > len(node.value):
            faults.add(leaf, f"{part} is no place in a list of {len(node.value)}; count from 0")
            return
        if int(part) == len(node.value):
            node.value.append(Node(None, leaf.where))
        slot = node.value[int(part)]
    else:
        if not isinstance(node.value, dict):
            node.value = {}
        written = next((key for key in node.value if key.lower() == part), part)
        slot = node.value.setdefault(written, Node(None, leaf.where))
    if rest:
        _set(slot, rest, leaf, faults)
    else:
        slot.value, slot.where, slot.line = leaf.value, leaf.where, leaf.line
