const interpkdStudent = (() => {
  "use strict";
  const { student, reference, direction } = "@student@";
  // in a group of rows, null is a missing value
  if (reference !== null && student.kind === "tree") {
    reference.forEach((one) => (one.values = one.values.map((v) => (v === null ? NaN : v))));
  }
  const { columns, classes, kind, task } = student;
  const place = new Map(columns.map((column, i) => [column.name, i]));

  // categories are compared as Python compares them: true is 1
  const plain = (value) => (typeof value === "boolean" ? Number(value) : value);
  const codes = columns.map(
    (column) => new Map(column.categories.map((value, code) => [plain(value), code])),
  );
  const areTexts = columns.map((column) => column.categories.some((one) => typeof one === "string"));

  const isMissing = (value) => value === null || value === undefined || Number.isNaN(value);
  const number = (value) => (value === "inf" ? Infinity : value === "-inf" ? -Infinity : value);
  const sigmoid = (x) => 1 / (1 + Math.exp(-x));
  const largest = (values) => values.indexOf(Math.max(...values));

  function refuse(column, rule) {
    throw new TypeError(`Column ${JSON.stringify(column.name)} ${rule}.`);
  }

  // one number per column: categories as their position, NaN for missing and for others
  function encode(row) {
    return columns.map((column, i) => {
      if (!Object.prototype.hasOwnProperty.call(row, column.name)) refuse(column, "is lacking");
      const value = row[column.name];
      const code = isMissing(value) ? NaN : encodeValue(column, i, value);
      if (Number.isNaN(code) && !student.takes_missing) {
        refuse(column, "needs a value: the student does not know missing ones");
      }
      return code;
    });
  }

  function encodeValue(column, i, value) {
    if (column.kind === "category") {
      if (areTexts[i] && typeof value !== "string") refuse(column, "holds texts, not numbers");
      return codes[i].has(plain(value)) ? codes[i].get(plain(value)) : NaN;
    }
    if (typeof value !== "number" && typeof value !== "boolean") refuse(column, "holds numbers");
    if (!Number.isFinite(Number(value))) refuse(column, "holds finite numbers");
    return Number(value);
  }

  function scoreTree(z) {
    const z32 = z.map(Math.fround); // trees compare in single precision
    z32.forEach((value, i) => {
      if (Math.abs(value) === Infinity) refuse(columns[i], "is too large for float32");
    });
    const path = [];
    let node = student.nodes[0];
    while (node.left !== undefined) {
      const value = z32[place.get(node.column)];
      const isLost = Number.isNaN(value);
      const goesLeft = isLost ? node.missing === "left" : value <= number(node.threshold);
      const side = goesLeft ? "left" : "right";
      const text = node[isLost ? `${side}_asked` : `${side}_text`];
      path.push({ column: node.column, text, node: node.node });
      node = student.nodes[node[side]];
    }
    const answer = node.answer.slice();
    return {
      probabilities: classes === null ? null : answer,
      prediction: classes === null ? answer[0] : classes[largest(answer)],
      leaf: node.node,
      path,
    };
  }

  function describe(value, code, column) {
    if (isMissing(value)) return "missing";
    if (Number.isNaN(code)) return `${value} (not known)`;
    if (column.kind === "boolean") return code === 1 ? "True" : "False";
    return String(value);
  }

  // what one column adds to each output, and in which words
  function linearTerm(term, i, code, value) {
    const column = columns[i];
    const isLost = Number.isNaN(code);
    const zeros = student.intercept.map(() => 0);
    let text = describe(value, code, column);
    let values = zeros;
    if (column.kind === "category") {
      const label = column.categories[code];
      const found = term.categories.find((one) => !isLost && plain(one.category) === plain(label));
      if (found !== undefined) values = found.values;
      if (isLost && term.missing === null) text += `, counts as ${term.reference}`;
    } else {
      values = term.values.map((one) => one * (isLost ? term.imputed : code));
      if (isLost) text += `, counts as ${term.imputed}`;
    }
    if (isLost && term.missing !== null) values = values.map((one, k) => one + term.missing[k]);
    return { column: column.name, text, values };
  }

  function scoreLinear(z, row) {
    const terms = student.terms.map((term, i) => linearTerm(term, i, z[i], row[term.column]));
    const scores = student.intercept.map(
      (start, k) => terms.reduce((sum, one) => sum + one.values[k], 0) + start,
    );
    if (classes === null) return { prediction: scores[0], scores, terms };
    const slope = student.link_slope === undefined ? 1 : student.link_slope;
    const margins = scores.map((one) => slope * one);
    if (classes.length === 2) {
      const positive = sigmoid(margins[0]);
      return {
        probabilities: [1 - positive, positive],
        prediction: classes[scores[0] > 0 ? 1 : 0],
        score: scores[0],
        scores,
        terms,
      };
    }
    const highest = Math.max(...margins);
    const odds = margins.map((one) => Math.exp(one - highest));
    const total = odds.reduce((sum, one) => sum + one, 0);
    return {
      probabilities: odds.map((one) => one / total),
      prediction: classes[largest(scores)],
      scores,
      terms,
    };
  }

  function holds(bin, column, code) {
    if (bin.kind === "missing") return Number.isNaN(code);
    if (Number.isNaN(code)) return false;
    if (bin.kind === "categories") {
      return bin.categories.some((one) => plain(one) === plain(column.categories[code]));
    }
    if (bin.kind === "special") return bin.value === code;
    return (bin.lower === null || bin.lower < code) && (bin.upper === null || code <= bin.upper);
  }

  function scoreCard(z) {
    const terms = student.features.map((feature) => {
      const i = place.get(feature.column);
      const held = feature.bins.filter((bin) => holds(bin, columns[i], z[i]));
      // a special value lies in an interval too
      const bin = held.find((one) => one.kind === "special") || held[0];
      return { column: feature.column, text: bin.text, values: [bin.points] };
    });
    const score = terms.reduce((sum, one) => sum + one.values[0], student.base_points);
    const positive = sigmoid((score - student.offset) / student.factor);
    const probabilities = [1 - positive, positive];
    return { probabilities, prediction: classes[largest(probabilities)], score, terms };
  }

  // the leaves with the values of each column that come as far: numbers in (lower, upper], missing
  function leafPaths() {
    const leaves = [];
    const everything = { lower: -Infinity, upper: Infinity, missing: true };
    const todo = [[student.nodes[0], new Map()]];
    while (todo.length > 0) {
      const [node, reach] = todo.pop();
      if (node.left === undefined) {
        leaves.push({ answer: node.answer, reach });
        continue;
      }
      const i = place.get(node.column);
      const threshold = number(node.threshold);
      const here = reach.get(i) || everything;
      const isLeft = node.missing === "left";
      const below = { ...here, upper: Math.min(here.upper, threshold) };
      const above = { ...here, lower: Math.max(here.lower, threshold) };
      below.missing = here.missing && isLeft;
      above.missing = here.missing && !isLeft;
      todo.push([student.nodes[node.right], new Map(reach).set(i, above)]);
      todo.push([student.nodes[node.left], new Map(reach).set(i, below)]);
    }
    return leaves;
  }

  const passes = (reach, value) =>
    Number.isNaN(value) ? reach.missing : reach.lower < value && value <= reach.upper;
  const choose = (n, k) => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);

  // Shapley values of the columns on the row's path; all others have the values of the group
  function pathShapley(z, path) {
    const players = new Set(path.map((one) => place.get(one.column)));
    const found = columns.map(() => 0);
    for (const { answer, reach } of leafPaths()) {
      for (const { values, share } of reference) {
        const steps = [...reach].map(([i, one]) => ({
          i,
          row: passes(one, players.has(i) ? Math.fround(z[i]) : values[i]),
          group: passes(one, values[i]),
        }));
        if (steps.some((one) => !one.row && !one.group)) continue;
        const own = steps.filter((one) => !one.group);
        const other = steps.filter((one) => !one.row);
        const n = share * answer[direction > 0 ? 1 : 0];
        const ways = choose(own.length + other.length, own.length);
        own.forEach((one) => (found[one.i] += n / (own.length * ways)));
        other.forEach((one) => (found[one.i] -= n / (other.length * ways)));
      }
    }
    return found;
  }

  // what speaks for the adverse class, compared with the reference: the largest first
  function principal(row, z, path, terms) {
    if (reference === null || direction === null) return null;
    const found =
      kind === "tree"
        ? pathShapley(z, path).map((contribution, i) => ({
            column: columns[i].name,
            text: describe(row[columns[i].name], z[i], columns[i]),
            contribution,
          }))
        : terms.map((one) => ({
            column: one.column,
            text: one.text,
            contribution: direction * (one.value - one.reference_value),
          }));
    const noise = 1e-9 * Math.max(1, ...found.map((one) => Math.abs(one.contribution)));
    // ten digits: what differs by rounding alone is equal
    const size = (one) => Number(one.contribution.toPrecision(10));
    return found
      .filter((one) => one.contribution > noise)
      .sort((one, other) => size(other) - size(one));
  }

  function score(row) {
    const z = encode(row);
    const found = kind === "tree" ? scoreTree(z) : kind === "scorecard" ? scoreCard(z) : null;
    const answer = found === null ? scoreLinear(z, row) : found;
    const decided = classes === null ? 0 : classes.indexOf(answer.prediction);
    const terms = (answer.terms || []).map((one) => ({
      column: one.column,
      text: one.text,
      // of several classes, what it adds for the predicted one
      value: one.values[one.values.length > 1 ? decided : 0],
      values: one.values,
      reference_value: reference === null ? null : reference[place.get(one.column)],
    }));
    const path = answer.path || [];
    return {
      probabilities: answer.probabilities === undefined ? null : answer.probabilities,
      prediction: answer.prediction,
      score: answer.score === undefined ? null : answer.score,
      scores: answer.scores === undefined ? null : answer.scores,
      leaf: answer.leaf === undefined ? null : answer.leaf,
      path,
      terms,
      reasons: principal(row, z, path, terms),
    };
  }

  return Object.freeze({ kind, task, columns, classes, score });
})();
