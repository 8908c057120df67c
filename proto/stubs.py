"""Makes the protobuf stubs from the .proto files, checks that the committed ones are fresh, and lints the files.

    python proto/stubs.py generate | check | lint | breaking

`breaking` compares the files with those of the latest release, a tag such as v1.2.0.

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


def run_protoc(include: Path, *options: str, root: Path = ROOT) -> None:
    """Run protoc over every file of the package under `root`; `include` is a folder to put borrowed files in."""
    site = Path(operations_pb2.__file__).parent.parent.parent
    borrowed = include / "google/longrunning/operations.proto"
    borrowed.parent.mkdir(parents=True)
    shutil.copy(site / "google/longrunning/operations_proto.proto", borrowed)
    well_known = Path(protoc.__file__).parent / "_proto"
    paths = [f"--proto_path={path}" for path in (root, include, well_known, site)]
    sources = sorted(str(path.relative_to(root)) for path in (root / PACKAGE).glob("*.proto"))
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


def find_buf() -> str:
    """Where buf is: on the path, or beside this Python."""
    return shutil.which("buf") or str(Path(sys.executable).with_name("buf"))


def read_config() -> str:
    """buf's configuration; not taken from the working folder, as an image is not looked at beside it."""
    return (ROOT.parent / "buf.yaml").read_text()


def make_image(folder: Path, root: Path) -> str:
    """Build the files under `root` into an image in `folder`. Returns its path."""
    image = folder / "image.binpb"
    flags = ("--include_imports", "--include_source_info", f"--descriptor_set_out={image}")
    run_protoc(folder / "include", *flags, root=root)
    return str(image)


def breaking() -> None:
    """Exit with an error when the files break what the latest release promised on the wire."""
    tag = latest_release()
    if not tag:
        print("no release yet (a tag such as v1.2.0): there is no wire to keep")
        return
    with tempfile.TemporaryDirectory() as now, tempfile.TemporaryDirectory() as before:
        archive = subprocess.run(["git", "archive", tag, "proto"], cwd=ROOT.parent, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", before], input=archive.stdout, check=True)
        images = make_image(Path(now), ROOT), make_image(Path(before), Path(before) / "proto")
        command = [find_buf(), "breaking", images[0], "--against", images[1], "--config", read_config()]
        compared = subprocess.run(command, check=False, timeout=120)
    sys.exit(compared.returncode)


def latest_release() -> str:
    """The tag of the newest release that these files descend from; empty where there is none."""
    command = ["git", "tag", "--list", "v[0-9]*", "--sort=-version:refname", "--merged", "HEAD"]
    tags = subprocess.run(command, cwd=ROOT.parent, check=False, capture_output=True, text=True).stdout.split()
    return tags[0] if tags else ""


def lint() -> None:
    """Run buf's linter on the files, and its formatter without writing."""
    with tempfile.TemporaryDirectory() as folder:
        image = make_image(Path(folder), ROOT)
        linted = subprocess.run([find_buf(), "lint", image, "--config", read_config()], check=False, timeout=120)
    format_command = [find_buf(), "format", "--path", f"proto/{PACKAGE}", "--diff", "--exit-code"]
    formatted = subprocess.run(format_command, cwd=ROOT.parent, check=False, timeout=120)
    sys.exit(linted.returncode or formatted.returncode)


if __name__ == "__main__":
    {"generate": lambda: generate(ROOT), "check": check, "lint": lint, "breaking": breaking}[sys.argv[1]]()
