/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the words do not say is drawn here, of the kill that is looked at. */

const data = JSON.parse(document.getElementById('data').textContent);
const names = data.names;
const page = { shown: undefined, picker: undefined };

/* Who had attached before @line was seen, on the same boot. */
function attachedFor(line) {
	return data.others.filter((other) => other.type === 'attached' && other.boot_id === line.boot_id &&
		other.host === line.host && !(other.uptime_ms > line.uptime_ms)).pop();
}

function prepare(kill, i) {
	const line = kill.lines[0];
	kill.number = i + 1;
	kill.article = document.getElementById('kill-' + kill.number);
	if (!kill.article) return;
	kill.line = line;
	kill.outcomes = kill.lines.slice(1);
	kill.candidates = undefined;
	kill.attached = attachedFor(line);
}

/* Draws once; what was drawn stays. */
function draw(kill) {
	if (kill.candidates) return;
	kill.candidates = candidatesOf(kill);
	append(kill.article.querySelector('.figures'), [drawBars(kill), drawUses(kill), drawChain(kill), drawTimeline(kill)]);
	append(kill.article, [drawTable(kill), drawInvoker(kill), drawSystem(kill), drawSettings(kill), drawLosses(kill), drawRaw(kill)]);
}

/* The way to the kills before and after the one that is shown. */
function neighbours(kills, at) {
	const nav = el('nav', { class: 'neighbours', 'aria-label': 'Other kills' });
	const link = (kill, words) => kill && kill.article && nav.append(el('a', { href: '#' + kill.article.id }, words));
	link(kills[at - 1], '← the kill before');
	nav.append(el('span', {}, 'kill ' + grouped(at + 1) + ' of ' + grouped(kills.length)));
	link(kills[at + 1], 'the kill after →');
	return nav;
}

function show(kills, at, move) {
	const kill = kills[at];
	for (const other of kills) if (other.article) other.article.hidden = other !== kill;
	page.shown = 'kill-' + kill.number;
	draw(kill);
	if (kills.length > 1) {
		if (!kill.article.querySelector('.neighbours')) kill.article.prepend(neighbours(kills, at));
		page.picker.draw();
	}
	if (!move) return;
	const heading = kill.article.querySelector('h2');
	heading.setAttribute('tabindex', '-1');
	kill.article.scrollIntoView();
	heading.focus({ preventScroll: true });
}

function start() {
	const kills = data.kills, wanted = () => kills.findIndex((kill) => kill.article && '#' + kill.article.id === location.hash);
	kills.forEach(prepare);
	if (kills.length > 1) {
		const span = document.getElementById('span');
		span.append(...drawSpan(kills));
		span.hidden = false;
	}
	show(kills, wanted() >= 0 ? wanted() : kills.length - 1, wanted() >= 0);
	window.addEventListener('hashchange', () => wanted() >= 0 && show(kills, wanted(), true));
	document.documentElement.classList.add('drawn');
	performance.mark('interactive');
}

start();
