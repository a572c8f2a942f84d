"""A contestant's process: reads one request per line, answers with one line. Import it first: nothing else may write between the answers."""
import json, math, os, resource, sys, time

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def say(**fields):
    answers.write(json.dumps(fields) + "\n")
    answers.flush()


def timed(call, calls):
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) * 1e3


def warm_up(call, milliseconds=400):
    """Calls until things have settled; milliseconds of one call."""
    timed(call, 2)
    calls, last = 1, timed(call, 1)
    spent = last
    while spent < milliseconds:
        calls = min(2 * calls, max(1, math.ceil(milliseconds * calls / 4 / max(last, 0.01))))
        last = timed(call, calls)
        spent += last
    return last / calls


def in_turn(items):
    """A function that gives each item after the other, without end."""
    state = [0]

    def following():
        state[0] += 1
        return items[state[0] % len(items)]

    return following


def forget_peak():
    """Lets the peak of resident memory begin anew, so that it does not count what imports took for a moment; Linux only."""
    try:
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")
    except OSError:
        pass


def memory_bytes(field):
    try:
        with open("/proc/self/status") as file:
            return next(1024 * int(line.split()[1]) for line in file if line.startswith(field))
    except OSError:
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(version, prove, prepare):
    """`prove(request)` gives the fields of an answer, `prepare(request, variants=2)` the function that makes one call."""
    prepared = {}
    forget_peak()
    say(version=version, bytes=memory_bytes("VmRSS"))
    for line in sys.stdin:
        request = json.loads(line)
        command = request["command"]
        try:
            if command == "prove":
                say(**prove(request))
            elif command == "prepare":
                call = prepare(request)
                prepared[request["mode"]] = call
                say(milliseconds=warm_up(call))
            elif command == "time":
                before = time.process_time()
                milliseconds = timed(prepared[request["mode"]], request["calls"])
                say(milliseconds=milliseconds, cpu=(time.process_time() - before) * 1e3)
            elif command == "forget":
                prepared.clear()
                say()
            elif command == "run":
                timed(prepare(request, variants=1), request["calls"])
                say(bytes=memory_bytes("VmHWM"))
            else:
                say(error=f"there is no request called {command}")
        except Exception as error:
            say(error=f"{type(error).__name__}: {error}".split("\n")[0][:300])
