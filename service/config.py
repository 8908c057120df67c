"""The server's configuration: a TOML file, over it the environment (MASKLOOP_*), over that the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from maskloop.address import DEFAULT_ADDRESS
from maskloop.errors import InvalidConfig

ENVIRONMENT = "MASKLOOP_"
MIB = 1024 * 1024


class ServerConfig(BaseSettings):
    """What an operator may choose. Every key is also an environment variable, in capitals after MASKLOOP_.

    Their descriptions become docs/configuration.md.
    """

    model_config = SettingsConfigDict(env_prefix=ENVIRONMENT, extra="forbid", frozen=True)

    address: str = Field(DEFAULT_ADDRESS, description="HOST:PORT or unix:PATH; port 0 takes a free one.")
    data_dir: Path = Field(Path("maskloop-data"), description="Folder of all that the server keeps.")
    database_url: str = Field("", description="SQLAlchemy url of the store; SQLite in data_dir if empty.")
    new_database: bool = Field(
        False, description="Whether to begin an empty database beside images and models that another one knew of."
    )
    workflows_url: str = Field("", description="SQLAlchemy url of DBOS's records; SQLite in data_dir if empty.")
    blobs_url: str = Field("", description="fsspec url of image files; a folder in data_dir if empty.")
    networks_dir: Path | None = Field(
        None, description="Folder of trained networks to take again, of several servers if they like; in data_dir."
    )
    networks_bytes: int = Field(1024 * MIB, ge=0, description="Size of that folder; the least recently used go.")
    features_dir: Path | None = Field(
        None, description="Folder of what frozen encoders made of images, of several servers if they like; in data_dir."
    )
    features_bytes: int = Field(
        8192 * MIB, ge=0, description="Size of that folder; the least recently used go. An image takes about 0.2 MiB."
    )
    executor_id: str = Field("server", min_length=1, description="Names this server beside others on one database.")
    image_roots: Annotated[tuple[Path, ...], NoDecode] = Field((), description="Folders that `file:` uris may lie in.")
    weights_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (), description="Folders that a recipe's `weights` may lie in; without any, only named weights are taken."
    )
    max_weights_bytes: int = Field(8192 * MIB, ge=1, description="Size of the largest file of weights.")
    tls_cert: Path | None = Field(None, description="PEM certificate chain of the server.")
    tls_key: Path | None = Field(None, description="PEM private key of the server.")
    tls_client_roots: Path | None = Field(
        None, description="PEM certificates of authorities; clients must show a certificate that one of them signed."
    )
    insecure: bool = Field(False, description="Whether to speak plaintext beyond loopback.")
    web: int | None = Field(
        None,
        ge=0,
        le=65_535,
        description="Port of the page where people label, on loopback; 0 takes a free one. Without it there is none.",
    )
    tokens: Literal["auto", "required"] = Field(
        "auto",
        description="Whether calls without a token are refused: `required`, or `auto` for beyond loopback alone; see "
        "[sharing a server](sharing.md). A token that is shown is always checked.",
    )
    admin_token_file: Path | None = Field(
        None, description="File of the first admin's token, made where tokens are required; admin.token in data_dir."
    )
    reflection: bool | None = Field(
        None, description="Whether to answer gRPC reflection, of admins; if unset, on loopback and Unix sockets alone."
    )
    device: str = Field(
        "auto", min_length=1, description="torch's name of the device; auto takes a GPU if there is one."
    )
    threads: int = Field(2, ge=1, description="torch threads on the CPU; trainings of other numbers differ.")
    device_memory_bytes: int = Field(
        0,
        ge=0,
        description="Memory that jobs may take on Linux, beside a GPU's; 0 sets no limit. With one, "
        "work that is too large ends by itself, before the kernel ends processes.",
    )
    max_training_iterations: int = Field(
        2_000_000, ge=1, description="Iterations of one training; one that would take more is refused."
    )
    max_training_pixels: int = Field(
        10**13, ge=1, description="Pixels that one training shows its network in all its iterations."
    )
    max_training_bytes: int = Field(
        0,
        ge=0,
        description="Memory that one training may take by estimate, of processor and GPU together; 0 sets no limit.",
    )
    operation_deadline_s: float = Field(
        86_400.0, gt=0, description="Seconds that the device may spend on one operation, which ends after that."
    )
    recipe: str = Field("pretrained", min_length=1, description="Recipe of trainings that name none.")
    prompter: str = Field(
        "",
        description="Network that answers ProposeMasks in the active version's place: `sam:FOLDER`, `sam2:FOLDER`, "
        "`maskrcnn:FILE` or `onnx:FILE`; see [other networks](prompters.md).",
    )
    desk_threads: int = Field(8, ge=1, le=256, description="Calls that are worked on at once.")
    waiting_calls: int = Field(256, ge=0, description="Calls that may wait for that; more are refused.")
    waiting_prompts: int = Field(
        64, ge=1, le=1024, description="Calls of ProposeMasks that may wait for the network; more are refused."
    )
    open_calls: int = Field(2048, ge=1, description="Calls in all, those that wait for an operation included.")
    client_calls: int = Field(
        512, ge=1, description="Of these, calls of one client: of a host, or of a connection from this machine."
    )
    open_streams: int = Field(
        64, ge=2, description="Streams in all: exports, and files of images and models; half of them of one client."
    )
    open_bytes: int = Field(
        1024 * MIB,
        ge=4 * MIB,
        description="Size of the requests in all; while one arrives it counts as `max_message_bytes`. A quarter is for "
        "one client.",
    )
    waiting_operations: int = Field(48, ge=1, description="Unfinished operations; more are refused.")
    waiting_operations_of_project: int = Field(
        16, ge=1, description="Those of one project, which leave others room; projects take turns on the device."
    )
    max_message_bytes: int = Field(48 * MIB, ge=MIB, description="Size of the largest message.")
    max_image_bytes: int = Field(32 * MIB, ge=1, description="Size of the largest image file.")
    grace_s: float = Field(5.0, ge=0, description="Seconds that calls in progress get when the server stops.")
    lock_wait_s: float = Field(
        30.0, ge=0, description="Seconds to wait for a server that has data_dir or the PostgreSQL database."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="DEBUG, INFO, WARNING or ERROR.")
    exit_with_parent: bool = Field(False, description="Whether to stop when standard input closes.")

    @field_validator("image_roots", "weights_roots", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        """An environment variable lists folders as PATH does."""
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value


def load_config(file: Path | None, flags: Mapping[str, Any]) -> ServerConfig:
    """Resolve the configuration.

    Args:
        file: TOML file, `None` for none.
        flags: what the command line says, by key.

    Raises:
        InvalidConfig: an unreadable file, an unknown key, or an impossible value; says where and which.
    """
    in_file = {} if file is None else _read(file)
    in_environment = EnvSettingsSource(ServerConfig)()
    try:
        return ServerConfig(**{**in_file, **in_environment, **flags})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = str(first["loc"][0]) if first["loc"] else ""
        where = _source(key, file, flags, in_environment)
        told = "not what it must be" if key.endswith("_url") else repr(first["input"])  # an url may hold a password
        what = "is unknown" if first["type"] == "extra_forbidden" else f"is {told}: {first['msg']}"
        raise InvalidConfig(f"{where}: {key} {what}", field=key) from error


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidConfig(f"{file} cannot be read: {error.strerror}", field="config") from error
    except ValueError as error:
        raise InvalidConfig(f"{file} is no TOML: {error}", field="config") from error


def _source(key: str, file: Path | None, flags: Mapping[str, Any], in_environment: Mapping[str, Any]) -> str:
    if key in flags:
        return "the command line"
    return f"environment variable {ENVIRONMENT}{key.upper()}" if key in in_environment else str(file)
