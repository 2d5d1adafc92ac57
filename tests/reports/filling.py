"""Fills the free texts of a report model, to see where each comes out on the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args, get_origin

from kpidsl.reports.values import Plain

Make = Callable[[str, str], str]
Model = TypeVar("Model", bound=Plain)


def fill(model: Model, make: Make, path: str = "") -> Model:
    """Return a copy whose free texts are `make(path, old text)`.

    Texts that are fixed (ids, currencies, kinds) stay, and so do empty ones, which are left out of
    the page. A sentence per 1 keeps the word that T5 demands.
    """
    changed = {}
    for name, info in type(model).model_fields.items():
        filled = _filled(
            getattr(model, name), info.annotation, info.metadata, make, f"{path}.{name}"
        )
        changed[name] = f"{filled} net" if name == "per_one" and filled else filled
    return type(model).model_validate(changed)


def _filled(value: Any, annotation: Any, metadata: Any, make: Make, path: str) -> Any:
    if get_origin(annotation) is Annotated:
        annotation, *metadata = get_args(annotation)
    match value:
        case str() if value and annotation is str and not any(map(_pattern, metadata)):
            return make(path, value)
        case Plain():
            return fill(value, make, path)
        case tuple():
            item = get_args(annotation)[0]
            return tuple(
                _filled(part, item, (), make, f"{path}[{index}]")
                for index, part in enumerate(value)
            )
        case _:
            return value


def _pattern(constraint: object) -> object:
    return getattr(constraint, "pattern", None)


def texts(model: Plain) -> list[str]:
    """All free texts of a model."""
    found: list[str] = []

    def note(_: str, old: str) -> str:
        found.append(old)
        return old

    fill(model, note)
    return found
