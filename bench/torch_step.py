"""The step of `./studio bench` in plain PyTorch: RoBERTa-base's size, random frozen weights, LoRA of rank 8 on queries and values, a trained head, dropout 0.1, AdamW.

Written as transformers 4.21 and PEFT write it: eager attention, torch.nn modules, low-rank products added to the frozen product. The rows have no padding, so that no mask is
added to the scores (transformers adds one of zeros). Prints a line of JSON for each (precision, length), with the keys of `bench --json`.
"""
import argparse
import json
import math
import resource
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

VOCABULARY, POSITIONS, WIDTH, HEADS, INNER, RANK, SCALE, DROPOUT, PAD = 50265, 514, 768, 12, 3072, 8, 2.0, 0.1, 1


class Lora(nn.Module):
    """A frozen product and its trained low-rank change, whose parameters and products are fp32's or, by the input, bf16's."""

    def __init__(self):
        super().__init__()
        self.base = nn.Linear(WIDTH, WIDTH)
        self.down = nn.Parameter(torch.empty(RANK, WIDTH).uniform_(-WIDTH ** -0.5, WIDTH ** -0.5))
        self.up = nn.Parameter(torch.zeros(WIDTH, RANK))

    def forward(self, x):
        low = F.linear(x, self.down.to(x.dtype))
        result = self.base(x)
        result += F.linear(low, self.up.to(x.dtype)) * SCALE
        return result


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.query, self.key, self.value = Lora(), nn.Linear(WIDTH, WIDTH), Lora()
        self.output = nn.Linear(WIDTH, WIDTH)
        self.attention_norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, hidden):
        query, key, value = (self.heads(project(hidden)) for project in (self.query, self.key, self.value))
        scores = torch.matmul(query, key.transpose(-1, -2)) / math.sqrt(WIDTH // HEADS)
        weights = self.dropout(F.softmax(scores, dim=-1))
        seen = torch.matmul(weights, value).permute(0, 2, 1, 3).contiguous().view(hidden.shape)
        middle = self.attention_norm(self.dropout(self.output(seen)) + hidden)
        return self.output_norm(self.dropout(self.outer(F.gelu(self.inner(middle)))) + middle)

    @staticmethod
    def heads(x):
        return x.view(x.shape[0], x.shape[1], HEADS, WIDTH // HEADS).permute(0, 2, 1, 3)


class Model(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(VOCABULARY, WIDTH, PAD), nn.Embedding(POSITIONS, WIDTH, PAD), nn.Embedding(1, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.dense, self.out = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2)
        self.dropout = nn.Dropout(DROPOUT)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Embedding)):
                nn.init.normal_(module.weight, std=0.02)

    def forward(self, ids):
        real = ids.ne(PAD).long()
        positions = torch.cumsum(real, dim=1) * real + PAD
        hidden = self.dropout(self.norm(self.words(ids) + self.positions(positions) + self.types(torch.zeros_like(ids))))
        for layer in self.layers:
            hidden = layer(hidden)
        first = self.dropout(hidden[:, 0].float())
        return self.out(self.dropout(torch.tanh(self.dense(first))))


def trained(name):
    return name.endswith((".down", ".up")) or name.startswith(("dense.", "out."))


def peak_reset():
    try:
        with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
            file.write("5")
    except OSError as error:
        print(f"torch_step.py: the peak of memory counts from the start ({error})", file=sys.stderr)


def peak_mb():
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in file if line.startswith("VmHWM:"))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def measure(model, parameters, precision, device, length, options):
    on_gpu = device.type == "cuda"
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.01)
    ids = torch.randint(3, VOCABULARY, (options.steps + options.warm_up, options.batch, length))
    labels = torch.arange(options.batch) % 2
    times, start = [], cpu_seconds()
    for step in range(options.steps + options.warm_up):
        if step == options.warm_up:
            start = cpu_seconds()
            torch.cuda.reset_peak_memory_stats(device) if on_gpu else peak_reset()
        began = time.perf_counter()
        loss = F.cross_entropy(model(ids[step].to(device)), labels.to(device))
        value = loss.item()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        if on_gpu:
            torch.cuda.synchronize(device)
        if step >= options.warm_up:
            times.append((time.perf_counter() - began) * 1000)
    median = statistics.median(times)
    return {
        "engine": "PyTorch", "torch": torch.__version__, "precision": precision, "batch": options.batch, "length": length,
        "median_ms": round(median, 2), "min_ms": round(min(times), 2), "max_ms": round(max(times), 2),
        "cpu_ms": round((cpu_seconds() - start) * 1000 / options.steps, 2), "tokens_per_second": round(options.batch * length * 1000 / median, 1),
        "peak_mb": round(torch.cuda.max_memory_allocated(device) / 1e6 if on_gpu else peak_mb(), 1), "loss": value,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=["fp32", "bf16"])
    parser.add_argument("--length", nargs="+", type=int, default=[128, 32])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--layers", type=int, default=12)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    device = torch.device(options.device)
    for precision in options.precision:
        model = Model(options.layers)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(trained(name))
            if precision == "bf16" and not trained(name):
                parameter.data = parameter.data.to(torch.bfloat16)
        model.to(device).train()
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        for length in options.length:
            print(json.dumps(measure(model, parameters, precision, device, length, options)), flush=True)


if __name__ == "__main__":
    main()
