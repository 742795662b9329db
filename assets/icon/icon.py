"""Draws icon.svg, a disc that dissolves into dots, and icon.png from it (pip install cairosvg)."""
import math
from pathlib import Path

import cairosvg

here = Path(__file__).parent
centre, radius, step = 128, 84, 13
dots = []
for row in range(-9, 10):
    for column in range(-9, 12):
        x = column * step + (row % 2) * step / 2
        y = row * step * 0.87
        # How far the disc has dissolved here, from 0 (whole) on the left to 1 (gone) on the right.
        gone = min(max((x + 0.25 * y + 14) / 100, 0), 1)
        spread = radius * (1 + 0.22 * gone)
        size = step * 0.66 * (1 - gone) ** 0.75
        if math.hypot(x, y) > spread - size * (1 - 0.65 * min(1, 5 * gone)) or size < 1.2:
            continue
        dots.append(f'<circle cx="{centre + x + 10 * gone ** 2:.1f}" cy="{centre + y - 5 * gone ** 2:.1f}" r="{size:.1f}"/>')
svg = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 256 256">
<defs>
<linearGradient id="page" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#2b2b2b"/><stop offset="1" stop-color="#141414"/></linearGradient>
<linearGradient id="teal" gradientUnits="userSpaceOnUse" x1="50" y1="50" x2="200" y2="210"><stop offset="0" stop-color="#52d6c4"/><stop offset="1" stop-color="#1f8f83"/></linearGradient>
<clipPath id="whole"><path d="M0 0 L150 0 L86 256 L0 256 Z"/></clipPath>
</defs>
<rect x="8" y="8" width="240" height="240" rx="52" fill="url(#page)"/>
<g fill="url(#teal)">
<circle cx="{centre}" cy="{centre}" r="{radius}" clip-path="url(#whole)"/>
{chr(10).join(dots)}
</g>
<circle cx="93" cy="124" r="17" fill="#ffe7b8"/>
</svg>
"""
(here / "icon.svg").write_text(svg)
cairosvg.svg2png(bytestring=svg.encode(), write_to=str(here / "icon.png"), output_width=256, output_height=256)
