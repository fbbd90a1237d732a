/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the memory that ran out was used for, and which limit was met. */

/* One labelled bar: what there is of it, against the whole, and what else is to be said. */
function gauge(label, part, whole, words, className) {
	const track = el('span', { class: 'track', role: 'img', 'aria-label': (label.textContent || label) + ': ' + words });
	if (typeof part === 'number' && whole > 0) track.append(piece('part ' + (className || 'use'), 0, Math.min(1, part / whole)));
	else track.classList.add('open');
	return el('li', { class: 'gauge' }, el('span', { class: 'label' }, label), track,
		el('span', { class: 'amount', 'aria-hidden': 'true' }, words));
}

function drawUses(kill) {
	const row = kill.row, uses = row.uses || [], why = kill.line.why || {};
	if (!uses.length) return null;
	const memcg = row.constraint === 'memcg', whole = row.used_bytes || uses.reduce((sum, use) => sum + use.bytes, 0);
	const node = section('uses', memcg ? 'What the cgroup used its memory for' : 'What the machine used its memory for',
		'Of ' + bytes(whole) + ' in use. No byte is counted twice.');
	const list = el('ul', { class: 'gauges' });
	for (const use of uses) {
		const item = gauge(names.uses[use.use] || use.use, use.bytes, whole,
			bytes(use.bytes) + ', ' + percent(use.bytes, whole), use.stays ? 'stays' : 'use');
		if (use.stays) item.querySelector('.label').append(el('span', { class: 'tag stays' }, 'no kill frees it'));
		list.append(item);
	}
	if (typeof why.candidates_share === 'number')
		list.append(gauge(el('span', {}, 'held by the candidates'), why.candidates_share, 1,
			percent(why.candidates_share, 1) + ' of it', 'held'));
	node.append(list);
	return node;
}

function limitOf(usage, limit) {
	if (typeof usage !== 'number') return 'usage ' + UNKNOWN;
	if (limit === 'max') return bytes(usage) + ', no limit';
	if (typeof limit !== 'number') return bytes(usage) + ', limit ' + UNKNOWN;
	return bytes(usage) + ' of ' + bytes(limit) + (limit ? ', ' + percent(usage, limit) : '');
}

/* One level of the chain; swap below it, where it may swap or has. */
function level(list, memcg, depth, met) {
	const label = el('span', {}, name(memcg.path || UNKNOWN, 'path'));
	if (met) label.append(el('span', { class: 'tag killed' }, 'limit met'));
	if (memcg.oom_group) label.append(el('span', { class: 'tag' }, 'killed as a group'));
	const item = gauge(label, memcg.usage_bytes, memcg.limit_bytes, limitOf(memcg.usage_bytes, memcg.limit_bytes), met ? 'met' : 'use');
	item.style.setProperty('--depth', depth);
	list.append(item);
	for (const [words, usage, limit] of [['swap', memcg.swap_bytes, memcg.swap_limit_bytes],
		['memory and swap', memcg.memsw_bytes, memcg.memsw_limit_bytes]]) {
		if (!usage && !(limit > 0)) continue;
		const below = gauge(el('span', { class: 'sub' }, words), usage, limit, limitOf(usage, limit), 'swap');
		below.style.setProperty('--depth', depth);
		list.append(below);
	}
}

function drawChain(kill) {
	const line = kill.line, system = line.system || {}, memcg = line.memcg, list = el('ul', { class: 'gauges chain' });
	const total = system.mem_total_bytes, used = typeof system.mem_free_bytes === 'number' ? total - system.mem_free_bytes : undefined;
	if (typeof total === 'number') {
		list.append(gauge(el('span', {}, 'the machine'), used, total, limitOf(used, total), memcg ? 'use' : 'met'));
		if (system.swap_total_bytes > 0) {
			const swapped = system.swap_total_bytes - system.swap_free_bytes;
			list.append(gauge(el('span', { class: 'sub' }, 'swap'), swapped, system.swap_total_bytes,
				limitOf(swapped, system.swap_total_bytes), 'swap'));
		}
	}
	let depth = 0;
	if (memcg) {
		for (const above of (memcg.ancestors || []).slice().reverse()) level(list, above, depth++, false);
		level(list, memcg, depth++, true);
	}
	const cgroup = line.victim && line.victim.cgroup;
	if (cgroup && !(memcg && memcg.path === cgroup)) {
		const label = el('span', {}, name(cgroup, 'path'), el('span', { class: 'tag' }, 'the victim was here'));
		const item = gauge(label, undefined, undefined, memcg ? 'its own limit was not met' : '');
		item.style.setProperty('--depth', depth);
		list.append(item);
	}
	if (!list.children.length) return null;
	const node = section('limits', memcg ? 'Which limit was met' : 'Where memory ran out',
		memcg ? 'From the machine down to the cgroup, usage against limit.' : 'Usage against what there is.');
	node.append(list);
	if (memcg && memcg.ancestors_truncated) node.append(el('p', { class: 'note' }, 'There are more levels above.'));
	return node;
}
