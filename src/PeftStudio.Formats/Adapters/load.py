"""Puts an adapter of PeftStudio (adapter.json, adapter.safetensors) into its backbone and prints logits.

    python3 load.py --adapter DIR --backbone DIR --inputs inputs.json

It needs torch and transformers, and neither peft nor adapters. BERT and RoBERTa, all methods of the studio, in any mixture.
inputs.json holds lists of rows of one length: input_ids, attention_mask and, if wanted, token_type_ids.
From Python: model = load(adapter_folder, backbone_folder), a model of transformers in evaluation mode.
"""
import argparse
import json
import math
import os
import struct

import torch
from transformers import AutoModelForSequenceClassification

PRODUCTS = {
    "query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value",
    "attentionOutput": "attention.output.dense", "feedForwardInner": "intermediate.dense", "feedForwardOutput": "output.dense",
    "feedForwardActivation": "intermediate", "attentionHeads": "attention.self",
}
SUB_LAYERS = {"attentionOutput": "attention.output", "feedForwardOutput": "output"}


def read_safetensors(path):
    """The fp32 tensors of a file by name: 8 bytes of header length, a JSON header, the values."""
    with open(path, "rb") as file:
        data = file.read()
    length = struct.unpack("<Q", data[:8])[0]
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise SystemExit(f"{path}: {name} is {entry['dtype']}; adapters are F32")
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(entry["shape"])
    return tensors


class Attention(torch.nn.Module):
    """Self-attention with a prefix (keys and values in front: always seen, no position shifted) or a multi-head adapter."""

    def __init__(self, attention, heads):
        super().__init__()
        self.query, self.key, self.value, self.heads = attention.query, attention.key, attention.value, heads
        self.prefix = self.adapter = None  # keys, values (length, inner); the adapter's scale as a third
        self.mask = None  # (batch, time), 1 for a token; set before each forward pass

    def split(self, states):
        return states.view(states.shape[0], states.shape[1], self.heads, -1).transpose(1, 2)  # (batch, heads, time, head)

    def forward(self, hidden_states, *_, **__):
        rows = hidden_states.shape[0]
        query, key, value = (self.split(part(hidden_states)) for part in (self.query, self.key, self.value))
        seen = self.mask if self.mask is not None else hidden_states.new_ones(hidden_states.shape[:2])
        if self.prefix is not None:
            key, value = (torch.cat([self.split(own[None].expand(rows, -1, -1)), states], dim=2) for own, states in zip(self.prefix, (key, value)))
            seen = torch.cat([seen.new_ones(rows, self.prefix[0].shape[0]), seen], dim=1)
        scores = (query @ key.transpose(-1, -2) / math.sqrt(query.shape[-1])).masked_fill(seen[:, None, None, :] == 0, torch.finfo(query.dtype).min)
        heads = torch.softmax(scores, dim=-1) @ value
        if self.adapter is not None:
            own_key, own_value = (self.split(own[None]) for own in self.adapter[:2])
            heads = heads + self.adapter[2] * (torch.relu(query @ own_key.transpose(-1, -2)) @ own_value)
        return heads.transpose(1, 2).reshape(hidden_states.shape), None


class SubLayer:
    """dense, sum with the sub-layer's input, norm; changes read the input, the dense product's output, or the normed sum."""

    def __init__(self, output):
        self.output, self.changes = output, {"parallel": [], "beforeResidual": [], "sequential": []}
        output.forward = self.forward

    def forward(self, hidden_states, input_tensor):
        own = self.output.dropout(self.output.dense(hidden_states))
        total = own + input_tensor
        total = total + sum(change(own) for change in self.changes["beforeResidual"]) + sum(change(input_tensor) for change in self.changes["parallel"])
        normed = self.output.LayerNorm(total)
        if not self.changes["sequential"]:
            return normed
        # AdapterHub's form of Pfeiffer's adapter: it reads the normed sum, and the same norm comes again.
        return self.output.LayerNorm(total + sum(change(normed) for change in self.changes["sequential"]))


def lora(down, up, scale):
    return lambda states: scale * (states @ down.T @ up.T)


def bottleneck(down, down_bias, up, up_bias, scale):
    return lambda states: scale * (torch.relu(states @ down.T + down_bias) @ up.T + up_bias)


def add_method(model, block, method, root, tensors):
    form, insertion, scale = method["form"], method["insertion"], method["scale"]
    if form in ("bias", "affine"):
        return  # the checkpoint's own names: set with the head
    for site in method["representation"].split(", "):
        at_sub_layer = form == "bottleneck" or insertion == "beforeResidual"
        path = (SUB_LAYERS if at_sub_layer else PRODUCTS)[site]

        def take(*parts):
            return [tensors.pop(f"{root}{path}.{method['name']}.{part}") for part in parts]

        module = block.get_submodule(path)
        if at_sub_layer:
            changed = module.forward.__self__ if isinstance(module.forward.__self__, SubLayer) else SubLayer(module)
            change = bottleneck(*take("down.weight", "down.bias", "up.weight", "up.bias"), scale) if form == "bottleneck" else lora(*take("down", "up"), scale)
            changed.changes[insertion].append(change)
        elif form == "lowRank":
            change = lora(*take("down", "up"), scale)
            module.register_forward_hook(lambda _, inputs, output, change=change: output + change(inputs[0]))
        elif form == "rescaling":
            (vector,) = take("rescaling")
            module.register_forward_hook(lambda _, inputs, output, vector=vector: output * vector)
        elif form == "keyValue":
            if not isinstance(module, Attention):
                module = block.attention.self = Attention(module, model.config.num_attention_heads)
            if method["composition"] == "gated":
                module.prefix = take("key", "value")
            else:
                module.adapter = [*take("key", "value"), scale]
        else:
            raise SystemExit(f"this load.py does not build the method '{method['name']}' ({form} at {site})")


def load(adapter, backbone):
    with open(os.path.join(adapter, "adapter.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    if manifest["backbone"]["architecture"] not in ("bert", "roberta"):
        raise SystemExit(f"{adapter}: is an adapter of a {manifest['backbone']['architecture']}; this load.py puts adapters into BERT and RoBERTa alone")
    tensors = read_safetensors(os.path.join(adapter, "adapter.safetensors"))
    definition = manifest["task"]["definition"]
    outputs = 1 if "regression" in definition else len(definition["labels"])
    model = AutoModelForSequenceClassification.from_pretrained(backbone, num_labels=outputs).float().eval()
    encoder = getattr(model, model.base_model_prefix)
    # Biases, norms and the head first: what is patched later keeps them.
    own = dict(model.named_parameters())
    for name in list(tensors):
        full = name if name.startswith("classifier") else f"{model.base_model_prefix}.{name}"
        if full in own:
            own[full].data.copy_(tensors.pop(name))
    methods = {method["name"]: method for method in manifest["methods"]}
    layer = 0
    for size, names in zip(manifest["design"]["groupings"][0]["sizes"], manifest["design"]["methods"]):
        for at in range(layer, layer + size):
            # A vector multiplies what LoRA has changed: its hook comes after LoRA's.
            for method in sorted((methods[name] for name in names["names"]), key=lambda method: method["form"] == "rescaling"):
                add_method(model, encoder.encoder.layer[at], method, f"encoder.layer.{at}.", tensors)
        layer += size
    if tensors:
        raise SystemExit(f"{adapter}: {sorted(tensors)[0]} has no place in {backbone}: is it the adapter's backbone?")
    forward, attentions = model.forward, [module for module in model.modules() if isinstance(module, Attention)]

    def forward_with_mask(input_ids=None, attention_mask=None, **others):
        for attention in attentions:
            attention.mask = attention_mask
        return forward(input_ids=input_ids, attention_mask=attention_mask, **others)
    model.forward = forward_with_mask
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("--adapter", "--backbone", "--inputs"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    model = load(options.adapter, options.backbone)
    with open(options.inputs, encoding="utf-8") as file:
        rows = json.load(file)
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in rows]
    with torch.no_grad():
        output = model(**{name: torch.tensor(rows[name]) for name in names})
    print(json.dumps({"logits": output.logits.tolist()}))


if __name__ == "__main__":
    main()
