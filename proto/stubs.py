"""Makes the protobuf stubs from the .proto files, checks that the committed ones are fresh, and lints the files.

    python proto/stubs.py generate | check | lint

google/longrunning/operations.proto comes from the googleapis-common-protos package, which ships it under another
file name; it is put where its importers expect it, in a temporary include folder.
"""

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from google.longrunning import operations_pb2
from grpc_tools import protoc

ROOT = Path(__file__).resolve().parent
PACKAGE = Path("maskloop/v1")
OUTPUTS = ("python", "pyi", "grpc_python")


def run_protoc(include: Path, *options: str) -> None:
    """Run protoc over every file of the package; `include` is a folder to put borrowed files in."""
    site = Path(operations_pb2.__file__).parent.parent.parent
    borrowed = include / "google/longrunning/operations.proto"
    borrowed.parent.mkdir(parents=True)
    shutil.copy(site / "google/longrunning/operations_proto.proto", borrowed)
    well_known = Path(protoc.__file__).parent / "_proto"
    paths = [f"--proto_path={path}" for path in (ROOT, include, well_known, site)]
    sources = sorted(str(path.relative_to(ROOT)) for path in (ROOT / PACKAGE).glob("*.proto"))
    if protoc.main(["protoc", *paths, *options, *sources]):
        sys.exit("protoc failed")


def generate(out: Path) -> None:
    """Write the stubs under `out`."""
    with tempfile.TemporaryDirectory() as include:
        run_protoc(Path(include), *(f"--{kind}_out={out}" for kind in OUTPUTS))


def check() -> None:
    """Exit with an error when the committed stubs are not what the .proto files give."""
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        made = {path.name for path in (Path(fresh) / PACKAGE).iterdir()}
        kept = {path.name for path in (ROOT / PACKAGE).glob("*_pb2*")}
        _, differing, missing = filecmp.cmpfiles(Path(fresh) / PACKAGE, ROOT / PACKAGE, made, shallow=False)
    stale = sorted({*differing, *missing, *(made ^ kept)})
    if stale:
        sys.exit(f"stale protobuf stubs, run `make stubs`: {', '.join(stale)}")


def lint() -> None:
    """Run buf's linter on the files, and its formatter without writing."""
    buf = shutil.which("buf") or str(Path(sys.executable).with_name("buf"))
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "image.binpb"
        flags = ("--include_imports", "--include_source_info", f"--descriptor_set_out={image}")
        run_protoc(Path(folder) / "include", *flags)
        config = (ROOT.parent / "buf.yaml").read_text()
        linted = subprocess.run([buf, "lint", str(image), "--config", config], check=False, timeout=120)
    format_command = [buf, "format", "--path", f"proto/{PACKAGE}", "--diff", "--exit-code"]
    formatted = subprocess.run(format_command, cwd=ROOT.parent, check=False, timeout=120)
    sys.exit(linted.returncode or formatted.returncode)


if __name__ == "__main__":
    {"generate": lambda: generate(ROOT), "check": check, "lint": lint}[sys.argv[1]]()
