"""What `pip install maskloop` brings is enough for the SDK and for the commands that talk to a server."""

import subprocess
import sys

import pytest

LEARNING = ("torch", "torchvision", "safetensors", "faiss", "sklearn")
STORING = ("sqlalchemy", "alembic", "dbos", "psycopg", "pyarrow", "fsspec", "pydantic_settings", "grpc_reflection")
SERVERS = (*LEARNING, *STORING)
DRAWING = ("matplotlib", "jinja2", "scipy")
HOOK = """
import sys
class Without:
    def __init__(self, finder):
        self.finder = finder
    def __getattr__(self, name):
        return getattr(self.finder, name)
    def find_spec(self, name, *more):
        return None if name.partition(".")[0] in {forbidden!r} else self.finder.find_spec(name, *more)
sys.meta_path[:] = map(Without, sys.meta_path)
"""


def python(code, *forbidden):
    """(exit code, output, complaints) of a program where these packages are not installed."""
    program = HOOK.format(forbidden=set(forbidden)) + code
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=280, check=False)
    return done.returncode, done.stdout, done.stderr


ENTRIES = {"al-loop": "al_loop", "maskloop": "main"}


def command(program, *words):
    return f"""
import sys
sys.argv = {[program, *words]!r}
from maskloop.cli.{ENTRIES[program]} import main
main()
"""


def test_the_sdk_needs_nothing_of_the_servers_and_nothing_that_draws():
    code = "import maskloop.client, maskloop.values, maskloop.masks, maskloop.cli.al_loop, maskloop.cli.maskloop"
    assert python(code, *SERVERS, *DRAWING) == (0, "", "")


@pytest.mark.parametrize("program", ["al-loop", "maskloop"])
def test_help_needs_no_more_than_typer(program):
    code, out, complaint = python(command(program, "--help"), *SERVERS, *DRAWING, "numpy", "grpc", "rich", "pydantic")
    assert (code, complaint) == (0, "")
    assert "Usage" in out


def test_al_loop_says_what_starting_a_server_needs(tmp_path):
    words = ("--budget", "1h", "--data", "demo", "--workdir", str(tmp_path / "run"))
    code, _, complaint = python(command("al-loop", *words), "torch")
    assert code == 2
    assert complaint == "error: al-loop without --server starts a server: pip install 'maskloop[server]'\n"
    assert not (tmp_path / "run").exists()


def test_propose_says_what_starting_a_server_needs(tmp_path):
    code, _, complaint = python(command("maskloop", "propose", str(tmp_path), "--out", str(tmp_path / "out")), "torch")
    assert (code, complaint) == (
        2,
        "error: maskloop propose without --server starts a server: pip install 'maskloop[server]'\n",
    )
    assert not (tmp_path / "out").exists()


def test_serve_says_what_it_needs():
    code, _, complaint = python(command("maskloop", "serve"), "sqlalchemy")
    assert (code, complaint.count("\n")) == (2, 1)
    assert "pip install 'maskloop[server]'" in complaint


def test_a_report_says_what_drawing_needs(tmp_path):
    words = ("report", "p", "--server", f"unix:{tmp_path / 'nobody'}")
    code, _, complaint = python(command("maskloop", *words), "matplotlib")
    assert (code, complaint) == (2, "error: this needs matplotlib: pip install 'maskloop[report]'\n")
