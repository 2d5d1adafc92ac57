"""What every definition of the checked model has."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from kpidsl.text.source import Span


class Definition(BaseModel):
    """What every named definition has. `texts` are labels per language (`en` first)."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    name: str
    label: str = ""
    texts: dict[str, str] = {}
    doc: str = ""
    span: Span | None = Field(default=None, exclude=True, repr=False)

    @property
    def title(self) -> str:
        """The label, or the name made readable."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def place(self) -> str:
        """`file:line` of the definition, or an empty string."""
        return f"{self.span.file.name}:{self.span.line}" if self.span else ""


class Part(BaseModel):
    """A nameless piece of a definition."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)
