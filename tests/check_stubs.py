"""Fails when the committed protobuf stubs differ from what the .proto files generate."""

import filecmp
import sys
import tempfile
from pathlib import Path

from grpc_tools import protoc

PROTO = Path(__file__).resolve().parent.parent / "proto"
PACKAGE = Path("maskloop/v1")


def main() -> int:
    sources = sorted(str(path.relative_to(PROTO)) for path in (PROTO / PACKAGE).glob("*.proto"))
    with tempfile.TemporaryDirectory() as fresh:
        outputs = [f"--{kind}_out={fresh}" for kind in ("python", "pyi", "grpc_python")]
        well_known = Path(protoc.__file__).parent / "_proto"
        status = protoc.main(["protoc", f"--proto_path={PROTO}", f"--proto_path={well_known}", *outputs, *sources])
        if status:
            return status
        made = sorted(path.name for path in (Path(fresh) / PACKAGE).iterdir())
        kept = sorted(path.name for path in (PROTO / PACKAGE).glob("*_pb2*"))
        _, differing, errors = filecmp.cmpfiles(Path(fresh) / PACKAGE, PROTO / PACKAGE, made, shallow=False)
    stale = sorted({*differing, *errors, *(set(made) ^ set(kept))})
    if stale:
        print(f"stale protobuf stubs, run `make stubs`: {', '.join(stale)}", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
