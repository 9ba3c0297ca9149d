"""T5 for conditional generation, 1.0 and 1.1; outputs of the attention as in transformers 5: what was read, and the positions with the mask."""
import math
from types import SimpleNamespace

import torch
from torch import nn


class T5LayerNorm(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(config.d_model)), getattr(config, "layer_norm_epsilon", 1e-6)

    def forward(self, hidden_states):
        return self.weight * hidden_states * torch.rsqrt(hidden_states.square().mean(-1, keepdim=True) + self.epsilon)


class GeluNew(nn.Module):
    def forward(self, states):
        return nn.functional.gelu(states, approximate="tanh")


class DenseReluDense(nn.Module):
    def __init__(self, config):
        super().__init__()
        kind = getattr(config, "feed_forward_proj", "relu")
        self.gated, self.act = kind.startswith("gated-"), nn.ReLU() if kind == "relu" else GeluNew()
        for name in ("wi_0", "wi_1") if self.gated else ("wi",):
            setattr(self, name, nn.Linear(config.d_model, config.d_ff, bias=False))
        self.wo = nn.Linear(config.d_ff, config.d_model, bias=False)

    def forward(self, hidden_states):
        return self.wo(self.act(self.wi_0(hidden_states)) * self.wi_1(hidden_states) if self.gated else self.act(self.wi(hidden_states)))


class T5Attention(nn.Module):
    def __init__(self, config, is_decoder, has_relative_attention_bias):
        super().__init__()
        self.config, self.is_decoder, self.n_heads, inner = config, is_decoder, config.num_heads, config.num_heads * config.d_kv
        self.q, self.k, self.v = (nn.Linear(config.d_model, inner, bias=False) for _ in range(3))
        self.o = nn.Linear(inner, config.d_model, bias=False)
        if has_relative_attention_bias:
            self.relative_attention_bias = nn.Embedding(config.relative_attention_num_buckets, config.num_heads)

    def compute_bias(self, query_length, key_length, device=None, past_seen_tokens=0):
        distance = torch.arange(key_length)[None, :] - torch.arange(query_length)[:, None] - past_seen_tokens
        buckets, first = self.config.relative_attention_num_buckets, 0
        if not self.is_decoder:
            buckets //= 2
            first, distance = (distance > 0).long() * buckets, distance.abs()
        else:
            distance = (-distance).clamp(min=0)
        exact, farthest = buckets // 2, getattr(self.config, "relative_attention_max_distance", 128)
        share = torch.log(distance.clamp(min=1).float() / exact) / math.log(farthest / exact)
        far = (exact + (share * (buckets - exact)).long()).clamp(max=buckets - 1)
        return self.relative_attention_bias(first + torch.where(distance < exact, distance, far)).permute(2, 0, 1)[None]

    def forward(self, hidden_states, mask=None, key_value_states=None, position_bias=None, past_key_values=None, output_attentions=False, **kwargs):
        read = hidden_states if key_value_states is None else key_value_states
        query, key, value = (product(states).view(*states.shape[:2], self.n_heads, -1).transpose(1, 2)
                             for product, states in ((self.q, hidden_states), (self.k, read), (self.v, read)))
        if position_bias is None:
            position_bias = self.compute_bias(hidden_states.shape[1], read.shape[1]) if hasattr(self, "relative_attention_bias") else torch.zeros(1, 1, 1, 1)
            position_bias = position_bias if mask is None else position_bias + mask
        weights = torch.softmax(query @ key.transpose(2, 3) + position_bias, -1)
        return self.o((weights @ value).transpose(1, 2).flatten(2)), position_bias


class T5LayerSelfAttention(nn.Module):
    def __init__(self, config, is_decoder, first):
        super().__init__()
        self.SelfAttention, self.layer_norm = T5Attention(config, is_decoder, first), T5LayerNorm(config)

    def forward(self, hidden_states, attention_mask=None, position_bias=None, past_key_values=None, use_cache=False):
        read = self.SelfAttention(self.layer_norm(hidden_states), mask=attention_mask, position_bias=position_bias, past_key_values=past_key_values, use_cache=use_cache)
        return (hidden_states + read[0],) + read[1:]


class T5LayerCrossAttention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.EncDecAttention, self.layer_norm = T5Attention(config, True, False), T5LayerNorm(config)

    def forward(self, hidden_states, key_value_states, attention_mask=None, position_bias=None, past_key_values=None):
        read = self.EncDecAttention(self.layer_norm(hidden_states), mask=attention_mask, key_value_states=key_value_states, position_bias=position_bias, past_key_values=past_key_values)
        return (hidden_states + read[0],) + read[1:]


class T5LayerFF(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.DenseReluDense, self.layer_norm = DenseReluDense(config), T5LayerNorm(config)

    def forward(self, hidden_states):
        return hidden_states + self.DenseReluDense(self.layer_norm(hidden_states))


class T5Block(nn.Module):
    def __init__(self, config, is_decoder, first):
        super().__init__()
        self.layer = nn.ModuleList([T5LayerSelfAttention(config, is_decoder, first)] + [T5LayerCrossAttention(config)] * is_decoder + [T5LayerFF(config)])

    def forward(self, hidden_states, attention_mask, position_bias, encoder_hidden_states, encoder_attention_mask, encoder_position_bias, past_key_values, use_cache):
        hidden_states, position_bias = self.layer[0](hidden_states, attention_mask, position_bias, past_key_values, use_cache)
        if encoder_hidden_states is not None:
            hidden_states, encoder_position_bias = self.layer[1](hidden_states, encoder_hidden_states, encoder_attention_mask, encoder_position_bias, past_key_values)
        return self.layer[-1](hidden_states), position_bias, encoder_position_bias


class T5Stack(nn.Module):
    def __init__(self, config, layers, is_decoder):
        super().__init__()
        self.is_decoder = is_decoder
        self.block = nn.ModuleList(T5Block(config, is_decoder, i == 0) for i in range(layers))
        self.final_layer_norm = T5LayerNorm(config)

    def forward(self, inputs_embeds, attention_mask=None, encoder_hidden_states=None, encoder_attention_mask=None, use_cache=None):
        # The real one keeps a cache unless it is told not to.
        past = SimpleNamespace() if self.is_decoder and use_cache is not False else None
        mask, encoder_mask = added(attention_mask), added(encoder_attention_mask)
        if self.is_decoder:
            causal = torch.full((inputs_embeds.shape[1],) * 2, torch.finfo(torch.float32).min).triu(1)
            mask = causal if mask is None else torch.minimum(mask, causal)
        states, positions, encoder_positions = inputs_embeds, None, None
        for block in self.block:
            states, positions, encoder_positions = block(states, mask, positions, encoder_hidden_states, encoder_mask, encoder_positions, past, use_cache)
        return self.final_layer_norm(states)


def added(mask):
    return None if mask is None else (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min


class ForConditionalGeneration(nn.Module):
    base_model_prefix = "transformer"

    def __init__(self, config):
        super().__init__()
        config.num_attention_heads, config.num_hidden_layers = config.num_heads, config.num_layers
        self.config, self.generation_config = config, SimpleNamespace(use_cache=True)
        self.shared = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder, self.decoder = T5Stack(config, config.num_layers, False), T5Stack(config, config.num_decoder_layers, True)
        self.tied = getattr(config, "tie_word_embeddings", True)
        if not self.tied:
            self.lm_head = nn.Linear(config.d_model, config.vocab_size, bias=False)

    def forward(self, input_ids=None, attention_mask=None, decoder_input_ids=None, use_cache=None):
        encoded = self.encoder(self.shared(input_ids), attention_mask=attention_mask)
        states = self.decoder(self.shared(decoder_input_ids), encoder_hidden_states=encoded, encoder_attention_mask=attention_mask, use_cache=use_cache)
        return SimpleNamespace(logits=states * self.config.d_model ** -0.5 @ self.shared.weight.T if self.tied else self.lm_head(states))
