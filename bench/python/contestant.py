"""PyTorch as a contestant: reads one request per line, answers with one line. Started as `contestant.py THREADS`."""
from serve import in_turn, say, serve, warm_up
import ctypes, json, math, os, struct, sys

try:
    import torch
except ImportError as error:
    say(error=f"this Python has no PyTorch ({error})")
    sys.exit(0)

import networks

ELEMENT = {"F32": torch.float32, "F64": torch.float64, "I32": torch.int32}


def read_tensors(path):
    """A safetensors file: 8 bytes length, a JSON header, the values."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    header.pop("__metadata__", None)
    found = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = torch.frombuffer(data, dtype=ELEMENT[entry["dtype"]], offset=start, count=math.prod(entry["shape"]))
        found[name] = values.reshape(entry["shape"]).clone()
    return found


def write_tensors(path, tensors):
    header, at, parts = {}, 0, []
    for name, tensor in sorted(tensors.items()):
        values = tensor.detach().contiguous()
        dtype = "F64" if values.dtype == torch.float64 else "F32"
        part = ctypes.string_at(values.data_ptr(), values.numel() * values.element_size())
        header[name] = {"dtype": dtype, "shape": list(values.shape), "data_offsets": [at, at + len(part)]}
        at += len(part)
        parts.append(part)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))


def listed(tensors, name):
    return [tensors[f"{name}.{i}"] for i in range(sum(key.split(".")[0] == name for key in tensors))]


class Work:
    """One workload with its values, in PyTorch's layout."""

    def __init__(self, folder, mode):
        with open(os.path.join(folder, "workload.json")) as file:
            self.description = json.load(file)
        self.values = read_tensors(os.path.join(folder, "values.safetensors"))
        self.mode = mode
        self.kind = self.description["kind"]

    def image(self, x):
        """[N, height, width, channels] as PyTorch's batches of images; others stay."""
        if x.dim() != 4:
            return x
        x = x.permute(0, 3, 1, 2)
        layout = torch.channels_last if "channels-last" in self.mode else torch.contiguous_format
        return x.contiguous(memory_format=layout)

    def inputs(self):
        return [self.image(x) for x in listed(self.values, "x")]

    def batches(self):
        inputs = self.inputs()
        if self.description["target"] == "input":
            return [(x, x) for x in inputs]
        return list(zip(inputs, [y.long() for y in listed(self.values, "y")]))

    def model(self, dropout):
        torch.manual_seed(0)
        model = networks.NETWORKS[self.description["name"]](dropout)
        with torch.no_grad():
            specs = self.description["parameters"]
            for parameter, spec, value in zip(model.parameters(), specs, listed(self.values, "parameter"), strict=True):
                parameter.copy_(networks.to_torch(spec, value))
            if self.kind == "inference":
                state = [value for name, value in model.named_buffers() if not name.endswith("num_batches_tracked")]
                for buffer, value in zip(state, listed(self.values, "state"), strict=True):
                    buffer.copy_(value)
        if "channels-last" in self.mode:
            model = model.to(memory_format=torch.channels_last)
        return model.train(self.kind == "training")

    def forward(self, model, example):
        """The function from input to output in this mode."""
        if "TorchScript" in self.mode:
            traced = torch.jit.trace(model, example, check_trace=False)
            return torch.jit.optimize_for_inference(traced) if self.kind == "inference" else traced
        if "compile" in self.mode:
            return torch.compile(model)
        return model

    def step(self, dropout, rate, fused):
        """-> model, step(batch) -> loss tensor"""
        model = self.model(dropout)
        optimizer = networks.optimizer(self.description["optimizer"], model, rate, fused)
        loss_of = networks.LOSSES.get(self.description["name"], networks.cross_entropy)
        if "compile" in self.mode:
            compiled = torch.compile(lambda x, y: loss_of(model(x), y, model))
            loss = lambda x, y: compiled(x, y)
        else:
            forward = self.forward(model, self.inputs()[0])
            loss = lambda x, y: loss_of(forward(x), y, model)

        def step(batch):
            optimizer.zero_grad()
            value = loss(*batch)
            value.backward()
            optimizer.step()
            return value

        return model, step


def prove(request):
    work = Work(request["folder"], request["mode"])
    if work.kind == "product":
        found = [torch.mm(a, b) for a, b in zip(listed(work.values, "a"), listed(work.values, "b"))]
        write_tensors(request["answer"], {f"output.{i}": value for i, value in enumerate(found)})
        return {"losses": []}
    if work.kind == "inference":
        inputs = work.inputs()
        with torch.inference_mode():
            forward = work.forward(work.model(True), inputs[0])
            found = [networks.from_image(forward(x)).reshape(-1).clone() for x in inputs]
        write_tensors(request["answer"], {f"output.{i}": value for i, value in enumerate(found)})
        return {"losses": []}
    batches = work.batches()
    model, step = work.step(False, request["rate"], False)
    losses = [step(batches[0]).item()]
    specs = work.description["parameters"]
    found = [parameter.grad.clone() for parameter in model.parameters()]
    losses += [step(batches[i % len(batches)]).item() for i in range(1, request["steps"])]
    exact = exact_run(work, request)
    check_rounding(specs, found, exact["gradients"], losses, exact["losses"])
    gradients = [networks.from_torch(spec, gradient) for spec, gradient in zip(specs, exact["gradients"])]
    write_tensors(request["answer"], {f"gradient.{i}": value for i, value in enumerate(gradients)})
    return {"losses": exact["losses"], "exact": True}


# The last workload's exact run, which all modes share.
last_exact = {"folder": None}


def exact_run(work, request):
    """Losses and the first gradients in float64: what the others are compared with, free of PyTorch's own rounding."""
    if last_exact["folder"] != request["folder"]:
        mode, work.mode = work.mode, "eager"
        model = work.model(False).double()
        work.mode = mode
        optimizer = networks.optimizer(work.description["optimizer"], model, request["rate"], False)
        loss_of = networks.LOSSES.get(work.description["name"], networks.cross_entropy)
        batches = [[value.double() if value.is_floating_point() else value for value in batch] for batch in work.batches()]
        losses, gradients = [], None
        for i in range(request["steps"]):
            x, y = batches[i % len(batches)]
            optimizer.zero_grad()
            loss = loss_of(model(x), y, model)
            loss.backward()
            gradients = gradients or [parameter.grad.clone() for parameter in model.parameters()]
            optimizer.step()
            losses.append(loss.item())
        last_exact.update(folder=request["folder"], losses=losses, gradients=gradients)
    return last_exact


# PyTorch's float32 stands this far from its float64 at most: gradients relative to their norm, losses to their size. Where one of millions
# of values lies at the kink of a ReLU, rounding decides on which side, and Adam's first steps make much of gradients near zero: PyTorch's
# two layouts of ResNet-20 differ by 1e-2.
OWN_GRADIENT, OWN_LOSS = 3e-2, 1e-3


def check_rounding(specs, found, exact, losses, exact_losses):
    total = math.sqrt(sum(gradient.square().sum().item() for gradient in exact))
    for i, (spec, gradient, truth) in enumerate(zip(specs, found, exact)):
        norm = total if spec.get("beforeNorm") else truth.norm().item()
        error = (gradient.double() - truth).norm().item() / norm
        if not error <= OWN_GRADIENT:
            raise ValueError(f"gradient {i} of this mode differs by {error:.1e} of its norm from PyTorch's own in float64")
    for i, (loss, truth) in enumerate(zip(losses, exact_losses)):
        if not abs(loss - truth) <= OWN_LOSS * abs(truth):
            raise ValueError(f"the loss of step {i + 1} of this mode is {loss}, PyTorch's own in float64 {truth}")


def prepare(request, variants=2):
    """-> the function that makes one call"""
    work = Work(request["folder"], request["mode"])
    if work.kind == "product":
        pairs = list(zip(listed(work.values, "a"), listed(work.values, "b")))
        results = [torch.empty(a.shape[0], b.shape[1], dtype=a.dtype) for a, b in pairs]
        following = in_turn([(a, b, result) for (a, b), result in zip(pairs, results)])

        def product():
            a, b, result = following()
            torch.mm(a, b, out=result)

        return product
    if work.kind == "inference":
        inputs = work.inputs()
        with torch.inference_mode():
            forward = work.forward(work.model(True), inputs[0])
        following = in_turn(inputs)

        def infer():
            with torch.inference_mode():
                forward(following())

        return infer
    following = in_turn(work.batches())

    def training(fused):
        _, step = work.step(True, work.description["optimizer"]["learningRate"], fused)
        return lambda: step(following()).item()

    # PyTorch's optimizers have a loop over parameters and a fused form; neither is always the faster one, so it gets the better.
    calls = [training(fused) for fused in (False, True)[:variants]]
    return calls[0] if variants == 1 else min(calls, key=warm_up)


torch.set_num_threads(int(sys.argv[1]))
serve(torch.__version__, prove, prepare)
