"""The models of torch_models.py as transformers and PEFT themselves build them: same sizes, random frozen weights, LoRA of rank 8 on queries and values of every attention, dropout 0.1.

PEFT keeps the low-rank parameters in fp32 beside a model in bf16; so is the head here, which reads its input in fp32. `Model.loss(ids, labels)` is a training step's loss.
"""
import torch
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import (
    BartConfig, BartForSequenceClassification, RobertaConfig, RobertaForSequenceClassification, T5Config, T5ForConditionalGeneration,
)

import torch_models
from torch_models import DROPOUT, HEAD, HEADS, INNER, RANK, SCALE, WIDTH


def roberta(layers):
    return RobertaForSequenceClassification(RobertaConfig(
        vocab_size=torch_models.Roberta.VOCABULARY, max_position_embeddings=514, type_vocab_size=1, hidden_size=WIDTH, num_attention_heads=HEADS, intermediate_size=INNER,
        num_hidden_layers=layers, layer_norm_eps=1e-5, hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT, num_labels=2, pad_token_id=1, bos_token_id=0, eos_token_id=2))


def bart(layers):
    return BartForSequenceClassification(BartConfig(
        vocab_size=torch_models.Bart.VOCABULARY, max_position_embeddings=1024, d_model=WIDTH, encoder_layers=layers, decoder_layers=layers, encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS, encoder_ffn_dim=INNER, decoder_ffn_dim=INNER, dropout=DROPOUT, attention_dropout=DROPOUT, classifier_dropout=DROPOUT, num_labels=2))


def t5(layers):
    return T5ForConditionalGeneration(T5Config(
        vocab_size=torch_models.T5.VOCABULARY, d_model=WIDTH, d_kv=HEAD, d_ff=INNER, num_layers=layers, num_decoder_layers=layers, num_heads=HEADS, dropout_rate=DROPOUT,
        decoder_start_token_id=0))


# What builds it, what LoRA is put on, the head's module.
MODELS = {
    "roberta": (roberta, ["query", "value"], "classifier"),
    "bart": (bart, ["q_proj", "v_proj"], "classification_head"),
    "t5": (t5, ["q", "v"], None),
}


class Model(nn.Module):
    def __init__(self, name, layers):
        super().__init__()
        make, targets, head = MODELS[name]
        model = make(layers)
        if head is not None:
            model.get_submodule(head).register_forward_pre_hook(lambda _, inputs: tuple(x.float() for x in inputs))
        self.model = get_peft_model(model, LoraConfig(r=RANK, lora_alpha=SCALE * RANK, target_modules=targets))
        self.ends = torch_models.Bart.END if name == "bart" else None
        self.writes = name == "t5"
        self.VOCABULARY = model.config.vocab_size

    def loss(self, ids, labels):
        if self.ends is not None:  # BART's classification reads its decoder at the last end token
            ids = ids.clone()
            ids[:, -1] = self.ends
        if self.writes:
            labels = torch.stack([100 + labels, torch.full_like(labels, torch_models.T5.END)], dim=1)
        return self.model(input_ids=ids, labels=labels).loss


def build(name, layers):
    return Model(name, layers)


def trained(name):
    return "lora_" in name or ".classifier." in name or ".classification_head." in name
