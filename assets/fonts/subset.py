"""Makes the two fonts here from Debian's fonts-inter: fewer glyphs, and tabular figures as the ordinary ones (egui has no
switch for OpenType features).

    apt-get download fonts-inter && dpkg-deb -x fonts-inter_*.deb inter
    pip install fonttools && python assets/fonts/subset.py inter/usr/share/fonts/opentype/inter assets/fonts
"""
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Latin, Greek, Cyrillic (file names are in any of them), punctuation, currency, arrows, mathematics, shapes.
RANGES = [(0x20, 0x17F), (0x192, 0x192), (0x218, 0x21B), (0x2BC, 0x2DD), (0x300, 0x331), (0x370, 0x3FF), (0x400, 0x4FF), (0x1E00, 0x1EFF),
          (0x2000, 0x206F), (0x2070, 0x208E), (0x20A0, 0x20BF), (0x2100, 0x215E), (0x2190, 0x21FF), (0x2200, 0x22FF),
          (0x2300, 0x23FF), (0x25A0, 0x25FF), (0x2600, 0x27BF)]

source, out = map(Path, sys.argv[1:])
for weight in ["Regular", "SemiBold"]:
    font = TTFont(source / f"Inter-{weight}.otf")
    features = [f for f in font["GSUB"].table.FeatureList.FeatureRecord if f.FeatureTag == "tnum"]
    lookup = font["GSUB"].table.LookupList.Lookup[features[0].Feature.LookupListIndex[0]]
    tabular = getattr(lookup.SubTable[0], "ExtSubTable", lookup.SubTable[0]).mapping
    for table in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in table.cmap:
                table.cmap[code] = tabular.get(table.cmap[code], table.cmap[code])
    options = subset.Options(layout_features=["ccmp", "locl", "mark", "mkmk", "kern"], name_IDs=["*"], hinting=False, notdef_outline=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for first, last in RANGES for c in range(first, last + 1)])
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (3, 5):
            record.string = f"{record}; subset, tabular figures"
    font.save(out / f"Inter-{weight}.otf")
