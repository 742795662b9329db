"""Makes Phosphor.ttf here: the icons that src/app/icons.rs names, out of the icon font of the crate egui-phosphor 0.14.

    pip install fonttools && python assets/fonts/icons.py egui-phosphor-0.14.0/res/Phosphor.ttf
"""
import re
import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

here = Path(__file__).parent
names = (here / "../../src/app/icons.rs").read_text()
font = TTFont(sys.argv[1])
subsetter = subset.Subsetter(subset.Options(name_IDs=["*"], layout_features=[], hinting=False, notdef_outline=True))
subsetter.populate(unicodes=[int(code, 16) for code in re.findall(r"u\{([0-9A-F]+)\}", names)])
subsetter.subset(font)
font.save(here / "Phosphor.ttf")
