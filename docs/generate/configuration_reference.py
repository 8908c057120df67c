"""`docs/configuration.md`: every key of the server's configuration, read from `service.config` itself."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from docs.generate.cli_reference import HANDED_OVER, command_of
from docs.generate.markdown import cell, table
from service.config import ENVIRONMENT, ServerConfig

HEAD = """# Configuration of the server

What `maskloop serve` may be told, made from the program by `make docs`. Nothing needs to be: the defaults serve one
machine.

A key is looked for on the command line, then in the environment, then in the file of `--config`. The first one that
says something holds. An unknown key, or a value that cannot be, is refused with the place that says it.

```text
# server.toml, for: maskloop serve --config server.toml
address = "0.0.0.0:7443"
data_dir = "/srv/maskloop"
tls_cert = "/etc/maskloop/cert.pem"
tls_key = "/etc/maskloop/key.pem"
image_roots = ["/data/photos"]
```
"""
TAIL = """
Sizes are in bytes, times in seconds. `image_roots` in the environment lists folders as `PATH` does. A url may hold a
password: no message shows it. Keep it in the environment, or in a file that others cannot read.

## What work may take

A training is refused before it begins where it would take more than `max_training_iterations`, `max_training_pixels` or
`max_training_bytes`. The refusal names the options to lower. The memory is estimated, rather too high than too low. On
a GPU, set `max_training_bytes` to what it has. What runs out of memory all the same says `OutOfMemory`, and is tried
twice at most. With `device_memory_bytes` allocations fail by themselves, before the kernel ends processes.

A recipe's `weights` are a name, or a file below `weights_roots`. An operation ends when the device has spent
`operation_deadline_s` on it. Projects take turns on the device: next is the one whose last turn is longest ago.

`al-loop` without `--server` starts a server of its own, which reads the same environment. Its address and data folder
follow from the working directory.
"""
WORDS: dict[Any, str] = {str: "text", Path: "path", int: "whole number", float: "number", bool: "true or false"}
MIB = 1024 * 1024


def configuration_page() -> str:
    """The whole page as Markdown."""
    flags = {option.name: f"`{option.opts[0]}`" for option in command_of(HANDED_OVER, "serve").params}
    rows = [
        (
            f"`{key}`",
            f"`{ENVIRONMENT}{key.upper()}`",
            flags.get(key, ""),
            _is(_kind(field)),
            _default(field.default),
            cell(field.description),
        )
        for key, field in ServerConfig.model_fields.items()
    ]
    return "\n".join([HEAD, table(("key", "environment", "option", "is", "default", "meaning"), rows), TAIL])


def _is(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return " or ".join(f"`{each}`" for each in get_args(kind))
    return WORDS.get(kind, "list of paths")


def _kind(field: FieldInfo) -> Any:
    """The type that a value has, without the `None` of one that may be left out."""
    kind = field.annotation
    return get_args(kind)[0] if get_origin(kind) is types.UnionType else kind


def _default(value: object) -> str:
    if value in (None, "", ()):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int) and value >= MIB and value % MIB == 0:
        return f"`{value}` ({value // MIB} MiB)"
    return f"`{value}`"
