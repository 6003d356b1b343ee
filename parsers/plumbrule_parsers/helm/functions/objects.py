"""Go values beside the plain ones that templates can hold, as data of a `Traced`.

Each is a subclass of what it behaves like, so that code which does not care need not know it. Their
methods (`.Files.Get`, `.Capabilities.APIVersions.Has`) are in `methods`.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plumbrule_parsers.traced import Traced


class Int64(int):
    """Go's int64; a plain int is Go's int."""

    __slots__ = ()


class WholeNumber(float):
    """A constant such as `1e3` as an argument: Go takes it for an int where one is wanted."""

    __slots__ = ()


class BytesText(str):
    """Go's []byte, as text (bytes that are not UTF-8 are surrogates)."""

    __slots__ = ()


class StringsData(list["Traced"]):
    """Go's []string; a plain list is []interface {}."""

    __slots__ = ()


class ApiVersions(list["Traced"]):
    """`.Capabilities.APIVersions`: the API names, with `Has`."""

    __slots__ = ()


class FilesData(dict[str, "Traced"]):
    """`.Files`, or what its `Glob` gave: paths and contents (BytesText).

    `chart` is true for `.Files` itself, which holds no entries: its methods ask the host.
    """

    __slots__ = ("chart",)

    def __init__(self, entries: dict[str, Traced] | None = None, *, chart: bool = False) -> None:
        super().__init__(entries or {})
        self.chart = chart


class StructData(dict[str, "Traced"]):
    """A Go struct: its fields by name; `go_type` as `%T` prints it, `text` as `%v` does.

    A field that is absent is an error, unlike a map's key. `value` holds what its methods need.
    """

    __slots__ = ("go_type", "text", "value")

    def __init__(
        self,
        fields: dict[str, Traced],
        go_type: str,
        text: str,
        value: datetime | str | None = None,
    ) -> None:
        super().__init__(fields)
        self.go_type = go_type
        self.text = text
        self.value = value
