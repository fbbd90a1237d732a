/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Who asked and how, what the machine had, what is missing, and the data itself. */

function chips(words) {
	return el('ul', { class: 'chips' }, ...words.map((word) => el('li', {}, el('code', {}, visible(word)))));
}

function drawInvoker(kill) {
	const invoker = kill.line.invoker, node = section('invoker', 'Who asked for memory, and how');
	if (!invoker) return null;
	const order = typeof invoker.order !== 'number' ? undefined : invoker.order < 0 ? 'none: SysRq-f'
		: invoker.order + ': ' + plural(Math.pow(2, invoker.order), 'page') + ' in one piece';
	node.append(pairs('The request', [
		['process', invoker.comm !== undefined ? name(process(invoker)) : undefined],
		['thread', invoker.tid],
		['uid', invoker.uid],
		['cgroup', invoker.cgroup && name(invoker.cgroup, 'path')],
		['order', order],
		['gfp mask', invoker.gfp_mask && el('code', {}, visible(invoker.gfp_mask))],
		['gfp flags', invoker.gfp_flags && chips(invoker.gfp_flags)],
		['memory nodes of its cpuset', invoker.mems_allowed && visible(invoker.mems_allowed)],
		['memory nodes of the request', invoker.nodemask && visible(invoker.nodemask)],
	]));
	if (invoker.stack)
		node.append(el('h4', {}, 'How the kernel came to it, innermost first'),
			el('ol', { class: 'stack' }, ...invoker.stack.map((frame) => el('li', {}, el('code', {}, visible(frame))))));
	return node;
}

const SYSTEM_FIRST = { mem_total_bytes: 'memory', mem_free_bytes: 'free', swap_total_bytes: 'swap', swap_free_bytes: 'swap free' };

/* "anon_bytes" as what it is called. */
function useWords(key) {
	const short = key.replace(/_bytes$/, '');
	return SYSTEM_FIRST[key] || (key === 'file_bytes' ? 'page cache, shmem in it' : names.uses[short]) || short.replace(/_/g, ' ');
}

function bytesOf(object) {
	return Object.entries(object).filter(([key, value]) => key.endsWith('_bytes') && typeof value === 'number')
		.map(([key, value]) => [useWords(key), bytes(value)]);
}

function drawPressure(caption, object) {
	const kinds = [['some', 'some task waited'], ['full', 'all tasks waited']].filter(([kind]) => object['psi_' + kind + '_avg10'] !== undefined);
	if (!kinds.length) return null;
	return el('table', {}, el('caption', {}, caption),
		el('thead', {}, el('tr', {}, ...['', '10 s', '60 s', '300 s'].map((words) => words ? el('th', { scope: 'col', class: 'number' }, words) : el('td')))),
		el('tbody', {}, ...kinds.map(([kind, words]) => el('tr', {}, el('th', { scope: 'row' }, words),
			...['10', '60', '300'].map((span) => {
				const value = object['psi_' + kind + '_avg' + span];
				return el('td', { class: 'number' }, typeof value === 'number' ? value.toFixed(2) + ' %' : unknown());
			})))));
}

function drawZones(system) {
	if (!system.zones || !system.zones.length) return null;
	const keys = ['free_bytes', 'min_bytes', 'low_bytes', 'high_bytes', 'managed_bytes'];
	return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Zones' },
		el('table', {}, el('caption', {}, 'Zones: an ordinary request gets nothing below min'),
			el('thead', {}, el('tr', {}, ...['zone', 'node', 'free', 'min', 'low', 'high', 'managed'].map((words) => el('th', { scope: 'col', class: words !== 'zone' && 'number' }, words)))),
			el('tbody', {}, ...system.zones.map((zone) => el('tr', { class: zone.free_bytes < zone.min_bytes && 'low' },
				el('th', { scope: 'row' }, visible(zone.name), zone.free_bytes < zone.min_bytes && el('span', { class: 'tag killed' }, 'below min')),
				el('td', { class: 'number' }, String(zone.node)),
				...keys.map((key) => el('td', { class: 'number' }, typeof zone[key] === 'number' ? bytes(zone[key]) : unknown())))))));
}

function drawSystem(kill) {
	const line = kill.line, system = line.system || {}, memcg = line.memcg || {}, parts = [];
	const machine = bytesOf(system), cgroup = bytesOf(memcg.stat || {});
	if (machine.length) parts.push(pairs('The machine', machine));
	if (cgroup.length) parts.push(pairs('The cgroup that ran out', cgroup));
	parts.push(drawPressure('Waiting for memory on the machine, part of the last', system),
		drawPressure('Waiting for memory in the cgroup, part of the last', memcg), drawZones(system));
	const present = parts.filter((part) => part);
	if (!present.length) return null;
	const node = section('system', 'Memory at that moment', 'As the kernel counts; these overlap.');
	node.append(el('div', { class: 'columns' }, ...present));
	return node;
}

function drawSettings(kill) {
	const line = kill.line, attached = kill.attached || {}, sysctl = line.sysctl || {};
	const passed = Object.entries((line.candidates || {}).passed_over || {}).map(([reason, count]) =>
		(names.skipped[reason] || visible(reason)) + ': ' + grouped(count)).join('; ');
	const node = section('settings', 'How this was seen');
	node.append(pairs('Sources and settings', [
		['kill', line.id && el('code', {}, visible(line.id))],
		['host', line.host && visible(line.host)],
		['boot', line.boot_id && el('code', {}, visible(line.boot_id))],
		['kernel', (attached.kernel || line.kernel) && visible(attached.kernel || line.kernel)],
		['seen by', attached.version && 'oomtrace ' + visible(attached.version)],
		['source', line.source && visible(line.source) + (line.completed_from ? ', completed from ' + visible(line.completed_from) : '')],
		['backend', line.backend && visible(line.backend)],
		['selection', line.selection && visible(line.selection)],
		['candidates', (line.candidates || {}).source && { selection: 'seen while the kernel evaluated them',
			snapshot: 'read right after the choice', none: 'not seen' }[line.candidates.source]],
		['passed over', passed || undefined],
		['totalpages', typeof line.totalpages === 'number' ? grouped(line.totalpages) : undefined],
		['resident counters', line.rss_counters && visible(line.rss_counters)],
		...Object.entries(sysctl).map(([key, value]) => ['vm.' + visible(key), String(value)]),
	]));
	return node;
}

/* What is missing is said in any case, so that its absence can be trusted. */
function drawLosses(kill) {
	const losses = Object.entries(kill.line.loss || {}), node = section('losses', 'What is missing');
	const said = kill.line.candidates || {};
	if (!losses.length && !said.truncated)
		node.append(el('p', { class: 'none' }, 'Nothing of this kill was lost.'));
	else
		node.append(pairs('Lost records, by reason', losses.map(([reason, count]) => [visible(reason), grouped(count)])));
	if (said.truncated) node.append(el('p', {}, 'The walk of the processes was given up at its bound: there are more candidates.'));
	return node;
}

/* JSON as text of which nothing acts on what is around it. */
function jsonText(value) {
	return JSON.stringify(value, null, 2).split('\n').map((line) => line.replace(HOSTILE, (character) =>
		character.split('').map((unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0')).join(''))).join('\n');
}

function drawRaw(kill) {
	const summary = el('summary', {}, 'The data itself: ' + plural(kill.lines.length, 'line') + ' of JSON');
	const node = el('details', { class: 'raw' }, summary);
	node.addEventListener('toggle', () => {
		if (!node.open || node.querySelector('pre')) return;
		for (const line of kill.lines)
			node.append(el('pre', { tabindex: '0', role: 'region', 'aria-label': 'JSON: ' + visible(line.type) }, jsonText(line)));
	});
	return node;
}
