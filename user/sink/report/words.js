/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Elements, and amounts as words. Whatever comes from the data gets into the page through
 * textContent or setAttribute only, names through visible() besides.
 */

const UNKNOWN = 'not known';

/* What acts on the text around it, or has no shape: as lib/utf8.c has it. */
const HOSTILE = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160\\u180e' +
	'\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\ufff0-\\ufffb' +
	'\\u{e0000}-\\u{e0fff}\\u{f0000}-\\u{10ffff}]', 'gu');

function escapeOf(character) {
	const letter = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character];
	const code = character.codePointAt(0);
	if (letter) return letter;
	if (code < 0x80) return '\\x' + code.toString(16).padStart(2, '0');
	return code < 0x10000 ? '\\u' + code.toString(16).padStart(4, '0')
		: '\\U' + code.toString(16).padStart(8, '0');
}

/* A name that anybody may have chosen, as it may be shown. */
function visible(text) {
	return String(text).replace(HOSTILE, escapeOf);
}

/* el('p', { class: 'a' }, 'text', node): attributes that are undefined or false are left out. */
function el(tag, attributes, ...children) {
	const node = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {}))
		if (value !== undefined && value !== false && value !== null)
			node.setAttribute(name, value === true ? '' : value);
	append(node, children);
	return node;
}

function append(node, children) {
	for (const child of children)
		if (child !== undefined && child !== null && child !== false)
			node.append(child);
}

const SVG = 'http://www.w3.org/2000/svg';

function svg(tag, attributes, ...children) {
	const node = document.createElementNS(SVG, tag);
	for (const [name, value] of Object.entries(attributes || {}))
		node.setAttribute(name, value);
	append(node, children);
	return node;
}

/* A name stands apart from the direction of the text around it. */
function name(text, className) {
	return el('bdi', { class: className || 'name' }, visible(text));
}

function unknown() {
	return el('span', { class: 'unknown' }, UNKNOWN);
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/* "498.2 MiB": one decimal, none where the number is exact, as in the text. */
function bytes(count) {
	if (typeof count !== 'number') return UNKNOWN;
	let scale = 0, rest = Math.abs(count);
	while (rest >= 1024 && scale < UNITS.length - 1) {
		rest /= 1024;
		scale++;
	}
	if (!count) return '0';
	const digits = Number.isInteger(rest) ? String(rest) : rest.toFixed(1);
	return (count < 0 ? '-' : '') + digits + ' ' + UNITS[scale];
}

function grouped(count) {
	if (typeof count !== 'number') return UNKNOWN;
	return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/* Milliseconds. */
function duration(ms) {
	if (typeof ms !== 'number') return UNKNOWN;
	if (ms < 1000) return ms.toFixed(1) + ' ms';
	const s = ms / 1000;
	if (s < 60) return s.toFixed(1) + ' s';
	const minutes = Math.floor(s / 60), hours = Math.floor(minutes / 60), days = Math.floor(hours / 24);
	if (minutes < 60) return minutes + ' min ' + Math.floor(s % 60) + ' s';
	if (hours < 48) return hours + ' h ' + minutes % 60 + ' min';
	return days + ' d ' + hours % 24 + ' h';
}

function percent(part, whole) {
	if (typeof part !== 'number' || !whole) return UNKNOWN;
	const share = 100 * part / whole;
	return (share && share < 1 ? '< 1' : String(Math.round(share))) + ' %';
}

function plural(count, word, words) {
	return grouped(count) + ' ' + (count === 1 ? word : words || word + 's');
}

/* "2026-11-22 22:10:08", or since the machine's start, where that is all there is. */
function moment(line) {
	if (line.time) return line.time.slice(0, 10) + ' ' + line.time.slice(11, 19);
	if (line.time_text) return visible(line.time_text);
	return typeof line.uptime_ms === 'number' ? duration(line.uptime_ms) + ' after start' : UNKNOWN;
}

function process(task) {
	return visible(task.comm === undefined ? '' : task.comm) + '[' + (task.pid || '?') + ']';
}

/* A section with its heading; figures say in one sentence what they show. */
function section(className, heading, note) {
	const node = el('section', { class: className }, el('h3', {}, heading));
	if (note) node.append(el('p', { class: 'note' }, note));
	return node;
}

/* A table of pairs; what is not known is not in it. */
function pairs(caption, rows) {
	const body = el('tbody');
	for (const [label, value] of rows)
		if (value !== undefined)
			body.append(el('tr', {}, el('th', { scope: 'row' }, label), el('td', {}, value)));
	return el('table', { class: 'pairs' }, el('caption', {}, caption), body);
}

const SLICE = 200;

/* Appends what @make makes of each of @items, some at a time, so that the page is never held up. */
function appendInSlices(parent, items, make) {
	const run = {};
	const next = (from) => {
		if (parent.slicing !== run) return;
		parent.append(...items.slice(from, from + SLICE).map(make));
		if (from + SLICE < items.length) setTimeout(next, 0, from + SLICE);
	};
	parent.slicing = run;
	next(0);
}
