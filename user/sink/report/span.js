/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Several kills: when, where, who again and again, and the way to each of them. */

const BINS = 60;
const GROUPS_MOST = 12;
const KILLS_FIRST = 10;

/* Whose kill it counts as: the cgroup that ran out, else the victim's. */
function groupOf(row) {
	if (row.memcg) return row.memcg;
	return row.victim && row.victim.cgroup;
}

function timeOf(row) {
	return row.time ? Date.parse(row.time.slice(0, 23) + 'Z') : row.uptime_ms;
}

function groupsOf(kills) {
	const groups = new Map();
	for (const kill of kills) {
		const key = groupOf(kill.row);
		if (!groups.has(key)) groups.set(key, { key, kills: [], processes: 0, comms: new Map() });
		const group = groups.get(key), victim = kill.row.victim;
		group.kills.push(kill);
		group.processes += kill.row.killed || 0;
		if (victim) group.comms.set(victim.comm, (group.comms.get(victim.comm) || 0) + 1);
	}
	return [...groups.values()].sort((a, b) => b.kills.length - a.kills.length);
}

function groupName(group) {
	return group.key === undefined ? el('span', { class: 'unknown' }, 'cgroup not known') : name(group.key, 'path');
}

/* How many kills fell into each of BINS equal parts of the time. */
function binsOf(group, from, to) {
	const bins = new Array(BINS).fill(0);
	for (const kill of group.kills) {
		const at = timeOf(kill.row);
		if (typeof at === 'number') bins[Math.min(BINS - 1, Math.floor((at - from) / Math.max(1, to - from) * BINS))]++;
	}
	return bins;
}

function drawBins(group, from, to, most) {
	const picture = svg('svg', { viewBox: '0 0 ' + BINS + ' 20', preserveAspectRatio: 'none', class: 'strip', role: 'img',
		'aria-label': plural(group.kills.length, 'kill') + ' in ' + (group.key === undefined ? 'a cgroup that is not known' : visible(group.key)) +
		', from ' + moment(group.kills[0].row) + ' to ' + moment(group.kills[group.kills.length - 1].row) });
	binsOf(group, from, to).forEach((count, i) => {
		if (!count) return;
		const height = 4 + 16 * count / most;
		picture.append(svg('rect', { x: i + 0.1, y: 20 - height, width: 0.8, height }));
	});
	return picture;
}

function drawOverTime(kills, groups) {
	const times = kills.map((kill) => timeOf(kill.row)).filter((at) => typeof at === 'number');
	const from = times.reduce((a, b) => Math.min(a, b), Infinity), to = times.reduce((a, b) => Math.max(a, b), -Infinity);
	if (!times.length) return null;
	const node = section('over-time', 'Kills over time', 'By cgroup; each mark is one ' + BINS + 'th of the time, as high as there were kills in it.');
	const shown = groups.slice(0, GROUPS_MOST), list = el('ul', { class: 'gauges strips' });
	const most = shown.reduce((max, group) => Math.max(max, ...binsOf(group, from, to)), 1);
	for (const group of shown)
		list.append(el('li', { class: 'gauge' }, el('span', { class: 'label' }, groupName(group)), drawBins(group, from, to, most),
			el('span', { class: 'amount' }, plural(group.kills.length, 'kill'))));
	node.append(list, el('div', { class: 'strips ends' }, el('p', { class: 'gauge' }, el('span'), el('span', { class: 'axis-ends' },
		el('span', {}, moment(kills[0].row)), el('span', {}, moment(kills[kills.length - 1].row))), el('span'))));
	if (groups.length > shown.length)
		node.append(el('p', { class: 'note' }, plural(groups.length - shown.length, 'more cgroup') + ' in the table below.'));
	return node;
}

/* "java 12, sh 3": who it was, the most frequent first. */
function commsOf(group) {
	const comms = [...group.comms].sort((a, b) => b[1] - a[1]), cell = el('span');
	comms.slice(0, 3).forEach(([comm, count], i) => append(cell, [i ? ', ' : '', name(comm), count > 1 ? ' ' + grouped(count) : '']));
	if (comms.length > 3) cell.append(', ' + plural(comms.length - 3, 'other'));
	return comms.length ? cell : undefined;
}

function drawOffenders(groups) {
	const first = (group) => group.kills[0].row, last = (group) => group.kills[group.kills.length - 1].row;
	const table = new SortedTable({
		caption: 'Where it happened, to whom, and what memory the victims had', rows: groups, header: 1, columns: [
			numberColumn('kills', (group) => group.kills.length),
			{ words: 'cgroup', value: (group) => group.key, cell: groupName },
			numberColumn('processes', (group) => group.processes),
			{ words: 'victims', value: (group) => group.comms.size, cell: commsOf, first: -1 },
			{ words: 'first', value: (group) => timeOf(first(group)), cell: (group) => moment(first(group)) },
			{ words: 'last', value: (group) => timeOf(last(group)), cell: (group) => moment(last(group)), first: -1 },
			amountColumn('memory', (group) => group.kills.reduce((sum, kill) =>
				sum + ((kill.row.victim && kill.row.victim.bytes) || 0), 0)),
		],
	});
	const node = section('offenders', 'Again and again');
	node.append(table.scrolling(), table.more);
	return node;
}

function killLink(kill) {
	const words = kill.row.victim ? name(process(kill.row.victim)) : 'nobody was killed';
	return kill.article ? el('a', { href: '#' + kill.article.id }, words)
		: el('span', { title: 'Only the latest kills are on this page in full: oomtrace report ' + visible(kill.row.id || 'ID') }, words);
}

/* Where nobody was killed there is nothing to know. */
function ofVictim(column) {
	const shown = column.cell;
	return Object.assign(column, { cell: (kill) => kill.row.victim ? shown(kill) : '–' });
}

function drawPicker(kills) {
	const place = (kill) => groupOf(kill.row);
	const table = new SortedTable({
		caption: 'Every kill; the link shows it below', rows: kills, header: 1, least: KILLS_FIRST,
		classOf: (kill) => 'kill-' + kill.number === page.shown ? 'current' : undefined,
		columns: [
			{ words: 'time', value: (kill) => timeOf(kill.row), cell: (kill) => moment(kill.row), first: -1 },
			{ words: 'victim', value: (kill) => kill.row.victim && kill.row.victim.comm, cell: killLink },
			{ words: 'cgroup', value: place, cell: (kill) => place(kill) === undefined ? undefined : name(place(kill), 'path') },
			{ words: 'ran out', value: (kill) => kill.row.constraint, cell: (kill) => ({ none: 'the machine', memcg: 'a cgroup',
				cpuset: 'nodes of a cpuset', mempolicy: 'nodes of a policy' })[kill.row.constraint] },
			ofVictim(amountColumn('memory', (kill) => kill.row.victim && kill.row.victim.bytes)),
			ofVictim(numberColumn('processes', (kill) => kill.row.killed)),
		],
	});
	const node = section('picker', 'All kills'), text = el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
	text.addEventListener('input', () => {
		const wanted = text.value.trim().toLowerCase();
		table.filterBy((kill) => [kill.row.victim && process(kill.row.victim), place(kill), kill.row.id, kill.row.host].some((value) =>
			value !== undefined && visible(value).toLowerCase().includes(wanted)));
	});
	page.picker = table;
	node.append(el('div', { class: 'filters' }, el('label', {}, el('span', {}, 'Victim, cgroup, id or host'), text), table.said),
		table.scrolling(), table.more);
	return node;
}

function drawSpan(kills) {
	const groups = groupsOf(kills), hosts = new Set(kills.map((kill) => kill.row.host)), host = kills[0].row.host;
	const where = hosts.size > 1 ? 'on ' + hosts.size + ' hosts' : host ? 'on ' + visible(host) : '';
	const nobody = kills.filter((kill) => !kill.row.victim).length, killed = kills.length - nobody;
	return [
		el('header', {}, el('p', { class: 'when' }, moment(kills[0].row) + ' to ' + moment(kills[kills.length - 1].row) + ' UTC ' + where),
			el('h2', {}, plural(killed, 'OOM kill') + ' in ' + plural(groups.length, 'cgroup') +
				(nobody ? ', and ' + plural(nobody, 'time') + ' nobody was killed' : ''))),
		drawOverTime(kills, groups), drawOffenders(groups), drawPicker(kills),
	].filter((node) => node);
}
