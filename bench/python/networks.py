"""The benchmark's networks as PyTorch modules, their losses and optimizers, and the exchange of layouts."""
import torch
import torch.nn as nn
import torch.nn.functional as F


def to_torch(spec, value):
    """A parameter of ours in PyTorch's layout; images are flattened channels first there."""
    return permuted(spec, value, forward=True)


def from_torch(spec, value):
    """The way back."""
    return permuted(spec, value, forward=False)


def permuted(spec, value, forward):
    kind, images = spec["kind"], [spec.get("inputImage"), spec.get("outputImage")]
    if kind == "vector":
        return reordered(value, 0, images[1], forward)
    if kind == "dense":
        value = value if forward else value.t()
        value = reordered(reordered(value, 0, images[0], forward), 1, images[1], forward)
        return value.t() if forward else value
    if kind == "convolution":
        return value.permute(3, 2, 0, 1) if forward else value.permute(2, 3, 1, 0)
    raise ValueError(kind)


def reordered(value, axis, image, forward):
    """An axis that counts the values of an image, from [height, width, channels] to [channels, height, width] or back."""
    if image is None:
        return value
    height, width, channels = image
    order = torch.arange(height * width * channels).reshape(height, width, channels).permute(2, 0, 1).reshape(-1)
    return value.index_select(axis, order if forward else order.argsort())


def from_image(x):
    """[N, channels, height, width] as [N, height, width, channels]; others stay."""
    return x.permute(0, 2, 3, 1) if x.dim() == 4 else x


class Mlp(nn.Sequential):
    def __init__(self, widths, activation, last=None):
        layers = []
        for i, (inputs, outputs) in enumerate(zip(widths, widths[1:])):
            layers += [nn.Linear(inputs, outputs)] + ([activation()] if i + 2 < len(widths) else [])
        super().__init__(*layers, *([] if last is None else [last()]))


def cross_entropy(output, target, model):
    return F.cross_entropy(output, target)


def squared_error(output, target, model):
    return F.mse_loss(output, target)


def cross_entropy_and_squares(output, target, model):
    return F.cross_entropy(output, target) + 1e-3 * (model[0].weight.pow(2).sum() + model[2].weight.pow(2).sum())


class CharacterCnn(nn.Sequential):
    def __init__(self, pooled, dropout):
        stride, first, second = (1, 2, 2) if pooled else (2, 3, 3)
        pool = [nn.MaxPool2d(2, 2, 1)] if pooled else []
        super().__init__(
            nn.Conv2d(1, 64, 3, stride, first), nn.BatchNorm2d(64), nn.GELU(), *pool,
            nn.Conv2d(64, 128, 5, stride, second), nn.BatchNorm2d(128), nn.GELU(), *pool,
            nn.Flatten(), nn.Linear(12800, 128), nn.BatchNorm1d(128), nn.GELU(),
            nn.Dropout(0.25 if dropout else 0.0), nn.Linear(128, 36),
        )


class Block(nn.Module):
    """Two convolutions 3x3 with batch norm, and a shortcut around them."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
            nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs),
        )
        same = stride == 1 and inputs == outputs
        projection = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Sequential() if same else projection

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


class GlobalMean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


def stages(inputs, widths, blocks):
    layers = []
    for i, outputs in enumerate(widths):
        for block in range(blocks):
            layers.append(Block(inputs, outputs, 2 if i > 0 and block == 0 else 1))
            inputs = outputs
    return layers


def resnet20():
    stem = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    return nn.Sequential(*stem, *stages(16, [16, 32, 64], 3), GlobalMean(), nn.Linear(64, 10))


def resnet18():
    stem = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    return nn.Sequential(*stem, *stages(64, [64, 128, 256, 512], 2), GlobalMean(), nn.Linear(512, 1000))


def convolutional_autoencoder():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 3, 2, 1), nn.ReLU(),
        nn.Flatten(), nn.Linear(1568, 10), nn.Linear(10, 1568), nn.ReLU(), nn.Unflatten(1, (32, 7, 7)),
        nn.ConvTranspose2d(32, 16, 3, 2, 1, 1), nn.ReLU(), nn.ConvTranspose2d(16, 1, 3, 2, 1, 1), nn.Sigmoid(),
    )


def lenet5():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, 1, 2), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10),
    )


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 side by side."""

    def __init__(self, inputs, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3 = nn.Conv2d(squeezed, expanded, 3, 1, 1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1(x)), F.relu(self.expand3(x))], 1)


def squeezenet11():
    pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    return nn.Sequential(
        nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64), pool(),
        Fire(128, 32, 128), Fire(256, 32, 128), pool(),
        Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256),
        nn.Conv2d(512, 1000, 1), nn.ReLU(), GlobalMean(),
    )


# Each takes whether dropout is on.
NETWORKS = {
    "W1": lambda dropout: Mlp([1024, 64, 36], nn.Sigmoid),
    "W2": lambda dropout: Mlp([3072, 256, 10], nn.ReLU),
    "W3": lambda dropout: Mlp([1024, 32, 32, 32, 1024], nn.ReLU, nn.Sigmoid),
    "W4": lambda dropout: CharacterCnn(False, dropout),
    "W4p": lambda dropout: CharacterCnn(True, dropout),
    "W5": lambda dropout: resnet20(),
    "W6": lambda dropout: convolutional_autoencoder(),
    "W7-squeezenet": lambda dropout: squeezenet11(),
    "W7-resnet18": lambda dropout: resnet18(),
    "W7-lenet5": lambda dropout: lenet5(),
    "W7-W4p": lambda dropout: CharacterCnn(True, dropout),
}

LOSSES = {"W2": cross_entropy_and_squares, "W3": squared_error, "W6": squared_error}


def optimizer(spec, model, rate, fused):
    options = {"lr": rate, "fused": fused}
    if spec["name"] == "sgd":
        return torch.optim.SGD(model.parameters(), momentum=spec.get("momentum", 0), **options)
    return {"adam": torch.optim.Adam, "adamW": torch.optim.AdamW}[spec["name"]](model.parameters(), **options)
