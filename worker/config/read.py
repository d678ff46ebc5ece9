"""A tree of text → frozen sections, guided by their fields' types; faults are noted, not raised."""

from __future__ import annotations

import os
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NoReturn, Union, get_args, get_origin, get_type_hints

from worker.config import fields as text_of
from worker.config.fields import Unreadable
from worker.config.secret import Secret
from worker.config.tree import Faults, Node
from worker.config.values import Config, OrganisationConfig

_READS: dict[Any, Callable[[str], Any]] = {
    bool: text_of.boolean,
    int: text_of.whole_number,
    Decimal: text_of.exact_number,
    Fraction: text_of.odds,
    date: text_of.day,
}
_PLACE = "{env: NAME}, {file: PATH} or {credential: NAME}"


class _Faulty(Exception):
    """This part's fault is noted already; what stands beside it is still read."""


class Reader:
    """Reads sections for one load; paths are taken relative to `base`."""

    def __init__(self, faults: Faults, environ: Mapping[str, str], base: Path) -> None:
        self.built: list[tuple[Any, Node]] = []
        """Every faultless section with the place it was written at."""
        self.secret_variables: set[str] = set()
        """Variables the configuration names as holding a secret."""
        self._faults = faults
        self._environ = environ
        self._base = base

    def section(self, cls: type, node: Node, path: str, shared: object = None) -> Any:
        """One section as `cls`, or None when something in it is wrong.

        `shared` is what this section overrides key by key: a key left out has its value there.
        """
        try:
            return self._section(cls, node, path, shared)
        except _Faulty:
            return None

    def organisations(self, node: Node, top: Config) -> tuple[OrganisationConfig, ...]:
        """The listed organisations, without those in which something is wrong.

        What one leaves out of a shared section is the value at the top.
        """
        if node.value is None:
            return ()
        return self._list(
            lambda one, at: self._section(OrganisationConfig, one, at, top),
            _listed(node),
            "organisations",
        )

    def place(self, section: object, name: str) -> Node | None:
        """Where this key of a section was written, else the section; None if it was not read."""
        for built, node in self.built:
            if built is section:
                keys = node.value if isinstance(node.value, dict) else {}
                return keys.get(name, node)
        return None

    def _section(self, cls: type, node: Node, path: str, shared: object) -> Any:
        written = node.value or {}
        if not isinstance(written, dict):
            self._fault(node, f"{path} must hold keys of its own, not {_form(node)}")
        names = [about.name for about in fields(cls)]
        for name in [name for name in written if name not in names]:
            guess = text_of.did_you_mean(name, names)
            self._faults.add(written[name], f"unknown key {name}{guess}")
        values, faulty = {}, False
        for about in fields(cls):
            default = getattr(shared, about.name, _default(about))
            try:
                if about.name in written:
                    at = f"{path}.{about.name}" if path else about.name
                    values[about.name] = self._field(cls, about, written[about.name], at, default)
                elif default is MISSING:
                    self._fault(node, f"{path} lacks {about.name}: {about.metadata['says']}")
                else:
                    values[about.name] = self._rooted(default)
            except _Faulty:
                faulty = True
        if faulty:
            raise _Faulty
        built = cls(**values)
        self.built.append((built, node))
        return built

    def _field(self, cls: type, about: Field[Any], node: Node, path: str, default: Any) -> Any:
        hint = hints(cls)[about.name]
        if node.value is None:
            if default is None or is_dataclass(default) or default in ((), {}):
                return default
            self._fault(node, f"{about.name} says nothing; give it a value or leave the key out")
        return self._value(hint, node, path, about.metadata, default)

    def _value(
        self, hint: Any, node: Node, path: str, about: Mapping[str, Any], default: Any = None
    ) -> Any:
        origin, options = get_origin(hint), get_args(hint)
        if origin in (Union, types.UnionType):
            return self._either(options, node, path, about)
        if hint is Secret:
            return self._secret(node, path)
        if is_dataclass(hint) and isinstance(hint, type):
            return self._section(hint, node, path, None if default is MISSING else default)
        if origin is tuple:
            if not is_dataclass(options[0]):
                node = _listed(node)
            return self._list(lambda one, at: self._value(options[0], one, at, about), node, path)
        if origin is Mapping:
            return self._mapping(options[1], node, path, about)
        return self._scalar(hint, node, path, about)

    def _either(
        self, options: tuple[Any, ...], node: Node, path: str, about: Mapping[str, Any]
    ) -> Any:
        """A value or none, a section or its name: the form that was written decides."""
        wide = [one for one in options if is_dataclass(one) or get_origin(one) is tuple]
        if wide and not isinstance(node.value, str):
            return self._value(wide[0], node, path, about)
        plain = next(one for one in options if one not in wide and one is not types.NoneType)
        if plain is not str and node.value == "none":
            return None
        return self._value(plain, node, path, about)

    def _list(self, read: Callable[[Node, str], Any], node: Node, path: str) -> tuple[Any, ...]:
        if not isinstance(node.value, list):
            self._fault(node, f"{path} must be a list, not {_form(node)}")
        found = []
        for index, one in enumerate(node.value):
            try:
                found.append(read(one, f"{path}[{index}]"))
            except _Faulty:
                continue
        return tuple(found)

    def _mapping(
        self, item: Any, node: Node, path: str, about: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        if not isinstance(node.value, dict):
            self._fault(node, f"{path} must hold names with values, not {_form(node)}")
        found = {}
        for name, one in node.value.items():
            try:
                found[name] = self._value(item, one, f"{path}.{name}", about)
            except _Faulty:
                continue
        return MappingProxyType(found)

    def _scalar(self, hint: Any, node: Node, path: str, about: Mapping[str, Any]) -> Any:
        name = path.rpartition(".")[2]
        if not isinstance(node.value, str):
            self._fault(node, f"{name} must be one value, not {_form(node)}")
        try:
            return self._read(hint, node.value, about)
        except Unreadable as fault:
            self._fault(node, f"{name} {fault}")

    def _read(self, hint: Any, text: str, about: Mapping[str, Any]) -> Any:
        if get_origin(hint) is Literal:
            return text_of.choice(text, get_args(hint))
        if not text and "may_be_empty" not in about:
            raise Unreadable("is empty; give it a value or leave the key out")
        if "\0" in text:
            raise Unreadable("holds a NUL character")
        if hint is Path:
            return self._rooted(Path(text).expanduser())
        if hint is str:
            return about["reads"](text) if "reads" in about else text
        value = _READS[hint](text)
        if "least" in about and value < about["least"]:
            raise Unreadable(f"{text_of.quoted(text)} is below {about['least']}")
        return value

    def _secret(self, node: Node, path: str) -> Secret:
        if isinstance(node.value, str) and node.value:
            # A variable of the environment is a safe place; a line of a file is not.
            kind: Literal["literal", "env"] = "literal" if node.line else "env"
            return Secret(kind, node.where, node.value, node.where)
        parts = list(node.value.items()) if isinstance(node.value, dict) else []
        if len(parts) != 1 or parts[0][0] not in ("env", "file", "credential"):
            self._fault(node, f"{path} must name one place: {_PLACE}")
        kept, place = parts[0]
        if not isinstance(place.value, str) or not place.value or "\0" in place.value:
            self._fault(place, f"{path}.{kept} must be one name")
        name = place.value
        if kept == "env":
            self.secret_variables.add(name)
            return Secret("env", name, self._environ.get(name) or None, place.where)
        if kept == "file":
            return Secret("file", name, self._rooted(Path(name).expanduser()), place.where)
        try:
            text_of.folder_name(name)
        except Unreadable as fault:
            self._fault(place, f"{path}.credential {fault}")
        folder = self._environ.get("CREDENTIALS_DIRECTORY")
        return Secret("credential", name, Path(folder) / name if folder else None, place.where)

    def _rooted(self, value: Any) -> Any:
        return Path(os.path.abspath(self._base / value)) if isinstance(value, Path) else value

    def _fault(self, node: Node, text: str) -> NoReturn:
        self._faults.add(node, text)
        raise _Faulty


@cache
def hints(cls: type) -> dict[str, Any]:
    """The resolved type of each field."""
    return get_type_hints(cls)


def _default(about: Field[Any]) -> Any:
    """The field's default, or MISSING when the key must be set."""
    made = about.default_factory
    return made() if made is not MISSING else about.default


def _listed(node: Node) -> Node:
    """A list of words may be written as one text: `scopes: a b`, as Xero itself writes them."""
    if not isinstance(node.value, str):
        return node
    words = [] if node.value == "[]" else node.value.replace(",", " ").split()
    return Node([Node(word, node.where, node.line) for word in words], node.where, node.line)


def _form(node: Node) -> str:
    if node.value is None:
        return "nothing"
    if isinstance(node.value, str):
        return f"the text {text_of.quoted(node.value)}"
    return "a list" if isinstance(node.value, list) else "keys"
