# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What must hold of a page. Each takes a Look at one page and fails by an AssertionError."""
import json
import pathlib
import re

PROBES = (pathlib.Path(__file__).resolve().parent / "probes.js").read_text()
MANY_BYTES = 5_000_000
READY_SECONDS = 1.0         # of the page's own computing, whatever else the machine does
WIDTH = 1280
PHONE = 375
LINES_OF = re.compile(rb'<script type="application/json" id="data">(.*?)</script>', re.S)
ARTICLE = "article.kill:not([hidden])"


class Look:
    """One page, open in the browser."""

    def __init__(self, browser, path):
        self.browser, self.path = browser, path
        self.data = json.loads(LINES_OF.search(path.read_bytes())[1])
        self.open()

    def open(self, width=WIDTH, scheme="light", kind=""):
        self.browser.leave()
        self.browser.size(width)
        self.browser.media(scheme, kind)
        self.browser.console(), self.browser.requests()
        self.browser.open(self.path.as_uri())

    def run(self, script, *arguments):
        return self.browser.run(script, *arguments)

    def probe(self, name):
        return self.browser.run(PROBES, name)

    def click(self, selector):
        self.run("document.querySelector(arguments[0]).click()", selector)

    def click_all(self, selector, rows, count):
        """Asks for all that there is, and waits until as many are there."""
        self.click(selector)
        self.browser.wait(f"return document.querySelectorAll({json.dumps(rows)}).length >= {count}")

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.run("const node = document.querySelector(arguments[0]); return node && node.textContent", selector)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)", selector)

    def shown(self):
        """The kill that is shown: the last one, where nothing else was asked for."""
        return self.data["kills"][-1]["lines"][0]

    def tasks(self):
        return self.shown()["candidates"]["tasks"]

    def column(self, words):
        """The cells of the table of candidates under a head."""
        heads = self.heads()
        return self.texts(f"{ARTICLE} .all tbody tr > :nth-child({heads.index(words) + 1})")

    def heads(self):
        return self.texts(f"{ARTICLE} .all thead button")

    def type(self, selector, text):
        self.run("document.querySelector(arguments[0]).focus()", selector)
        for letter in text:
            self.browser.press(letter)


def quiet(look):
    """Nothing goes wrong, and nothing is asked of any network."""
    assert look.run("return document.documentElement.classList.contains('drawn')"), "its script has not run to the end"
    console, requests = look.browser.console(), look.browser.requests()
    assert not console, f"console: {console}"
    assert requests == [look.path.as_uri()], f"requests: {requests}"


def content(look):
    """The words, the figures and the table of one kill are there, and tell what the data has."""
    line, tasks = look.shown(), look.tasks()
    victim = line.get("victim")
    headline = look.text(f"{ARTICLE} h2")
    if victim:
        assert f'[{victim["pid"]}] was killed when' in headline, headline
        assert "What would have spared it" in look.texts(f"{ARTICLE} .answers dt"), "no answer"
        assert look.count(f"{ARTICLE} .bar.victim") == sum(task["pid"] == victim["pid"] for task in tasks), "victim not marked"
        assert look.count(f"{ARTICLE} .timeline") == 1
    else:
        assert headline.startswith("Nobody was killed when"), headline
    for part in ("candidates", "settings", "losses", "raw"):
        assert look.count(f"{ARTICLE} .{part}") == 1, part
    assert look.count(f"{ARTICLE} .all table") == bool(tasks), "the table"
    assert look.count(f"{ARTICLE} .invoker .stack li") == len(line.get("invoker", {}).get("stack", []))
    assert look.count(f"{ARTICLE} .invoker .chips li") == len(line.get("invoker", {}).get("gfp_flags", []))
    assert look.count(f"{ARTICLE} .uses .gauge") >= min(1, len(look.data["kills"][-1]["row"].get("uses", [])))
    if "memcg" in line and "usage_bytes" in line["memcg"]:
        assert look.count(f"{ARTICLE} .chain .part.met") == 1, "no limit is marked as met"


def bars(look):
    """As many bars as candidates, in their order; as many parts in each as it has; protected ones are marked."""
    tasks = look.tasks()
    if look.count(f"{ARTICLE} .all-bars"):
        look.click_all(f"{ARTICLE} .all-bars", f"{ARTICLE} .bar", len(tasks))
    assert look.count(f"{ARTICLE} .bars > .bar") == len(tasks), "bars and candidates differ in number"
    assert look.texts(f"{ARTICLE} .bar .pid") == [str(task["pid"]) for task in tasks], "another order"
    keys = ("rss_anon_bytes", "rss_file_bytes", "rss_shmem_bytes", "swap_bytes", "pgtables_bytes")
    parts = sum(1 for task in tasks for key in keys if task.get(key)) + sum(
        1 for task in tasks if task.get("rss_bytes") and "rss_anon_bytes" not in task)
    assert look.count(f"{ARTICLE} .bar .part") == parts, "parts of bars"
    protected = sum(task.get("skipped") == "adj_min" for task in tasks)
    assert sum(text == "protected" for text in look.texts(f"{ARTICLE} .bar .tag.spared")) == protected, "protected ones"
    adjusted = sum(bool(task.get("eligible") and task.get("oom_score_adj") and "points" in task) for task in tasks)
    assert look.count(f"{ARTICLE} .bar .track > .points") == adjusted, "what oom_score_adj does is not drawn"


def sorting(look):
    """A click on a head sorts by it, and a second one the other way round; the head says so."""
    keys = {"pid": "pid", "memory": None, "anon": "rss_anon_bytes", "adj": "oom_score_adj", "uid": "uid"}
    for words, key in keys.items():
        place = look.heads().index(words) + 1
        head = f"{ARTICLE} .all thead th:nth-child({place})"
        orders = []
        for _ in range(2):
            look.click(head + " button")
            state = look.run("return document.querySelector(arguments[0]).getAttribute('aria-sort')", head)
            pids = [int(pid) for pid in look.column("pid")]
            orders.append((state, pids))
            assert look.count(f"{ARTICLE} .all thead [aria-sort]") == 1
            if key:
                values = [task.get(key) for task in look.tasks()]
                values = {task["pid"]: value for task, value in zip(look.tasks(), values)}
                row = [values[pid] for pid in pids]
                want = sorted(row, reverse=state == "descending")
                assert row == want, f"{words} {state}: {row[:8]}"
        assert {state for state, _ in orders} == {"ascending", "descending"}, orders
        if words == "pid":
            assert orders[0][1] == orders[1][1][::-1], "not the other way round"


def filtering(look):
    """What is typed leaves the rows that match; emptied, all are back."""
    everything = len(look.column("pid"))
    pid = str(look.tasks()[-1]["pid"])
    look.type(f"{ARTICLE} .all input", pid)
    left = look.column("pid")
    want = [task for task in look.tasks() if any(pid in str(task.get(key, "")) for key in ("pid", "comm", "cgroup", "uid"))]
    assert len(left) == min(len(want), 100) and pid in left, f"{pid}: {left}"
    assert len(left) < everything, "nothing was hidden"
    said = look.text(f"{ARTICLE} .all .count")
    assert f"{len(want):,}" in said and f"{len(look.tasks()):,}" in said, said
    for _ in pid:
        look.browser.press("Backspace")
    assert len(look.column("pid")) == everything, "not all are back"
    look.run("const choice = document.querySelector(arguments[0]); choice.value = 'out'; choice.dispatchEvent(new Event('change'))",
             f"{ARTICLE} .all select")
    out = sum(not task["eligible"] for task in look.tasks())
    assert len(look.column("pid")) == out, "could not be chosen"


def unknown(look):
    """What is not in the data is not known, and never 0."""
    for key, words in {"swap_bytes": "swap", "pgtables_bytes": "page tables", "rss_shmem_bytes": "shmem", "age_ms": "age"}.items():
        cells = dict(zip(look.column("pid"), look.column(words)))
        for task in look.tasks()[:50]:
            known = key in task
            assert (cells[str(task["pid"])] != "not known") == known, f'{words} of {task["pid"]}: {cells[str(task["pid"])]}'
    assert look.tasks() and "swap_bytes" not in look.tasks()[0], "everything is known here: no test"


def inert(look):
    """Names are text: no element, no dialog, nothing that acts on the text around it."""
    assert look.browser.dialog() is None, "a dialog"
    elements = look.probe("elements")
    strange = {name: count for name, count in elements.items() if name in ("img", "iframe", "object", "embed", "b", "base", "form", "video")}
    assert not strange, f"elements made of names: {strange}"
    assert elements["script"] == 2 and elements.get("svg", 0) == 0, elements
    acting = look.probe("acting")
    assert not acting, f"acting text: {acting[:3]}"
    if look.count(f"{ARTICLE} .all-bars"):
        look.click_all(f"{ARTICLE} .all-bars", f"{ARTICLE} .bar", len(look.tasks()))
    seen = look.texts(f"{ARTICLE} .bar .name")
    for task, name in zip(look.tasks(), seen):
        plain = task["comm"]
        if plain.isprintable():
            assert name == plain, f"{plain!r} is shown as {name!r}"
    look.click(f"{ARTICLE} .raw summary")
    look.browser.wait("return document.querySelectorAll('.raw pre').length > 0")
    assert not look.probe("acting"), "acting text in the raw data"
    assert not look.browser.console() and look.browser.dialog() is None


def policed(look):
    """The policy in the page holds: no script but its own, no style but its own, no request."""
    policy = look.run("return (document.querySelector('meta[http-equiv=\"Content-Security-Policy\"]') || {}).content")
    assert policy and re.fullmatch(r"default-src 'none'; script-src 'sha256-[\w+/]{43}='; style-src 'sha256-[\w+/]{43}='; "
                        r"img-src data:; base-uri 'none'; form-action 'none'", policy), policy
    look.run("""
        window.ran = 0;
        const script = document.createElement('script');
        script.textContent = 'window.ran = 1';
        document.body.append(script);
        const button = document.createElement('button');
        button.setAttribute('onclick', 'window.ran = 2');
        document.body.append(button);
        button.click();
        setTimeout('window.ran = 3', 0);
        const style = document.createElement('style');
        style.textContent = 'body { display: none }';
        document.body.append(style);""")
    ran = look.run("return new Promise((resolve) => setTimeout(() => resolve(window.ran), 50))")
    assert ran == 0, f"a foreign script has run: {ran}"
    assert look.run("return getComputedStyle(document.body).display") != "none", "a foreign style holds"
    assert look.run("return fetch('http://127.0.0.1:9/').then(() => 'went', () => 'refused')") == "refused"
    assert any("Content Security Policy" in message for message in look.browser.console()), "no violation was told"


def contrast(look):
    """Every text against what is behind it, in both schemes, which are not the same."""
    light = {}
    for scheme in ("light", "dark"):
        look.open(scheme=scheme)
        found = look.probe("contrast")
        assert found["seen"] > 100, "hardly any text"
        assert not found["poor"], f'{scheme}: {found["poor"][:5]}'
        light[scheme] = found["light"]
        parts = look.probe("parts")
        assert len(set(parts)) == len(parts) > 1, f"parts of bars look alike: {parts}"
    assert light == {"light": True, "dark": False}, light
    look.open()


def narrow(look):
    """On a phone nothing but tables scrolls sideways, and they do by themselves."""
    look.open(width=PHONE)
    found = look.probe("width")
    assert found["page"] <= PHONE and not found["out"], found
    assert look.count(f"{ARTICLE} .scroll table") > 0 or not look.tasks()
    look.open()


def named(look):
    """Everything that is operated or looked at has a name, and the headings are in order."""
    silent = look.probe("silent")
    assert not silent, silent
    assert not look.probe("ids"), "ids twice"
    roles = {"button", "link", "searchbox", "textbox", "combobox", "table", "image", "img", "region", "navigation", "ListBox"}
    nodes = [node for node in look.browser.devtools("Accessibility.getFullAXTree")["nodes"] if not node.get("ignored")]
    asked = [node for node in nodes if node["role"]["value"] in roles]
    nameless = [node["role"]["value"] for node in asked if not node.get("name", {}).get("value", "").strip()]
    assert len(asked) > 20 and not nameless, f"{len(asked)} seen, without a name: {nameless}"
    kinds = {node["role"]["value"] for node in nodes}
    assert {"table", "columnheader", "rowheader", "heading", "main", "button", "searchbox"} <= kinds, kinds
    levels = look.probe("headings")
    assert levels[0] == 1 and levels.count(1) == 1, levels
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    assert look.run("return document.documentElement.lang") == "en"


def focused(look):
    return look.run("""
        const node = document.activeElement, style = getComputedStyle(node);
        return { tag: node.localName, words: node.textContent.slice(0, 40), head: Boolean(node.closest('thead')),
            seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };""")


def keyboard(look):
    """Everything can be reached and operated without a mouse, and where one is can be seen."""
    look.run("document.activeElement.blur(); scrollTo(0, 0)")
    look.browser.press("Tab")
    assert focused(look)["words"] == "Skip to the content", focused(look)
    wanted = look.run("""
        return [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')].filter((node) =>
            node.getClientRects().length).length""")
    seen, head = 1, None
    for _ in range(wanted + 5):
        now = focused(look)
        assert now["seen"], f"where one is cannot be seen: {now}"
        if now["head"] and now["words"].startswith("pid"):
            before = look.column("pid")
            look.browser.press("Enter")
            look.browser.press("Enter")
            head = before, look.column("pid")
        if now["tag"] == "summary":
            look.browser.press("Enter")
            look.browser.wait("return document.querySelector('.raw').open")
            break
        look.browser.press("Tab")
        seen += 1
    assert now["tag"] == "summary", f"the raw data was not reached: {now}"
    assert seen == wanted, f"{seen} of {wanted} were reached"
    assert head and head[0] != head[1] and sorted(head[0]) == sorted(head[1]), f"Enter does not sort: {head}"


def picking(look):
    """Of several kills each is behind a link, and the overview counts them all."""
    kills = look.data["kills"]
    assert look.count("#span .picker .more-rows:not([hidden])") == 1
    look.click_all("#span .picker .more-rows", "#span .picker tbody tr", len(kills))
    assert look.count("#span .picker tbody tr") == len(kills)
    groups = {kill["row"].get("memcg") for kill in kills}
    assert look.count("#span .offenders tbody tr") == len(groups)
    assert look.texts("#span .offenders tbody td:first-child")[0] == "24", "not the worst first"
    assert look.count("#span .strip") == len(groups)
    assert sum(int(text.split()[0]) for text in look.texts("#span .strips .amount")) == len(kills)
    assert look.count(ARTICLE) == 1
    first = look.texts(f"{ARTICLE} h2")
    look.run("document.querySelector('#span .picker tbody tr:nth-child(5) a').focus()")
    look.browser.press("Enter")
    look.browser.wait(f"return document.querySelector('{ARTICLE} h2').textContent !== {json.dumps(first[0])}")
    assert look.count(ARTICLE) == 1 and look.count(f"{ARTICLE} .bar") > 0
    assert look.run("return document.activeElement.localName") == "h2", "one is not taken there"
    assert look.texts("#span .picker tr.current th") == [look.texts("#span .picker tbody tr:nth-child(5) th")[0]]
    assert not look.browser.console()


def scriptless(look):
    """Without scripts the page says who died and why, and has the text."""
    look.browser.devtools("Emulation.setScriptExecutionDisabled", value=True)
    try:
        look.open()
        snapshot = look.browser.devtools("Accessibility.getFullAXTree")["nodes"]
        words = "\n".join(node["name"]["value"] for node in snapshot if node.get("name", {}).get("value"))
        victim = look.shown()["victim"]
        assert f'[{victim["pid"]}] was killed when' in words, "no headline"
        assert "would have spared it" in words, "no answer"
        assert "candidates     PID COMM" in words, "no text"
    finally:
        look.browser.devtools("Emulation.setScriptExecutionDisabled", value=False)
        look.open()


def printing(look):
    """On paper there is nothing to click, nothing is cut off, and the words are black on white."""
    look.open(width=794, scheme="dark", kind="print")
    found = look.probe("width")
    assert found["page"] <= 794 and not found["out"], found
    visible = look.run("return [...document.querySelectorAll('main button, main input, .raw')].filter((node) =>"
                       " node.getClientRects().length && !node.closest('thead')).length")
    assert visible == 0, f"{visible} things to click"
    assert look.probe("contrast")["light"], "a dark sheet"
    look.open()


def fast(look):
    """5,000 candidates: the page is small, soon there, and all of them can be shown and searched."""
    size = look.path.stat().st_size
    assert size < MANY_BYTES, f"{size} bytes"
    look.browser.devtools("Performance.enable", timeDomain="threadTicks")
    look.open()
    assert look.run("return performance.getEntriesByName('interactive').length") == 1
    metrics = {metric["name"]: metric["value"] for metric in look.browser.devtools("Performance.getMetrics")["metrics"]}
    assert 0 < metrics["TaskDuration"] < READY_SECONDS, f'{metrics["TaskDuration"]:.2f} s of computing'
    look.click_all(f"{ARTICLE} .more-rows", f"{ARTICLE} .all tbody tr", 5000)
    assert look.count(f"{ARTICLE} .all tbody tr") == len(look.tasks()) == 5000
    look.open()
    look.type(f"{ARTICLE} .all input", "worker-21")
    rows = look.texts(f"{ARTICLE} .all tbody th")
    assert rows and all(name.startswith("worker-21") for name in rows), rows[:5]
