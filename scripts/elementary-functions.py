"""Reference values of the elementary functions in f64, for test/unit/kernels/math.test.ts.

Each value is the sum of two doubles, so that errors below one unit in the last place can be measured. Needs mpmath:
python3 scripts/elementary-functions.py > test/fixtures/elementary-functions.json
"""

import json
import random

import mpmath as mp

mp.mp.dps = 60
random.seed(1)


def uniform(low, high, count):
    return [random.uniform(low, high) for _ in range(count)]


def logarithmic(low, high, count):
    return [random.choice((-1, 1)) * float(mp.mpf(10) ** random.uniform(low, high)) for _ in range(count)]


POINTS = {
    "exp": (mp.exp, uniform(-745, 709.7, 60) + uniform(-1, 1, 40) + logarithmic(-300, 0, 10)),
    "log": (mp.log, [abs(x) for x in logarithmic(-323, 308, 60)] + uniform(0.5, 2, 60) + [5e-324, 1 + 2**-52, 1 - 2**-53]),
    "tanh": (mp.tanh, uniform(-20, 20, 40) + uniform(-1, 1, 60) + logarithmic(-300, 0, 20)),
    "sigmoid": (lambda x: 1 / (1 + mp.exp(-x)), uniform(-745, 40, 60) + uniform(-30, 30, 60)),
    "erf": (mp.erf, uniform(-6.5, 6.5, 80) + logarithmic(-300, 0, 20) + uniform(0.99, 1.01, 10)),
    "sin": (mp.sin, uniform(-4, 4, 40) + uniform(-1e6, 1e6, 60) + logarithmic(-300, 0, 10)),
    "cos": (mp.cos, uniform(-4, 4, 40) + uniform(-1e6, 1e6, 60) + logarithmic(-300, 0, 10)),
}


def parts(value):
    high = float(value)
    return [high, float(value - mp.mpf(high))]


table = {name: [[x, *parts(f(mp.mpf(x)))] for x in points] for name, (f, points) in POINTS.items()}
pairs = [(10 ** random.uniform(-5, 5), random.uniform(-50, 50)) for _ in range(50)]
pairs += [(random.uniform(0.5, 2), random.uniform(-1000, 1000)) for _ in range(50)]
pairs += [(-random.uniform(0.5, 3), float(random.randint(-99, 99))) for _ in range(20)]
table["power"] = [[x, y, *parts(mp.power(mp.mpf(x), mp.mpf(y)))] for x, y in pairs]
print("{" + ",\n".join(f'"{name}": {json.dumps(rows)}' for name, rows in table.items()) + "}")
