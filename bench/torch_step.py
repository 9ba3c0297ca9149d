"""The step of `./studio bench` in PyTorch: forward, backward, clipping, AdamW; of plain modules (torch_models.py) or of transformers' and PEFT's (peft_models.py).
Prints a line of JSON for each (precision, length), with the keys of `bench --json`."""
import argparse
import importlib
import json
import resource
import statistics
import sys
import time

import torch

ENGINES = {"torch": "PyTorch", "peft": "PEFT"}


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
    ids = torch.randint(3, model.VOCABULARY, (options.steps + options.warm_up, options.batch, length))
    labels = torch.arange(options.batch) % 2
    times, start = [], cpu_seconds()
    for step in range(options.steps + options.warm_up):
        if step == options.warm_up:
            start = cpu_seconds()
            torch.cuda.reset_peak_memory_stats(device) if on_gpu else peak_reset()
        began = time.perf_counter()
        loss = model.loss(ids[step].to(device), labels.to(device))
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
        "engine": ENGINES[options.library], "model": options.model, "torch": torch.__version__, "precision": precision, "batch": options.batch, "length": length,
        "median_ms": round(median, 2), "min_ms": round(min(times), 2), "max_ms": round(max(times), 2),
        "cpu_ms": round((cpu_seconds() - start) * 1000 / options.steps, 2), "tokens_per_second": round(options.batch * length * 1000 / median, 1),
        "peak_mb": round(torch.cuda.max_memory_allocated(device) / 1e6 if on_gpu else peak_mb(), 1), "loss": value,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="roberta", choices=["roberta", "t5", "bart"])
    parser.add_argument("--library", default="torch", choices=list(ENGINES))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=["fp32", "bf16"])
    parser.add_argument("--length", nargs="+", type=int, default=[128, 32])
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm-up", type=int, default=1)
    parser.add_argument("--layers", type=int, default=None, help="a stack; 12, BART 6")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    device = torch.device(options.device)
    models = importlib.import_module(f"{options.library}_models")
    for precision in options.precision:
        model = models.build(options.model, options.layers or (6 if options.model == "bart" else 12))
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(models.trained(name))
            if precision == "bf16" and not models.trained(name):
                parameter.data = parameter.data.to(torch.bfloat16)
        model.to(device).train()
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        for length in options.length:
            print(json.dumps(measure(model, parameters, precision, device, length, options)), flush=True)


if __name__ == "__main__":
    main()
