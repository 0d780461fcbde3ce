// The builder of conditions: rows over one text area with JSON, which stays the truth and is what the form sends.
// What rows may offer comes from the server (contacts/conditions/builder.py); what a condition means is said by the server too.
(function () {
  "use strict";
  if (window.conditionBuilder) return; // each builder of a page brings the script along
  window.conditionBuilder = true;

  const COMPARISONS = ["is", "is_not", "in", "lt", "lte", "gt", "gte", "between", "contains", "starts_with", "before", "after", "within", "is_set"];
  const NUMBERS = ["lt", "lte", "gt", "gte"];
  const MEASURES = ["sum", "min", "max", "last"];
  const CHECK_AFTER = 150, COUNT_AFTER = 450; // milliseconds after the last change
  let last = 0;
  const unique = () => `b${(last += 1)}`;
  const copy = (value) => JSON.parse(JSON.stringify(value));
  const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const join = (path, key) => (path ? `${path}.${key}` : key);
  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_all, key) => values[key]);

  const el = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === undefined || value === null || value === false) continue;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "value") node.value = value;
      else node.setAttribute(key, value === true ? "" : value);
    }
    node.append(...children.filter((child) => child !== null && child !== undefined));
    return node;
  };

  // --- between JSON and what is shown: groups of all, any, none, not_all; leaves that may be turned around
  const group = (op, children) => ({ id: unique(), op, children });
  const leaf = (node, negated = false) => ({ id: unique(), node: isObject(node) ? copy(node) : {}, negated, typed: {} });
  const read = (node) => {
    if (isObject(node) && Array.isArray(node.all)) return group("all", node.all.map(read));
    if (isObject(node) && Array.isArray(node.any)) return group("any", node.any.map(read));
    if (isObject(node) && isObject(node.not)) {
      if (Array.isArray(node.not.all)) return group("not_all", node.not.all.map(read));
      if (Array.isArray(node.not.any)) return group("none", node.not.any.map(read));
      return "not" in node.not ? group("none", [read(node.not)]) : leaf(node.not, true);
    }
    return leaf(node);
  };
  const empty = (value) => value === "" || value === null || (Array.isArray(value) ? !value.length || value.some(empty) : isObject(value) && Object.values(value).some(empty));
  const unfinished = (one) => !Object.keys(one.node).length || empty(one.node);
  // finished: leave out rows that are not filled in yet. Notes at each leaf where it stands, for the problems the server finds.
  const write = (one, path, finished) => {
    if (!one.children) {
      one.path = null;
      if (finished && unfinished(one)) return undefined;
      one.path = one.negated ? join(path, "not") : path;
      return one.negated ? { not: one.node } : one.node;
    }
    const [outer, inner] = { all: ["", "all"], any: ["", "any"], none: ["not", "any"], not_all: ["not", "all"] }[one.op];
    const here = join(outer ? join(path, outer) : path, inner);
    const parts = [];
    for (const child of one.children) {
      const part = write(child, `${here}[${parts.length}]`, finished);
      if (part !== undefined) parts.push(part);
    }
    if (!parts.length) return undefined;
    return outer ? { not: { [inner]: parts } } : { [inner]: parts };
  };
  const writeRoot = (root, finished) => {
    const whole = write(root, "", finished);
    const parts = whole && (whole.all || whole.any);
    if (!parts || parts.length > 1) return whole;
    const only = root.children.find((child) => write(child, "", finished) !== undefined);
    return write(only, "", finished); // one condition needs no group around it
  };
  const every = (one, visit, parent = null) => {
    visit(one, parent);
    (one.children || []).forEach((child) => every(child, visit, one));
  };

  class Builder {
    constructor(box) {
      this.box = box;
      this.area = box.querySelector("textarea");
      this.rows = box.querySelector(".builder-rows");
      this.work = box.querySelector(".builder-work");
      this.json = box.querySelector(".builder-json");
      this.unread = box.querySelector(".builder-unread");
      this.news = box.querySelector(".builder-news");
      this.waiting = {};
      this.asked = {};
      this.key = `condition ${location.pathname} ${this.area.name}`;
    }

    async start() {
      this.restore();
      try {
        const answer = await fetch(this.box.dataset.describe, { headers: { Accept: "application/json" } });
        if (!answer.ok) throw new Error(answer.status);
        this.known = await answer.json();
      } catch {
        return; // the text area is there
      }
      this.texts = this.known.texts;
      const plain = this.box.querySelector("[data-plain]");
      if (plain) plain.hidden = true;
      const apply = this.box.querySelector("[data-apply]");
      apply.hidden = false;
      apply.addEventListener("click", () => this.takeOver(true));
      this.area.addEventListener("change", () => this.keep());
      this.box.addEventListener("keydown", (event) => this.pressed(event));
      this.work.hidden = false;
      if (this.takeOver(false)) this.json.open = false;
      this.box.dataset.ready = "";
    }

    // A reload and the way back lose nothing; whoever comes to the page anew begins anew.
    restore() {
      const [entry] = performance.getEntriesByType("navigation");
      try {
        const kept = JSON.parse(sessionStorage.getItem(this.key) || "null");
        if (entry && entry.type === "navigate") sessionStorage.removeItem(this.key);
        else if (kept && kept.from === this.area.defaultValue) this.area.value = kept.value;
      } catch {
        // no storage: the browser's own memory of forms remains
      }
    }

    keep() {
      try {
        sessionStorage.setItem(this.key, JSON.stringify({ from: this.area.defaultValue, value: this.area.value }));
      } catch {
        // as above
      }
    }

    takeOver(said) {
      let condition = null;
      try {
        condition = this.area.value.trim() ? JSON.parse(this.area.value) : null;
      } catch (error) {
        this.unread.textContent = fill(this.texts.unread, { error: error.message });
        this.unread.hidden = false;
        this.json.open = true;
        if (!this.root) this.root = group("all", []);
        this.render();
        return false;
      }
      this.unread.hidden = true;
      const one = condition === null ? group("all", []) : read(condition);
      this.root = one.children ? one : group("all", [one]);
      this.render();
      if (said) this.keep();
      this.ask();
      return true;
    }

    changed(again) {
      const whole = writeRoot(this.root, false);
      this.area.value = whole === undefined ? "" : JSON.stringify(whole, null, 1);
      this.unread.hidden = true;
      this.area.dispatchEvent(new Event("input", { bubbles: true }));
      this.keep();
      if (again) this.render();
      this.ask();
    }

    // --- what the server says
    ask() {
      const body = writeRoot(this.root, true);
      const open = [];
      every(this.root, (one) => { if (!one.children && unfinished(one)) open.push(one.id); });
      this.rows.querySelectorAll(".rule").forEach((row) => row.classList.toggle("rule-open", open.includes(row.dataset.id)));
      const text = body === undefined ? "" : JSON.stringify(body);
      this.send("check", text, CHECK_AFTER);
      this.send("numbers", text, COUNT_AFTER);
    }

    send(what, text, after) {
      clearTimeout(this.waiting[what]);
      if (this.asked[what]) this.asked[what].abort();
      const place = this.box.querySelector(`.builder-${what}`);
      place.setAttribute("aria-busy", "true");
      this.waiting[what] = setTimeout(async () => {
        const mine = new AbortController();
        this.asked[what] = mine;
        const token = document.querySelector("[name=csrfmiddlewaretoken]");
        const headers = { "HX-Request": "true", "X-CSRFToken": token ? token.value : "", "Content-Type": "application/x-www-form-urlencoded" };
        try {
          const answer = await fetch(this.box.dataset[what], { method: "POST", headers, signal: mine.signal, body: new URLSearchParams({ condition: text }) });
          if (!answer.ok || answer.redirected) throw new Error(answer.status);
          place.innerHTML = await answer.text();
          place.removeAttribute("aria-busy");
          if (what === "check") this.show();
        } catch (error) {
          if (error.name === "AbortError") return;
          place.textContent = this.texts.offline;
          place.removeAttribute("aria-busy");
        }
      }, after);
    }

    // Problems stand at the row they are about.
    show() {
      this.rows.querySelectorAll(".rule-problem").forEach((place) => place.replaceChildren());
      for (const item of this.box.querySelectorAll(".builder-check [data-path]")) {
        let best = null;
        every(this.root, (one) => {
          const fits = !one.children && one.path !== null && (one.path === "" || item.dataset.path === one.path || item.dataset.path.startsWith(`${one.path}.`));
          if (fits && (!best || one.path.length > best.path.length)) best = one;
        });
        const place = best && this.rows.querySelector(`[data-id="${best.id}"] .rule-problem`);
        if (!place) continue;
        place.append(el("span", { class: item.dataset.level === "error" ? "text-danger" : "rule-warning" }, item.querySelector("span > span").textContent));
      }
    }

    say(text) {
      this.news.textContent = "";
      setTimeout(() => { this.news.textContent = text; }, 20);
    }

    // --- rows
    render() {
      const active = document.activeElement;
      const focused = this.rows.contains(active) ? active.dataset.focus : null;
      const fresh = this.group(this.root, 1);
      if (focused && this.around(active, fresh.querySelector(`[data-focus="${focused}"]`), fresh)) return;
      this.rows.replaceChildren(fresh);
      if (focused) this.focus(focused);
    }

    // Put what is new around the field that somebody is in: a list that is left forgets what was typed to find an entry.
    around(active, twin, fresh) {
      const chain = (node, top) => { const found = []; for (let one = node; one && one !== top; one = one.parentElement) found.unshift(one); return found; };
      const [olds, news] = [chain(active, this.rows), chain(twin, fresh.parentElement)];
      if (!twin || olds.length !== news.length || active.tagName !== "SELECT" || twin.tagName !== "SELECT") return false;
      for (let i = 0; i < olds.length - 1; i += 1) {
        const [parent, kept, given] = [olds[i], olds[i + 1], news[i + 1]];
        for (const name of ["class", "aria-label", "data-id"]) if (news[i].hasAttribute(name)) parent.setAttribute(name, news[i].getAttribute(name));
        [...parent.childNodes].forEach((child) => { if (child !== kept) child.remove(); });
        const all = [...news[i].childNodes];
        kept.before(...all.slice(0, all.indexOf(given)));
        kept.after(...all.slice(all.indexOf(given) + 1));
      }
      return true;
    }

    focus(name) {
      const target = this.rows.querySelector(`[data-focus="${name}"]`);
      if (target) target.focus();
    }

    group(one, depth) {
      const texts = this.texts;
      const op = this.select(Object.entries(this.known.groups).map(([value, label]) => ({ value, label })), one.op, (value) => { one.op = value; this.changed(true); }, texts.group, `${one.id}-op`);
      const word = ["all", "not_all"].includes(one.op) ? texts.and : texts.or;
      const list = el("ol", { class: "rules" });
      one.children.forEach((child, i) => {
        const item = child.children ? el("li", { class: "rule-nested", "data-id": child.id }, this.group(child, depth + 1)) : this.rule(child);
        if (i) item.prepend(el("span", { class: "rule-word", "aria-hidden": "true" }, word));
        list.append(item);
      });
      const nothing = one === this.root && !one.children.length ? el("p", { class: "muted m-0" }, texts.everybody) : null;
      const add = (text, make, name) => el("button", { type: "button", class: "btn btn-sm", "data-focus": `${one.id}-${name}`, onclick: () => this.add(one, make()) }, `+ ${text}`);
      const buttons = el("div", { class: "rule-adds" }, add(texts.add_rule, () => this.fresh(), "add"));
      if (depth < this.known.depth - 2) buttons.append(add(texts.add_group, () => group("any", [this.fresh()]), "nest"));
      const tools = one === this.root ? null : this.tools(one);
      return el("div", { class: "rule-group", role: "group", "aria-label": this.known.groups[one.op] }, el("div", { class: "rule-head" }, op, tools), nothing, list, buttons);
    }

    fresh() {
      return leaf(this.known.kinds[0].start);
    }

    add(parent, child) {
      parent.children.push(child);
      this.changed(true);
      this.focus(`${(child.children ? child.children[0] : child).id}-kind`);
    }

    rule(one) {
      const texts = this.texts;
      const spec = this.known.kinds.find((kind) => kind.key in one.node) || this.known.kinds[0];
      const not = el("button", { type: "button", class: "btn btn-sm rule-not", "aria-pressed": String(one.negated), title: texts.negate, "data-focus": `${one.id}-not`, onclick: () => { one.negated = !one.negated; this.changed(true); } }, texts.not);
      const kind = this.select(this.known.kinds.map((each) => ({ value: each.key, label: each.label })), spec.key, (value) => {
        one.node = copy(this.known.kinds.find((each) => each.key === value).start);
        one.typed = {};
        this.changed(true);
      }, texts.kind, `${one.id}-kind`);
      kind.classList.add("rule-kind");
      const place = { one, spec, id: one.id };
      const parts = spec.parts.length ? spec.parts.flatMap((part) => this.part(part, one.node, place)) : [this.raw(one)];
      const fields = el("div", { class: "rule-fields" }, not, kind, ...parts);
      return el("li", { class: "rule", "data-id": one.id }, fields, this.tools(one), el("p", { class: "rule-hint" }, texts.open), el("p", { class: "rule-problem" }));
    }

    // One part of a row. target: the object it edits; place: the leaf and a prefix for the focus.
    part(part, target, place) {
      if (part.part === "choice") return [this.choice(part, target, place)];
      if (part.part === "compare") return this.compare(target, this.typeOf(part, target), `${place.id}-${part.of || "compare"}`);
      if (part.part === "window") return this.window(part, target, place);
      if (part.part === "count") return this.count(target, place);
      if (part.part === "measure") return this.measure(target, place);
      if (part.part === "filters") return [this.filters(part, target, place)];
      if (part.part === "inside") {
        if (!isObject(target[part.key])) target[part.key] = {};
        return part.parts.flatMap((inner) => this.part(inner, target[part.key], place));
      }
      if (part.part === "cells") return [this.cells(part, target, place)];
      if (part.rare && !(part.key in target)) return [];
      return [this.input("text", target[part.key], part.label, `${place.id}-${part.key}`, (text) => { target[part.key] = text; this.changed(); })];
    }

    // One text, or several: {"in": [...]}.
    cells(part, target, place) {
      const given = target[part.key];
      const cells = isObject(given) && Array.isArray(given.in) ? given.in : given ? [given] : [];
      const put = () => { target[part.key] = cells.length > 1 ? { in: cells } : cells[0] || ""; };
      return this.chips(cells, { type: "text" }, `${place.id}-${part.key}`, put);
    }

    choice(part, target, place) {
      const name = `${place.id}-${part.key}`;
      const set = (value) => {
        if (value === (part.none ? "" : part.default) && part.key !== place.spec.key) delete target[part.key];
        else target[part.key] = value;
        if (["attribute", "account", "context"].includes(part.key)) this.fit(target, this.typeOf({ of: part.key }, target));
        if (part.key === "event") { delete target.where; MEASURES.forEach((measure) => delete target[measure]); }
        this.changed(true);
      };
      if (place.one.typed[part.key]) return this.input("text", target[part.key], part.label, name, (text) => { target[part.key] = text; this.changed(); });
      let options = part.options;
      if (part.none) options = [{ value: "", label: part.none }, ...options];
      else if (part.open) options = [{ value: "", label: this.texts.choose }, ...options, { value: "\u0000", label: this.texts.other }];
      return this.select(options, target[part.key] ?? part.default ?? "", (value) => {
        if (value !== "\u0000") return set(value);
        place.one.typed[part.key] = true;
        target[part.key] = "";
        this.changed(true);
      }, part.label, name);
    }

    optionOf(part, target) {
      const spec = this.known.kinds.find((kind) => kind.key === part.of);
      const choice = spec && spec.parts.find((each) => each.key === part.of);
      return (choice && choice.options.find((option) => option.value === target[part.of])) || null;
    }

    typeOf(part, target) {
      if (part.type) return { type: part.type, operators: part.operators };
      return this.optionOf(part, target) || { type: "" };
    }

    operatorOf(target) {
      const key = COMPARISONS.find((each) => each in target);
      if (key === "is_set") return target.is_set === false ? "is_not_set" : "is_set";
      return key && isObject(target[key]) && target[key].run ? "run" : key;
    }

    // Another attribute: the comparison stays where it fits its type.
    fit(target, about) {
      const operators = about.operators || this.known.types[about.type] || this.known.types[""];
      const operator = this.operatorOf(target);
      this.setOperator(target, operators.includes(operator) ? operator : operators[0], about, true);
    }

    setOperator(target, operator, about, afresh = false) {
      const before = COMPARISONS.map((key) => target[key]).find((value) => ["string", "number"].includes(typeof value));
      COMPARISONS.forEach((key) => delete target[key]);
      const numeric = NUMBERS.includes(operator) || ["number", "whole"].includes(about.type);
      if (operator === "is_set" || operator === "is_not_set") target.is_set = operator === "is_set";
      else if (operator === "run") target.is = { run: "key" };
      else if (operator === "between") target.between = [null, null];
      else if (operator === "in") target.in = [];
      else if (operator === "within") target.within = { days: 7, of: "today" };
      else if (operator === "before" || operator === "after") target[operator] = "-30d";
      else if (about.type === "yes_no") target[operator] = true;
      else if (numeric) target[operator] = !afresh && typeof before === "number" ? before : null;
      else target[operator] = !afresh && typeof before === "string" ? before : "";
    }

    compare(target, about, name) {
      const operator = this.operatorOf(target);
      const offered = [...(about.operators || this.known.types[about.type] || this.known.types[""])];
      if (about.run) offered.push("run");
      if (operator && !offered.includes(operator)) offered.push(operator);
      const options = offered.map((value) => ({ value, label: this.known.operators[value] }));
      const select = this.select(operator ? options : [{ value: "", label: this.texts.choose }, ...options], operator || "", (value) => { this.setOperator(target, value, about); this.changed(true); }, this.texts.operator, `${name}-operator`);
      return operator ? [select, ...this.value(target, operator, about, name)] : [select];
    }

    value(target, operator, about, name) {
      const { texts } = this;
      const set = (key) => (value) => { target[key] = value; this.changed(); };
      if (["is_set", "is_not_set", "run"].includes(operator)) return [];
      if (operator === "between") {
        const ends = [texts.from, texts.to];
        return ends.map((label, i) => this.number(target.between[i], label, `${name}-${i}`, (value) => { target.between[i] = value; this.changed(); }));
      }
      if (operator === "in") return [this.chips(target.in, about, `${name}-in`)];
      if (operator === "within") return this.nearby(target.within, name);
      if (operator === "before" || operator === "after") return this.day(target, operator, name);
      const given = target[operator];
      if (about.type === "yes_no" || typeof given === "boolean") {
        const options = [{ value: "true", label: texts.yes }, { value: "false", label: texts.no }];
        return [this.select(options, String(given), (value) => { target[operator] = value === "true"; this.changed(); }, texts.value, `${name}-value`)];
      }
      if (NUMBERS.includes(operator) || ["number", "whole"].includes(about.type) || typeof given === "number") return [this.number(given, texts.value, `${name}-value`, set(operator), about.type === "whole" ? "1" : "any")];
      if (about.choices) {
        return [this.select([{ value: "", label: texts.choose }, ...about.choices], given, (text) => set(operator)(this.chosen(text, about)), texts.value, `${name}-value`)];
      }
      return [this.input("text", given, texts.value, `${name}-value`, (text) => set(operator)(this.typed(text, about)), about.examples)];
    }

    // A choice is stored as what it is, not as its text.
    chosen(text, about) {
      const choice = (about.choices || []).find((each) => String(each.value) === text);
      return choice ? choice.value : text;
    }

    // Of mixed or unknown values: a number where the same text was seen as a number.
    typed(text, about) {
      const seen = (about.examples || []).find((example) => String(example) === text);
      return about.type === "" && seen !== undefined ? seen : text;
    }

    chips(values, about, name, put = () => {}) {
      const numeric = ["number", "whole"].includes(about.type) || (about.type === "" && values.some((value) => typeof value === "number"));
      const labels = new Map((about.choices || []).map((choice) => [choice.value, choice.label]));
      const add = (text) => {
        const value = about.choices ? this.chosen(text, about) : numeric ? Number(text) : text;
        if (text === "" || Number.isNaN(value) || values.includes(value)) return;
        values.push(value);
        put();
        this.changed(true);
        this.focus(`${name}-add`);
      };
      const shown = values.map((value, i) => el("button", { type: "button", class: "btn btn-sm rule-chip", "aria-label": `${this.texts.remove}: ${labels.get(value) ?? value}`, onclick: () => { values.splice(i, 1); put(); this.changed(true); this.focus(`${name}-add`); } }, `${labels.get(value) ?? value} ×`));
      let field;
      if (about.choices) field = this.select([{ value: "", label: this.texts.values }, ...about.choices.filter((choice) => !values.includes(choice.value))], "", add, this.texts.values, `${name}-add`);
      else {
        field = this.input(numeric ? "number" : "text", "", this.texts.values, `${name}-add`, () => {}, about.examples);
        field.placeholder = this.texts.values;
        field.addEventListener("change", () => add(field.value.trim()));
        field.addEventListener("keydown", (event) => { if (event.key === "Enter") add(field.value.trim()); });
      }
      return el("span", { class: "rule-chips" }, ...shown, field);
    }

    nearby(within, name) {
      const days = this.number(within.days, this.texts.days, `${name}-days`, (value) => { within.days = value; this.changed(); }, "1");
      const yearly = el("input", { type: "checkbox", class: "form-check-input", "data-focus": `${name}-yearly`, onchange: (event) => { if (event.target.checked) within.yearly = true; else delete within.yearly; this.changed(); } });
      yearly.checked = Boolean(within.yearly);
      return [days, el("span", { class: "rule-text" }, this.texts.days), el("label", { class: "rule-text" }, yearly, ` ${this.texts.yearly}`)];
    }

    day(target, operator, name) {
      const { texts } = this;
      const given = String(target[operator]);
      const relative = given.match(/^([+-])(\d*)(\w+)$/);
      const kind = relative ? (relative[1] === "-" ? "ago" : "ahead") : "on_day";
      const kinds = ["on_day", "ago", "ahead"].map((value) => ({ value, label: texts[value] }));
      const choose = this.select(kinds, kind, (value) => { target[operator] = { on_day: "", ago: "-30d", ahead: "+30d" }[value]; this.changed(true); }, texts.when, `${name}-when`);
      if (kind === "on_day") return [choose, this.input("date", given.slice(0, 10), texts.day, `${name}-day`, (text) => { target[operator] = text; this.changed(); })];
      const sign = relative[1];
      if (relative[3] !== "d") return [choose, this.input("text", given, texts.value, `${name}-span`, (text) => { target[operator] = text; this.changed(); })];
      return [this.number(Number(relative[2]), texts.number, `${name}-span`, (value) => { target[operator] = value ? `${sign}${value}d` : ""; this.changed(); }, "1"), choose];
    }

    window(part, target, place) {
      const { texts } = this;
      const keys = Object.keys(part.ways);
      const way = keys.find((key) => key in target);
      const now = way || (target.since_step ? "step" : target.since) || "";
      const options = [...Object.entries(part.ways).map(([value, label]) => ({ value, label })), { value: "", label: part.none }];
      if (part.since) options.push({ value: "entry", label: texts.entry }, { value: "step", label: texts.step });
      const choose = this.select(options, now, (value) => {
        const kept = way ? target[way] : "7d";
        [...keys, "since", "since_step"].forEach((key) => delete target[key]);
        if (keys.includes(value)) target[value] = kept;
        else if (value) target.since = value;
        this.changed(true);
      }, texts.window, `${place.id}-window`);
      if (!way) return [choose];
      const read = String(target[way]).match(/^(\d*)(s|m|h|d|w|mo)$/);
      if (!read) return [choose, this.input("text", target[way], texts.window, `${place.id}-span`, (text) => { target[way] = text; this.changed(); })];
      const units = Object.entries({ ...(read[2] === "s" ? { s: "s" } : {}), ...this.known.units }).map(([value, label]) => ({ value, label }));
      const put = (n, unit) => { target[way] = n ? `${n}${unit}` : ""; read[1] = n || ""; read[2] = unit; this.changed(); };
      const number = this.number(Number(read[1]) || null, texts.number, `${place.id}-span`, (value) => put(value, read[2]), "1");
      const unit = this.select(units, read[2], (value) => put(read[1], value), texts.unit, `${place.id}-unit`);
      return [el("span", { class: "rule-pair" }, choose, number, unit)];
    }

    count(target, place) {
      const [operator, n] = Object.entries(target.count || { gte: 1 })[0];
      const options = Object.entries(this.known.counts).map(([value, label]) => ({ value, label }));
      const choose = this.select(options, operator, (value) => { target.count = { [value]: Object.values(target.count || { gte: 1 })[0] }; this.changed(); }, this.texts.count, `${place.id}-often`);
      const number = this.number(n, this.texts.times, `${place.id}-n`, (value) => { target.count = { [Object.keys(target.count || { gte: 1 })[0]]: value }; this.changed(); }, "1");
      return [el("span", { class: "rule-pair" }, choose, number, el("span", { class: "rule-text" }, this.texts.times))];
    }

    measure(target, place) {
      const measure = MEASURES.find((each) => each in target) || "count";
      const options = Object.entries(this.known.measures).map(([value, label]) => ({ value, label }));
      const choose = this.select(options, measure, (value) => {
        MEASURES.forEach((each) => delete target[each]);
        delete target.count;
        if (value === "count") target.count = { gte: 1 };
        else target[value] = { property: "", gte: null };
        this.changed(true);
      }, this.texts.measure, `${place.id}-measure`);
      if (measure === "count") return [choose, ...this.count(target, place)];
      if (!isObject(target[measure])) return [choose, this.raw(place.one)];
      const about = measure === "last" ? null : { type: "number", operators: this.known.sums };
      return [choose, ...this.property(target, target[measure], `${place.id}-${measure}`, about, place.one)];
    }

    // A property of an event and what is said about its value.
    property(event, target, name, about, one) {
      const known = (this.optionOf({ of: "event" }, event) || {}).properties || [];
      const found = known.find((each) => each.value === target.property) || { type: "" };
      const offered = about ? known.filter((each) => ["number", ""].includes(each.type)) : known;
      let choose;
      const type = `property ${name}`;
      if (one.typed[type] || !offered.length) choose = this.input("text", target.property, this.texts.property, `${name}-property`, (text) => { target.property = text; this.changed(); });
      else {
        choose = this.select([{ value: "", label: this.texts.choose }, ...offered, { value: "\u0000", label: this.texts.other }], target.property, (value) => {
          if (value === "\u0000") one.typed[type] = true;
          target.property = value === "\u0000" ? "" : value;
          if (!about) this.fit(target, known.find((each) => each.value === value) || { type: "" });
          this.changed(true);
        }, this.texts.property, `${name}-property`);
      }
      return [choose, ...this.compare(target, about || { ...found, run: this.known.run }, name)];
    }

    filters(part, target, place) {
      const list = Array.isArray(target[part.key]) ? target[part.key] : [];
      const lines = list.map((filter, i) => {
        const gone = el("button", { type: "button", class: "btn btn-icon btn-sm rule-gone", "aria-label": `${this.texts.remove}: ${filter.property}`, onclick: () => { list.splice(i, 1); if (!list.length) delete target[part.key]; this.changed(true); this.focus(`${place.id}-filter`); } }, "×");
        return el("span", { class: "rule-filter" }, el("span", { class: "rule-text" }, i ? this.texts.and : this.texts.where), ...this.property(target, filter, `${place.id}-where${i}`, null, place.one), gone);
      });
      const add = el("button", { type: "button", class: "btn btn-sm", "data-focus": `${place.id}-filter`, onclick: () => {
        target[part.key] = [...list, { property: "", is: "" }];
        this.changed(true);
        this.focus(`${place.id}-where${list.length}-property`);
      } }, `+ ${this.texts.add_filter}`);
      return el("span", { class: "rule-filters" }, ...lines, add);
    }

    // A leaf that nobody described: its JSON.
    raw(one) {
      return this.input("text", JSON.stringify(one.node), this.texts.as_json, `${one.id}-raw`, (text) => {
        try { one.node = JSON.parse(text); this.changed(); } catch { /* not finished */ }
      });
    }

    // --- fields
    select(options, value, change, label, name) {
      const field = el("select", { class: "form-select form-select-sm", "aria-label": label, "data-focus": name, onchange: (event) => change(event.target.value) });
      const known = options.some((option) => String(option.value) === String(value));
      const all = known || value === "" ? options : [...options, { value, label: fill(this.texts.unknown, { name: value }) }];
      let heading = null;
      for (const option of all) {
        const node = el("option", { value: option.value }, option.label);
        if (option.group && (!heading || heading.label !== option.group)) field.append((heading = el("optgroup", { label: option.group })));
        (option.group ? heading : field).append(node);
      }
      field.value = value;
      return field;
    }

    input(type, value, label, name, change, examples) {
      const field = el("input", { type, class: "form-control form-control-sm", "aria-label": label, placeholder: type === "text" ? label : null, autocomplete: "off", "data-focus": name, value: value ?? "", oninput: (event) => change(event.target.value) });
      if (!examples || !examples.length) return field;
      const id = unique();
      field.setAttribute("list", id);
      return el("span", { class: "rule-field" }, field, el("datalist", { id }, ...examples.map((example) => el("option", { value: example }))));
    }

    number(value, label, name, change, step = "any") {
      const field = this.input("number", value, label, name, (text) => change(text === "" || Number.isNaN(Number(text)) ? null : Number(text)));
      field.step = step;
      if (step === "1") field.min = "0";
      field.classList.add("rule-number");
      return field;
    }

    // --- moving
    tools(one) {
      const { texts } = this;
      const item = (label, act, keys) => el("button", { type: "button", class: "dropdown-item", "aria-keyshortcuts": keys, onclick: act }, label, keys ? el("kbd", { "aria-hidden": "true" }, keys.replace("Shift", "⇧").replace("ArrowUp", "↑").replace("ArrowDown", "↓").replaceAll("+", " ")) : null);
      const menu = el("div", { class: "dropdown-menu dropdown-menu-end" },
        item(texts.up, () => this.move(one, -1), "Alt+Shift+ArrowUp"), item(texts.down, () => this.move(one, 1), "Alt+Shift+ArrowDown"),
        item(texts.wrap, () => this.wrap(one)), one.children ? item(texts.unwrap, () => this.unwrap(one)) : null, item(texts.copy, () => this.double(one)));
      const more = el("button", { type: "button", class: "btn btn-icon btn-sm", "data-bs-toggle": "dropdown", "aria-expanded": "false", "aria-label": texts.more, "data-focus": `${one.id}-more` }, "⋯");
      const gone = el("button", { type: "button", class: "btn btn-icon btn-sm", "aria-label": texts.remove, "data-focus": `${one.id}-gone`, onclick: () => this.remove(one) }, "×");
      return el("div", { class: "rule-tools" }, el("div", { class: "dropdown" }, more, menu), gone);
    }

    parentOf(wanted) {
      let found = null;
      every(this.root, (one, parent) => { if (one === wanted) found = parent; });
      return found;
    }

    pressed(event) {
      if (event.key === "Enter" && event.target.matches(".builder-rows input")) event.preventDefault(); // a form is not sent from a row
      if (!event.altKey || !event.shiftKey || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      const row = event.target.closest("[data-id]");
      if (!row || !this.rows.contains(row)) return;
      let found = null;
      every(this.root, (one) => { if (one.id === row.dataset.id) found = one; });
      if (!found) return;
      event.preventDefault();
      this.move(found, event.key === "ArrowUp" ? -1 : 1, event.target.dataset.focus);
    }

    // Past a neighbour, into a neighbouring group, or out of the own one.
    move(one, by, focus) {
      const parent = this.parentOf(one);
      const at = parent.children.indexOf(one);
      const neighbour = parent.children[at + by];
      if (!neighbour && parent === this.root) return;
      parent.children.splice(at, 1);
      let into = parent;
      if (!neighbour) {
        into = this.parentOf(parent);
        into.children.splice(into.children.indexOf(parent) + (by > 0 ? 1 : 0), 0, one);
        if (!parent.children.length) into.children.splice(into.children.indexOf(parent), 1);
      } else if (neighbour.children && !one.children) {
        into = neighbour;
        into.children.splice(by > 0 ? 0 : into.children.length, 0, one);
      } else parent.children.splice(at + by, 0, one);
      this.changed(true);
      this.focus(focus || `${one.id}-more`);
      this.say(fill(this.texts.moved, { place: into.children.indexOf(one) + 1, all: into.children.length }));
    }

    wrap(one) {
      const parent = this.parentOf(one);
      const around = group("any", [one]);
      parent.children.splice(parent.children.indexOf(one), 1, around);
      this.changed(true);
      this.focus(`${around.id}-op`);
      this.say(this.texts.grouped);
    }

    unwrap(one) {
      const parent = this.parentOf(one);
      parent.children.splice(parent.children.indexOf(one), 1, ...one.children);
      this.changed(true);
      this.focus(`${parent.id}-add`);
    }

    double(one) {
      const parent = this.parentOf(one);
      const again = read(write(one, "", false) ?? {});
      parent.children.splice(parent.children.indexOf(one) + 1, 0, again);
      this.changed(true);
      this.focus(again.children ? `${again.id}-op` : `${again.id}-kind`);
    }

    remove(one) {
      const parent = this.parentOf(one);
      const at = parent.children.indexOf(one);
      parent.children.splice(at, 1);
      this.changed(true);
      const next = parent.children[Math.min(at, parent.children.length - 1)];
      this.focus(next ? `${next.id}-gone` : `${parent.id}-add`);
      this.say(this.texts.removed);
    }
  }

  const startAll = () => document.querySelectorAll("[data-builder]:not([data-started])").forEach((box) => {
    box.dataset.started = "";
    const fold = box.parentElement.closest("details:not([open])"); // nothing is asked for what nobody sees
    if (fold) fold.addEventListener("toggle", () => new Builder(box).start(), { once: true });
    else new Builder(box).start();
  });
  startAll();
  document.addEventListener("htmx:afterSettle", startAll);
})();
