"""The book and its claims under other processors' instruction sets.

    python benchmarks/anywhere.py [NAME …] [--seeds 100-103] [--no-book]

The same seed trains to other parameters where torch uses other instructions.  For each setting below the site is built into
a folder of its own, every experiment (or those named) is run with seeds that the records do not have, and its claims are
checked.  The exit status is 1 where a page or a claim fails.  Runs that were made are kept, so it can be stopped and go on.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = {  # torch's own kernels, MKL and oneDNN in torch, OpenBLAS and the loops in NumPy
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
    },
    "sse41": {
        "ATEN_CPU_CAPABILITY": "default",
        "MKL_CBWR": "COMPATIBLE",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "OPENBLAS_CORETYPE": "Nehalem",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    },
}


def main():
    parser = argparse.ArgumentParser(
        description="Build the book and run its claims under other processors' settings."
    )
    parser.add_argument("names", nargs="*", help="lessons or experiments; all, if none is given")
    parser.add_argument("--seeds", default="100-103")
    parser.add_argument("--no-book", action="store_true", help="only the experiments")
    options = parser.parse_args()
    failed = []
    for name, settings in SETTINGS.items():
        out = ROOT / "_build" / "anywhere" / name
        records = ["--out", str(out / "records")]
        experiments = ["-m", "attention_course.experiments"]
        commands = {} if options.no_book else {"the book": ["book/_ext/build.py", "--out", str(out)]}
        commands["the runs"] = [*experiments, "run", *options.names, "--seeds", options.seeds, *records]
        commands["the claims"] = [*experiments, "check", *options.names, *records]
        for what, arguments in commands.items():
            print(f"\n{name}: {what}", flush=True)
            done = subprocess.run([sys.executable, *arguments], cwd=ROOT, env=os.environ | settings)
            if done.returncode:
                failed.append(f"{what} under {name}")
    print(
        f"\nFailed: {'; '.join(failed)}."
        if failed
        else "\nThe book stands and its claims hold under every setting."
    )
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
