"""Rebuild the fonts/ folder: the two font files the renderer draws with, and their coverage.json.

The Latin font is copied unchanged. The Chinese one is cut from a 19 MB collection down to the characters that occur in
Chinese documents, without hinting and layout features: the renderer places one glyph at a time, so ligatures, kerning
and vertical writing would be dead weight. The output depends only on the inputs, which are checked by sha256, and on
the fontTools version (see fonts/README.md).
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.ttCollection import TTCollection

PACKAGES = ("fonts-dejavu-core", "fonts-noto-cjk")
"""The Debian packages: 2.37-6 and 1:20220127+repack1-1 (Debian 12)."""

DEJAVU = (
    "usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    "0f5db4f1749979d961019838b160bec74abdf7f9eca69553fe1aa856bbff49a4",
)
NOTO = (
    "usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "b76b0433203017ca80401b2ee0dd69350349871c4b19d504c34dbdd80541690a",
)
"""Path in the unpacked package and sha256, for the releases named above: other releases may look different."""

NOTO_FAMILY = "Noto Sans CJK SC"
SUBSET_NAME = "NotoSansCJKsc-Regular-subset.otf"
TABLE_NAME = "coverage.json"

CODECS = ("gb2312", "gbk")
"""GBK almost contains GB 2312, but Python's two codecs disagree on the middle dot at 0xA1A4, so both are used."""

BLOCKS = (
    (0x1EA0, 0x1EF9),
    (0x2000, 0x206F),
    (0x2100, 0x214F),
    (0x2150, 0x218F),
    (0x2190, 0x21FF),
    (0x2200, 0x22FF),
    (0x2460, 0x24FF),
    (0x2500, 0x257F),
    (0x25A0, 0x25FF),
    (0x3000, 0x303F),
    (0x3131, 0x3163),
    (0xAC00, 0xD7A3),
    (0xFF00, 0xFFEF),
)
"""Unicode blocks included in full: Vietnamese letters, which DejaVu Sans Mono lacks; Korean; punctuation and symbols,
of which the codecs cover only parts."""

GENERAL_STANDARD = (
    "鿍鿎鿏㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖"
    "䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽"
    "𤫉𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀𫍣𫍯"
    "𫍲𫍽𫐄𫐐𫐓𫑡𫓧𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟"
    "𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟"
    "𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟"
    "𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)
"""The characters of 通用规范汉字表 (Table of General Standard Chinese Characters, 2013) that are not in GBK."""

DROPPED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx")


def subset_code_points() -> set[int]:
    """Every code point requested for the Chinese subset; fontTools ignores those that the font does not have."""
    points = {ord(char) for char in GENERAL_STANDARD}
    for first, last in BLOCKS:
        points.update(range(first, last + 1))
    for codec in CODECS:
        points.update(point for point in range(0x110000) if chr(point).encode(codec, "ignore"))
    return points


def unpack(debs: Path | None, work: Path) -> Path:
    """Unpack the packages in `debs`, or download them first, below `work` and return the root of the tree."""
    if debs is None:
        debs = work / "debs"
        debs.mkdir()
        subprocess.run(["apt-get", "download", *PACKAGES], cwd=debs, check=True)
    root = work / "root"
    for package in PACKAGES:
        found = sorted(debs.glob(f"{package}_*.deb"))
        if len(found) != 1:
            raise SystemExit(f"{debs}: expected one {package}_*.deb, found {len(found)}")
        subprocess.run(["dpkg-deb", "-x", str(found[0]), str(root)], check=True)
    return root


def verified(root: Path, source: tuple[str, str]) -> Path:
    """The path of a source file whose content is as expected."""
    name, expected = source
    found = sha256(root / name)
    if found != expected:
        raise SystemExit(f"{name}: sha256 is {found}, expected {expected}: another release of the package?")
    return root / name


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def face_index(collection: Path, family: str) -> int:
    """Index of the face in a .ttc whose family name (name ID 1) is `family`."""
    with TTCollection(str(collection), lazy=True) as faces:
        names = [face["name"].getDebugName(1) for face in faces.fonts]
    return names.index(family)


def cut(collection: Path, out: Path) -> None:
    """Write the subset of the Chinese face of `collection` to `out`."""
    options: Any = subset.Options()
    options.font_number = face_index(collection, NOTO_FAMILY)
    options.hinting = False
    options.layout_features = []
    options.drop_tables = [*options.drop_tables, *DROPPED_TABLES]
    options.notdef_outline = True  # a character in no font is drawn as the usual box, not left out
    options.name_IDs = ["*"]  # the licence requires its notice to stay in the file
    options.recalc_timestamp = False  # otherwise two builds would differ in head.modified
    options.desubroutinize = False  # inlining the subroutines would add 0.2 MB
    font = subset.load_font(str(collection), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=subset_code_points())
    subsetter.subset(font)
    subset.save_font(font, str(out), options)


def ranges(points: Iterable[int]) -> list[list[int]]:
    """Sorted inclusive [first, last] ranges of a set of code points."""
    spans: list[list[int]] = []
    for point in sorted(points):
        if spans and spans[-1][1] == point - 1:
            spans[-1][1] = point
        else:
            spans.append([point, point])
    return spans


def coverage(files: Iterable[Path]) -> str:
    """The text of coverage.json, one line per font: what it covers, so that the renderer need not parse a cmap."""
    lines = []
    for path in files:
        with TTFont(str(path), lazy=True) as font:
            entry = {
                "file": path.name,
                "sha256": sha256(path),
                "units_per_em": font["head"].unitsPerEm,
                "ranges": ranges(font.getBestCmap()),
            }
        lines.append(json.dumps(entry, separators=(",", ":")))
    return '{"fonts": [\n' + ",\n".join(lines) + "\n]}\n"


def build(debs: Path | None, out: Path) -> None:
    """Build all files in a temporary folder inside `out`, then rename them into place together."""
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory(dir=out, prefix=".build-") as new:
        root = unpack(debs, Path(work))
        latin, chinese, table = Path(new, Path(DEJAVU[0]).name), Path(new, SUBSET_NAME), Path(new, TABLE_NAME)
        shutil.copyfile(verified(root, DEJAVU), latin)
        cut(verified(root, NOTO), chinese)
        table.write_text(coverage([latin, chinese]), encoding="utf-8")
        for path in (latin, chinese, table):
            print(f"{sha256(path)}  {path.stat().st_size:>9,}  {path.name}")
            path.replace(out / path.name)


def main() -> None:
    parser = argparse.ArgumentParser(description="Rebuild the fonts folder from two Debian packages.")
    parser.add_argument("--debs", type=Path, help="folder with the two .deb files (default: download them)")
    parser.add_argument("--out", type=Path, default=Path("fonts"), help="folder to write (default: fonts)")
    args = parser.parse_args()
    build(args.debs, args.out)


if __name__ == "__main__":
    main()
