/**
 * What a suite in the extension host asks of the window around it, as a small HTTP server on this machine. The suite
 * posts `{ command, …arguments }` and gets `{ value }` or `{ error }`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';

/** `window` is Playwright's page of the workbench; it may come later than the server. */
export async function startDriver({ window, out, finished }) {
  mkdirSync(out, { recursive: true });

  const commands = {
    /**
     * A picture of the whole window, by the browser's own protocol: Playwright's method would put a style into every
     * page, which webviews forbid.
     */
    async screenshot({ name }) {
      const file = join(out, `${name.replace(/[^\w.-]/g, '-')}.png`);
      const page = await window();
      const session = await page.context().newCDPSession(page);
      const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
      await session.detach();
      writeFileSync(file, Buffer.from(data, 'base64'));
      return file;
    },
    async press({ keys }) {
      await (await window()).keyboard.press(keys);
    },
    async type({ text }) {
      await (await window()).keyboard.type(text);
    },
    /** The size of the window's contents, in CSS pixels. */
    async resize({ width, height }) {
      await (await window()).setViewportSize({ width, height });
    },
    async click({ selector, button = 'left' }) {
      await (await window()).locator(selector).first().click({ button, timeout: 10_000 });
    },
    /** Drags the upper edge of a pane in the side bar by `by` pixels, as a person makes room. */
    async dragPane({ title, by }) {
      const page = await window();
      const header = page.locator('.pane-header', { hasText: title }).first();
      const box = await header.boundingBox();
      await page.mouse.move(box.x + box.width / 2, box.y);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2, box.y + by, { steps: 8 });
      await page.mouse.up();
      await page.mouse.move(box.x + 900, box.y);
    },
    /** The text of what a selector finds in the workbench, one entry an element. */
    async texts({ selector }) {
      return (await window()).locator(selector).allInnerTexts();
    },
    async attributes({ selector, attribute }) {
      const found = await (await window()).locator(selector).all();
      return Promise.all(found.map(element => element.getAttribute(attribute)));
    },
    /** Runs a script in the page of the webview that has `element`; shadow roots are the script's business. */
    async webview({ element, script }) {
      const page = await frameWith(await window(), element);
      return page.evaluate(script);
    },
    /** Accessibility problems of a webview's page, as axe finds them. */
    async accessibility({ element, axe }) {
      const page = await frameWith(await window(), element);
      await page.evaluate(axe);
      return page.evaluate(
        `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'best-practice'] }).then(r => r.violations.map(v => ({ id: v.id, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 200)) })))`,
      );
    },
    /** Messages of the browser's console that complain: broken policies, errors. */
    async complaints() {
      return complaints;
    },
    async result({ results }) {
      writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
      finished?.(results);
    },
  };

  const complaints = [];
  const server = createServer((request, response) => {
    // The web extension host is another origin.
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Access-Control-Allow-Headers', 'content-type');
    if (request.method === 'OPTIONS') return response.end();
    let body = '';
    request.on('data', chunk => {
      body += chunk;
    });
    request.on('end', async () => {
      let answer;
      try {
        const { command, ...args } = JSON.parse(body);
        if (!Object.hasOwn(commands, command)) throw new Error(`the driver knows no command ${command}`);
        answer = { value: await commands[command](args) };
      } catch (error) {
        answer = { error: String(error?.message ?? error) };
      }
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise((resolve, reject) => server.listen(0, '127.0.0.1', resolve).on('error', reject));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    /** Tells the driver what the window's console said. */
    heard: text => complaints.push(text),
    close: () => server.close(),
  };
}

/** The frame that holds an element: webviews are two frames deep, and come when they come. */
async function frameWith(window, element, timeout = 20_000) {
  const end = Date.now() + timeout;
  for (;;) {
    for (const frame of window.frames()) {
      const found = await frame
        .locator(element)
        .count()
        .catch(() => 0);
      if (found > 0) return frame;
    }
    if (Date.now() > end) throw new Error(`no page of this window has <${element}>`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }
}
