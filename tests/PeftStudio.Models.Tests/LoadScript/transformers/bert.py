"""BERT and RoBERTa for sequence classification; two outputs of the attention, as in transformers 5."""
from types import SimpleNamespace

import torch
from torch import nn


class SelfAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.heads = config.num_attention_heads
        self.query, self.key, self.value = (nn.Linear(config.hidden_size, config.hidden_size) for _ in range(3))

    def forward(self, hidden_states, attention_mask=None, past_key_values=None, **kwargs):
        query, key, value = (p(hidden_states).view(*hidden_states.shape[:2], self.heads, -1).transpose(1, 2) for p in (self.query, self.key, self.value))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5 + attention_mask
        return (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(hidden_states.shape), None


class Output(nn.Module):
    def __init__(self, width, config):
        super().__init__()
        self.dense, self.dropout = nn.Linear(width, config.hidden_size), nn.Dropout(0.1)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, hidden_states, input_tensor):
        return self.LayerNorm(self.dropout(self.dense(hidden_states)) + input_tensor)


class SelfAttentionBlock(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.self, self.output = SelfAttention(config), Output(config.hidden_size, config)

    def forward(self, hidden_states, attention_mask):
        return self.output(self.self(hidden_states, encoder_hidden_states=None, attention_mask=attention_mask, past_key_values=None)[0], hidden_states)


class Intermediate(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)

    def forward(self, hidden_states):
        return nn.functional.gelu(self.dense(hidden_states))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.attention, self.intermediate, self.output = SelfAttentionBlock(config), Intermediate(config), Output(config.intermediate_size, config)

    def forward(self, hidden_states, attention_mask):
        attended = self.attention(hidden_states, attention_mask)
        return self.output(self.intermediate(attended), attended)


class Embeddings(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, config.layer_norm_eps)

    def forward(self, ids, types):
        places = torch.arange(ids.shape[1])[None].expand_as(ids)
        if self.config.model_type == "roberta":
            pad = getattr(self.config, "pad_token_id", 1)
            real = (ids != pad).long()
            places = real.cumsum(1) * real + pad
        return self.LayerNorm(self.word_embeddings(ids) + self.position_embeddings(places) + self.token_type_embeddings(types))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embeddings, self.encoder = Embeddings(config), nn.Module()
        self.encoder.layer = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        if config.model_type == "bert":
            self.pooler = nn.Module()
            self.pooler.dense = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, input_ids, attention_mask=None, token_type_ids=None):
        states = self.embeddings(input_ids, torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids)
        mask = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        added = (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min
        for layer in self.encoder.layer:
            states = layer(states, added)
        return states


class ForSequenceClassification(nn.Module):
    def __init__(self, config, outputs):
        super().__init__()
        self.config, self.base_model_prefix = config, config.model_type
        setattr(self, config.model_type, Encoder(config))
        self.classifier = nn.Linear(config.hidden_size, outputs)
        if config.model_type == "roberta":
            self.classifier = nn.Module()
            self.classifier.dense, self.classifier.out_proj = nn.Linear(config.hidden_size, config.hidden_size), nn.Linear(config.hidden_size, outputs)

    def forward(self, input_ids=None, attention_mask=None, token_type_ids=None):
        encoder = getattr(self, self.base_model_prefix)
        first = encoder(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[:, 0]
        dense, out = (encoder.pooler.dense, self.classifier) if self.base_model_prefix == "bert" else (self.classifier.dense, self.classifier.out_proj)
        return SimpleNamespace(logits=out(torch.tanh(dense(first))))
