/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What is asked of a page from within the browser. Part of the tests, not of the page. */

/* Characters that would act on the text around them: none may be in what is shown. */
const acting = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/u;

function shown(node) {
	for (let at = node; at && at !== document; at = at.parentNode || at.host)
		if (at instanceof Element && (getComputedStyle(at).display === 'none' || getComputedStyle(at).visibility === 'hidden')) return false;
	return true;
}

/* Every piece of text that is shown, with the element it is in. */
function texts() {
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
	while (walker.nextNode()) {
		const parent = walker.currentNode.parentElement;
		if (!/^(SCRIPT|STYLE|NOSCRIPT)$/.test(parent.tagName) && walker.currentNode.data.trim()) found.push(walker.currentNode);
	}
	return found;
}

function channels(color) {
	const canvas = channels.canvas || (channels.canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true }));
	canvas.clearRect(0, 0, 1, 1);
	canvas.fillStyle = color;
	canvas.fillRect(0, 0, 1, 1);
	const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
	return [r, g, b, a / 255];
}

function over(top, below) {
	return [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
}

/* The colour behind an element: its own over that of what it lies in. */
function background(element) {
	const own = channels(getComputedStyle(element).backgroundColor);
	if (own[3] === 1) return own;
	return over(own, element.parentElement ? background(element.parentElement) : channels('Canvas'));
}

function luminance(color) {
	const [r, g, b] = color.map((value) => value / 255).map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
	return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/* As WCAG 2 computes it. */
function ratio(a, b) {
	const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
	return (high + 0.05) / (low + 0.05);
}

const probes = {
	/* Texts whose contrast is less than 4.5. */
	contrast: () => {
		const poor = new Set();
		for (const text of texts()) {
			const element = text.parentElement;
			if (!shown(element)) continue;
			const behind = background(element), value = ratio(over(channels(getComputedStyle(element).color), behind), behind);
			if (value < 4.5) poor.add(`${value.toFixed(2)} ${element.tagName}.${element.className}: ${text.data.trim().slice(0, 40)}`);
		}
		return { poor: [...poor], seen: texts().length, light: luminance(background(document.body)) > 0.5 };
	},

	/* Parts of bars whose edge against what is beside them is not to be seen. */
	parts: () => [...document.querySelectorAll('.legend .part')].map((part) => getComputedStyle(part).backgroundImage + getComputedStyle(part).backgroundColor),

	width: () => ({ page: document.scrollingElement.scrollWidth, window: document.documentElement.clientWidth,
		out: [...document.querySelectorAll('main *')].filter((node) => shown(node) && !node.closest('.scroll') && node.getClientRects().length &&
			node.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !node.closest('.skip'))
			.map((node) => node.tagName + '.' + node.getAttribute('class')).slice(0, 5) }),

	acting: () => texts().filter((text) => acting.test(text.data)).map((text) => JSON.stringify(text.data)).concat(
		[...document.querySelectorAll('[title], [aria-label]')].filter((node) => acting.test(node.title + node.getAttribute('aria-label')))
			.map((node) => node.outerHTML.slice(0, 80))),

	/* How many there are of each kind of element. */
	elements: () => {
		const counts = {};
		for (const node of document.querySelectorAll('*')) counts[node.localName] = (counts[node.localName] || 0) + 1;
		return counts;
	},

	ids: () => {
		const ids = [...document.querySelectorAll('[id]')].map((node) => node.id);
		return ids.filter((id, i) => ids.indexOf(id) !== i);
	},

	/* What every picture and table must say of itself. */
	silent: () => [...document.querySelectorAll('[role="img"]')].filter((node) => !(node.getAttribute('aria-label') || '').trim())
		.concat([...document.querySelectorAll('table')].filter((node) => !node.caption || !node.caption.textContent.trim()))
		.concat([...document.querySelectorAll('input, select')].filter((node) => !node.labels.length || !node.labels[0].textContent.trim()))
		.map((node) => node.outerHTML.slice(0, 100)),

	headings: () => [...document.querySelectorAll('h1, h2, h3, h4')].filter((node) => shown(node) && node.getClientRects().length).map((node) => Number(node.localName[1])),
};

return probes[arguments[0]]();
