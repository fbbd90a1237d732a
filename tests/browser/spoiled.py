# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Pages with one thing wrong, and the check that must notice it."""
import re

import checks

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>\n')

# Name, page, check, what is replaced by what. The policy is taken out, for it would stop most of
# these: not where it is what is tried.
WAYS = [
    ("script", "memcg", checks.quiet, [("'use strict';", "'use strict'; ")]),
    ("request", "memcg", checks.quiet, [(POLICY, ""), ("</main>", '<img src="http://127.0.0.1:9/x" alt="x"></main>')]),
    ("error", "memcg", checks.quiet, [(POLICY, ""), ("\nstart();\n", "\nstart(); undefinedFunction();\n")]),
    ("no policy", "memcg", checks.policed, [(POLICY, "")]),
    ("victim unmarked", "memcg", checks.content, [(POLICY, ""), ("' victim' : ''", "'' : ''")]),
    ("bar missing", "memcg", checks.bars, [(POLICY, ""), ("for (const candidate of shown) list", "for (const candidate of shown.slice(1)) list")]),
    ("bars turned", "memcg", checks.bars, [(POLICY, ""), ("for (const candidate of shown) list.append", "for (const candidate of shown) list.prepend")]),
    ("adj not drawn", "memcg", checks.bars, [(POLICY, ""), ("	drawAdj(track, candidate, scale);\n", "")]),
    ("unprotected", "machine", checks.bars, [(POLICY, ""), ("=== 'adj_min' ?", "=== 'x' ?")]),
    ("unsorted", "memcg", checks.sorting, [(POLICY, ""), ("return direction * (a - b);", "return 0;")]),
    ("sorted one way", "memcg", checks.sorting, [(POLICY, ""), ("? -this.direction :", "? this.direction :")]),
    ("unfiltered", "memcg", checks.filtering, [(POLICY, ""), ("this.rows.filter(this.filter)", "this.rows.slice()")]),
    ("unknown is 0", "old", checks.unknown, [(POLICY, ""), ("const UNKNOWN = 'not known'", "const UNKNOWN = '0'")]),
    ("element of a name", "hostile", checks.inert, [(POLICY, ""), ("&lt;img", "<img")]),
    ("markup of names", "hostile", checks.inert, [(POLICY, ""), ("el('bdi', { class: className || 'name' }, visible(text))",
     "((node) => { node.innerHTML = text; return node; })(el('bdi', { class: className || 'name' }))")]),
    ("acting names", "hostile", checks.inert, [(POLICY, ""), ("String(text).replace(HOSTILE, escapeOf)", "String(text)")]),
    ("acting data", "hostile", checks.inert, [(POLICY, ""), ("line.replace(HOSTILE, (character)", "line.replace(/\\u0001/gu, (character)")]),
    ("pale", "memcg", checks.contrast, [(POLICY, ""), ("--soft: #545c66", "--soft: #8a929c")]),
    ("no dark scheme", "memcg", checks.contrast, [(POLICY, ""), ("(prefers-color-scheme: dark)", "(prefers-color-scheme: none)")]),
    ("parts alike", "memcg", checks.contrast, [(POLICY, ""), (re.compile(r"\.part\.(file|shmem) \{[^}]*\}"), "")]),
    ("wide", "memcg", checks.narrow, [(POLICY, ""), (".track { position: relative;", ".track { min-width: 500px; position: relative;")]),
    ("nameless", "memcg", checks.named, [(POLICY, ""), ("'aria-label': describe(candidate)", "'data-x': ''")]),
    ("heading skipped", "memcg", checks.named, [(POLICY, ""), ("<h3>", "<h4>")]),
    ("focus unseen", "memcg", checks.keyboard, [(POLICY, ""), (re.compile(r"outline: 3px solid var\(--focus\)"), "outline: none")]),
    ("unreachable", "memcg", checks.keyboard, [(POLICY, ""), ("el('button', { type: 'button' }, column.words",
     "el('button', { type: 'button', tabindex: '-1' }, column.words")]),
    ("kill left out", "span", checks.picking, [(POLICY, ""), ("rows: kills, header: 1, least", "rows: kills.slice(1), header: 1, least")]),
    ("link that leads nowhere", "span", checks.picking, [(POLICY, ""), ("window.addEventListener('hashchange'", "window.addEventListener('x'")]),
    ("nothing without scripts", "memcg", checks.scriptless, [("<noscript>", "<template>"), ("</noscript>", "</template>")]),
    ("buttons on paper", "memcg", checks.printing, [(POLICY, ""), (".filters, .raw, .neighbours", ".none, .none")]),
    ("large", "many", checks.fast, [("</main>", "</main>" + "<!-- x -->" * 50000)]),
    ("slow", "many", checks.fast, [(POLICY, ""), ("\nstart();\n", "\nfor (const end = performance.now() + 6000; performance.now() < end;);\nstart();\n")]),
]


def make(source, path, replaced):
    """@source with all that is in @replaced; what is not there cannot be replaced, and is an error."""
    text = source.read_text()
    for old, new in replaced:
        changed = old.sub(lambda _: new, text) if isinstance(old, re.Pattern) else text.replace(old, new)
        if changed == text:
            raise ValueError(f"{path.name}: nothing to spoil: {old}")
        text = changed
    path.write_text(text)
    return path
