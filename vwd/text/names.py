"""Chinese names that a dictionary of words leaves in pieces: 小明, 老王, 张三, 珍珍, 李华, 王小红."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

# What follows 小 or 阿 in names; a list, since 小 also stands before any noun.
_GIVEN = frozenset(
    "明红华丽李兰芳刚光智飞王美白玲妮强军亮东伟杰平英梅霞燕云雪莉娜敏静洁玉秀珍珠莲琴琳琪琦雨晴晨阳鹏磊波涛浩宇轩涵萌欣怡月星"
    "林森松柏峰海江张赵陈刘黄周吴徐孙朱胡郭何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范"
    "金廖贾夏韦方邹孟熊秦邱尹薛段雷侯龙史陶黎贺顾毛郝龚邵万钱武戴莫绿蓝青紫黑安乐宝贝文新欢竹菊荷桃辉勇力娟婷倩颖慧佳嘉凯"
    "豪超斌彬健康瑞志建国春秋冬琼瑶桂凤妍雯薇菲蓉荣萍艳婧悦甜糖米豆胖虎康毅峻俊帅天鑫诚信泽源溪洋"
)
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵周吴徐孙朱马胡郭林何高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
)
# Of full names: surnames that are hardly ever a word of their own, and given names that are none beside one.
_FAMILIES = frozenset(
    "王李张刘陈杨赵吴周徐孙胡朱林郭罗宋郑谢韩唐冯董曹袁邓许沈曾彭吕苏卢蒋蔡贾丁魏薛潘杜夏汪田任姜崔谭陆陶"
)
_OWN = frozenset("明华丽芳刚强军伟杰平英梅霞燕敏静洁玉秀珍兰勇涛浩磊鹏飞娜婷倩颖慧佳嘉凯超斌彬健红芬萍")
# After these 张 counts: 两张, 每张.
_COUNTS = frozenset("一二两三四五六七八九十百千几每这那半整第多")
_PREFIXES = {"小": _GIVEN, "阿": _GIVEN, "老": _SURNAMES}
_PAIRS = frozenset(("张三", "李四", "王五", "赵六", "孙七", "周八", "吴九", "郑十"))
# The commonest are names even where a longer word follows, such as 小|明早 and 小|华为; but not in 最小|明显.
_COMMON = re.compile(
    "(?<![大较最很更缩减变极微弱渺细窄从])(小(?:明(?![显确亮])|华(?![侨夏丽而])|刚(?!性)|丽(?!质)|芳))"
)
_MAYBE = re.compile(
    rf"[小阿老]|{'|'.join(sorted(_PAIRS))}|(.)\1|[{''.join(sorted(_FAMILIES))}][{''.join(sorted(_OWN))}]"
)
# Doubled, these are no name: counting, and particles written twice by mistake.
_NOT_DOUBLED = frozenset("一二三四五六七八九十百千万零〇两的了到和在是有与为")


def may_name(run: str) -> bool:
    """Whether a run of Chinese characters may have a name in pieces: a quick look."""
    return bool(_MAYBE.search(run))


def cuts_name(words: list[str]) -> bool:
    """Whether one of the commonest names is cut by a longer word: 小|明早."""
    return any(word == "小" and len(after) > 1 and after[0] in "明华刚丽芳" for word, after in pairwise(words))


def name_parts(run: str) -> list[str]:
    """A run of Chinese characters, cut before and after the commonest names."""
    return [part for part in _COMMON.split(run) if part]


def join_names(words: Iterable[str], counted: bool = False) -> list[str]:
    """The same words, with the pieces of a name in one.

    Args:
        words: of a run of Chinese characters, from its start.
        counted: whether a number precedes the run.
    """
    joined: list[str] = []
    single = False  # whether the last word is one character that no name has yet
    for word in words:
        last = len(joined) - 1
        full = single and word in _OWN and _is_family(joined, last, counted)
        if full or (single and len(word) == 1 and _is_name(joined[-1], word)):
            joined[-1] += word
            single = False
        else:
            joined.append(word)
            single = len(word) == 1
        last = len(joined) - 1
        if last and _is_small(joined[-1]) and _is_family(joined, last - 1, counted):
            joined[-2:] = ["".join(joined[-2:])]
    return joined


def _is_small(word: str) -> bool:
    """小红, which a surname may precede: 王小红."""
    return len(word) == 2 and word[0] == "小" and word[1] in _GIVEN


def _is_family(words: list[str], at: int, counted: bool) -> bool:
    """Whether a word is a surname: not the 张 that counts."""
    if words[at] != "张":
        return words[at] in _FAMILIES
    return words[at - 1][-1] not in _COUNTS if at else not counted


def _is_name(first: str, second: str) -> bool:
    if first == second:
        return first not in _NOT_DOUBLED
    return second in _PREFIXES.get(first, ()) or first + second in _PAIRS
