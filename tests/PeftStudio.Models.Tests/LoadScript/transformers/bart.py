"""BART for classification and for conditional generation; outputs of the attention as in transformers 4.30: what was read, no weights, no cache."""
from types import SimpleNamespace

import torch
from torch import nn


class BartAttention(nn.Module):
    def __init__(self, config, heads):
        super().__init__()
        self.num_heads = heads
        self.k_proj, self.v_proj, self.q_proj, self.out_proj = (nn.Linear(config.d_model, config.d_model) for _ in range(4))

    def forward(self, hidden_states, key_value_states=None, past_key_value=None, attention_mask=None, layer_head_mask=None, output_attentions=False):
        read = hidden_states if key_value_states is None else key_value_states
        query, key, value = (product(states).view(*states.shape[:2], self.num_heads, -1).transpose(1, 2)
                             for product, states in ((self.q_proj, hidden_states), (self.k_proj, read), (self.v_proj, read)))
        scores = query * query.shape[-1] ** -0.5 @ key.transpose(2, 3)
        weights = torch.softmax(scores if attention_mask is None else scores + attention_mask, -1)
        return self.out_proj((weights @ value).transpose(1, 2).flatten(2)), None, past_key_value


class BartLayer(nn.Module):
    def __init__(self, config, heads, width, is_decoder):
        super().__init__()
        self.self_attn, self.self_attn_layer_norm = BartAttention(config, heads), nn.LayerNorm(config.d_model)
        if is_decoder:
            self.encoder_attn, self.encoder_attn_layer_norm = BartAttention(config, heads), nn.LayerNorm(config.d_model)
        self.activation_fn = nn.GELU()
        self.fc1, self.fc2, self.final_layer_norm = nn.Linear(config.d_model, width), nn.Linear(width, config.d_model), nn.LayerNorm(config.d_model)

    def forward(self, hidden_states, attention_mask, encoder_hidden_states=None, encoder_attention_mask=None, past_key_value=None):
        read, _, past_key_value = self.self_attn(hidden_states=hidden_states, past_key_value=past_key_value, attention_mask=attention_mask)
        hidden_states = self.self_attn_layer_norm(hidden_states + read)
        if encoder_hidden_states is not None:
            read, _, past_key_value = self.encoder_attn(
                hidden_states=hidden_states, key_value_states=encoder_hidden_states, attention_mask=encoder_attention_mask, past_key_value=past_key_value)
            hidden_states = self.encoder_attn_layer_norm(hidden_states + read)
        return self.final_layer_norm(hidden_states + self.fc2(self.activation_fn(self.fc1(hidden_states))))


class BartStack(nn.Module):
    def __init__(self, config, words, stack):
        super().__init__()
        self.is_decoder, self.scale = stack == "decoder", config.d_model ** 0.5 if getattr(config, "scale_embedding", False) else 1
        heads, width, layers = (getattr(config, f"{stack}_{name}") for name in ("attention_heads", "ffn_dim", "layers"))
        self.embed_tokens, self.embed_positions = words, nn.Embedding(config.max_position_embeddings + 2, config.d_model)
        self.layers = nn.ModuleList(BartLayer(config, heads, width, self.is_decoder) for _ in range(layers))
        self.layernorm_embedding = nn.LayerNorm(config.d_model)

    def forward(self, input_ids=None, attention_mask=None, encoder_hidden_states=None, encoder_attention_mask=None, use_cache=None):
        places = self.embed_positions(torch.arange(input_ids.shape[1]) + 2)
        states = self.layernorm_embedding(self.embed_tokens(input_ids) * self.scale + places)
        mask, encoder_mask = added(attention_mask), added(encoder_attention_mask)
        if self.is_decoder:
            causal = torch.full((input_ids.shape[1],) * 2, torch.finfo(torch.float32).min).triu(1)
            mask = causal if mask is None else torch.minimum(mask, causal)
        for layer in self.layers:
            states = layer(states, mask, encoder_hidden_states, encoder_mask)
        return states


def added(mask):
    return None if mask is None else (1.0 - mask[:, None, None, :].float()) * torch.finfo(torch.float32).min


class BartModel(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.shared = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder, self.decoder = BartStack(config, self.shared, "encoder"), BartStack(config, self.shared, "decoder")

    def forward(self, input_ids, attention_mask, decoder_input_ids, use_cache=None):
        encoded = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        return self.decoder(input_ids=decoder_input_ids, encoder_hidden_states=encoded, encoder_attention_mask=attention_mask, use_cache=use_cache)


class Pretrained(nn.Module):
    base_model_prefix = "model"

    def __init__(self, config):
        super().__init__()
        config.num_attention_heads, config.num_hidden_layers = config.encoder_attention_heads, config.encoder_layers
        self.config, self.model = config, BartModel(config)


class ForSequenceClassification(Pretrained):
    def __init__(self, config, outputs):
        super().__init__(config)
        self.generation_config = None
        self.classification_head = nn.Module()
        self.classification_head.dense, self.classification_head.out_proj = nn.Linear(config.d_model, config.d_model), nn.Linear(config.d_model, outputs)

    def forward(self, input_ids=None, attention_mask=None, use_cache=None):
        start, end = getattr(self.config, "decoder_start_token_id", 2), getattr(self.config, "eos_token_id", 2)
        shifted = torch.cat([torch.full_like(input_ids[:, :1], start), input_ids[:, :-1]], 1)
        states = self.model(input_ids, attention_mask=attention_mask, decoder_input_ids=shifted, use_cache=use_cache)
        ends = ((input_ids == end) * torch.arange(input_ids.shape[1])).argmax(1)
        head = self.classification_head
        return SimpleNamespace(logits=head.out_proj(torch.tanh(head.dense(states[torch.arange(len(ends)), ends]))))


class ForConditionalGeneration(Pretrained):
    def __init__(self, config):
        super().__init__(config)
        self.generation_config = SimpleNamespace(use_cache=True)
        self.register_buffer("final_logits_bias", torch.zeros(1, config.vocab_size))

    def forward(self, input_ids=None, attention_mask=None, decoder_input_ids=None, use_cache=None):
        states = self.model(input_ids, attention_mask=attention_mask, decoder_input_ids=decoder_input_ids, use_cache=use_cache)
        return SimpleNamespace(logits=states @ self.model.shared.weight.T + self.final_logits_bias)
