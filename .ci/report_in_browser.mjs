// Makes reports with the real program and looks at them in a real browser: nothing hostile comes to
// life, nothing is asked of any network, search and sorting work, axe finds nothing to complain of,
// and every width from a phone's on holds the page. Broken copies must be found to be broken.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import axe from "axe-core";
import MarkdownIt from "markdown-it";
import { chromium } from "playwright-core";

const [program, executablePath, work, pictures] = process.argv.slice(2);
const keys = { HOOKMEND_API_KEY: "key-a", HOOKMEND_SUBSCRIPTION_KEY: "key-b" };
const step = (what) => console.log(`-- ${what}`);

const HOSTILE = [
  '"><img src=x onerror=alert(1)>',
  "</script><script>alert(1)</script>",
  "'onfocus='alert(1)' autofocus='",
  "--><svg onload=alert(1)>",
  "</style><style>*{display:none}",
  "</td></table><form action=https://evil.example><input autofocus onfocus=alert(1)>",
  "]]></failure><error message='x'/>",
  '=HYPERLINK("https://evil.example","x")',
  "@everyone #1 https://evil.example www.evil.example [x](javascript:alert(1)) ![x](https://evil.example)",
  "`a` | b **c** <b>d</b> &lt;",
  "\u001b[2J\u001b]0;owned\u0007",
  "safe\u202egpj.exe",
  "nul\u0000and\ufffe",
  "one line\nand\r\nanother",
  "{{constructor.constructor('alert(1)')()}}${alert(1)}",
  "x".repeat(512),
  "<".repeat(512),
];

// A vendor whose every word is hostile.
async function hostileVendor() {
  const now = Date.now();
  const webhooks = ["w-0", "w-1"].map((id, place) => ({ id, storeId: null, event: HOSTILE[place], url: "https://x" }));
  const event = (webhook, number, id, success) => ({
    webhookId: webhook,
    webhookEventId: id,
    createdDateTime: new Date(now - 3600_000 * (5 + number)).toISOString().replace("Z", "+00:00"),
    status: success ? "OK" : HOSTILE[(number + 3) % HOSTILE.length],
    statusCode: success ? 200 : 500,
    success,
    runsCounter: 1,
  });
  const events = webhooks.flatMap(({ id }, place) => [
    ...HOSTILE.map((text, number) => event(id, number, `${text.slice(0, 500)}${place === 0 ? "" : "+"}`, false)),
    ...[1, 2, 3, 4, 5].map((number) => event(id, number, `good-${place}-${number}`, true)),
  ]);
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, "http://vendor");
    const parts = url.pathname.split("/").map(decodeURIComponent);
    const answer = (body) => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    };
    if (url.pathname.endsWith("/api/Webhooks")) return answer(webhooks);
    const webhook = parts.at(-1);
    const instant = (name) => Date.parse(`${url.searchParams.get(name).replace(" ", "T")}Z`);
    const wanted = url.searchParams.get("success");
    answer(events.filter((item) => item.webhookId === webhook
      && Date.parse(item.createdDateTime) >= instant("from") && Date.parse(item.createdDateTime) < instant("to")
      && (wanted === null || String(item.success) === wanted)));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const log = path.join(work, "hostile.txt");
  fs.writeFileSync(log, `${events.filter((item) => item.success).map((item) => item.webhookEventId).join("\n")}\n`);
  return { address: `http://127.0.0.1:${server.address().port}/V2`, log, stop: () => server.close(), keys };
}

// The sandbox of the program itself.
async function sandbox(name, words) {
  const ready = path.join(work, `${name}.ready.json`);
  const log = path.join(work, `${name}.received.jsonl`);
  const child = spawn(program, ["sandbox", ...words, "--ready-file", ready, "--received", log], { stdio: "ignore" });
  for (let tries = 0; !fs.existsSync(ready) || fs.readFileSync(ready, "utf8") === ""; tries += 1) {
    assert.ok(tries < 600, "the sandbox does not answer");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const facts = JSON.parse(fs.readFileSync(ready, "utf8"));
  return {
    address: facts.base_url,
    log,
    stop: () => child.kill(),
    keys: { HOOKMEND_API_KEY: facts.api_key, HOOKMEND_SUBSCRIPTION_KEY: facts.subscription_key },
  };
}

// One run of the program against a vendor, with all its reports, and with a ledger of its own: the sandboxes
// give their webhooks the same ids, and what one of them left open another does not know.
async function report(name, vendor, code, command, ...more) {
  const file = (ending) => path.join(work, `${name}.${ending}`);
  const words = [command, "--all-webhooks", "--since", "8d", "--base-url", vendor.address, "--received", vendor.log];
  for (const ending of ["html", "md", "csv", "json", "xml"]) words.push("--report", file(ending));
  const child = spawn(program, [...words, "--deadline", "60s", "--format", "human", "-q", ...more], {
    env: { HOME: fs.mkdtempSync(path.join(work, "home-")), ...vendor.keys }, stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (text) => { said += text; });
  const [status] = await once(child, "close");
  assert.equal(status, code, `${name}: ${said}`);
  const document = JSON.parse(fs.readFileSync(file("json"), "utf8"));
  const events = document.webhooks.flatMap((webhook) => webhook.events);
  const quiet = ["unacknowledged", "too_young"];
  const needs = (event) => event.result !== "recovered" && !(quiet.includes(event.verdict) && event.result === "skipped");
  const open = events.filter(needs).length;
  return { name, document, events, open, others: events.length - open, file };
}

// A page, and everything that must not happen while it is open.
async function open(browser, file, options) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("dialog", (dialog) => { wrong.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on("console", (message) => wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== `file://${file}`) wrong.push(`request: ${request.url()}`);
  });
  await page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => console.log(`violation: ${event.violatedDirective}`));
  });
  await page.goto(`file://${file}`);
  return { page, wrong, close: () => context.close() };
}

async function axeFinds(page) {
  const found = await page.evaluate(`${axe.source}; axe.run(document, { resultTypes: ["violations"] })`);
  return found.violations.map((violation) =>
    `${violation.id}: ${violation.help}: ${violation.nodes.slice(0, 3).map((node) => node.html).join(" ")}`);
}

const unfold = (page) => page.evaluate(() => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
const rows = (page, table) => page.locator(`#events-${table} tbody tr`);
const visible = (page, table) => page.locator(`#events-${table} tbody tr:not([hidden])`);

async function looksRight(browser, made) {
  for (const width of [360, 768, 1280]) {
    for (const colorScheme of ["light", "dark"]) {
      const what = `${made.name} at ${width} px, ${colorScheme}`;
      const { page, wrong, close } = await open(browser, made.file("html"), { viewport: { width, height: 900 }, colorScheme });
      if (pictures) await page.screenshot({ path: path.join(pictures, `${made.name}-${width}-${colorScheme}.png`) });
      await unfold(page);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${what}: ${overflow} px too wide`);
      // The rules are the same for every row, and axe takes minutes for thousands.
      if (made.events.length < 500 && width !== 768) assert.deepEqual(await axeFinds(page), [], what);
      const body = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      assert.equal(body === "rgb(255, 255, 255)", colorScheme === "light", what);
      assert.deepEqual(wrong, [], what);
      await close();
    }
  }
}

async function holdsEverything(browser, made) {
  const { page, wrong, close } = await open(browser, made.file("html"), {});
  const shown = { left: Math.min(made.open, 5000), others: 0 };
  shown.others = Math.min(made.others, 5000 - shown.left);
  for (const table of ["left", "others"]) assert.equal(await rows(page, table).count(), shown[table], table);
  const harmful = "img, iframe, object, embed, link, a, form, base, audio, video, [style], [autofocus]";
  assert.equal(await page.locator(harmful).count(), 0);
  assert.equal(await page.locator("script").count(), 1);
  assert.equal(await page.locator("h1").count(), 1);
  const pill = await page.locator(".pill").textContent();
  assert.equal(pill, `${made.document.outcome}, exit code ${made.document.exit_code}`);
  assert.deepEqual(wrong, []);
  await close();
}

async function worksWithoutScripts(browser, made) {
  const { page, wrong, close } = await open(browser, made.file("html"), { javaScriptEnabled: false });
  assert.equal(await page.locator("input, button").count(), 0);
  assert.equal(await page.locator("#events-left tbody tr >> visible=true").count(), made.open);
  await page.setViewportSize({ width: 360, height: 800 });
  assert.equal(await page.locator("#events-left thead >> visible=true").count(), 0);
  assert.deepEqual(wrong, []);
  await close();
}

async function searches(browser, made) {
  const { page, wrong, close } = await open(browser, made.file("html"), {});
  const box = page.getByLabel("Search").first();
  const told = page.locator(".search output").first();
  const total = await rows(page, "left").count();
  const text = (await rows(page, "left").nth(total - 1).locator("th").textContent()).toLowerCase();
  const all = (await rows(page, "left").allTextContents()).map((row) => row.toLowerCase());
  await box.fill(text.toUpperCase());
  assert.equal(await visible(page, "left").count(), all.filter((row) => row.includes(text)).length);
  await box.fill("no such event");
  assert.equal(await visible(page, "left").count(), 0);
  assert.equal(await told.textContent(), `0 of ${total.toLocaleString("en")} shown`);
  await box.fill("");
  assert.equal(await visible(page, "left").count(), total);
  assert.deepEqual(wrong, []);
  await close();
}

async function sorts(browser, made) {
  const { page, wrong, close } = await open(browser, made.file("html"), {});
  const head = page.locator("#events-left thead th").nth(2);
  const created = () => page.locator("#events-left tbody td:nth-child(3)").allTextContents();
  const order = await created();
  const sorted = [...order].sort();
  await head.getByRole("button").focus();
  await page.keyboard.press("Enter");
  assert.deepEqual([await created(), await head.getAttribute("aria-sort")], [sorted, "ascending"]);
  await page.keyboard.press("Space");
  assert.deepEqual([await created(), await head.getAttribute("aria-sort")], [sorted.reverse(), "descending"]);
  await page.keyboard.press("Enter");
  assert.deepEqual([await created(), await head.getAttribute("aria-sort")], [order, null]);
  assert.deepEqual(wrong, []);
  await close();
}

async function prints(browser, made) {
  const { page, close } = await open(browser, made.file("html"), { colorScheme: "dark" });
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator("input >> visible=true").count(), 0);
  assert.equal(await page.locator("#events-others tbody tr >> visible=true").count(), made.others);
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(0, 0, 0)");
  const pdf = await page.pdf({ format: "A4" });
  assert.ok(pdf.length > 10_000);
  if (pictures) fs.writeFileSync(path.join(pictures, `${made.name}.pdf`), pdf);
  await close();
}

// What is told of hostile texts, in every format.
async function staysText(browser, made) {
  const { page, wrong, close } = await open(browser, made.file("html"), {});
  const ids = await page.locator("#events-left tbody th").allTextContents();
  for (const text of HOSTILE.slice(0, 10)) assert.ok(ids.includes(text), text);
  for (const text of ["\\u{1b}[2J\\u{1b}]0;owned\\u{7}", "safe\\u{202e}gpj.exe", "one line\\nand\\r\\nanother"]) {
    assert.ok(ids.includes(text), text);
  }
  const parsed = await page.evaluate((xml) => {
    const read = new DOMParser().parseFromString(xml, "application/xml");
    const count = (name) => read.getElementsByTagName(name).length;
    const suite = read.documentElement.firstElementChild;
    return ["parsererror", "testcase", "failure", "error"].map(count)
      .concat(["tests", "failures", "errors"].map((name) => Number(suite.getAttribute(name))));
  }, fs.readFileSync(made.file("xml"), "utf8"));
  assert.deepEqual(parsed, [0, 7, 2, 0, 7, 2, 0]);
  assert.deepEqual(wrong, []);
  await close();
  rendersNothing(fs.readFileSync(made.file("md"), "utf8"), made.open);
}

function rendersNothing(markdown, open) {
  const tokens = new MarkdownIt({ html: true, linkify: true }).parse(markdown, {});
  const all = tokens.flatMap((token) => [token, ...(token.children ?? [])]);
  const kinds = new Set(all.map((token) => token.type));
  for (const kind of ["link_open", "image", "html_inline", "html_block", "fence", "em_open"]) assert.ok(!kinds.has(kind), kind);
  const text = all.filter((token) => token.type === "text").map((token) => token.content).join("\n");
  assert.ok(!/[@<>]|alert|evil/.test(text), text);
  const cells = all.filter((token) => token.type === "td_open").length;
  // A table of the webhooks with their sum, and one row of eight cells for each event.
  const columns = all.findIndex((token) => token.type === "thead_close");
  const first = all.slice(0, columns).filter((token) => token.type === "th_open").length;
  assert.equal(cells, 3 * first + 8 * open);
}

// A verifier that lets a broken page pass has verified nothing.
async function findsWhatIsBroken(browser, made) {
  const page = fs.readFileSync(made.file("html"), "utf8");
  const broken = async (name, html) => {
    const file = path.join(work, `broken-${name}.html`);
    fs.writeFileSync(file, html);
    return open(browser, file, {});
  };
  const unescaped = await broken("unescaped", page.replace("</h1>", "<img src=x onerror=alert(1)><script>alert(2)</script></h1>"));
  assert.ok(unescaped.wrong.some((what) => what.startsWith("console")), "the policy stops nothing");
  assert.ok(!unescaped.wrong.some((what) => what.startsWith("dialog")), "the policy lets scripts run");
  await unescaped.close();
  const unprotected = await broken("unprotected", page.replace(/<meta http-equiv[^>]*>/, "")
    .replace("</h1>", "<img src=x onerror=alert(1)></h1>"));
  assert.ok(unprotected.wrong.some((what) => what.startsWith("dialog")), "a dialog is not noticed");
  await unprotected.close();
  const unnamed = await broken("unnamed", page.replace('<html lang="en">', "<html>"));
  assert.ok((await axeFinds(unnamed.page)).some((what) => what.startsWith("html-has-lang")), "axe is blind");
  await unnamed.close();
  assert.throws(() => rendersNothing("| a |\n|---|\n| [x](https://evil.example) |\n", 0));
}

const vendors = [];
const add = async (vendor) => { vendors.push(await vendor); return vendors.at(-1); };
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
try {
  const hostile = await report("hostile", await add(hostileVendor()), 10, "check");
  assert.equal(hostile.open, 2 * HOSTILE.length);
  const night = await add(sandbox("night",
    ["--webhooks", "3", "--events", "300", "--missing", "30", "--poison", "5", "--unacknowledged", "6"]));
  const left = await report("left", night, 10, "reconcile", "--yes");
  const whole = await add(sandbox("whole", ["--missing", "0", "--unacknowledged", "0"]));
  const clean = await report("clean", whole, 0, "check");
  // A log that says of hostile ids that they were received; the vendor knows none of them.
  const posted = path.join(work, "posted.jsonl");
  fs.writeFileSync(posted, HOSTILE.map((id) => `${JSON.stringify({ event_id: id, status: 200 })}\n`).join(""));
  const audit = await report("audit", whole, 0, "check", "--audit", "--received", posted);
  assert.equal(audit.document.audit.unknown_to_vendor.length, HOSTILE.length);
  const error = await report("error", { ...whole, address: "http://127.0.0.1:9/V2" }, 12, "check", "--deadline", "2s");
  const crowd = await add(sandbox("crowd", ["--events", "8000", "--missing", "7000"]));
  const big = await report("big", crowd, 10, "check");
  assert.ok(big.events.length >= 7000);
  const all = [hostile, left, clean, audit, error, big];
  step("every width, light and dark, with axe");
  for (const made of all) await looksRight(browser, made);
  step("what the page holds");
  for (const made of all) await holdsEverything(browser, made);
  step("without scripts");
  for (const made of [hostile, left]) await worksWithoutScripts(browser, made);
  step("search, sorting, print");
  for (const made of [hostile, left, big]) await searches(browser, made);
  for (const made of [left, big]) await sorts(browser, made);
  await prints(browser, left);
  step("hostile text, and broken copies");
  await staysText(browser, hostile);
  await findsWhatIsBroken(browser, left);
  console.log(`the reports are in order in Chromium ${browser.version()}: ${all.map((made) => made.name).join(", ")}`);
} finally {
  await browser.close();
  vendors.forEach((vendor) => vendor.stop());
}
