// Every page works without this file; it only makes them quicker to use.
"use strict";
const root = document.documentElement, $$ = (q, e = document) => [...e.querySelectorAll(q)];
const kept = (() => { try { return localStorage } catch { return {} } })();
if (kept.theme) root.dataset.theme = kept.theme;

addEventListener("DOMContentLoaded", () => {
  const body = document.body, skew = body.dataset.now ? Date.parse(body.dataset.now) - Date.now() : 0;
  const toast = body.appendChild(Object.assign(document.createElement("div"), { className: "toast" }));
  toast.setAttribute("role", "status");
  let fade;
  const say = (text) => { toast.textContent = text; clearTimeout(fade); fade = setTimeout(() => toast.textContent = "", 2500) };

  // Theme: system, then the other one, kept on this browser
  const theme = body.querySelector("[data-theme-toggle]");
  if (theme) {
    theme.hidden = false;
    theme.onclick = () => {
      const dark = (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
      kept.theme = root.dataset.theme = dark ? "light" : "dark";
    };
  }

  // Relative times, in the page's language and by the server's clock; the exact time stays in the title
  const rel = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });
  const unit = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
  const tick = () => $$("time.ago").forEach((t) => {
    const s = (Date.parse(t.dateTime) - Date.now() - skew) / 1000;
    const [name, size] = unit.find(([, n]) => Math.abs(s) >= n) || unit[3];
    t.textContent = rel.format(Math.round(s / size), name);
  });
  setInterval(tick, 15000);

  // What each new piece of page needs: fields that copy their path, copy buttons
  const dress = () => {
    tick();
    $$("[data-copy]").forEach((e) => { e.tabIndex = 0; e.setAttribute("role", "button"); e.title = e.dataset.copy });
    $$("[data-copy-from], [data-all]").forEach((e) => e.hidden = false);
  };
  const copy = (text) => navigator.clipboard?.writeText(text).then(() => say(body.dataset.copied + " " + text.slice(0, 60)), () => say(body.dataset.refused));

  // Selection and its counts
  const boxes = () => $$('input[name="id"]'), bulk = document.getElementById("bulk");
  const recount = () => {
    if (!bulk) return;
    const n = boxes().filter((b) => b.checked).length;
    $$("[data-count]").forEach((c) => c.textContent = n);
    $$("button[data-dialog]", bulk).forEach((b) => b.disabled = !n);
    bulk.classList.toggle("is-on", n > 0);
  };

  addEventListener("change", ({ target: t }) => {
    if (t.dataset.all) $$(`[data-in="${t.dataset.all}"]`).forEach((b) => b.checked = t.checked);
    if (t.dataset.all || t.name === "id") recount();
  });
  addEventListener("click", (e) => {
    const at = (q) => e.target.closest?.(q);
    const open = at("[data-dialog]"), field = at("[data-copy]"), from = at("[data-copy-from]");
    const dialog = open && document.getElementById(open.dataset.dialog);
    if (dialog) { e.preventDefault(); dialog.showModal() }
    else if (at("[data-close]")) at("dialog").close();
    else if (field) copy(field.dataset.copy);
    else if (from) copy(document.getElementById(from.dataset.copyFrom).textContent);
  });

  // Keyboard
  let row = -1;
  addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    if (e.target.dataset?.copy && (e.key === "Enter" || e.key === " ")) { e.preventDefault(); e.target.click() }
    const rows = $$("main .list tbody tr").filter((r) => r.querySelector(".c-main a") && r.offsetParent);
    const keys = {
      "/": () => body.querySelector("input[type=search]")?.focus(),
      j: () => row++, k: () => row--,
      x: () => rows[row]?.querySelector("input[name=id]")?.click(),
      "?": () => help?.open || help?.showModal(),
    };
    if (!keys[e.key] || (e.key !== "?" && body.querySelector("dialog[open]"))) return;
    e.preventDefault();
    keys[e.key]();
    if (e.key === "j" || e.key === "k") {
      row = Math.max(0, Math.min(rows.length - 1, row));
      rows.forEach((r, n) => r.classList.toggle("is-at", n === row));
      rows[row]?.querySelector(".c-main a").focus();
    }
  });
  const help = document.getElementById("keys");

  // Live: the stream only says that something happened; the page asks for itself again and swaps its live parts.
  // A part in use (focus, open details, text selected) is left alone until the next turn.
  if (body.dataset.stream && window.EventSource) {
    let due, fresh = 0;
    const busy = (part) => part.contains(document.activeElement) || part.querySelector("details[open]") || (getSelection().type === "Range" && part.contains(getSelection().anchorNode));
    const refresh = async () => {
      due = 0;
      const answer = await fetch(location.href, { headers: { "X-Live": "1" } }).catch(() => 0);
      if (!answer?.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      $$("[data-live]").forEach((part) => { const next = page.getElementById(part.id); if (next && !busy(part)) part.replaceWith(next) });
      dress();
    };
    const stream = new EventSource(body.dataset.stream);
    stream.onmessage = ({ data }) => {
      const note = body.querySelector("[data-fresh]"), news = JSON.parse(data);
      if (!note) return due ||= setTimeout(refresh, 1000);
      for (const [kind, shown] of Object.entries(JSON.parse(note.dataset.fresh))) fresh = Math.max(fresh, (news[kind] || 0) - shown);
      note.hidden = !fresh;
      note.textContent = fresh + " " + body.dataset.new;
    };
  }
  body.querySelector(".nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  dress();
  recount();
});
