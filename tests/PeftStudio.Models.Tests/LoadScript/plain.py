"""The stand-in alone, without an adapter: python3 plain.py BACKBONE INPUTS prints its logits; three labels, or the whole vocabulary at the decoder's inputs."""
import json
import sys

import torch
from transformers import AutoModelForSeq2SeqLM, AutoModelForSequenceClassification

with open(sys.argv[2], encoding="utf-8") as file:
    rows = {name: torch.tensor(values) for name, values in json.load(file).items() if name != "labels"}
writes = "decoder_input_ids" in rows
model = AutoModelForSeq2SeqLM.from_pretrained(sys.argv[1]) if writes else AutoModelForSequenceClassification.from_pretrained(sys.argv[1], num_labels=3)
with torch.no_grad():
    print(json.dumps({"logits": model.eval()(**rows).logits.tolist()}))
