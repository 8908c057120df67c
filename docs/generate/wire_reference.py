"""`docs/wire.md`: services, methods, messages and enums, with the comments of the .proto files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2 as pb

from docs.generate.markdown import cell, table
from stubs import run_protoc  # proto/ is on the path of a development install

PACKAGE = ".maskloop.v1."
SCALARS = {number: name.removeprefix("TYPE_").lower() for name, number in pb.FieldDescriptorProto.Type.items()}
FILE_MESSAGES, FILE_ENUMS, FILE_SERVICES = 4, 5, 6  # field numbers of FileDescriptorProto
MESSAGE_FIELDS, MESSAGE_NESTED, MESSAGE_ENUMS, MESSAGE_ONEOFS = 2, 3, 4, 8  # of DescriptorProto
MEMBERS = 2  # of ServiceDescriptorProto (methods) and EnumDescriptorProto (values)

HEAD = """# The wire

Every service, message and field, made from the comments of [proto/maskloop/v1](../proto/maskloop/v1) by `make docs`.

The Python SDK has a method of the same name for every call: `SelectBatch` is `client.select_batch`. Other languages
generate their stubs from the `.proto` files; a server on loopback answers gRPC reflection. Errors are
`google.rpc.Status` with an `ErrorInfo`; its reason names a class of [maskloop.errors](../proto/maskloop/errors.py).
Calls that take long return a `google.longrunning.Operation`; `google.longrunning.Operations` reads, waits for and
cancels it.
"""


class Comments:
    """The comments of one file, by the path of what they stand before."""

    def __init__(self, file: pb.FileDescriptorProto) -> None:
        self._by_path = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}

    def __call__(self, path: Sequence[int]) -> str:
        """One line of text, "" where there is no comment."""
        return " ".join(self._by_path.get(tuple(path), "").split())


def wire_page() -> str:
    """The whole page as Markdown."""
    files = [(file, Comments(file)) for file in _files()]
    services = [_service(file, comments, place) for file, comments in files for place in range(len(file.service))]
    return "\n".join([HEAD, *services, *(part for file, comments in files for part in _types(file, comments))]) + "\n"


def _files() -> list[pb.FileDescriptorProto]:
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        run_protoc(Path(folder) / "include", "--include_source_info", f"--descriptor_set_out={image}")
        return list(pb.FileDescriptorSet.FromString(image.read_bytes()).file)


def _service(file: pb.FileDescriptorProto, comments: Comments, place: int) -> str:
    service, path = file.service[place], (FILE_SERVICES, place)
    rows = [
        (f"`{method.name}`", _method_types(method), cell(comments((*path, MEMBERS, number))))
        for number, method in enumerate(service.method)
    ]
    parts = [f"## {service.name}\n", comments(path), "", table(("method", "request, response", "what it does"), rows)]
    return "\n".join([*parts, ""])


def _method_types(method: pb.MethodDescriptorProto) -> str:
    request = "stream of " * method.client_streaming + _link(method.input_type)
    return f"{request}, {'stream of ' if method.server_streaming else ''}{_link(method.output_type)}"


def _types(file: pb.FileDescriptorProto, comments: Comments) -> Iterator[str]:
    """What one file declares beside its service: messages, then enums."""
    if file.message_type or file.enum_type:
        yield f"## {Path(file.name).name}\n"
    for place, message in enumerate(file.message_type):
        yield from _message(message, message.name, comments, (FILE_MESSAGES, place))
    for place, enum in enumerate(file.enum_type):
        yield _enum(enum, enum.name, comments, (FILE_ENUMS, place))


def _message(message: pb.DescriptorProto, name: str, comments: Comments, path: tuple[int, ...]) -> Iterator[str]:
    entries = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    rows = [
        (f"`{field.name}`", _type(field, entries), _meaning(message, place, comments, path))
        for place, field in enumerate(message.field)
    ]
    parts = [f"### {name}\n", comments(path), ""]
    yield "\n".join([*parts, table(("field", "type", "meaning"), rows), ""] if rows else parts)
    for place, nested in enumerate(message.nested_type):
        if nested.name not in entries:
            yield from _message(nested, f"{name}.{nested.name}", comments, (*path, MESSAGE_NESTED, place))
    for place, enum in enumerate(message.enum_type):
        yield _enum(enum, f"{name}.{enum.name}", comments, (*path, MESSAGE_ENUMS, place))


def _meaning(message: pb.DescriptorProto, place: int, comments: Comments, path: tuple[int, ...]) -> str:
    field = message.field[place]
    text = cell(comments((*path, MESSAGE_FIELDS, place)))
    if not field.HasField("oneof_index") or field.proto3_optional:
        return text
    return f"one of `{message.oneof_decl[field.oneof_index].name}`: {text}"


def _enum(enum: pb.EnumDescriptorProto, name: str, comments: Comments, path: tuple[int, ...]) -> str:
    rows = [
        (f"`{value.name}`", str(value.number), cell(comments((*path, MEMBERS, place))))
        for place, value in enumerate(enum.value)
    ]
    return "\n".join([f"### {name}\n", comments(path), "", table(("value", "number", "meaning"), rows), ""])


def _type(field: pb.FieldDescriptorProto, entries: dict[str, Any]) -> str:
    last = field.type_name.rpartition(".")[2]
    if last in entries:
        key, value = entries[last].field
        return f"map of {_type(key, {})} to {_type(value, {})}"
    name = _link(field.type_name) if field.type_name else f"`{SCALARS[field.type]}`"
    if field.label == field.LABEL_REPEATED:
        return f"list of {name}"
    return f"{name}, optional" if field.proto3_optional else name


def _link(type_name: str) -> str:
    """A link to a type of ours; the plain name of a borrowed one."""
    name = type_name.removeprefix(PACKAGE)
    return f"[{name}](#{name.lower().replace('.', '')})" if type_name.startswith(PACKAGE) else f"`{type_name[1:]}`"
