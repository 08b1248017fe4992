"""A YAML file read as a tree whose every item knows its line, so that every complaint can name it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import yaml


class DeclarationError(ValueError):
    """A declaration that cannot be meant as it is written: "handshake.yaml, line 12: ..."."""


@dataclass(frozen=True)
class Item:
    """One node of a declaration."""

    file: str
    node: yaml.Node

    @property
    def line(self) -> int:
        """Its line in the file, the first being 1."""
        return self.node.start_mark.line + 1

    def error(self, message: str) -> DeclarationError:
        return DeclarationError(f"{self.file}, line {self.line}: {message}")

    @property
    def is_text(self) -> bool:
        return isinstance(self.node, yaml.ScalarNode)

    @property
    def is_list(self) -> bool:
        return isinstance(self.node, yaml.SequenceNode)

    def text(self) -> str:
        """A name or number as it was written."""
        if not self.is_text or not self.node.value.strip():
            raise self.error("a name or a number is missing here")
        return self.node.value.strip()

    def sequence(self, what: str) -> list[Item]:
        """The items of a list. what: its name in the complaint."""
        if not self.is_list:
            raise self.error(f"{what} must be a list")
        return [Item(self.file, node) for node in self.node.value]

    def entries(self) -> list[Item]:
        """The items of a list; anything else is a list of one."""
        return self.sequence("this") if self.is_list else [self]

    def fields(self, what: str, known: Iterable[str] | None = None, needed: Iterable[str] = ()) -> dict[str, Item]:
        """The values of a mapping by key, in the file's order.

        known: the keys there are; None allows every key. needed: those that must be there.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{what} must be keys with values")
        values: dict[str, Item] = {}
        for key_node, value_node in self.node.value:
            key = Item(self.file, key_node)
            name = key.text()
            if name in values:
                raise key.error(f"{name!r} is said twice")
            if known is not None:
                key.check_known(f"key of {what}", name, known)
            values[name] = Item(self.file, value_node)
        for name in needed:
            if name not in values:
                raise self.error(f"{what} needs {name!r}")
        return values

    def check_known(self, what: str, name: str, known: Iterable[str]) -> str:
        """The name, if it is among the known ones; else a complaint with the nearest of them."""
        known = tuple(known)
        if name in known:
            return name
        near = get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known) or 'none'}"
        raise self.error(f"unknown {what} {name!r}; {hint}")


def read_document(path: Path) -> Item:
    """The root of a YAML file. Raises `DeclarationError` where it is empty or no YAML."""
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise DeclarationError(f"{path.name}, line {line}: no YAML, {error.problem}") from error
    if node is None:
        raise DeclarationError(f"{path.name}, line 1: the file is empty")
    return Item(path.name, node)
