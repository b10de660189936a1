"""Two catalogs matched on the sky: python tests/benchmarks/crossmatch.py (700 k and 11 million).

Positions are drawn over three quarters of the sky; every our star is in the other catalog too, a
tenth of an arcsecond away. Peak memory is this process's own (getrusage).
"""

import argparse
import resource
import time

import numpy as np
import pandas as pd

from data_pipeline.crossmatch import match_positions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--ours", type=int, default=700_000, metavar="N")
    parser.add_argument("--theirs", type=int, default=11_000_000, metavar="N")
    args = parser.parse_args()
    rng = np.random.default_rng(1)
    theirs = pd.DataFrame(
        {
            "ra_deg": rng.uniform(0, 360, args.theirs),
            "dec_deg": np.degrees(np.arcsin(rng.uniform(-0.5, 1, args.theirs))),
        }
    )
    ours = theirs.iloc[rng.choice(args.theirs, args.ours, replace=False)].reset_index(drop=True)
    ours["dec_deg"] -= np.sign(ours["dec_deg"]) * 0.1 / 3600
    ours["pmra"], ours["pmdec"] = rng.normal(0, 5, (2, args.ours))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    wall, cpu = time.perf_counter(), time.process_time()
    match = match_positions(ours, theirs, 3.0, our_epoch=2016.0, their_epoch=2000.0)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{args.ours} × {args.theirs}: {len(match.best)} matched, {len(match.pairs)} pairs")
    print(f"{wall:.0f} s ({cpu:.0f} s of processor), peak {peak:.2f} GiB ({before:.2f} before)")


if __name__ == "__main__":
    main()
