"""A stand-in for the few things that load.py wants of transformers, written for the test: each family with the module names and call signatures of the real
package, eager attention, no dropout. Alone it gives the reference implementation's numbers; that the real package takes load.py's hooks it cannot show."""
import json
import os
from types import SimpleNamespace

import torch

from . import bart, bert, t5

TYPES = {"F32": torch.float32, "F16": torch.float16}


def pretrained(folder, model_of, num_labels=0):
    with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
        model = model_of(SimpleNamespace(**json.load(file)), num_labels)
    own = {**dict(model.named_parameters()), **dict(model.named_buffers())}
    with open(os.path.join(folder, "model.safetensors"), "rb") as file:
        data = file.read()
    length = int.from_bytes(data[:8], "little")
    for name, entry in json.loads(data[8:8 + length]).items():
        full = name if name in own else f"{model.base_model_prefix}.{name}"
        if full in own and list(own[full].shape) == entry["shape"]:
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            own[full].data.copy_(torch.frombuffer(bytearray(data[begin:end]), dtype=TYPES[entry["dtype"]]).reshape(entry["shape"]))
    return model


class AutoModelForSequenceClassification:
    @staticmethod
    def from_pretrained(folder, num_labels, ignore_mismatched_sizes=False):
        return pretrained(folder, lambda config, outputs: (bart if config.model_type == "bart" else bert).ForSequenceClassification(config, outputs), num_labels)


class AutoModelForSeq2SeqLM:
    @staticmethod
    def from_pretrained(folder):
        return pretrained(folder, lambda config, _: (bart if config.model_type == "bart" else t5).ForConditionalGeneration(config))
