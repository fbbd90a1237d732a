/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the decision to the memory that was freed. */

/* The steps of one victim that are known, in their order. */
function stepsOf(outcome) {
	const reaped = outcome.reaped_bytes ? ', ' + bytes(outcome.reaped_bytes) : '';
	const known = [
		{ at: 0, words: 'the kernel decides', kind: 'decision' },
		{ at: outcome.sigkill_ms, words: 'SIGKILL is sent' },
		{ at: outcome.reap_skipped_ms, words: 'the oom_reaper passes by' },
		{ at: outcome.reaped_ms, words: 'reaped by the oom_reaper' + reaped, kind: 'freed' },
		{ at: outcome.exited_ms, words: 'its last thread has exited' },
		{ at: outcome.freed_ms, words: 'its memory is freed', kind: 'freed' },
	].filter((step) => typeof step.at === 'number');
	if (outcome.exited_ms === undefined && outcome.watched_ms)
		known.push({ at: outcome.watched_ms, words: 'still alive when last looked at', kind: 'alive' });
	return known.sort((a, b) => a.at - b.at);
}

function drawSteps(outcome) {
	const steps = stepsOf(outcome), end = Math.max(steps[steps.length - 1].at, 0.001);
	const list = el('ol', { class: 'gauges steps' });
	let before = 0;
	for (const step of steps) {
		const words = step.at ? duration(step.at) : '0';
		const track = el('span', { class: 'track', role: 'img', 'aria-label': step.words + ' after ' + words });
		track.append(piece('part time', before / end, (step.at - before) / end), piece('dot ' + (step.kind || ''), step.at / end, 0));
		list.append(el('li', { class: 'gauge' }, el('span', { class: 'label' }, step.words), track,
			el('span', { class: 'amount', 'aria-hidden': 'true' }, words)));
		before = step.at;
	}
	return list;
}

/* Those who died with the chosen one: times only. */
function drawFates(outcomes) {
	const body = el('tbody');
	for (const outcome of outcomes)
		body.append(el('tr', {}, el('th', { scope: 'row' }, name(process(outcome))),
			...['sigkill_ms', 'exited_ms', 'freed_ms'].map((key) => el('td', { class: 'number' },
				typeof outcome[key] === 'number' ? duration(outcome[key]) : unknown()))));
	return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'What became of the others' },
		el('table', {}, el('caption', {}, 'What became of those who died with it, since the decision'),
			el('thead', {}, el('tr', {}, ...['process', 'SIGKILL', 'exited', 'memory freed'].map((words) =>
				el('th', { scope: 'col' }, words)))), body));
}

function drawTimeline(kill) {
	const outcomes = kill.outcomes, victim = kill.line.victim || {};
	const node = section('timeline', 'What became of it', 'Time since the decision.');
	if (kill.line.type === 'oom_no_kill') return null;
	const own = outcomes.find((outcome) => outcome.pid === victim.pid), rest = outcomes.filter((outcome) => outcome !== own);
	if (!outcomes.length) {
		node.append(el('p', { class: 'none' }, 'What became of it is not in the data.'));
		return node;
	}
	if (own) node.append(drawSteps(own));
	if (own && own.aborted_selections)
		node.append(el('p', { class: 'note' }, plural(own.aborted_selections, 'more OOM') + ' waited for it instead of killing another.'));
	if (rest.length) node.append(drawFates(rest));
	return node;
}
