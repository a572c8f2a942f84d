"""Fits the polynomials of src/kernels/math and writes src/kernels/math/coefficients.ts.

Each is a minimax fit (Remez exchange in 60 digits, weighted so that the error of the whole function is levelled). Coefficients
are rounded one at a time, the lowest power first, and the rest is fitted again around the rounded one, so that rounding costs
next to nothing. Needs mpmath and numpy (Debian: python3-mpmath, python3-numpy):
python3 scripts/polynomials.py > src/kernels/math/coefficients.ts && npx biome check --write src/kernels/math/coefficients.ts
"""

import sys

import mpmath as mp
import numpy as np

mp.mp.dps = 60


def rounded(value, dtype):
    """The nearest number of `dtype`, as an mpf. (mpf to double is correctly rounded; so is double to float, bar double rounding.)"""
    return mp.mpf(float(np.float32(float(value)))) if dtype == "f32" else mp.mpf(float(value))


def minimax(values, weights, rows):
    """Coefficients c that minimise max |weights * (rows c - values)| over the sampled points: Remez on a grid."""
    points, terms = len(values), len(rows[0])
    reference = [round((points - 1) * (1 - mp.cos(mp.pi * i / terms)) / 2) for i in range(terms + 1)]
    for _ in range(60):
        matrix, right = mp.matrix(terms + 1, terms + 1), mp.matrix(terms + 1, 1)
        for i, p in enumerate(reference):
            for j in range(terms):
                matrix[i, j] = rows[p][j] * weights[p]
            matrix[i, terms] = (-1) ** i
            right[i] = values[p] * weights[p]
        solution = mp.lu_solve(matrix, right)
        c = [solution[j] for j in range(terms)]
        error = [weights[p] * (mp.fdot(rows[p], c) - values[p]) for p in range(points)]
        extrema = []  # the largest error between changes of sign
        for p in range(points):
            if extrema and (error[p] > 0) == (error[extrema[-1]] > 0):
                if abs(error[p]) > abs(error[extrema[-1]]):
                    extrema[-1] = p
            else:
                extrema.append(p)
        while len(extrema) > terms + 1:  # drop the smallest; of its neighbours, which have one sign, the larger stays
            sizes = [abs(error[p]) for p in extrema]
            least = sizes.index(min(sizes) if len(extrema) > terms + 2 else min(sizes[0], sizes[-1]))
            drop = {least}
            if 0 < least < len(extrema) - 1:
                drop.add(least - 1 if sizes[least - 1] < sizes[least + 1] else least + 1)
            extrema = [p for i, p in enumerate(extrema) if i not in drop]
        worst = max(abs(e) for e in error)
        if len(extrema) < terms + 1 or worst <= abs(solution[terms]) * mp.mpf("1.001"):
            return c, worst
        reference = extrema
    return c, worst


def fit(name, dtype, target, weight, interval, count):
    """`count` rounded coefficients, lowest first, of a polynomial close to `target(t)` on `interval`, error times `weight(t)` levelled."""
    low, high = map(mp.mpf, interval)
    samples = 24 * (count + 1)
    # Chebyshev points of the first kind: denser at the ends, never exactly on them (targets may be 0 / 0 at 0).
    points = [(low + high) / 2 - (high - low) / 2 * mp.cos(mp.pi * (i + mp.mpf("0.5")) / samples) for i in range(samples)]
    values, weights = [target(t) for t in points], [weight(t) for t in points]
    found, errors = [], []
    for left in range(count, 0, -1):
        c, worst = minimax(values, weights, [[t**k for k in range(left)] for t in points])
        errors.append(worst)
        found.append(rounded(c[0], dtype))
        # What is left is t times a shorter polynomial.
        remainder = [v - found[-1] for v in values]
        final = max(abs(w * v) for w, v in zip(weights, remainder))
        values = [v / t for v, t in zip(remainder, points)]
        weights = [w * abs(t) for w, t in zip(weights, points)]
    print(f"{dtype} {name}: {count} coefficients, relative error {mp.nstr(errors[0], 3)}, rounded {mp.nstr(final, 3)}", file=sys.stderr)
    return [float(c) for c in found], float(final)


def split(value, bits, dtype):
    """High part of `bits` significant bits, and the rest."""
    unit = mp.mpf(2) ** (mp.floor(mp.log(value, 2)) + 1 - bits)
    high = mp.floor(value / unit) * unit
    return [float(high), float(rounded(value - high, dtype))]


def pieces(value, widths, dtype):
    """A sum of parts of so many significant bits; the last part is rounded to the dtype."""
    parts, rest = [], value
    for bits in widths:
        unit = mp.mpf(2) ** (mp.floor(mp.log(abs(rest), 2)) + 1 - bits)
        part = mp.nint(rest / unit) * unit
        parts.append(float(part))
        rest -= part
    return parts + [float(rounded(rest, dtype))]


LN2, ROOT = mp.log(2), (mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)
# How many coefficients, the switch of erf, where erf is 1, and the widths of pi's parts.
SETTINGS = {
    "f32": dict(exp=6, expm1=5, log=3, erf=7, erfc=7, switch=0.921875, one=3.9375, sin=4, pi=[8, 8], ln2=16),
    "f64": dict(exp=12, expm1=10, log=7, erf=12, erfc=19, switch=1.0, one=5.9375, sin=8, pi=[33], ln2=33),
}


def tables(dtype):
    s = SETTINGS[dtype]
    fits = {}
    edge = LN2 * mp.mpf("1.0001")
    fits["exp"] = fit("exp", dtype, lambda r: (mp.exp(r) - 1 - r) / r**2, lambda r: r**2 / mp.exp(r), (-edge, edge), s["exp"])
    fits["expm1"] = fit("expm1", dtype, lambda r: (mp.expm1(r) - r) / r**2, lambda r: abs(r**2 / mp.expm1(r)), (-edge / 2, edge / 2), s["expm1"])

    def atanh_rest(z):
        q = mp.sqrt(z)
        return (2 * mp.atanh(q) - 2 * q) / (q * z)

    top = (ROOT * mp.mpf("1.0001")) ** 2
    fits["log"] = fit("log", dtype, atanh_rest, lambda z: z * mp.sqrt(z) / (2 * mp.atanh(mp.sqrt(z))), (0, top), s["log"])
    fits["erf"] = fit("erf", dtype, lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, lambda z: mp.sqrt(z) / mp.erf(mp.sqrt(z)), (0, mp.mpf(s["switch"]) ** 2), s["erf"])
    fits["erfc"] = fit("erfc", dtype, lambda t: -mp.log(mp.erfc(t)) / t - 1, lambda t: t * mp.erfc(t) / mp.erf(t), (s["switch"], s["one"]), s["erfc"])
    half = mp.pi / 2 * mp.mpf("1.02")
    fits["sin"] = fit("sin", dtype, lambda z: (mp.sin(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, lambda z: z * mp.sqrt(z) / mp.sin(mp.sqrt(z)), (0, half**2), s["sin"])
    return {
        **{name: value for name, (value, _) in fits.items()},
        "ln2": split(LN2, s["ln2"], dtype),
        "pi": pieces(mp.pi, s["pi"], dtype),
        "erfSwitch": s["switch"],
        "erfOne": s["one"],
    }, {name: error for name, (_, error) in fits.items()}


def number(value):
    return repr(value).replace("e-0", "e-") if value != int(value) else str(int(value))


def listing(values):
    return "[" + ", ".join(number(v) for v in values) + "]"


FIELDS = {
    "exp": "e^r = 1 + r + r^2 * exp(r), |r| <= ln 2.",
    "expm1": "e^r - 1 = r + r^2 * expm1(r), |r| <= ln 2 / 2.",
    "log": "2 atanh(s) = 2 s + s^3 * log(s^2), |s| <= (sqrt 2 - 1) / (sqrt 2 + 1).",
    "erf": "erf(x) = x + x * erf(x^2), |x| <= erfSwitch.",
    "erfc": "1 - erf(x) = e^-(x + x * erfc(x)), erfSwitch <= x <= erfOne.",
    "sin": "sin(r) = r + r^3 * sin(r^2), |r| <= 1.02 pi / 2.",
}

results = {dtype: tables(dtype) for dtype in ("f32", "f64")}
print("// Written by scripts/polynomials.py: minimax coefficients, lowest power first, and split constants. Do not edit.\n")
print("/** Errors are those of the formula in exact arithmetic, relative to the function, with the coefficients as rounded. */")
print("export interface Coefficients {")
for field, formula in FIELDS.items():
    errors = ", ".join(f"{dtype} {results[dtype][1][field]:.1e}" for dtype in results)
    print(f"  /** {formula} Error: {errors}. */\n  readonly {field}: readonly number[]")
print("  /** ln 2 as a part whose product with any exponent is exact, and the rest. */\n  readonly ln2: readonly [high: number, low: number]")
print("  /** pi as parts whose products with the counted half turns are exact, and the rest. */\n  readonly pi: readonly number[]")
print("  /** Above it 1 - erf is fitted instead of erf. */\n  readonly erfSwitch: number")
print("  /** From here on erf rounds to 1. */\n  readonly erfOne: number\n}\n")
print("export const coefficients: Readonly<Record<'f32' | 'f64', Coefficients>> = {")
for dtype, (table, _) in results.items():
    print(f"  {dtype}: {{")
    for field, value in table.items():
        print(f"    {field}: {listing(value) if isinstance(value, list) else number(value)},")
    print("  },")
print("}")
