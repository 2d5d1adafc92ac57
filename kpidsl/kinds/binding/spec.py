"""What a kind is, as data: its header, its keys, what each key takes.

The checker, the reference pages, completion and did-you-mean all read these tables; a new kind
is a new table and never touches the grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar

from kpidsl.kinds.binding.catalog import Catalog
from kpidsl.syntax.tree import Expr

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shape(Generic[T]):
    """What a value must look like. `read` answers None for a value of another shape.

    `words` completes "takes …"; `example` is such a value as written; `choices` are the words
    to choose from, where there is a list.
    """

    words: str
    example: str
    read: Callable[[Expr], T | None]
    choices: tuple[str, ...] = ()


class Later(Enum):
    """What happens to a key that is part of the language but not computed yet.

    ADVISE: the numbers stay right without it. REFUSE: they would not, so the definition is
    refused.
    """

    ADVISE = "advise"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Key(Generic[T]):
    """One key of a kind. `options` are the keys allowed in braces after its value; `default`
    says in words what holds when the key is absent; `names` gives the declared names that the
    value may be, for a block of a name."""

    name: str
    shape: Shape[T]
    doc: str
    required: bool = False
    default: str = ""
    options: tuple[Key[Any], ...] = ()
    later: Later | None = None
    names: Callable[[Catalog, str], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True)
class Free:
    """Keys that are the author's names (`cost { media: ad_spend }`) or, `quoted`, values of the
    data (`map { "social": ["fb", "ig"] }`)."""

    words: str
    shape: Shape[Any]
    options: tuple[Key[Any], ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """What stands between the kind and its value or brace.

    `name` is None where the kind takes none, otherwise what the name names; `value` is what
    follows a colon in the short form.
    """

    name: str | None = "name"
    dotted: bool = False
    params: bool = False
    alias: bool = False
    by: bool = False
    label: bool = True
    label_required: bool = False
    value: Shape[Any] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of declaration. `top_level` kinds stand in a file, others inside their parent.

    `repeated` matters for a nested kind without a name: whether it may stand more than once.
    """

    name: str
    doc: str
    example: str
    header: Header = field(default_factory=Header)
    keys: tuple[Key[Any], ...] = ()
    children: tuple[Kind, ...] = ()
    free: Free | None = None
    top_level: bool = True
    repeated: bool = False
    later: bool = False

    def key(self, name: str) -> Key[Any] | None:
        return next((key for key in self.keys if key.name == name), None)

    def child(self, name: str) -> Kind | None:
        return next((kind for kind in self.children if kind.name == name), None)
