"""Puts an adapter of PeftStudio (adapter.json, adapter.safetensors) into its backbone and prints logits.

    python3 load.py --adapter DIR --backbone DIR --inputs inputs.json

It needs torch and transformers, and neither peft nor adapters. BERT, RoBERTa, T5 and BART, all methods of the studio, in any mixture.
inputs.json holds lists of rows of one length: input_ids, attention_mask and, if wanted, token_type_ids. A model that writes (T5, or BART on texts) wants
decoder_input_ids too, a start token first; its logits are those of the whole vocabulary at each of them.
From Python: model = load(adapter_folder, backbone_folder), a model of transformers in evaluation mode. One that writes can generate(); where its decoder's
attention has keys of its own, without a cache.

Written after the sources of transformers 4.30, 4.48 and 5. Modules keep their forwards and get hooks; only an attention with keys of its own is computed here.
"""
import argparse
import inspect
import json
import os
import re
import struct

import torch
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

# Queries', keys' and values' products in an attention, and that of the heads where it is inside.
ATTENTIONS = {"bert": ("query", "key", "value"), "roberta": ("query", "key", "value"), "bart": ("q_proj", "k_proj", "v_proj", "out_proj"), "t5": ("q", "k", "v", "o")}
# The product that reads what an attention's heads give.
HEADS_PRODUCTS = {"attention.self": "attention.output.dense", "_attn": "_attn.out_proj", "Attention": "Attention.o"}
PARAMETER = re.compile(r"(.+)\.([^.]+)\.((?:down|up)(?:\.(?:weight|bias|left|right))?|key|value|rescaling)")  # module, method, part


def sub_layer_modules(architecture, base, name):
    """Of a sub-layer: what reads its input, what gives its output, and what ends it."""
    parent = name.rpartition(".")[0]
    if architecture == "t5":
        products = {"SelfAttention": "o", "EncDecAttention": "o", "DenseReluDense": "wo"}
        part = next(part for part in products if hasattr(base.get_submodule(name), part))
        names = f"{name}.layer_norm", f"{name}.{part}.{products[part]}", name
    elif architecture == "bart":
        attention = parent.endswith("_attn")
        names = (f"{parent}.q_proj", f"{parent}.out_proj", f"{parent}_layer_norm") if attention else (f"{parent}.fc1", f"{parent}.fc2", f"{parent}.final_layer_norm")
    else:
        names = f"{parent}.self.query" if parent.endswith(".attention") else f"{parent}.intermediate.dense", f"{name}.dense", f"{name}.LayerNorm"
    return map(base.get_submodule, names)


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


class Stack:
    """An encoder or decoder that remembers which tokens may be seen."""

    def __init__(self, module, decoder):
        self.own, self.decoder, self.signature = module.forward, decoder, inspect.signature(module.forward)
        module.forward = self.forward

    def forward(self, *args, **kwargs):
        given = {**self.signature.bind_partial(*args).arguments, **kwargs}
        self.seen, self.seen_of_encoder = given.get("attention_mask"), given.get("encoder_attention_mask")  # (batch, time), 1 for a token; None: all
        return self.own(*args, **{**kwargs, "use_cache": False} if self.decoder else kwargs)


class Attention:
    """An attention with a prefix (keys and values in front: always seen, without positions), a multi-head adapter, or both."""

    def __init__(self, module, names, stack, cross, heads, scaled, positions):
        self.own, self.stack, self.cross, self.heads, self.scaled, self.positions = module.forward, stack, cross, heads, scaled, positions
        self.query, self.key, self.value, self.output = (*(getattr(module, name) for name in names), torch.nn.Identity())[:4]
        self.prefix = self.adapter = None  # keys, values (length, inner); the adapter's scale as a third
        module.forward = self.forward

    def split(self, states):
        return states.view(*states.shape[:-1], self.heads, -1).transpose(-3, -2)  # (batch, heads, time, head); own keys and values: no batch

    def forward(self, *args, **kwargs):
        if any(kwargs.get(name) is not None for name in ("past_key_value", "past_key_values")):
            raise ValueError("an attention with keys of its own has no cache: pass use_cache=False")
        asking = args[0] if args else kwargs["hidden_states"]
        read = asking if kwargs.get("key_value_states") is None else kwargs["key_value_states"]
        query, key, value = self.split(self.query(asking)), self.split(self.key(read)), self.split(self.value(read))
        scale, unseen = query.shape[-1] ** -0.5 if self.scaled else 1, torch.finfo(query.dtype).min
        scores = query @ key.transpose(-1, -2) * scale  # (batch, heads, rows, keys)
        if self.positions is not None and not self.cross:
            scores = scores + self.positions.compute_bias(*scores.shape[-2:])
        seen = self.stack.seen_of_encoder if self.cross else self.stack.seen
        if seen is not None:
            scores = scores.masked_fill(seen[:, None, None, :] == 0, unseen)
        if self.stack.decoder and not self.cross:
            scores = scores.masked_fill(torch.ones_like(scores[0, 0]).triu(1) == 1, unseen)
        if self.prefix is None:
            heads = torch.softmax(scores, -1) @ value
        else:
            own_key, own_value = map(self.split, self.prefix)
            weights = torch.softmax(torch.cat([query @ own_key.transpose(-1, -2) * scale, scores], -1), -1)
            heads = weights[..., :own_key.shape[-2]] @ own_value + weights[..., own_key.shape[-2]:] @ value
        if self.adapter is not None:
            own_key, own_value = map(self.split, self.adapter[:2])
            heads = heads + self.adapter[2] * (torch.relu(query @ own_key.transpose(-1, -2)) @ own_value)
        return (self.output(heads.transpose(1, 2).flatten(2)), *self.own(*args, **kwargs)[1:])


class SubLayer:
    """Changes of a sub-layer's output, by what they read: its input, that output, or the sum with the residual, normed where a norm comes then."""

    def __init__(self, reads, writes, ends, post_norm):
        self.changes, self.post_norm = {"parallel": [], "beforeResidual": [], "sequential": []}, post_norm
        reads.register_forward_pre_hook(self.keep)
        writes.register_forward_hook(self.add)
        ends.register_forward_hook(self.end)

    def change(self, insertion, states):
        return sum(change(states) for change in self.changes[insertion])

    def keep(self, _, inputs):
        self.input = inputs[0]

    def add(self, _, __, output):
        return output + self.change("beforeResidual", output) + self.change("parallel", self.input)

    def end(self, module, inputs, output):
        if not self.changes["sequential"]:
            return output
        if self.post_norm:
            return module.forward(inputs[0] + self.change("sequential", output))  # AdapterHub's form of Pfeiffer's adapter: the same norm comes again
        if isinstance(output, tuple):  # T5's attention
            return (output[0] + self.change("sequential", output[0]), *output[1:])
        return output + self.change("sequential", output)


def lora(own, scale):
    return lambda states: scale * (states @ own["down"].T @ own["up"].T)


def bottleneck(own, scale):
    return lambda states: scale * (torch.relu(states @ own["down.weight"].T + own["down.bias"]) @ own["up.weight"].T + own["up.bias"])


def low_rank_bottleneck(own, scale):
    gelu = torch.nn.GELU(approximate="tanh")
    return lambda states: scale * (gelu(states @ own["down.left"].T @ own["down.right"].T + own["down.bias"]) @ own["up.left"].T @ own["up.right"].T + own["up.bias"])


def insert(model, base, architecture, placed):
    """placed: of each method in each module, by both names: the method, and its tensors by their parts."""
    stacks, attentions, sub_layers = {}, {}, {}

    def attention(name):
        if name not in attentions:
            stack, own_stack = name.split(".")[0], architecture in ("t5", "bart")  # BERT's encoder gets its mask in another form than the model around it
            if stack not in stacks:
                stacks[stack] = Stack(base.get_submodule(stack) if own_stack else base, stack == "decoder")
            cross = name.endswith(("encoder_attn", "EncDecAttention"))
            heads = getattr(model.config, f"{stack}_attention_heads", model.config.num_attention_heads)
            positions = base.get_submodule(f"{stack}.block.0.layer.0.SelfAttention") if architecture == "t5" else None  # the first layer's are all layers'
            attentions[name] = Attention(base.get_submodule(name), ATTENTIONS[architecture], stacks[stack], cross, heads, architecture != "t5", positions)
        return attentions[name]

    def rank(key):
        # A vector multiplies what LoRA has changed, and a sub-layer's changes read what both have: hooks run in the order in which they are set.
        method = placed[key][0]
        return 1 if method["form"] == "rescaling" else 0 if method["form"] == "lowRank" and method["insertion"] == "parallel" else 2

    for name, of in sorted(placed, key=rank):
        method, parts = placed[name, of]
        form, insertion, scale = method["form"], method["insertion"], method["scale"]
        if form in ("bottleneck", "lowRankBottleneck") or insertion == "beforeResidual":
            if name not in sub_layers:
                sub_layers[name] = SubLayer(*sub_layer_modules(architecture, base, name), architecture != "t5")
            sub_layers[name].changes[insertion].append({"bottleneck": bottleneck, "lowRankBottleneck": low_rank_bottleneck, "lowRank": lora}[form](parts, scale))
        elif form == "lowRank":
            change = lora(parts, scale)
            base.get_submodule(name).register_forward_hook(lambda _, inputs, output, change=change: output + change(inputs[0]))
        elif form == "rescaling" and name.endswith(tuple(HEADS_PRODUCTS)):
            end, product = next(pair for pair in HEADS_PRODUCTS.items() if name.endswith(pair[0]))
            base.get_submodule(name[:-len(end)] + product).register_forward_pre_hook(lambda _, inputs, vector=parts["rescaling"]: (inputs[0] * vector,))
        elif form == "rescaling":
            base.get_submodule(name).register_forward_hook(lambda _, __, output, vector=parts["rescaling"]: output * vector)
        elif form == "keyValue" and method["composition"] == "gated":
            attention(name).prefix = parts["key"], parts["value"]
        elif form == "keyValue":
            attention(name).adapter = parts["key"], parts["value"], scale
        else:
            raise SystemExit(f"this load.py does not build the method '{of}' ({form} at {name})")
    if "decoder" in stacks and getattr(model, "generation_config", None) is not None:
        model.generation_config.use_cache = False


def load(adapter, backbone):
    with open(os.path.join(adapter, "adapter.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    architecture, definition, scores = manifest["backbone"]["architecture"], manifest["task"]["definition"], manifest["scores"]
    if architecture not in ATTENTIONS:
        raise SystemExit(f"{adapter}: is an adapter of a {architecture}; this load.py puts adapters into {', '.join(ATTENTIONS)}")
    tensors = read_safetensors(os.path.join(adapter, "adapter.safetensors"))
    if architecture == "t5" or "generation" in definition:
        model = AutoModelForSeq2SeqLM.from_pretrained(backbone)
    else:
        outputs = 1 if "regression" in definition else len(definition["labels"])
        model = AutoModelForSequenceClassification.from_pretrained(backbone, num_labels=outputs, ignore_mismatched_sizes=True)
    model = model.float().eval()
    layers = sum(manifest["design"]["groupings"][0]["sizes"])
    if layers != model.config.num_hidden_layers:
        raise SystemExit(f"{adapter}: is for an encoder of {layers} layers; that of {backbone} has {model.config.num_hidden_layers}")
    base = getattr(model, model.base_model_prefix, model)
    parameters, modules = {**dict(model.named_parameters()), **dict(base.named_parameters())}, dict(base.named_modules())
    methods, placed = {method["name"]: method for method in manifest["methods"]}, {}
    for name, tensor in tensors.items():
        module, method, part = match.groups() if (match := PARAMETER.fullmatch(name)) else (name.rpartition(".")[0], None, None)
        if method in methods:
            placed.setdefault((module, method), (methods[method], {}))[1][part] = tensor
        elif name in parameters:  # a bias, a norm, the head
            parameters[name].data.copy_(tensor)
        elif architecture == "t5" and name.endswith(".bias") and isinstance(modules.get(module), torch.nn.Linear):  # T5 has no biases
            modules[module].bias = torch.nn.Parameter(tensor)
        elif architecture == "t5" and name.endswith("layer_norm.bias") and module in modules:
            modules[module].register_forward_hook(lambda _, __, output, bias=tensor: output + bias)
        else:
            raise SystemExit(f"{adapter}: {name} has no place in {backbone}: is it the adapter's backbone?")
    insert(model, base, architecture, placed)
    if sum(tensor.numel() for tensor in tensors.values()) != scores["trainableParameters"] + scores["headParameters"]:
        raise SystemExit(f"{adapter}: adapter.safetensors has not as many parameters as adapter.json says")
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("--adapter", "--backbone", "--inputs"):
        parser.add_argument(name, required=True)
    options = parser.parse_args()
    model = load(options.adapter, options.backbone)
    with open(options.inputs, encoding="utf-8") as file:
        rows = json.load(file)
    names = [name for name in ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids") if name in rows]
    with torch.no_grad():
        output = model(**{name: torch.tensor(rows[name]) for name in names})
    print(json.dumps({"logits": output.logits.tolist()}))


if __name__ == "__main__":
    main()
