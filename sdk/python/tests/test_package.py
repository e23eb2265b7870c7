"""What is installed is what was tested."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

FOLDER = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"


def test_the_wheel_has_every_module_and_its_types(tmp_path: Path) -> None:
    source = shutil.copytree(FOLDER, tmp_path / "source", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "build"))
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=source, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("peerregistry-*-py3-none-any.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert packed == {f"peerregistry/{file.name}" for file in (FOLDER / "src/peerregistry").iterdir() if file.is_file()}
    assert "peerregistry/py.typed" in packed

    imports = "import peerregistry, peerregistry.asgi, peerregistry.wsgi; print(peerregistry.__file__)"
    imported = subprocess.run([sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(wheel)!r}); {imports}"], check=True, capture_output=True, text=True)
    assert str(wheel) in imported.stdout
