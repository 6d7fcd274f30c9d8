const interpkdStudent = (() => {
  "use strict";
  const { student, reference, direction } = "@student@";
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

  // what speaks for the adverse class, compared with the reference: the largest first
  function principal(terms) {
    if (reference === null || direction === null) return null;
    const found = terms.map((one) => ({
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
    return {
      probabilities: answer.probabilities === undefined ? null : answer.probabilities,
      prediction: answer.prediction,
      score: answer.score === undefined ? null : answer.score,
      scores: answer.scores === undefined ? null : answer.scores,
      leaf: answer.leaf === undefined ? null : answer.leaf,
      path: answer.path || [],
      terms,
      reasons: principal(terms),
    };
  }

  return Object.freeze({ kind, task, columns, classes, score });
})();
