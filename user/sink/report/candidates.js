/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The candidates as bars, in the order in which the kernel ranked them. */

const BARS_FIRST = 15;
const PARTS = [
	{ key: 'rss_anon_bytes', kind: 'anon', words: 'anon' },
	{ key: 'rss_file_bytes', kind: 'file', words: 'file' },
	{ key: 'rss_shmem_bytes', kind: 'shmem', words: 'shmem' },
	{ key: 'rss_bytes', kind: 'resident', words: 'resident, of which kind is not known' },
	{ key: 'swap_bytes', kind: 'swap', words: 'swap' },
	{ key: 'pgtables_bytes', kind: 'tables', words: 'page tables' },
];

/* The parts of a task's memory that are known; where the parts of what is resident are, not their sum. */
function partsOf(task) {
	const split = typeof task.rss_anon_bytes === 'number';
	return PARTS.filter((part) => typeof task[part.key] === 'number' && !(split && part.kind === 'resident'));
}

/* All memory that is known of a task, or undefined. */
function memoryOf(task) {
	const parts = partsOf(task);
	return parts.length ? parts.reduce((sum, part) => sum + task[part.key], 0) : undefined;
}

/* What a kill's candidates are drawn with: shared by the bars and the table. */
function candidatesOf(kill) {
	const line = kill.line, tasks = (line.candidates && line.candidates.tasks) || [];
	const killed = new Map((line.victims || []).map((victim) => [victim.pid, victim.killed_as]));
	if (line.victim && !killed.has(line.victim.pid)) killed.set(line.victim.pid, 'chosen');
	let rank = 0;
	return tasks.map((task) => ({
		task,
		rank: task.eligible ? ++rank : undefined,
		memory: memoryOf(task),
		points: typeof task.points === 'number' && line.page_size ? task.points * line.page_size : undefined,
		killed: killed.get(task.pid),
		skipped: task.skipped && (names.skipped[task.skipped] || task.skipped),
	}));
}

function killedWords(candidate) {
	return { chosen: 'killed', group: 'killed with its group', shared_mm: 'killed, shares its memory' }[candidate.killed];
}

/* Its state in a few words: what happened to it, or why nothing could. */
function tag(candidate) {
	if (candidate.killed) return el('span', { class: 'tag killed' }, killedWords(candidate));
	if (candidate.task.eligible === false) {
		const words = candidate.task.skipped === 'adj_min' ? 'protected' : 'not eligible';
		return el('span', { class: 'tag spared', title: candidate.skipped }, words);
	}
	return null;
}

/* "java[4242], rank 1: 498.2 MiB (anon ...); 127,539 points; killed" */
function describe(candidate) {
	const task = candidate.task, parts = partsOf(task).filter((part) => task[part.key]);
	const words = parts.map((part) => part.words + ' ' + bytes(task[part.key])).join(', ');
	return process(task) + (candidate.rank ? ', rank ' + candidate.rank : ', cannot be chosen') + ': ' +
		bytes(candidate.memory) + (words ? ' (' + words + ')' : '') +
		(typeof task.points === 'number' && candidate.rank ? '; ' + grouped(task.points) + ' points' : '') +
		(task.oom_score_adj ? '; oom_score_adj ' + task.oom_score_adj : '') +
		(candidate.killed ? '; ' + killedWords(candidate) : '') +
		(candidate.skipped ? '; ' + candidate.skipped : '');
}

function piece(className, left, width) {
	const node = el('i', { class: className });
	node.style.left = 100 * left + '%';
	node.style.width = 100 * width + '%';
	return node;
}

/* What oom_score_adj adds to the memory, or takes off it, and where that ends: the points. */
function drawAdj(track, candidate, scale) {
	const adj = candidate.task.oom_score_adj, memory = candidate.memory, points = candidate.points;
	if (!adj || !candidate.rank || points === undefined || memory === undefined) return;
	const end = Math.max(points, 0);
	if (points > memory) track.append(piece('adj more', memory / scale, (points - memory) / scale));
	else track.append(piece('adj less', end / scale, (memory - end) / scale));
	track.append(piece(points < 0 ? 'points below' : 'points', end / scale, 0));
}

function bar(candidate, scale) {
	const task = candidate.task, track = el('span', { class: 'track', role: 'img', 'aria-label': describe(candidate) });
	let left = 0;
	for (const part of partsOf(task)) {
		const width = task[part.key] / scale;
		if (width) track.append(piece('part ' + part.kind, left, width));
		left += width;
	}
	drawAdj(track, candidate, scale);
	const scored = candidate.rank && typeof task.points === 'number';
	return el('li', { class: 'bar' + (candidate.killed ? ' victim' : '') + (candidate.rank ? '' : ' out') },
		el('span', { class: 'rank', 'aria-hidden': 'true' }, candidate.rank || '–'),
		el('span', { class: 'who' }, name(task.comm), el('span', { class: 'pid' }, String(task.pid)), tag(candidate)),
		track,
		amountOf('memory', bytes(candidate.memory)),
		amountOf('score', scored ? grouped(task.points) : candidate.rank ? UNKNOWN : 'none', ' points'),
		amountOf('adj', typeof task.oom_score_adj === 'number' ? String(task.oom_score_adj) : UNKNOWN, ' adj'));
}

/* What a bar says in numbers; what they are stands above them, or where it is narrow behind each. */
function amountOf(kind, words, unit) {
	return el('span', { class: 'amount ' + kind, 'aria-hidden': 'true' }, words, unit && el('span', { class: 'unit' }, unit));
}

function swatch(className, words) {
	return el('li', {}, el('i', { class: className, 'aria-hidden': 'true' }), words);
}

function legend(candidates) {
	const node = el('ul', { class: 'legend' });
	for (const part of PARTS)
		if (candidates.some((candidate) => candidate.task[part.key] && partsOf(candidate.task).includes(part)))
			node.append(swatch('part ' + part.kind, part.words));
	const ranked = candidates.filter((candidate) => candidate.rank && candidate.task.oom_score_adj);
	if (ranked.some((candidate) => candidate.points > candidate.memory))
		node.append(swatch('adj more', 'added by oom_score_adj'));
	if (ranked.some((candidate) => candidate.points < candidate.memory))
		node.append(swatch('adj less', 'taken off by oom_score_adj'));
	if (ranked.length) node.append(swatch('points', 'points, by which the kernel chooses'));
	return node;
}

/* A round number that is not larger than a third of what the bars span. */
function tickOf(scale) {
	const unit = Math.pow(1024, Math.floor(Math.log(scale) / Math.log(1024)));
	const steps = [512, 256, 200, 100, 50, 20, 10, 5, 2, 1, 0.5, 0.2];
	return (steps.find((step) => step * unit <= scale / 3) || 0.1) * unit;
}

function axis(scale) {
	const node = el('div', { class: 'axis', 'aria-hidden': 'true' }), ticks = el('span', { class: 'ticks' });
	const tick = tickOf(scale);
	for (let at = 0; at < scale * 0.97; at += tick) {
		const mark = el('span', {}, bytes(at));
		mark.style.left = 100 * at / scale + '%';
		ticks.append(mark);
	}
	append(node, [ticks, ...['memory', 'points', 'adj'].map((words) => el('span', { class: 'amount' }, words))]);
	return node;
}

function drawBars(kill) {
	const candidates = kill.candidates, node = section('candidates', 'Who could have been chosen',
		'In the order in which the kernel ranked them; each bar is the memory that counts.');
	const said = kill.line.candidates || {}, scale = Math.max(1,
		...[0, 1].map((from) => candidates.reduce((most, candidate) =>
			Math.max(most, (from ? candidate.points : candidate.memory) || 0), 0)));
	const list = el('ol', { class: 'bars' });
	const shown = candidates.filter((candidate, i) => i < BARS_FIRST || candidate.killed);
	if (!candidates.length) {
		node.append(el('p', { class: 'none' }, said.total ? 'The ' + plural(said.total, 'candidate') +
			' are not in the data.' : 'Which processes could have been chosen is not known.'));
		return node;
	}
	node.append(legend(candidates), axis(scale), list);
	for (const candidate of shown) list.append(bar(candidate, scale));
	if (shown.length < candidates.length) {
		const button = el('button', { type: 'button', class: 'all-bars' }, 'Show all ' + grouped(candidates.length));
		button.addEventListener('click', () => {
			list.classList.add('many');
			list.replaceChildren();
			appendInSlices(list, candidates, (candidate) => bar(candidate, scale));
			button.remove();
			list.setAttribute('tabindex', '-1');
			list.focus({ preventScroll: true });
		});
		node.append(button);
	}
	const missing = (said.total || 0) - candidates.length;
	if (missing > 0)
		node.append(el('p', { class: 'note' }, plural(missing, 'more candidate is', 'more candidates are') +
			' not in the data' + (said.lost ? ', ' + grouped(said.lost) + ' of them lost' : '') + '.'));
	return node;
}
