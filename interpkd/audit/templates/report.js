"use strict";
// The tree that opens and closes, and the panel that asks the student about a row. Every text is
// set as text, never as markup; the page stays complete without this script, but for the panel.
(() => {
  const byId = (id) => document.getElementById(id);
  const facts = JSON.parse(byId("facts").textContent);
  const outline = byId("student-tree");
  const panel = byId("panel");
  const OPEN_LINES = 60; // larger trees begin with three levels open
  const PAUSE = 250; // milliseconds without typing before the student is asked

  // Make an element; texts among the children become text nodes.
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  // Spell out what cannot be seen: control characters and signs that turn the text's direction.
  function visible(text) {
    const flat = String(text).replace(/[\r\n\t\v\f\u2028\u2029]+/g, " ");
    return flat.replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, (sign) => {
      const code = sign.codePointAt(0);
      if ([0xad, 0x200c, 0x200d].includes(code)) return sign;
      const hex = code.toString(16);
      return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : `\\u${hex.padStart(4, "0")}`;
    });
  }

  const name = (text) => make("bdi", {}, visible(text));

  // Round for reading, as the report does; the exact value is kept beside it.
  function shown(value) {
    const size = Math.abs(value);
    if (value === 0) return "0";
    if (size >= 0.001 && size < 100) return value.toFixed(3);
    if (size < 0.001) return value.toExponential(1).replace(/(e.)(\d)$/, "$10$2");
    return value.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  }

  function exact(value, { whole = false, signed = false } = {}) {
    if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
    const text = whole && Number.isInteger(value) ? String(value) : shown(value);
    const sign = signed && value > 0 ? "+" : "";
    return make("data", { value: String(value) }, sign + text);
  }

  function table(caption, head, body) {
    const cell = (tag, one, kind) => {
      const isNumber = kind === "n";
      const attributes = tag === "th" ? { scope: "row" } : {};
      if (isNumber) attributes.class = "n";
      return make(tag, attributes, one);
    };
    const kinds = head.map(([, kind]) => kind);
    const heads = head.map(([text, kind]) =>
      make("th", kind === "n" ? { scope: "col", class: "n" } : { scope: "col" }, visible(text)));
    const rows = body.map((cells) =>
      make("tr", {}, ...cells.map((one, i) => cell(i ? "td" : "th", one, kinds[i]))));
    const element = make("table", {},
      make("caption", {}, make("span", {}, visible(caption))),
      make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows));
    return make("div", { class: "scroll", role: "group", tabindex: "0", "aria-label": visible(caption) },
      element);
  }

  // ---- the tree ------------------------------------------------------------------------------

  const branches = outline ? [...outline.querySelectorAll("details")] : [];

  function openTo(element) {
    for (let one = element; one; one = one.parentElement) if (one.tagName === "DETAILS") one.open = true;
  }

  function runTree() {
    const tools = outline.querySelector(".tools");
    tools.hidden = !branches.length;
    if (outline.querySelectorAll(".node").length > OPEN_LINES) {
      for (const one of branches) one.open = depth(one) < 3;
    }
    tools.addEventListener("click", (event) => {
      const what = event.target.dataset.do;
      if (!what) return;
      for (const one of branches) {
        one.open = what === "open" || (what === "path" && one.parentElement.classList.contains("on-path"));
      }
    });
    outline.addEventListener("keydown", moveByArrow);
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#node-"]');
      if (link) openTo(byId(link.hash.slice(1)).parentElement);
    });
  }

  function depth(element) {
    let levels = 0;
    for (let one = element.parentElement; one !== outline; one = one.parentElement) {
      levels += one.tagName === "DETAILS";
    }
    return levels;
  }

  // On a branch: right opens it or goes into it, left closes it or goes to the one above it, up and
  // down go to the branches that are seen before and after it.
  function moveByArrow(event) {
    if (event.target.tagName !== "SUMMARY" || event.altKey || event.ctrlKey || event.metaKey) return;
    const here = event.target.parentElement;
    const seen = branches.filter((one) => one.parentElement.checkVisibility());
    const place = seen.indexOf(here);
    let next = null;
    if (event.key === "ArrowRight" && !here.open) here.open = true;
    else if (event.key === "ArrowRight") next = here.querySelector("details");
    else if (event.key === "ArrowLeft" && here.open) here.open = false;
    else if (event.key === "ArrowLeft") next = here.parentElement.closest("details");
    else if (event.key === "ArrowDown") next = seen[place + 1];
    else if (event.key === "ArrowUp") next = seen[place - 1];
    else if (event.key === "Home") next = seen[0];
    else if (event.key === "End") next = seen[seen.length - 1];
    else return;
    event.preventDefault();
    if (next) next.querySelector("summary").focus();
  }

  // Paper cannot be opened: print all of the tree, and leave the page as it was.
  function printWhole() {
    let closed = null;
    const begin = () => {
      if (closed) return;
      closed = branches.filter((one) => !one.open);
      for (const one of closed) one.open = true;
    };
    const end = () => {
      for (const one of closed || []) one.open = false;
      closed = null;
    };
    addEventListener("beforeprint", begin);
    addEventListener("afterprint", end);
    matchMedia("print").addEventListener("change", (event) => (event.matches ? begin() : end()));
  }

  // Nodes from the root to a leaf.
  function wayTo(leaf) {
    const way = [];
    for (let node = leaf; node !== null && node !== undefined; node = facts.parents[node]) way.unshift(node);
    return way;
  }

  function markPath(leaf) {
    if (!outline) return;
    for (const one of outline.querySelectorAll(".on-path")) {
      one.classList.remove("on-path");
      one.querySelector(".badge").remove();
    }
    const way = leaf === null ? [] : wayTo(leaf);
    for (const node of way) {
      const element = byId(`node-${node}`);
      element.classList.add("on-path");
      const text = node === leaf ? "\u25c0 this row ends here" : "\u25c0 this row";
      element.querySelector(".if").append(make("span", { class: "badge" }, ` ${text}`));
    }
    outline.querySelector('[data-do="path"]').disabled = !way.length;
  }

  // ---- the panel -----------------------------------------------------------------------------

  const form = byId("ask");
  const fields = form ? [...form.querySelectorAll(".field")] : [];
  const student = form ? interpkdStudent : null;
  const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

  const control = (field) => byId(`ask-${field.dataset.column}`);
  const tick = (field) => byId(`missing-${field.dataset.column}`);
  const columnOf = (field) => student.columns[Number(field.dataset.column)];

  // A text that is none of the categories.
  function another(categories) {
    let text = "another value";
    while (categories.includes(text)) text += "_";
    return text;
  }

  // Read a field: its value, or what is wrong with it.
  function read(field) {
    const given = control(field).value;
    if (field.dataset.kind === "numeric") {
      if (tick(field)?.checked) return { value: null };
      const text = given.trim();
      if (!text) {
        return { error: tick(field) ? "Empty. Enter a number, or tick \u201cmissing\u201d." : "Empty. Enter a number." };
      }
      const value = Number(text);
      if (!NUMBER.test(text) || !Number.isFinite(value)) {
        return { error: "Not a number. Write it like 1234.5, without signs between thousands." };
      }
      return { value };
    }
    if (given === "missing") return { value: null };
    if (given === "other") return { value: another(columnOf(field).categories) };
    if (field.dataset.kind === "boolean") return { value: given === "1" };
    return { value: columnOf(field).categories[Number(given)] };
  }

  function readRow() {
    const row = Object.create(null);
    const wrong = [];
    for (const field of fields) {
      const { value, error } = read(field);
      byId(`error-${field.dataset.column}`).textContent = error || "";
      control(field).toggleAttribute("data-wrong", Boolean(error));
      if (error) control(field).setAttribute("aria-invalid", "true");
      else control(field).removeAttribute("aria-invalid");
      if (error) wrong.push(field);
      else row[columnOf(field).name] = value;
    }
    return { row, wrong };
  }

  // A row is followed in the tree and the table once the reader has asked, not when the page opens.
  function ask({ isFollowed = true } = {}) {
    const { row, wrong } = readRow();
    if (byId("picked")) byId("picked").textContent = "";
    const details = byId("answer-details");
    details.replaceChildren();
    if (wrong.length) {
      for (const one of wrong) openTo(one);
      const names = wrong.map((one) => visible(columnOf(one).name)).join(", ");
      say(`No answer: look at ${names}.`);
      markPath(null);
      markBins(null);
      return;
    }
    const answer = score(row);
    if (!answer) return;
    say(...sentence(answer));
    if (answer.probabilities) details.append(probabilities(answer));
    if (isTree(answer)) details.append(...pathParts(answer));
    if (answer.terms.length) details.append(termTable(answer));
    details.append(...reasons(answer));
    if (isFollowed) {
      if (byId("picked")) byId("picked").textContent = byId("answer").textContent;
      markPath(answer.leaf ?? null);
      markBins(row);
    }
  }

  // Ask the student; what it refuses, such as a number that is too large, is said.
  function score(row) {
    try {
      return student.score(row);
    } catch (error) {
      say(`No answer: ${visible(error.message)}`);
      markPath(null);
      markBins(null);
      return null;
    }
  }

  // Only a text that changes is read out again.
  function say(...parts) {
    const place = byId("answer");
    const text = parts.map((one) => one.textContent ?? one).join("");
    if (place.textContent !== text) {
      place.replaceChildren(...parts);
      return;
    }
    const values = parts.filter((one) => one.tagName === "DATA").map((one) => one.value);
    place.querySelectorAll("data").forEach((one, i) => { one.value = values[i]; });
  }

  const isBinary = () => facts.classes !== null && facts.classes.length === 2;

  // The place of the class that the student decides for.
  function decided(answer) {
    const p = answer.probabilities;
    if (isBinary()) return p[1] > facts.cutoff ? 1 : 0;
    return p.indexOf(Math.max(...p));
  }

  function sentence(answer) {
    const parts = [];
    if (facts.kind === "scorecard") parts.push("Score ", exact(answer.score, { whole: true }), ". ");
    const p = answer.probabilities;
    if (!p) {
      const said = answer.prediction;
      parts.push("The student answers ", typeof said === "number" ? exact(said) : visible(said), ". ");
    } else if (isBinary()) {
      const side = p[1] > facts.cutoff ? "above" : "not above";
      parts.push(`P(${visible(facts.classes[1])}) is `, exact(p[1]), `, ${side} the cut-off ${facts.cutoff}: `);
      parts.push(`the student decides for ${visible(facts.classes[decided(answer)])}. `);
    } else {
      const choice = decided(answer);
      parts.push(`The student decides for ${visible(facts.classes[choice])}, with probability `);
      parts.push(exact(p[choice]), ". ");
    }
    const rule = facts.rules[answer.leaf];
    if (rule !== undefined) parts.push(`Rule ${rule} holds.`);
    return parts;
  }

  function probabilities(answer) {
    const choice = decided(answer);
    const body = facts.classes.map((label, k) => [
      name(label), exact(answer.probabilities[k]), k === choice ? "\u25c0 decision" : "",
    ]);
    return table("Probabilities of the classes", [["Class"], ["Probability", "n"], ["Decision"]], body);
  }

  // ---- how the answer comes about ----

  // The answer at a node that is followed along a path: of the second class, the decided class, or
  // the prediction.
  function at(node, answer) {
    const found = facts.nodes[node];
    if (found === null || found === undefined) return null;
    if (!Array.isArray(found)) return found;
    return found[isBinary() ? 1 : decided(answer)];
  }

  function followed(answer) {
    if (!answer.probabilities) return facts.kind === "scorecard" ? "score" : "prediction";
    return `P(${visible(facts.classes[isBinary() ? 1 : decided(answer)])})`;
  }

  const change = (to, from) => (to === null || from === null ? null : to - from);

  function steps(answer) {
    const way = wayTo(answer.leaf);
    return answer.path.map((step, i) => {
      const [from, to] = [at(way[i], answer), at(way[i + 1], answer)];
      return { column: step.column, text: step.text, node: way[i + 1], mean: to, change: change(to, from) };
    });
  }

  function pathParts(answer) {
    const body = steps(answer).map((one, i) => [
      exact(i + 1, { whole: true }),
      byId(`node-${one.node}`) ? make("a", { href: `#node-${one.node}` }, name(one.text)) : name(one.text),
      exact(one.mean), exact(one.change, { signed: true }),
    ]);
    if (!body.length) return [make("p", {}, "The tree has no condition: every row gets this answer.")];
    const what = followed(answer);
    const caption = `The path of the row, with the student\u2019s mean ${what} of the training rows that come as far`;
    return [table(caption, [["Step", "n"], ["Condition"], [`Mean ${what}`, "n"], ["Change", "n"]], body)];
  }

  function termTable(answer) {
    const isCard = facts.kind === "scorecard";
    const style = { whole: isCard, signed: true };
    const hasReference = facts.compares_with !== null;
    const body = answer.terms.map((one) => [
      name(one.column), name(one.text), exact(one.value, style),
      ...(hasReference ? [exact(one.reference_value, style), exact(one.value - one.reference_value, style)] : []),
    ]);
    const head = [["Column"], ["Of the row"], [isCard ? "Points" : "Adds", "n"]];
    if (hasReference) head.push(["Mean", "n"], ["Difference", "n"]);
    let caption = isCard
      ? `The points of the row: base points ${facts.base_points} and one bin of each column`
      : "What each column adds to the score of the row, beside the intercept";
    if (facts.classes !== null && facts.classes.length > 2) caption += ", for the class that is decided";
    if (hasReference) caption += `; and the mean over ${facts.compares_with}`;
    return table(caption, head, body);
  }

  const isTree = (answer) => answer.leaf !== null && answer.leaf !== undefined;

  // Columns by how far they moved the answer of a tree along the path, or a prediction from the mean.
  function moves(answer) {
    const all = new Map();
    const add = (column, by) => by && all.set(column, (all.get(column) || 0) + by);
    if (isTree(answer)) for (const one of steps(answer)) add(one.column, one.change);
    else for (const one of answer.terms) add(one.column, one.value - one.reference_value);
    return [...all].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  }

  function listed(title, lines, hint) {
    const list = make("ol", {}, ...lines.slice(0, 6).map((parts) => make("li", {}, ...parts)));
    return make("div", { class: "reasons" }, make("h4", {}, title),
      lines.length ? list : make("p", {}, "Nothing."), make("p", { class: "hint" }, hint));
  }

  function reasons(answer) {
    if (answer.reasons) {
      const towards = visible(facts.adverse ?? facts.classes[1]);
      const unit = facts.kind === "scorecard" ? "points " : "";
      const lines = answer.reasons.map((one) => [
        name(one.column), ": ", name(one.text), ", ", exact(one.contribution), ` ${unit}towards ${towards}`,
      ]);
      const hint = `Reasons as in this report: each column against the mean of ${facts.compares_with}.`;
      return [listed(`What speaks for ${towards}, most first`, lines, hint)];
    }
    if (!isTree(answer) && facts.compares_with === null) return [];
    const what = isTree(answer) ? followed(answer) : "the prediction";
    const lines = moves(answer).map(([column, by]) => [
      name(column), by > 0 ? ` \u25b2 raised ${what} by ` : ` \u25bc lowered ${what} by `, exact(Math.abs(by)),
    ]);
    const hint = isTree(answer)
      ? "Measured along the path, from the mean over all training rows. The reasons of the report "
        + "compare with a reference group, and can come in another order."
      : `Measured against the mean of ${facts.compares_with}.`;
    return [listed("What moved the answer, most first", lines, hint)];
  }

  // ---- a card's bins: the table of points shows those of the row, and can be chosen from ----

  const bins = facts.bins || [];

  // The place of a column's bin that holds a value; -1 where none does.
  function binOf(column, value) {
    const kinds = (kind) => bins.findIndex((one) => one.column === column && one.kind === kind);
    const { kind, categories } = student.columns[column];
    if (value === null || Number.isNaN(value)) return kinds("missing");
    if (kind !== "numeric") {
      const place = kind === "boolean" ? Number(value) : categories.indexOf(value);
      const found = bins.findIndex((one) => one.column === column
        && (one.kind === "categories" ? one.choices.includes(place) : holds(one, place)));
      return found < 0 ? kinds("missing") : found;
    }
    const special = bins.findIndex((one) =>
      one.column === column && one.kind === "special" && one.value === value);
    return special >= 0 ? special : bins.findIndex((one) => one.column === column && holds(one, value));
  }

  const holds = (bin, value) => bin.kind === "interval"
    && (bin.lower === null || value > bin.lower) && (bin.upper === null || value <= bin.upper);

  function markBins(row) {
    for (const one of document.querySelectorAll("tr.on-path")) {
      one.classList.remove("on-path");
      one.querySelector(".badge").remove();
    }
    bins.forEach((_, i) => { byId(`pick-${i}`).checked = false; });
    if (!row) return;
    for (const column of new Set(bins.map((one) => one.column))) {
      const found = binOf(column, row[student.columns[column].name]);
      if (found < 0) continue;
      const line = byId(`bin-${found}`);
      line.classList.add("on-path");
      line.querySelector("td").append(make("span", { class: "badge" }, " \u25c0 this row"));
      byId(`pick-${found}`).checked = true;
    }
  }

  // A short number inside a bin that no other bin of the column claims.
  function inside(bin, place) {
    if (bin.kind === "special") return bin.value;
    const { lower, upper } = bin;
    const low = lower ?? upper - Math.max(1, Math.abs(upper));
    const high = upper ?? lower + Math.max(1, Math.abs(lower));
    for (const part of [0.5, 0.25, 0.75, 0.375, 0.625, 1]) {
      for (let digits = 1; digits <= 17; digits += 1) {
        const value = Number((low + part * (high - low)).toPrecision(digits));
        if (binOf(bin.column, value) === place) return value;
      }
    }
    return high;
  }

  function choose(place) {
    const bin = bins[place];
    const field = fields.find((one) => Number(one.dataset.column) === bin.column);
    if (field.dataset.kind === "numeric") {
      fill(field, bin.kind === "missing" ? null : String(inside(bin, place)));
    } else {
      control(field).value = bin.kind === "missing" ? "missing" : String(bin.choices[0] ?? inside(bin, place));
    }
    ask();
  }

  // Above the table of points stands what the panel says, for those who choose from the table.
  function offerBins() {
    if (bins.length) {
      const link = make("a", { href: "#what-if" }, "What if");
      const hint = make("p", { class: "hint picked" }, "Choose bins here, or enter a row under ", link, ". ",
        make("strong", { id: "picked" }));
      byId("bin-0").closest(".scroll").before(hint);
    }
    bins.forEach((bin, i) => {
      const cell = byId(`bin-${i}`).querySelector("td");
      const column = visible(student.columns[bin.column].name);
      const pick = make("input", {
        type: "radio", class: "pick", id: `pick-${i}`, name: `pick-of-${bin.column}`, autocomplete: "off",
        "aria-label": `${column}: ${visible(bin.text)}`,
      });
      pick.addEventListener("change", () => choose(i));
      cell.prepend(pick, " ");
    });
  }

  // ---- the form ----

  function fill(field, text) {
    if (field.dataset.kind === "numeric") {
      if (tick(field)) tick(field).checked = text === null;
      control(field).disabled = text === null;
      if (text !== null) control(field).value = text;
    }
  }

  // The categories stand in the student's script already, so the page writes them down from there.
  function offerCategories() {
    for (const field of fields) {
      if (field.dataset.kind !== "category") continue;
      const options = columnOf(field).categories.map((one, i) => make("option", { value: i }, visible(one)));
      control(field).prepend(...options);
    }
  }

  function reset(options) {
    for (const field of fields) {
      const input = control(field);
      if (field.dataset.kind === "numeric") {
        input.value = input.dataset.start;
        fill(field, tick(field)?.dataset.start === "missing" ? null : input.dataset.start);
      } else {
        input.value = input.dataset.start;
      }
    }
    ask(options);
  }

  function runPanel() {
    byId("ask").closest("section").querySelector(".no-script").remove();
    panel.hidden = false;
    offerBins();
    offerCategories();
    let timer = 0;
    form.addEventListener("input", (event) => {
      clearTimeout(timer);
      const field = event.target.closest(".field");
      if (event.target.type === "checkbox") fill(field, event.target.checked ? null : control(field).value);
      timer = setTimeout(() => ask(), PAUSE);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      clearTimeout(timer);
      ask();
      const wrong = form.querySelector("[data-wrong]");
      if (wrong) wrong.focus();
    });
    byId("ask-again").addEventListener("click", () => {
      clearTimeout(timer);
      reset();
    });
    reset({ isFollowed: false });
  }

  if (outline) {
    runTree();
    printWhole();
  }
  if (panel) runPanel();
})();
