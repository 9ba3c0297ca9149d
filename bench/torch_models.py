"""RoBERTa, T5 (1.0) and BART in plain PyTorch as transformers and PEFT write them: torch.nn modules, low-rank products added to the frozen product, attention step by step or,
from PyTorch 2.1 on, scaled_dot_product_attention.

Base sizes, random frozen weights, LoRA of rank 8 on queries and values of every attention, dropout 0.1. Rows have no padding, so that no mask is added to the encoder's scores
(transformers adds one of zeros). `Model.loss(ids, labels)` is a training step's loss.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

WIDTH, HEADS, INNER, RANK, SCALE, DROPOUT = 768, 12, 3072, 8, 2.0, 0.1
HEAD = WIDTH // HEADS
FUSED = tuple(int(part) for part in torch.__version__.split(".")[:2]) >= (2, 1)


class Lora(nn.Module):
    """A frozen product and its trained low-rank change, whose parameters and products are fp32's or, by the input, bf16's."""

    def __init__(self, bias=True):
        super().__init__()
        self.base = nn.Linear(WIDTH, WIDTH, bias=bias)
        self.down = nn.Parameter(torch.empty(RANK, WIDTH).uniform_(-WIDTH ** -0.5, WIDTH ** -0.5))
        self.up = nn.Parameter(torch.zeros(WIDTH, RANK))

    def forward(self, x):
        low = F.linear(x, self.down.to(x.dtype))
        result = self.base(x)
        result += F.linear(low, self.up.to(x.dtype)) * SCALE
        return result


class Attention(nn.Module):
    """Multi-head attention of one sequence to another; `bias` is added to the scores."""

    def __init__(self, biases=True, scale=HEAD ** -0.5):
        super().__init__()
        self.query, self.key, self.value = Lora(biases), nn.Linear(WIDTH, WIDTH, bias=biases), Lora(biases)
        self.output = nn.Linear(WIDTH, WIDTH, bias=biases)
        self.dropout, self.scale = nn.Dropout(DROPOUT), scale

    def forward(self, asking, seen, bias=None):
        query, key, value = self.heads(self.query(asking)), self.heads(self.key(seen)), self.heads(self.value(seen))
        if FUSED:
            read = F.scaled_dot_product_attention(query, key, value, bias, self.dropout.p if self.training else 0.0, scale=self.scale)
        else:
            scores = torch.matmul(query, key.transpose(-1, -2))
            if self.scale != 1:
                scores = scores * self.scale
            if bias is not None:
                scores = scores + bias
            read = torch.matmul(self.dropout(F.softmax(scores, dim=-1)), value)
        return self.output(read.permute(0, 2, 1, 3).contiguous().view(asking.shape))

    @staticmethod
    def heads(x):
        return x.view(x.shape[0], x.shape[1], HEADS, HEAD).permute(0, 2, 1, 3)


def causal(rows, dtype):
    return torch.full((rows, rows), torch.finfo(dtype).min, dtype=dtype).triu(1)[None, None]


class PostNormLayer(nn.Module):
    """RoBERTa's layer and BART's: each sub-layer's norm after its residual."""

    def __init__(self, cross=False):
        super().__init__()
        self.attention, self.attention_norm = Attention(), nn.LayerNorm(WIDTH, eps=1e-5)
        self.cross, self.cross_norm = (Attention(), nn.LayerNorm(WIDTH, eps=1e-5)) if cross else (None, None)
        self.inner, self.outer = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)
        self.output_norm = nn.LayerNorm(WIDTH, eps=1e-5)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, hidden, bias=None, encoded=None):
        hidden = self.attention_norm(self.dropout(self.attention(hidden, hidden, bias)) + hidden)
        if self.cross is not None:
            hidden = self.cross_norm(self.dropout(self.cross(hidden, encoded)) + hidden)
        return self.output_norm(self.dropout(self.outer(F.gelu(self.inner(hidden)))) + hidden)


class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.dense, self.out, self.dropout = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, 2), nn.Dropout(DROPOUT)

    def forward(self, token):
        return self.out(self.dropout(torch.tanh(self.dense(self.dropout(token.float())))))


class Roberta(nn.Module):
    VOCABULARY, PAD = 50265, 1

    def __init__(self, layers):
        super().__init__()
        self.words, self.positions, self.types = nn.Embedding(self.VOCABULARY, WIDTH, self.PAD), nn.Embedding(514, WIDTH, self.PAD), nn.Embedding(1, WIDTH)
        self.norm, self.dropout = nn.LayerNorm(WIDTH, eps=1e-5), nn.Dropout(DROPOUT)
        self.layers = nn.ModuleList(PostNormLayer() for _ in range(layers))
        self.head = Classifier()

    def loss(self, ids, labels):
        real = ids.ne(self.PAD).long()
        positions = torch.cumsum(real, dim=1) * real + self.PAD
        hidden = self.dropout(self.norm(self.words(ids) + self.positions(positions) + self.types(torch.zeros_like(ids))))
        for layer in self.layers:
            hidden = layer(hidden)
        return F.cross_entropy(self.head(hidden[:, 0]), labels)


class Bart(nn.Module):
    """Classification from the decoder's last token; the decoder reads the encoder's tokens, shifted right."""

    VOCABULARY, PAD, END = 50265, 1, 2

    def __init__(self, layers):
        super().__init__()
        self.words = nn.Embedding(self.VOCABULARY, WIDTH, self.PAD)
        self.positions = nn.ModuleList(nn.Embedding(1026, WIDTH) for _ in range(2))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH, eps=1e-5) for _ in range(2))
        self.encoder, self.decoder = (nn.ModuleList(PostNormLayer(cross) for _ in range(layers)) for cross in (False, True))
        self.dropout, self.head = nn.Dropout(DROPOUT), Classifier()

    def embedded(self, ids, stack):
        positions = self.positions[stack](torch.arange(ids.shape[1], device=ids.device) + 2)
        return self.dropout(self.norms[stack](self.words(ids) + positions))

    def loss(self, ids, labels):
        ids = ids.clone()
        ids[:, -1] = self.END
        encoded = self.embedded(ids, 0)
        for layer in self.encoder:
            encoded = layer(encoded)
        shifted = torch.cat([torch.full_like(ids[:, :1], self.END), ids[:, :-1]], dim=1)
        hidden = self.embedded(shifted, 1)
        bias = causal(ids.shape[1], hidden.dtype).to(ids.device)
        for layer in self.decoder:
            hidden = layer(hidden, bias, encoded)
        return F.cross_entropy(self.head(hidden[:, -1]), labels)


class RmsNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(WIDTH))

    def forward(self, hidden):
        variance = hidden.to(torch.float32).pow(2).mean(-1, keepdim=True)
        return self.weight * (hidden * torch.rsqrt(variance + 1e-6)).to(self.weight.dtype)


class PreNormLayer(nn.Module):
    def __init__(self, cross):
        super().__init__()
        self.attention, self.attention_norm = Attention(False, 1), RmsNorm()
        self.cross, self.cross_norm = (Attention(False, 1), RmsNorm()) if cross else (None, None)
        self.inner, self.outer, self.norm = nn.Linear(WIDTH, INNER, bias=False), nn.Linear(INNER, WIDTH, bias=False), RmsNorm()
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, hidden, bias, encoded=None):
        normed = self.attention_norm(hidden)
        hidden = hidden + self.dropout(self.attention(normed, normed, bias))
        if self.cross is not None:
            hidden = hidden + self.dropout(self.cross(self.cross_norm(hidden), encoded))
        return hidden + self.dropout(self.outer(self.dropout(F.relu(self.inner(self.norm(hidden))))))


class T5(nn.Module):
    """Text to text: the loss of a label's word and the end token over the whole vocabulary."""

    VOCABULARY, END = 32128, 1

    def __init__(self, layers):
        super().__init__()
        self.words = nn.Embedding(self.VOCABULARY, WIDTH)
        self.relative = nn.ModuleList(nn.Embedding(32, HEADS) for _ in range(2))
        self.encoder, self.decoder = (nn.ModuleList(PreNormLayer(cross) for _ in range(layers)) for cross in (False, True))
        self.norms, self.dropout = nn.ModuleList(RmsNorm() for _ in range(2)), nn.Dropout(DROPOUT)

    def bias(self, rows, stack, device):
        distance = torch.arange(rows, device=device)[None, :] - torch.arange(rows, device=device)[:, None]
        buckets, offset = 32, torch.zeros_like(distance)
        if stack == 0:
            buckets //= 2
            offset, distance = (distance > 0).long() * buckets, distance.abs()
        else:
            distance = (-distance).clamp(min=0)
        exact = buckets // 2
        far = exact + (torch.log(distance.float().clamp(min=1) / exact) / math.log(128 / exact) * (buckets - exact)).long()
        return self.relative[stack](offset + torch.where(distance < exact, distance, far.clamp(max=buckets - 1))).permute(2, 0, 1)[None]

    def loss(self, ids, labels):
        encoded, bias = self.dropout(self.words(ids)), self.bias(ids.shape[1], 0, ids.device)
        for layer in self.encoder:
            encoded = layer(encoded, bias)
        encoded = self.dropout(self.norms[0](encoded))
        targets = torch.stack([100 + labels, torch.full_like(labels, self.END)], dim=1)
        hidden = self.dropout(self.words(torch.cat([torch.zeros_like(targets[:, :1]), targets[:, :-1]], dim=1)))
        bias = self.bias(2, 1, ids.device) + causal(2, hidden.dtype).to(ids.device)
        for layer in self.decoder:
            hidden = layer(hidden, bias, encoded)
        hidden = self.dropout(self.norms[1](hidden)) * WIDTH ** -0.5
        return F.cross_entropy(F.linear(hidden, self.words.weight).float().view(-1, self.VOCABULARY), targets.flatten())


def build(name, layers):
    model = {"roberta": Roberta, "t5": T5, "bart": Bart}[name](layers)
    for key, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            # T5 does not scale its scores: its queries are drawn the smaller for it.
            nn.init.normal_(module.weight, std=0.02 / (8 if name == "t5" and key.endswith("query.base") else 1))
    return model


def trained(name):
    return name.endswith((".down", ".up")) or name.startswith("head.")
