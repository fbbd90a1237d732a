/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Tables that are sorted by the buttons in their heads, and filtered by what is typed. */

const ROWS_FIRST = 100;

/* What is not known comes last, whichever way it is sorted. */
function compare(a, b, direction) {
	const missing = (a === undefined) - (b === undefined);
	if (missing || a === undefined) return missing;
	if (typeof a === 'number' && typeof b === 'number') return direction * (a - b);
	return direction * String(a).localeCompare(String(b));
}

/*
 * columns: { words, value(row): to sort by, cell(row): what is shown, number: right-aligned, first:
 * the direction in which it is sorted first }; least: rows that are shown at first. filter(row, text, choice): whether a row is shown.
 */
class SortedTable {
	constructor(options) {
		Object.assign(this, options);
		this.sorted = 0;
		this.direction = this.columns[0].first || 1;
		this.least = this.least || ROWS_FIRST;
		this.most = this.least;
		this.body = el('tbody', { role: 'rowgroup' });
		this.said = el('p', { class: 'count', role: 'status' });
		this.more = el('button', { type: 'button', class: 'more-rows' });
		this.more.addEventListener('click', () => {
			this.most = Infinity;
			this.keepWidths();
			this.draw();
		});
		this.heads = this.columns.map((column, i) => this.head(column, i));
		/* The roles are those that the elements have anyway: but not where rows are laid out by themselves. */
		this.table = el('table', { class: 'sorted', role: 'table', 'aria-rowcount': this.rows.length + 1 },
			el('caption', {}, this.caption), el('thead', { role: 'rowgroup' }, el('tr', { role: 'row' }, ...this.heads)), this.body);
		this.draw();
	}

	head(column, i) {
		const button = el('button', { type: 'button' }, column.words, el('span', { class: 'arrow', 'aria-hidden': 'true' }));
		button.addEventListener('click', () => this.sortBy(i));
		return el('th', { scope: 'col', role: 'columnheader', class: column.number && 'number' }, button);
	}

	sortBy(i) {
		this.direction = this.sorted === i ? -this.direction : this.columns[i].first || 1;
		this.sorted = i;
		this.most = this.least;
		this.draw();
	}

	/*
	 * With all rows in it, a table of thousands takes the browser seconds. So the widths of the first
	 * rows hold from then on, and each row is laid out by itself, when it comes into sight.
	 */
	keepWidths() {
		const widths = this.heads.map((head) => head.getBoundingClientRect().width);
		this.table.style.setProperty('--columns', widths.map((width) => width + 'px').join(' '));
		this.table.style.width = widths.reduce((sum, width) => sum + width, 0) + 'px';
		this.table.classList.add('many');
	}

	filterBy(filter) {
		this.filter = filter;
		this.most = this.least;
		this.draw();
	}

	row(row) {
		const cells = this.columns.map((column, i) => {
			const shown = column.cell ? column.cell(row) : column.value(row);
			const head = i === this.header;
			return el(head ? 'th' : 'td', { class: column.number && 'number', scope: head && 'row', role: head ? 'rowheader' : 'cell' },
				shown === undefined || shown === '' ? unknown() : shown);
		});
		return el('tr', { class: this.classOf && this.classOf(row), role: 'row' }, ...cells);
	}

	draw() {
		const column = this.columns[this.sorted];
		const wanted = this.filter ? this.rows.filter(this.filter) : this.rows.slice();
		wanted.sort((a, b) => compare(column.value(a), column.value(b), this.direction));
		const shown = wanted.slice(0, this.most);
		this.body.replaceChildren();
		appendInSlices(this.body, shown, (row) => this.row(row));
		this.heads.forEach((head, i) => {
			if (i === this.sorted) head.setAttribute('aria-sort', this.direction > 0 ? 'ascending' : 'descending');
			else head.removeAttribute('aria-sort');
		});
		this.said.textContent = (shown.length < wanted.length ? grouped(shown.length) + ' of ' : '') +
			grouped(wanted.length) + (wanted.length < this.rows.length ? ' that match, of ' + grouped(this.rows.length) : '') +
			' shown';
		this.more.textContent = 'Show all ' + grouped(wanted.length);
		this.more.hidden = shown.length === wanted.length;
	}

	/* The table in what scrolls sideways where it is too wide. */
	scrolling() {
		return el('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': this.caption }, this.table);
	}
}

function amount(key) {
	return (candidate) => candidate.task[key];
}

function amountColumn(words, value) {
	return { words, value, cell: (row) => typeof value(row) === 'number' ? bytes(value(row)) : undefined, number: true, first: -1 };
}

function numberColumn(words, value, first) {
	return { words, value, cell: (row) => typeof value(row) === 'number' ? grouped(value(row)) : undefined, number: true, first: first || -1 };
}

/* What those that cannot be chosen do not have, which is not the same as not knowing it. */
function eligibleColumn(words, value, first) {
	const column = numberColumn(words, value, first), shown = column.cell;
	column.cell = (candidate) => candidate.task.eligible === false ? '–' : shown(candidate);
	return column;
}

/* Where a process lives, in the shortest words that name it: its pod, container or unit. */
function placeOf(task) {
	const container = task.container || {};
	const id = container.id && (container.runtime ? container.runtime + ' ' : '') + container.id.slice(0, 12);
	return container.pod ? (container.namespace ? container.namespace + '/' : '') + container.pod
		: container.pod_uid ? 'pod ' + container.pod_uid + (id ? ', ' + id : '')
			: id || container.unit || task.cgroup;
}

function stateOf(candidate) {
	return candidate.killed ? killedWords(candidate) : candidate.task.eligible === false
		? candidate.skipped || 'not eligible' : candidate.task.eligible ? 'could be chosen' : undefined;
}

function candidateColumns() {
	const place = (candidate) => placeOf(candidate.task);
	return [
		eligibleColumn('rank', (candidate) => candidate.rank, 1),
		{ words: 'process', value: (candidate) => candidate.task.comm, cell: (candidate) =>
			candidate.task.comm === undefined ? undefined : name(candidate.task.comm) },
		{ words: 'pid', value: amount('pid'), number: true },
		eligibleColumn('points', (candidate) => candidate.rank ? candidate.task.points : undefined),
		numberColumn('adj', amount('oom_score_adj')),
		amountColumn('memory', (candidate) => candidate.memory),
		amountColumn('anon', amount('rss_anon_bytes')),
		amountColumn('file', amount('rss_file_bytes')),
		amountColumn('shmem', amount('rss_shmem_bytes')),
		amountColumn('swap', amount('swap_bytes')),
		amountColumn('page tables', amount('pgtables_bytes')),
		{ words: 'state', value: stateOf },
		{ words: 'where', value: place, cell: (candidate) =>
			place(candidate) === undefined ? undefined : el('bdi', { class: 'path', title: visible(candidate.task.cgroup || '') }, visible(place(candidate))) },
		{ words: 'uid', value: amount('uid'), number: true },
		numberColumn('threads', amount('threads')),
		{ words: 'age', value: amount('age_ms'), cell: (candidate) =>
			candidate.task.age_ms === undefined ? undefined : duration(candidate.task.age_ms), number: true, first: -1 },
	];
}

function matches(candidate, text, choice) {
	const task = candidate.task;
	if (choice === 'eligible' && !candidate.rank) return false;
	if (choice === 'out' && candidate.rank) return false;
	if (choice === 'killed' && !candidate.killed) return false;
	if (candidate.words === undefined)
		candidate.words = [task.comm, task.pid, task.cgroup, placeOf(task), task.uid, task.cmdline, stateOf(candidate)]
			.filter((value) => value !== undefined).map(visible).join('\n').toLowerCase();
	return candidate.words.includes(text);
}

function drawTable(kill) {
	if (!kill.candidates.length) return null;
	const node = section('all', 'All candidates');
	const table = new SortedTable({
		caption: 'Every process that could have been chosen, or was looked at for it', rows: kill.candidates,
		columns: candidateColumns(), header: 1, classOf: (candidate) => candidate.killed ? 'victim' : undefined,
	});
	const text = el('input', { type: 'search', autocomplete: 'off', spellcheck: 'false' });
	const choice = el('select', {}, ...[['all', 'all'], ['eligible', 'could be chosen'], ['out', 'could not be chosen'],
		['killed', 'killed']].map(([value, words]) => el('option', { value }, words)));
	const apply = () => table.filterBy((candidate) => matches(candidate, text.value.trim().toLowerCase(), choice.value));
	text.addEventListener('input', apply);
	choice.addEventListener('change', apply);
	node.append(el('div', { class: 'filters' },
		el('label', {}, el('span', {}, 'Name, pid, cgroup or uid'), text), el('label', {}, el('span', {}, 'Which'), choice), table.said),
	table.scrolling(), table.more);
	return node;
}
