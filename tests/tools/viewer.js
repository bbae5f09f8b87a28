// SPDX-License-Identifier: BSD-3-Clause
// Opens a trace in speedscope, in Chromium, and checks that each thread is there, and drawn:
//
//     node viewer.js CHROMIUM TRACE FOLDER NAME...
//
// FOLDER gets a screenshot of the list of threads, and one of the track of each NAME.
'use strict';

const fs = require('fs');
const path = require('path');
const { chromium } = require('playwright-core');

const [executablePath, trace, folder, ...names] = process.argv.slice(2);
const speedscope = path.dirname(require.resolve('speedscope/package.json'));
const page_url = `file://${speedscope}/dist/release/index.html`;

// The part of the window in which speedscope draws the slices, below the overview.
const TRACK = { x: 0, y: 142, width: 1280, height: 20 };
const TRIES = 200;
const LIST = { x: 640, y: 10 };

// The number of pixels of a PNG that are neither white nor grey.
async function colouredPixels(page, png) {
	return page.evaluate(async (data) => {
		const image = new Image();
		image.src = `data:image/png;base64,${data}`;
		await image.decode();
		const canvas = document.createElement('canvas');
		canvas.width = image.width;
		canvas.height = image.height;
		const context = canvas.getContext('2d');
		context.drawImage(image, 0, 0);
		const bytes = context.getImageData(0, 0, image.width, image.height).data;
		let count = 0;
		for (let i = 0; i < bytes.length; i += 4) {
			const [r, g, b] = bytes.slice(i, i + 3);
			count += Math.max(r, g, b) - Math.min(r, g, b) > 16;
		}
		return count;
	}, png.toString('base64'));
}

async function openList(page) {
	await page.mouse.click(LIST.x, LIST.y);
	await page.getByPlaceholder('Filter...').waitFor();
}

// Choose a thread. If the trace has only one, there is no list.
async function chooseTrack(page, name, listed) {
	if (!listed)
		return;
	await openList(page);
	await page.getByText(name, { exact: false }).last().click();
	await page.getByPlaceholder('Filter...').waitFor({ state: 'hidden' });
}

async function checkTrack(page, name, number, listed) {
	await chooseTrack(page, name, listed);
	const text = await page.evaluate(() => document.body.innerText);
	if (!text.includes(name))
		throw new Error(`the track of ${name} is not shown: ${text}`);
	// The drawing follows in one of the next frames. On a busy machine Chromium may lose it, and
	// speedscope draws again when the mouse has moved over it.
	let count = 0;
	for (let tries = 0; tries < TRIES && count === 0; tries++) {
		await page.mouse.move(100 + tries, TRACK.y + 100 + tries % 2);
		await page.evaluate(() => new Promise((done) =>
			requestAnimationFrame(() => requestAnimationFrame(done))));
		count = await colouredPixels(page, await page.screenshot({ clip: TRACK }));
	}
	await page.screenshot({ path: path.join(folder, `track-${number}.png`) });
	if (count === 0)
		throw new Error(`the track of ${name} is empty`);
	console.log(`${name}: ${count} coloured pixels`);
}

async function main() {
	const browser = await chromium.launch({
		executablePath,
		args: ['--no-sandbox', '--use-gl=swiftshader', '--enable-unsafe-swiftshader',
			'--ignore-gpu-blocklist'],
	});
	try {
		const page = await browser.newPage({ viewport: { width: 1280, height: 720 } });
		await page.goto(page_url);
		await page.setInputFiles('input[type=file]', trace);
		// The title: the thread, and how many there are.
		await page.getByText('(tid ').first().waitFor();
		const listed = /\(1\/\d+\)/.test(await page.evaluate(() => document.body.innerText));
		if (listed)
			await openList(page);
		console.log(await page.evaluate(() => document.body.innerText));
		await page.screenshot({ path: path.join(folder, 'threads.png') });
		if (listed)
			await page.keyboard.press('Escape');
		for (let i = 0; i < names.length; i++)
			await checkTrack(page, names[i], i, listed);
	} finally {
		await browser.close();
	}
}

fs.accessSync(trace);
main().catch((error) => {
	console.error(error.message);
	process.exit(1);
});
