# ResNet-20 on CIFAR-10 in PyTorch, as `ocellus train --model resnet20` does it: the same start, optimizer, schedule, changes of images, batches,
# epochs and parts of the data; docs/training.md has both commands. Needs torch 2 and numpy.
# Run: python scripts/compare/cifar10_resnet20.py FOLDER --threads 1     (FOLDER holds data_batch_1.bin and test_batch.bin, or their .gz)
import argparse
import gzip
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

parser = argparse.ArgumentParser()
parser.add_argument('folder', type=Path)
parser.add_argument('--epochs', type=int, default=30)
parser.add_argument('--batch', type=int, default=128)
parser.add_argument('--rate', type=float, default=0.1)
parser.add_argument('--weight-decay', type=float, default=5e-4)
parser.add_argument('--valid', type=float, default=0.1)
parser.add_argument('--seed', type=int, default=0)
parser.add_argument('--threads', type=int, default=1)
parser.add_argument('--channels-last', action='store_true')
flags = parser.parse_args()
torch.set_num_threads(flags.threads)
torch.manual_seed(flags.seed)
layout = torch.channels_last if flags.channels_last else torch.contiguous_format


class Block(nn.Module):
    """Two convolutions 3x3 with batch norm, and a shortcut around them: a projection where the size changes."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        stage = lambda a, b, stride: nn.Sequential(Block(a, b, stride), Block(b, b, 1), Block(b, b, 1))
        self.start = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU())
        self.stages = nn.Sequential(stage(16, 16, 1), stage(16, 32, 2), stage(32, 64, 2))
        self.linear = nn.Linear(64, 10)
        for part in self.modules():
            if isinstance(part, (nn.Conv2d, nn.Linear)):
                nn.init.kaiming_normal_(part.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, x):
        return self.linear(self.stages(self.start(x)).mean((2, 3)))


def read(name):
    """Images [N, 3, 32, 32] as bytes, and labels [N]."""
    path = flags.folder / f'{name}.bin'
    data = path.read_bytes() if path.exists() else gzip.decompress(path.with_suffix('.bin.gz').read_bytes())
    records = np.frombuffer(data, np.uint8).reshape(-1, 3073)
    return torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(records[:, 0].astype(np.int64))


mean = 255 * torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
deviation = 255 * torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


def normalized(images):
    return ((images - mean) / deviation).contiguous(memory_format=layout)


def changed(images):
    """Each image moved by up to 4 pixels, black beyond the edge, and mirrored with probability 1/2."""
    count = len(images)
    padded = F.pad(images, (4, 4, 4, 4))
    rows = torch.randint(0, 9, (count, 1)) + torch.arange(32)
    columns = torch.randint(0, 9, (count, 1)) + torch.arange(32)
    columns = torch.where(torch.rand(count, 1) < 0.5, columns.flip(1), columns)
    every = torch.arange(count).view(-1, 1, 1)
    return padded.permute(0, 2, 3, 1)[every, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        found = [model(normalized(part)).argmax(1) for part in images.split(flags.batch)]
    model.train()
    return (torch.cat(found) == labels).double().mean().item()


images, labels = read('data_batch_1')
# Of each class its share.
order = [torch.nonzero(labels == k)[:, 0] for k in range(10)]
order = [part[torch.randperm(len(part))] for part in order]
held = torch.cat([part[: round(flags.valid * len(part))] for part in order])
rest = torch.cat([part[round(flags.valid * len(part)):] for part in order])

model = ResNet20().to(memory_format=layout)
weights = [p for p in model.parameters() if p.dim() > 1]
others = [p for p in model.parameters() if p.dim() == 1]
groups = [{'params': weights, 'weight_decay': flags.weight_decay}, {'params': others, 'weight_decay': 0.0}]
optimizer = torch.optim.SGD(groups, lr=flags.rate, momentum=0.9)
steps = flags.epochs * -(-len(rest) // flags.batch)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, flags.rate, steps, cycle_momentum=False)

begin = time.perf_counter()
for epoch in range(flags.epochs):
    losses = 0.0
    for batch in rest[torch.randperm(len(rest))].split(flags.batch):
        loss = F.cross_entropy(model(normalized(changed(images[batch]))), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses += loss.item() * len(batch)
    right = accuracy(model, images[held], labels[held])
    seconds = time.perf_counter() - begin
    print(f'epoch {epoch + 1}/{flags.epochs}  train loss {losses / len(rest):.3f}  valid accuracy {right:.3f}  {seconds:.1f} s', flush=True)
seconds = time.perf_counter() - begin
test, truth = read("test_batch")
print(f"test: {100 * accuracy(model, test, truth):.2f} % of {len(truth):,} images right")
print(f'time: {seconds:.0f} s, processor {time.process_time():.0f} s')
