"""What pyproject.toml cannot say: the wheel carries the assignments, which stand beside the packages in the repository."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
CARRIED = {"solutions": "*.md", "solutions/shared": "*.py", "exercises": "*/*.ipynb"}  # into autograder/


class WithAssignments(build_py):
    """Also copy what the grader reads of the assignments; an editable install reads them where they stand."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for folder, pattern in CARRIED.items():
            found = sorted((HERE / folder).glob(pattern))
            if not found:
                raise SystemExit(f"{folder}/ is missing: the wheel would carry no assignments")
            for path in found:
                if folder == "exercises" and path.stem != path.parent.name:
                    continue  # somebody's own copy of a notebook
                target = Path(self.build_lib, "autograder", path.relative_to(HERE))
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


setup(cmdclass={"build_py": WithAssignments})
