"""From the start of Python to the end of the first training step of W1, as a user would write it."""
import torch

torch.set_num_threads(1)
model = torch.nn.Sequential(torch.nn.Linear(1024, 64), torch.nn.Sigmoid(), torch.nn.Linear(64, 36))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss = torch.nn.functional.cross_entropy(model(torch.full((32, 1024), 0.5)), torch.zeros(32, dtype=torch.long))
loss.backward()
optimizer.step()
print(loss.item())
