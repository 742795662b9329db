#!/usr/bin/env python3
"""Makes the small parity fixtures beside this file: the method in PyTorch, written from its definition, without any of the
program's code.

    pip install torch scikit-learn safetensors
    python3 tests/reference/make.py [OUT_DIR] [SEED]      (default: this folder, and the seed of the committed files)

The tests `tests/parity/` read the files here always, and those in `$DISSOLVE_REFERENCE` as well where it names a folder,
so `make.py /tmp/other 5 && DISSOLVE_REFERENCE=/tmp/other cargo test --release --test parity` tries other numbers.
Sources: Ho et al. 2020 and Nichol & Dhariwal 2021 (diffusion), denoising-diffusion-pytorch 0.27.12 (U-Net, checkpoints),
Tack et al. 2020 (CSI), You et al. 2017 (LARS), DeLong et al. 1988. Arrays are in .safetensors, their settings in its metadata
as JSON. What must stay small is: pictures are a few pixels wide, and weights come from a formula (`fill`) instead of a file.
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from sklearn import metrics as sk
from torch import nn
from torch.nn import functional as F

COMMITTED_SEED = 11
OUT = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else COMMITTED_SEED
OUT.mkdir(parents=True, exist_ok=True)


def write(name, tensors, **settings):
    plain = {key: value.detach().clone(memory_format=torch.contiguous_format) for key, value in tensors.items()}
    save_file(plain, OUT / f"{name}.safetensors", {key: json.dumps(value) for key, value in settings.items()})


def write_json(name, value):
    (OUT / f"{name}.json").write_text(json.dumps(value) + "\n")


def generator(part):
    """Each part has its own random numbers, so that one can change without the others."""
    return torch.Generator().manual_seed(1000 * SEED + part)


@torch.no_grad()
def fill(network):
    """Weights by formula: parameter number p in name order, element i: sin(i times the golden ratio's fraction + p + SEED),
    divided by sqrt(fan-in) in matrices and kernels, a tenth of it in biases, 1 + a tenth of it in gains."""
    for p, (name, parameter) in enumerate(sorted(network.named_parameters(), key=lambda entry: entry[0])):
        wave = np.sin(0.618033988749895 * np.arange(parameter.numel()) + p + SEED)
        if name.endswith(".g") or (parameter.ndim == 1 and not name.endswith("bias")):
            wave = 1 + wave / 10
        elif parameter.ndim == 1:
            wave = wave / 10
        else:
            wave = wave / math.sqrt(parameter[0].numel())
        parameter.copy_(torch.from_numpy(wave).reshape(parameter.shape))
    return network


# The noise schedule -----------------------------------------------------------------------------------------------------------


def schedule(kind, steps=1000):
    """Every coefficient in float64."""
    if kind == "cosine":
        grid = np.arange(steps + 1) / steps
        level = np.cos((grid + 0.008) / 1.008 * np.pi / 2) ** 2
        beta = np.minimum(1 - level[1:] / level[:-1], 0.999)
    else:
        beta = np.linspace(1e-4, 0.02, steps)
    kept = np.cumprod(1 - beta)
    before = np.concatenate(([1.0], kept[:-1]))
    variance = beta * (1 - before) / (1 - kept)
    return {
        "betas": beta,
        "alphas_cumprod": kept,
        "sqrt_alphas_cumprod": np.sqrt(kept),
        "sqrt_one_minus_alphas_cumprod": np.sqrt(1 - kept),
        "sqrt_recip_alphas_cumprod": kept**-0.5,
        "sqrt_recipm1_alphas_cumprod": np.sqrt(1 / kept - 1),
        "posterior_mean_coef1": np.sqrt(before) * beta / (1 - kept),
        "posterior_mean_coef2": np.sqrt(1 - beta) * (1 - before) / (1 - kept),
        "posterior_log_variance_clipped": np.log(np.maximum(variance, 1e-20)),
    }


def schedules():
    t = [0, 1, 7, 31, 80, 128, 230, 499, 750, 998, 999]
    pick = lambda kind: {name: np.float32(values[t]).tolist() for name, values in schedule(kind).items()}
    write_json("schedules", {kind: {"t": t, **pick(kind)} for kind in ("cosine", "linear")})


# The U-Net ----------------------------------------------------------------------------------------------------------------------


class Standardised(nn.Conv2d):
    def forward(self, x):
        w = self.weight
        mean = w.mean((1, 2, 3), keepdim=True)
        variance = ((w - mean) ** 2).mean((1, 2, 3), keepdim=True)
        return F.conv2d(x, (w - mean) / torch.sqrt(variance + 1e-5), self.bias, padding=1)


class Block(nn.Module):
    def __init__(self, inside, outside):
        super().__init__()
        self.proj, self.norm = Standardised(inside, outside, 3, padding=1), nn.GroupNorm(8, outside)

    def forward(self, x, film=None):
        x = self.norm(self.proj(x))
        if film is not None:
            scale, shift = film[:, :, None, None].chunk(2, 1)
            x = x * (1 + scale) + shift
        return F.silu(x)


class Residual(nn.Module):
    def __init__(self, inside, outside, time):
        super().__init__()
        self.mlp = nn.Sequential(nn.SiLU(), nn.Linear(time, 2 * outside))
        self.block1, self.block2 = Block(inside, outside), Block(outside, outside)
        self.res_conv = nn.Conv2d(inside, outside, 1) if inside != outside else nn.Identity()

    def forward(self, x, time):
        return self.block2(self.block1(x, self.mlp(time))) + self.res_conv(x)


class ChannelNorm(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.g = nn.Parameter(torch.ones(1, channels, 1, 1))

    def forward(self, x):
        centred = x - x.mean(1, keepdim=True)
        return centred / torch.sqrt((centred**2).mean(1, keepdim=True) + 1e-5) * self.g


class Attention(nn.Module):
    """4 heads of 32 channels. Linear: Shen et al. 2021, with v divided by the number of positions. Full: cosine similarities
    times 10, whose unit length is taken along the positions, as that package does it."""

    def __init__(self, channels, linear):
        super().__init__()
        self.linear = linear
        self.to_qkv = nn.Conv2d(channels, 3 * 128, 1, bias=False)
        out = nn.Conv2d(128, channels, 1)
        self.to_out = nn.Sequential(out, ChannelNorm(channels)) if linear else out

    def forward(self, x):
        n, _, h, w = x.shape
        q, k, v = self.to_qkv(x).reshape(n, 3, 4, 32, h * w).unbind(1)
        if self.linear:
            context = k.softmax(-1) @ (v / (h * w)).transpose(-1, -2)
            y = context.transpose(-1, -2) @ (q.softmax(-2) / math.sqrt(32))
        else:
            weights = (10 * F.normalize(q, dim=-1).transpose(-1, -2) @ F.normalize(k, dim=-1)).softmax(-1)
            y = v @ weights.transpose(-1, -2)
        return self.to_out(y.reshape(n, 128, h, w))


class Normed(nn.Module):
    def __init__(self, channels, linear):
        super().__init__()
        self.norm, self.fn = ChannelNorm(channels), Attention(channels, linear)

    def forward(self, x):
        return self.fn(self.norm(x))


class Bypassed(nn.Module):
    def __init__(self, channels, linear):
        super().__init__()
        self.fn = Normed(channels, linear)

    def forward(self, x):
        return x + self.fn(x)


class Sinusoidal(nn.Module):
    def __init__(self, width):
        super().__init__()
        half = width // 2
        self.frequencies = torch.exp(torch.arange(half) * (-math.log(10000) / (half - 1)))

    def forward(self, t):
        angle = t[:, None] * self.frequencies
        return torch.cat((angle.sin(), angle.cos()), 1)


class Unet(nn.Module):
    """With the parameter names of denoising-diffusion-pytorch."""

    def __init__(self, dim, mults):
        super().__init__()
        widths, time = [dim, *(dim * m for m in mults)], 4 * dim
        self.init_conv = nn.Conv2d(3, dim, 7, padding=3)
        self.time_mlp = nn.Sequential(Sinusoidal(dim), nn.Linear(dim, time), nn.GELU(), nn.Linear(time, time))
        self.downs, self.ups = nn.ModuleList(), nn.ModuleList()
        stages = list(zip(widths, widths[1:]))
        for i, (a, b) in enumerate(stages):
            way = nn.Conv2d(a, b, 4, 2, 1) if i + 1 < len(stages) else nn.Conv2d(a, b, 3, padding=1)
            self.downs.append(nn.ModuleList([Residual(a, a, time), Residual(a, a, time), Bypassed(a, True), way]))
        for i, (a, b) in enumerate(reversed(stages)):
            way = nn.Conv2d(b, a, 3, padding=1)
            if i + 1 < len(stages):
                way = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), way)
            self.ups.append(nn.ModuleList([Residual(a + b, b, time), Residual(a + b, b, time), Bypassed(b, True), way]))
        self.mid_block1, self.mid_block2 = Residual(b := widths[-1], b, time), Residual(b, b, time)
        self.mid_attn = Bypassed(b, False)
        self.final_res_block, self.final_conv = Residual(2 * dim, dim, time), nn.Conv2d(dim, 3, 1)

    def forward(self, x, t):
        time, first, skips = self.time_mlp(t), self.init_conv(x), []
        x = first
        for block1, block2, attention, way in self.downs:
            x = block1(x, time)
            skips.append(x)
            x = attention(block2(x, time))
            skips.append(x)
            x = way(x)
        x = self.mid_block2(self.mid_attn(self.mid_block1(x, time)), time)
        for block1, block2, attention, way in self.ups:
            x = block1(torch.cat((x, skips.pop()), 1), time)
            x = block2(torch.cat((x, skips.pop()), 1), time)
            x = way(attention(x))
        return self.final_conv(self.final_res_block(torch.cat((x, first), 1), time))


SMALL = dict(dim=8, dim_mults=[1, 2])
CHECKPOINT = dict(dim=8, dim_mults=[1])
# Of a large gradient every so many elements are kept.
LARGE, STRIDE = 300, 7


def unets():
    g = generator(1)
    x, t = 2 * torch.rand(2, 3, 16, 16, generator=g) - 1, torch.tensor([37, 411])
    network = fill(Unet(*SMALL.values()))
    y = network(x, t)
    target = torch.randn(y.shape, generator=g)
    loss = F.l1_loss(y, target)
    loss.backward()
    part = lambda gradient: gradient.flatten()[::STRIDE] if gradient.numel() > LARGE else gradient
    results = {"y": y, "target": target, "loss": loss} | {f"grad.{name}": part(p.grad) for name, p in network.named_parameters()}
    settings = dict(pattern_seed=SEED, grad_stride=STRIDE, checkpoint_dim_mults=CHECKPOINT["dim_mults"])
    write("unet_small", {"x": x, "t": t, **results}, **SMALL, **settings)
    trainer_checkpoint(fill(Unet(*CHECKPOINT.values())))
    dissolved(network, x[:1])

    full = dict(dim=64, dim_mults=[1, 2, 4, 8])
    network = fill(Unet(*full.values()))
    shapes = {name: list(p.shape) for name, p in network.state_dict().items()}
    count = sum(p.numel() for p in network.parameters())
    with torch.no_grad():
        y = network(x, t)
    write("unet_full_pattern", {"x": x, "t": t, "y": y}, **full, pattern_seed=SEED, parameters=count, shapes=shapes)


def trainer_checkpoint(network):
    """As the trainer of that package writes it; its weights without the averaging are zeros here, and left out but for one."""
    buffers = {name: torch.from_numpy(np.float32(values)) for name, values in schedule("cosine").items()}
    average = {f"ema_model.model.{name}": value for name, value in network.state_dict().items()}
    average |= {f"ema_model.{name}": value for name, value in buffers.items()}
    average |= {"initted": torch.tensor([True]), "step": torch.tensor([12500])}
    trained = {"model.init_conv.weight": torch.zeros_like(network.init_conv.weight), **buffers}
    state = {"step": 12500, "model": trained, "opt": {}, "ema": average, "scaler": None, "version": "0.27.12"}
    torch.save(state, OUT / "reference_trainer_model.pt")


@torch.no_grad()
def dissolved(network, x):
    """The start x0 that one reverse step predicts from the clean picture (Eq. 4 of the paper)."""
    steps, coefficients = [0, 30, 80, 129, 229, 500, 999], schedule("cosine")
    at = lambda name, t: float(coefficients[name][t])
    starts = [
        at("sqrt_recip_alphas_cumprod", t) * x - at("sqrt_recipm1_alphas_cumprod", t) * network(x, torch.tensor([t]))
        for t in steps
    ]
    write("dissolve_small", {"x": x, "t": torch.tensor(steps), "x0": torch.cat(starts).clamp(-1, 1)})


def ddpm_trajectory():
    """Adam on the L1 loss of the noise, with the average at every step."""
    g, steps, batch, size, decay = generator(2), 8, 4, 8, 0.995
    network, kept = fill(Unet(*SMALL.values())), torch.from_numpy(schedule("cosine")["alphas_cumprod"])
    average = network.init_conv.weight.detach().clone()
    x0 = 2 * torch.rand(steps, batch, 3, size, size, generator=g) - 1
    t, eps = torch.randint(0, 1000, (steps, batch), generator=g), torch.randn(x0.shape, generator=g)
    adam = torch.optim.Adam(network.parameters(), lr=8e-5, betas=(0.9, 0.99))
    losses, norms = [], []
    for s in range(steps):
        level = kept[t[s]].float().view(-1, 1, 1, 1)
        loss = F.l1_loss(network(level.sqrt() * x0[s] + (1 - level).sqrt() * eps[s], t[s]), eps[s])
        adam.zero_grad()
        loss.backward()
        norms.append(nn.utils.clip_grad_norm_(network.parameters(), 1.0))
        adam.step()
        losses.append(loss.detach())
        average.lerp_(network.init_conv.weight.detach(), 1 - decay)
    results = {"losses": torch.stack(losses), "grad_norms_before_clip": torch.stack(norms)}
    results |= {"init_conv.weight": network.init_conv.weight, "ema.init_conv.weight": average}
    settings = dict(lr=8e-5, betas=[0.9, 0.99], clip=1.0, ema_decay=decay, ema_every=1, pattern_seed=SEED)
    write("ddpm_trajectory", {"x0": x0, "t": t, "eps": eps, **results}, **SMALL, **settings)


# The encoder --------------------------------------------------------------------------------------------------------------------


def convolution(inside, outside, kernel, stride=1):
    return nn.Conv2d(inside, outside, kernel, stride, kernel // 2, bias=False)


class BasicBlock(nn.Module):
    """Of ResNet-18 (He et al. 2016), with torchvision's names."""

    def __init__(self, inside, outside, stride):
        super().__init__()
        self.conv1, self.bn1 = convolution(inside, outside, 3, stride), nn.BatchNorm2d(outside)
        self.conv2, self.bn2 = convolution(outside, outside, 3), nn.BatchNorm2d(outside)
        same = stride == 1 and inside == outside
        shortcut = nn.Sequential(convolution(inside, outside, 1, stride), nn.BatchNorm2d(outside))
        self.downsample = None if same else shortcut

    def forward(self, x):
        shortcut = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))) + shortcut)


class Backbone(nn.Module):
    def __init__(self, stem, width):
        super().__init__()
        self.imagenet = stem == "imagenet"
        self.conv1 = convolution(3, width, 7, 2) if self.imagenet else convolution(3, width, 3)
        self.bn1 = nn.BatchNorm2d(width)
        for i in range(4):
            inside, outside, stride = (width * 2 ** max(i - 1, 0), width * 2**i, 1 + (i > 0))
            setattr(self, f"layer{i + 1}", nn.Sequential(BasicBlock(inside, outside, stride), BasicBlock(outside, outside, 1)))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        if self.imagenet:
            x = F.max_pool2d(x, 3, 2, 1)
        return self.layer4(self.layer3(self.layer2(self.layer1(x)))).mean((2, 3))


class Encoder(nn.Module):
    def __init__(self, stem, width):
        super().__init__()
        self.backbone, feature = Backbone(stem, width), 8 * width
        self.simclr_layer = nn.Sequential(nn.Linear(feature, feature), nn.ReLU(), nn.Linear(feature, 128))
        self.shift_cls_layer = nn.Linear(feature, 4)

    def forward(self, x):
        feature = self.backbone(2 * x - 1)
        return self.simclr_layer(feature), self.shift_cls_layer(feature)


def contrastive(z, tau, branches, design="a"):
    """One view after the other, as the equation has it. Views of branch 1 and 2 attract their like; the rest only repels. In
    design b a view and the dissolved view of the same image and shift do not meet."""
    z = z / z.norm(dim=1, keepdim=True)
    exponent, views = z @ z.T / tau, len(z)
    block, total = views // branches, 0.0
    for i in range(2 * block):
        positive = (i + block) % (2 * block)
        others = [m for m in range(views) if m != i and not (design == "b" and m >= 2 * block and m % block == i % block)]
        total = total - (exponent[i, positive] - torch.logsumexp(exponent[i, others], 0))
    return total / views


def contrastive_losses():
    tau, batch, shifts = 0.5, 2, 4
    z, results = torch.randn(3 * batch * shifts, 16, generator=generator(3)), {}
    for name, design, branches in (("a", "a", 3), ("b", "b", 3), ("csi", "a", 2)):
        part = z[: branches * batch * shifts].clone().requires_grad_()
        loss = contrastive(part, tau, branches, design)
        loss.backward()
        results |= {f"loss_{name}": loss, f"grad_{name}": part.grad}
    write("contrastive_loss", {"z": z, **results}, batch=batch, shifts=shifts, tau=tau)


class Lars(torch.optim.Optimizer):
    """SGD with momentum, each tensor's gradient scaled to `trust` times its weights' norm."""

    def __init__(self, parameters, **settings):
        super().__init__(parameters, settings)

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                weight, gradient, decay = p.norm(), p.grad.norm(), group["weight_decay"]
                scale = group["trust"] * weight / (gradient + decay * weight + 1e-8) if weight > 0 and gradient > 0 else 1.0
                update = scale * (p.grad + decay * p)
                memory = self.state[p].get("momentum")
                self.state[p]["momentum"] = update if memory is None else group["momentum"] * memory + update
                p -= group["lr"] * self.state[p]["momentum"]


def dia_trajectories():
    """Pictures are bytes, 1/256 each, which is exact in float32. So narrow a network is not chaotic: it can be held closely."""
    settings, width = dict(lr=0.5, momentum=0.9, weight_decay=1e-6, trust=1e-3), 8
    batch, shifts, steps = 2, 4, 3
    labels = torch.arange(shifts).repeat_interleave(batch).repeat(3)
    for part, (stem, size) in enumerate((("cifar", 8), ("imagenet", 16))):
        views = torch.randint(0, 256, (steps, len(labels), 3, size, size), generator=generator(4 + part), dtype=torch.uint8)
        network = fill(Encoder(stem, width)).train()
        lars, losses = Lars(network.parameters(), **settings), []
        for step in views:
            z, shift = network(step / 256)
            pair = contrastive(z, 0.5, 3), F.cross_entropy(shift, labels)
            lars.zero_grad()
            sum(pair).backward()
            lars.step()
            losses.append(torch.stack(pair))
        with torch.no_grad():
            z, shift = network.eval()(views[0] / 256)
        norm = network.backbone.bn1
        results = {"losses": torch.stack(losses), "eval_z": z, "eval_shift": shift}
        results |= {"bn1.running_mean": norm.running_mean, "bn1.running_var": norm.running_var}
        name = f"dia_trajectory_{stem}_stem"
        shape = dict(batch=batch, shifts=shifts, width=width, allowed=1e-4, pattern_seed=SEED)
        write(name, {"views": views, "labels": labels, **results}, **settings, **shape)


# Scores -------------------------------------------------------------------------------------------------------------------------


def scoring():
    """Eq. 10, image by image and shift by shift."""
    g, training, queries, shifts, length = generator(6), 25, 8, 4, 12
    noise = lambda *size: torch.randn(*size, generator=g)
    draw = lambda n: (noise(n, shifts, length), noise(n, shifts, shifts) + 3 * torch.eye(shifts))
    (bank_z, bank_f), (z, f) = draw(training), draw(queries)
    similarity = [1 / bank_z[:, k].norm(dim=1).mean() for k in range(shifts)]
    classified = [1 / bank_f[:, k, k].mean() for k in range(shifts)]
    scores, nearest = torch.zeros(queries), torch.zeros(queries, shifts, dtype=torch.int64)
    for i in range(queries):
        for k in range(shifts):
            products = (bank_z[:, k] @ z[i, k]) / bank_z[:, k].norm(dim=1)
            nearest[i, k] = products.argmax()
            scores[i] -= (similarity[k] * products.max() + classified[k] * f[i, k, k]) / shifts
    inputs = {"train_z": bank_z, "train_shift": bank_f, "query_z": z, "query_shift": f}
    results = {"lambda_sim": torch.stack(similarity), "lambda_cls": torch.stack(classified)}
    write("scoring", {**inputs, **results, "nearest": nearest, "anomaly_score": scores})


def hue_saturation_value(picture):
    """Hue by the angle in the plane of chroma; all in [0, 1]."""
    red, green, blue = picture
    most, least = picture.amax(0), picture.amin(0)
    hue = torch.remainder(torch.atan2(math.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * math.pi), 1)
    return torch.stack((hue, torch.where(most > 0, (most - least) / most, 0.0), most))


def red_green_blue(picture):
    hue, saturation, value = picture
    ramp = lambda offset: torch.remainder(offset + 6 * hue, 6)
    channel = lambda k: value * (1 - saturation * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack([channel(ramp(offset)) for offset in (5, 3, 1)])


def augmentations():
    g, count, size = generator(7), 4, 12
    x = torch.rand(count, 3, size, size, generator=g)
    between = lambda low, high, *more: low + (high - low) * torch.rand(count, *more, generator=g)
    hue, saturation, value, contrast = between(-0.1, 0.1), between(0.6, 1.4), between(0.6, 1.4), between(0.6, 1.4)
    colour, contrasted = [], []
    for i, picture in enumerate(x):
        h, s, v = hue_saturation_value(picture)
        turned = torch.stack((torch.remainder(h + hue[i] * 255 / 360, 1), s * saturation[i], v * value[i]))
        colour.append(red_green_blue(turned.clamp(0, 1)))
        mean = picture.mean((1, 2), keepdim=True)
        contrasted.append((mean + contrast[i] * (picture - mean)).clamp(0, 1))
    luma = 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]
    box = between(0.3, 1.0, 2)
    centre = between(-1.0, 1.0, 2) * (1 - box)
    # Where each pixel of the crop comes from, in [-1, 1].
    places = (2 * torch.arange(size) + 1) / size - 1
    across = box[:, 0, None] * places + centre[:, 0, None]
    down = box[:, 1, None] * places + centre[:, 1, None]
    grid = torch.stack((across[:, None, :].expand(-1, size, -1), down[:, :, None].expand(-1, -1, size)), 3)
    half = size // 2
    results = {
        "jitter_hsv": torch.stack(colour),
        "jitter_contrast": torch.stack(contrasted),
        "gray": luma[:, None].repeat(1, 3, 1, 1),
        "crop": F.grid_sample(x, grid, "bilinear", "reflection", align_corners=False),
        "rot90": torch.rot90(x, 1, (2, 3)),
        "rot270": torch.rot90(x, 3, (2, 3)),
        "cutperm1": x.roll(half, 3),
        "cutperm2": x.roll(half, 2),
    }
    for side, smooth in ((half, False), (half, True), (2 * size, False)):
        name = f"resize_{side}{'_antialias' if smooth else ''}"
        results[name] = F.interpolate(x, (side, side), mode="bilinear", align_corners=False, antialias=smooth)
    for kernel in (3, 7, 11):
        reach = kernel // 2
        padded = F.pad(x, (reach,) * 4)
        sigma = 0.3 * (reach - 1) + 0.8
        bell = torch.exp(-torch.arange(-reach, reach + 1).double() ** 2 / (2 * sigma**2))
        bell = (bell / bell.sum()).float()
        rows = F.conv2d(padded, bell.view(1, 1, 1, -1).repeat(3, 1, 1, 1), groups=3)
        results[f"gaussian{kernel}"] = F.conv2d(rows, bell.view(1, 1, -1, 1).repeat(3, 1, 1, 1), groups=3)
        windows = padded.unfold(2, kernel, 1).unfold(3, kernel, 1).flatten(4)
        results[f"median{kernel}"] = windows.sort(-1).values[..., kernel**2 // 2]
    draws = {"hue": hue, "saturation": saturation, "value": value, "contrast": contrast, "crop_wh": box, "crop_bias": centre}
    write("augmentations", {"x": x, **draws, **results})


def delong(abnormal, normal):
    """Area and its standard error from the placement values."""
    placed = lambda a, b: np.mean(a[:, None] > b, 1) + np.mean(a[:, None] == b, 1) / 2
    above, below = placed(abnormal, normal), placed(-normal, -abnormal)
    return above.mean(), math.sqrt(np.var(above, ddof=1) / len(above) + np.var(below, ddof=1) / len(below))


def metrics():
    rng, cases = np.random.default_rng(1000 * SEED + 8), []
    for count, ties in ((30, False), (120, False), (60, True)):
        labels = rng.permutation(np.arange(count) % 3 == 0).astype(int)
        scores = rng.normal(size=count) + 0.9 * labels
        if ties:
            scores = np.round(scores)
        fpr, tpr, thresholds = sk.roc_curve(labels, scores, drop_intermediate=False)
        area, error = delong(scores[labels == 1], scores[labels == 0])
        assert abs(area - sk.roc_auc_score(labels, scores)) < 1e-12
        best = int(np.argmax(tpr - fpr))
        case = {"labels": labels.tolist(), "scores": scores.tolist(), "auroc": sk.roc_auc_score(labels, scores)}
        case |= {"average_precision": sk.average_precision_score(labels, scores), "fpr": fpr.tolist(), "tpr": tpr.tolist()}
        case |= {"thresholds": [float(v) if np.isfinite(v) else None for v in thresholds], "delong_se": error}
        case |= {"delong_ci95": np.clip(area + error * 1.959963984540054 * np.array([-1, 1]), 0, 1).tolist()}
        case |= {"youden_threshold": float(thresholds[best]), "youden_j": float(tpr[best] - fpr[best])}
        for percent in (90, 95):
            case[f"sensitivity_at_{percent}_specificity"] = float(tpr[fpr <= 1 - percent / 100 + 1e-12].max())
        cases.append(case)
    write_json("metrics", cases)


if __name__ == "__main__":
    torch.use_deterministic_algorithms(True)
    for part in (schedules, unets, ddpm_trajectory, contrastive_losses, dia_trajectories, scoring, augmentations, metrics):
        part()
    for path in sorted(OUT.iterdir()):
        if path.suffix in (".safetensors", ".json", ".pt"):
            print(f"{path.stat().st_size:8} {path.name}")
