"""Puts an adapter of PeftStudio (adapter.json, adapter.safetensors) into its backbone and prints logits.

    python3 load.py --adapter DIR --backbone DIR --inputs inputs.json

It needs torch and transformers alone. inputs.json: lists of rows of one length, input_ids, attention_mask and, if wanted, token_type_ids. A model that writes
(T5, BART on texts) wants decoder_input_ids, a start token first, and gives the whole vocabulary's logits at each. From Python: load(adapter, backbone) is a
model in evaluation mode. One that writes can generate(); where its decoder's attention has keys of its own, without a cache.
Written after the sources of transformers 4.30, 4.48 and 5. Modules keep their forwards and get hooks; only an attention with keys of its own is computed here.
adapter.json names its backbone; another of the same shape is not told from it here.
"""
import argparse
import inspect
import json
import re

import torch
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

INPUTS = ("input_ids", "attention_mask", "token_type_ids", "decoder_input_ids")
PARAMETER = re.compile(r"(.+)\.([^.]+)\.((?:down|up)(?:\.(?:weight|bias|left|right))?|key|value|rescaling)")  # module, method, part

# An attention's products: of its queries, keys and values, and the one that reads its heads.
ATTENTIONS = {
    r"(.+\.attention)\.self": r"\1.self.query \1.self.key \1.self.value \1.output.dense",  # BERT, RoBERTa
    r"(.+_attn)": r"\1.q_proj \1.k_proj \1.v_proj \1.out_proj",  # BART
    r"(.+Attention)": r"\1.q \1.k \1.v \1.o",  # T5
}
# A sub-layer: what reads its input, what gives its output, and what ends it.
SUB_LAYERS = {
    r"(.+\.attention)\.output": r"\1.self.query \1.output.dense \1.output.LayerNorm",  # BERT, RoBERTa
    r"(.+\.layer\.\d+)\.output": r"\1.intermediate.dense \1.output.dense \1.output.LayerNorm",
    r"(.+_attn)\.output": r"\1.q_proj \1.out_proj \1_layer_norm",  # BART
    r"(.+\.layers\.\d+)\.output": r"\1.fc1 \1.fc2 \1.final_layer_norm",
    r"(.+\.block\.\d+\.layer\.0)": r"\1.layer_norm \1.SelfAttention.o \1",  # T5
    r"(decoder\.block\.\d+\.layer\.1)": r"\1.layer_norm \1.EncDecAttention.o \1",
    r"(.+\.block\.\d+\.layer\.[12])": r"\1.layer_norm \1.DenseReluDense.wo \1",
}
# What a method's tensors make of the states that it reads, by its form.
CHANGES = {
    "lowRank": lambda own, states: states @ own["down"].T @ own["up"].T,
    "bottleneck": lambda own, states: torch.relu(states @ own["down.weight"].T + own["down.bias"]) @ own["up.weight"].T + own["up.bias"],
    "lowRankBottleneck": lambda own, states: torch.nn.GELU("tanh")(states @ own["down.left"].T @ own["down.right"].T + own["down.bias"])
    @ own["up.left"].T @ own["up.right"].T + own["up.bias"],
}


def modules_at(base, place, table):
    """Those that a table names for a place; none where the place is not of its kind."""
    names = next((match.expand(modules) for pattern, modules in table.items() if (match := re.fullmatch(pattern, place))), "")
    return [base.get_submodule(name) for name in names.split()]


def read_safetensors(path):
    """The fp32 tensors of a file by name: 8 bytes of header length, a JSON header, the values."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        values = torch.frombuffer(bytearray(file.read()), dtype=torch.float32)
    header.pop("__metadata__", None)
    if other := [f"{name} is {entry['dtype']}" for name, entry in header.items() if entry["dtype"] != "F32"]:
        raise SystemExit(f"{path}: {other[0]}; adapters are F32")
    return {name: values[entry["data_offsets"][0] // 4:entry["data_offsets"][1] // 4].reshape(entry["shape"]) for name, entry in header.items()}


def remember_masks(model, base, stack):
    """The masks that a stack (BERT: the model, whose parts get another form) was given last: (batch, time), 1 for a token; None: all. Decoders keep no cache."""
    module, cache = base.get_submodule(stack) if model.config.model_type in ("t5", "bart") else base, {"use_cache": False} if stack == "decoder" else {}
    forward, signature, given = module.forward, inspect.signature(module.forward), {}

    def remembering(*args, **kwargs):
        given.update({"attention_mask": None, "encoder_attention_mask": None, **signature.bind_partial(*args).arguments, **kwargs})
        return forward(*args, **{**kwargs, **cache})

    module.forward = remembering
    if cache and getattr(model, "generation_config", None) is not None:
        model.generation_config.use_cache = False
    return given


def attend(model, base, place, own, given):
    """Computes an attention here: with a prefix (keys and values in front: always seen, without positions), a multi-head adapter, or both."""
    module, (query_product, key_product, value_product, heads_product) = base.get_submodule(place), modules_at(base, place, ATTENTIONS)
    forward, stack, cross, t5 = module.forward, place.split(".")[0], place.endswith(("encoder_attn", "EncDecAttention")), model.config.model_type == "t5"
    number = getattr(model.config, f"{stack}_attention_heads", model.config.num_attention_heads)
    positions = base.get_submodule(f"{stack}.block.0.layer.0.SelfAttention").compute_bias if t5 and not cross else lambda *_: 0  # of all layers

    def split(states):
        return states.view(*states.shape[:-1], number, -1).transpose(-3, -2)  # (batch, heads, time, head); own keys and values: no batch

    def attending(*args, **kwargs):
        if any(kwargs.get(name) is not None for name in ("past_key_value", "past_key_values")):
            raise ValueError("an attention with keys of its own has no cache: pass use_cache=False")
        asking = args[0] if args else kwargs["hidden_states"]
        read = asking if kwargs.get("key_value_states") is None else kwargs["key_value_states"]
        query, key, value = split(query_product(asking)), split(key_product(read)), split(value_product(read))
        scale, beside, unseen = 1 if t5 else query.shape[-1] ** -0.5, 0, torch.finfo(query.dtype).min
        scores = query @ key.transpose(-1, -2) * scale + positions(query.shape[-2], key.shape[-2])  # (batch, heads, rows, keys)
        if (seen := given[stack]["encoder_attention_mask" if cross else "attention_mask"]) is not None:
            scores = scores.masked_fill(seen[:, None, None, :] == 0, unseen)
        if stack == "decoder" and not cross:
            scores = scores.masked_fill(torch.ones_like(scores[0, 0]).triu(1) == 1, unseen)
        for method, own_key, own_value in keys:
            own_scores = query @ own_key.transpose(-1, -2)
            if method["composition"] == "gated":
                scores, value = torch.cat([own_scores * scale, scores], -1), torch.cat([own_value.expand(len(value), -1, -1, -1), value], -2)
            else:
                beside = method["scale"] * (torch.relu(own_scores) @ own_value)
        heads = (torch.softmax(scores, -1) @ value + beside).transpose(1, 2).flatten(2)
        return (heads_product(heads) if heads_product in module.modules() else heads, *forward(*args, **kwargs)[1:])

    keys = [(method, split(parts["key"]), split(parts["value"])) for method, parts in own if "key" in parts]
    module.forward = attending


def change(own, insertion, states):
    """What the methods of one insertion make of the states that they read."""
    return sum(method["scale"] * CHANGES[method["form"]](parts, states) for method, parts in own if method["insertion"] == insertion)


def change_sub_layer(reads, writes, ends, own):
    """Adds to its output, by what is read: the sub-layer's input, that output, or the sum with the residual, normed where a norm comes then."""
    kept = {}

    def end(module, inputs, output):
        if isinstance(module, torch.nn.LayerNorm):
            return module.forward(inputs[0] + change(own, "sequential", output))  # AdapterHub's form of Pfeiffer's adapter: the same norm comes again
        if isinstance(output, tuple):  # T5's attention
            return (output[0] + change(own, "sequential", output[0]), *output[1:])
        return output + change(own, "sequential", output)

    reads.register_forward_pre_hook(lambda _, inputs: kept.update(input=inputs[0]))
    writes.register_forward_hook(lambda _, __, output: output + change(own, "beforeResidual", output) + change(own, "parallel", kept["input"]))
    ends.register_forward_hook(end)


def insert(base, place, own):
    """own: the methods at a place, each with its tensors by their parts. Keys and values are the attention's."""
    vector = next((parts["rescaling"] for _, parts in own if "rescaling" in parts), 1)
    if sub_layer := modules_at(base, place, SUB_LAYERS):
        change_sub_layer(*sub_layer, own)
    elif attention := modules_at(base, place, ATTENTIONS):
        attention[3].register_forward_pre_hook(lambda _, inputs: (inputs[0] * vector,))
    else:
        base.get_submodule(place).register_forward_hook(lambda _, inputs, output: (output + change(own, "parallel", inputs[0])) * vector)


def load(adapter, backbone):
    with open(f"{adapter}/adapter.json", encoding="utf-8") as file:
        manifest = json.load(file)
    architecture, task, scores = manifest["backbone"]["architecture"], manifest["task"]["definition"], manifest["scores"]
    if architecture not in ("bert", "roberta", "t5", "bart"):
        raise SystemExit(f"{adapter}: is an adapter of a {architecture}; this load.py puts adapters into BERT, RoBERTa, T5 and BART")
    tensors = read_safetensors(f"{adapter}/adapter.safetensors")
    if architecture == "t5" or "generation" in task:
        auto, head = AutoModelForSeq2SeqLM, dict()
    else:
        auto, head = AutoModelForSequenceClassification, dict(num_labels=1 if "regression" in task else len(task["labels"]), ignore_mismatched_sizes=True)
    model = auto.from_pretrained(backbone, **head).float().eval()
    layers = sum(manifest["design"]["groupings"][0]["sizes"])
    own_layers = getattr(model.config, "encoder_layers", model.config.num_hidden_layers)  # BART's two may differ
    if layers != own_layers:
        raise SystemExit(f"{adapter}: is for an encoder of {layers} layers; that of {backbone} has {own_layers}")
    base = getattr(model, model.base_model_prefix, model)
    parameters, modules = {**dict(model.named_parameters()), **dict(base.named_parameters())}, dict(base.named_modules())
    methods, placed = {method["name"]: method for method in manifest["methods"]}, {}  # by place and method: the method, and its tensors by their parts
    for name, tensor in tensors.items():
        place, of, part = match.groups() if (match := PARAMETER.fullmatch(name)) else (name.rpartition(".")[0], None, None)
        if of in methods and methods[of]["form"] in (*CHANGES, "keyValue", "rescaling"):
            placed.setdefault(place, {}).setdefault(of, (methods[of], {}))[1][part] = tensor
        elif name in parameters:  # a bias, a norm, the head
            parameters[name].data.copy_(tensor)
        elif architecture == "t5" and name.endswith(".bias") and place in modules:  # T5 has no biases
            modules[place].register_forward_hook(lambda _, __, output, bias=tensor: output + bias)
        else:
            raise SystemExit(f"{adapter}: {name} has no place in {backbone}: is it the adapter's backbone, and this the adapter's load.py?")
    keyed = [place for place, own in placed.items() if any(method["form"] == "keyValue" for method, _ in own.values())]
    given = {stack: remember_masks(model, base, stack) for stack in {place.split(".")[0] for place in keyed}}
    for place in keyed:
        attend(model, base, place, placed[place].values(), given)
    # Hooks run in the order in which they are set: a sub-layer's changes read what the others have changed.
    for place in sorted(placed, key=lambda place: len(modules_at(base, place, SUB_LAYERS))):
        insert(base, place, placed[place].values())
    if sum(tensor.numel() for tensor in tensors.values()) != scores["trainableParameters"] + scores["headParameters"]:
        raise SystemExit(f"{adapter}: adapter.safetensors has not as many parameters as adapter.json says")
    return model


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for option in ("--adapter", "--backbone", "--inputs"):
        parser.add_argument(option, required=True)
    options = parser.parse_args()
    with open(options.inputs, encoding="utf-8") as file, torch.no_grad():
        inputs = {name: torch.tensor(rows) for name, rows in json.load(file).items() if name in INPUTS}
        print(json.dumps({"logits": load(options.adapter, options.backbone)(**inputs).logits.tolist()}))
