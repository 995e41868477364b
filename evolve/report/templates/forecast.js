"use strict";
// Forecasts of a run in the page, from its laws as trees: what `evolve.forecast.interval.interval_at`
// says in Python, step by step under the same names. `data` is what `evolve.forecast.box.page_data`
// makes. Numbers that are not finite are null in the answers.
function pageForecaster(data) {
  const UNARY = {
    neg: (a) => -a, exp: Math.exp, log: Math.log, sqrt: Math.sqrt, tanh: Math.tanh, abs: Math.abs,
    log1p: Math.log1p, expm1: Math.expm1, square: (a) => a * a, sin: Math.sin, cos: Math.cos, arctan: Math.atan,
  };
  const BINARY = {
    add: (a, b) => a + b, sub: (a, b) => a - b, mul: (a, b) => a * b, div: (a, b) => a / b, pow: Math.pow,
    max: Math.max, min: Math.min,
    logaddexp: (a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))),
  };
  // Derivatives by the arguments a and b, of which the value is v.
  const OF_ONE = {
    neg: () => -1, exp: (a, v) => v, log: (a) => 1 / a, sqrt: (a, v) => 0.5 / v, tanh: (a, v) => 1 - v * v, abs: Math.sign,
    log1p: (a) => 1 / (1 + a), expm1: (a, v) => v + 1, square: (a) => 2 * a, sin: Math.cos, cos: (a) => -Math.sin(a),
    arctan: (a) => 1 / (1 + a * a),
  };
  const OF_TWO = {
    add: () => [1, 1], sub: () => [1, -1], mul: (a, b) => [b, a], div: (a, b, v) => [1 / b, -v / b],
    pow: (a, b, v) => [b * Math.pow(a, b - 1), v === 0 ? 0 : v * Math.log(a)],
    max: (a, b) => [+(a >= b), +(a < b)], min: (a, b) => [+(a <= b), +(a > b)],
    logaddexp: (a, b, v) => [Math.exp(a - v), Math.exp(b - v)],
  };
  const TINY = 1e-300;
  const { numbers, quantiles } = data;
  const features = data.sliders.features;
  const farthest = data.sliders.farthest;
  const nTargets = data.sliders.targets.length;

  // Each law as a function of a row and its constants.
  function compiled(node) {
    const [op, first, second] = node;
    if (op === "feat") return (x) => x[first];
    if (op === "const") return (x, c) => c[first];
    if (op === "num") return () => first;
    const a = compiled(first);
    if (second === undefined) return (x, c) => UNARY[op](a(x, c));
    const b = compiled(second);
    return (x, c) => BINARY[op](a(x, c), b(x, c));
  }
  // Value of a tree on a row, and its derivatives by the constants.
  function withSlopes(node, x, c) {
    const [op, ...args] = node;
    if (op === "feat") return [x[args[0]], c.map(() => 0)];
    if (op === "const") return [c[args[0]], c.map((_, k) => +(k === args[0]))];
    if (op === "num") return [args[0], c.map(() => 0)];
    const parts = args.map((arg) => withSlopes(arg, x, c));
    const values = parts.map(([value]) => value);
    const value = (parts.length === 1 ? UNARY : BINARY)[op](...values);
    const outer = parts.length === 1 ? [OF_ONE[op](...values, value)] : OF_TWO[op](...values, value);
    const product = (a, b) => (a === 0 || b === 0 ? 0 : a * b);
    return [value, c.map((_, k) => parts.reduce((sum, [, slopes], i) => sum + product(outer[i], slopes[k]), 0))];
  }
  const laws = data.members.map((m) => ({ ...m, at: compiled(m.root) }));
  const seenBy = (law, x, t) => (law.own_feature_first && t ? x.map((_, k) => x[(k + t) % x.length]) : x);
  const predict = (law, x, g, t) => law.at(seenBy(law, x, t), law.constants[g][t]);

  function weightedQuantile(values, shares, level) {
    const order = values.map((_, i) => i).sort((i, j) => values[i] - values[j] || i - j);
    const heaped = [];
    order.reduce((sum, i) => (heaped.push(sum + shares[i]), sum + shares[i]), 0);
    const least = level * heaped[heaped.length - 1];
    return values[order[heaped.findIndex((h) => h >= least)]];
  }

  // The weighted mean of all laws, robust to those far off, and how far they lie around it.
  function combine(values) {
    const share = values.map((v, k) => (isFinite(v) ? laws[k].weight : 0));
    const finite = values.map((v) => (isFinite(v) ? v : 0));
    const total = share.reduce((a, b) => a + b, 0);
    if (total <= 0) return [NaN, NaN];
    let centre = weightedQuantile(finite, share, 0.5);
    const spread = numbers.deviation * weightedQuantile(finite.map((v) => Math.abs(v - centre)), share, 0.5);
    for (let i = 0; i < numbers.steps; i += 1) {
      const counted = finite.map((v, k) => share[k] * Math.min(1, (numbers.huber * spread) / Math.max(Math.abs(v - centre), TINY)));
      const sum = counted.reduce((a, b) => a + b, 0);
      if (sum > 0) centre = counted.reduce((a, c, k) => a + c * finite[k], 0) / Math.max(sum, TINY);
    }
    const gaps = finite.map((v) => Math.abs(v - centre));
    const most = weightedQuantile(gaps, share, numbers.inner);
    const variance = gaps.reduce((a, gap, k) => a + share[k] * Math.min(gap, most) ** 2, 0) / Math.max(total, TINY);
    return [centre, Math.sqrt(variance)];
  }

  // What the rows leave open of the champion's constants, by the delta method.
  function openConstants(x, g, t) {
    const law = laws[0];
    const constants = law.constants[g][t];
    const row = seenBy(law, x, t);
    const moved = withSlopes(law.root, row, constants)[1].map((slope) => (isFinite(slope) ? slope : numbers.largest));
    const covariance = data.groups[g].covariance[t];
    let squared = 0;
    moved.forEach((a, k) => moved.forEach((b, l) => { squared += a * covariance[k][l] * b; }));
    return Math.sqrt(Math.max(squared, 0));
  }

  function steps(x, g) {
    const { low, high } = data.groups[g];
    return x.map((v, j) => {
      const [a, b] = [low[j], high[j]];
      const size = Math.abs(b) > 0 ? Math.abs(b) : 1;
      const width = b > a ? b - a : size;
      const log = features[j].log && a > 0;
      let step = 0;
      if (v > b) step = log ? Math.log10(v / b) : (v - b) / width;
      else if (v < a) step = log ? Math.log10(v / a) : (v - a) / width;
      return Math.min(Math.max(isNaN(step) ? -farthest : step, -farthest), farthest);
    });
  }

  function distance(x, g, away) {
    const { joint, largest } = data.groups[g];
    const most = Math.max(...away.map(Math.abs));
    if (joint.length < 2) return most;
    const further = (joint.reduce((a, j) => a + Math.log10(x[j]), 0) - largest) / joint.length;
    return Math.max(most, isNaN(further) ? 0 : further);
  }

  const order = data.ratios.map((_, i) => i).sort((i, j) => data.ratios[i] - data.ratios[j] || i - j);
  function factorAt(away) {
    if (!order.length) return Math.max(2, numbers.least);
    const gaps = order.map((i) => Math.abs(data.distances[i] - away));
    const least = Math.min(...gaps);
    const weight = gaps.map((gap) => Math.exp(-(gap - least) / numbers.near));
    const sum = weight.reduce((a, b) => a + b, 0);
    const effective = sum ** 2 / weight.reduce((a, b) => a + b * b, 0);
    const level = Math.min(quantiles.level * (1 + 1 / effective), 1);
    let heaped = 0;
    let at = weight.findIndex((w) => (heaped += w) / sum >= level);
    if (at < 0) at = order.length - 1;
    // What folds show to be too wide is narrowed as far out as they show it, and not beyond.
    const beyond = Math.max(away - Math.max(...data.distances), 0);
    const narrowest = 1 - (1 - numbers.least) * Math.exp(-beyond / numbers.near);
    return Math.max(data.ratios[order[at]] / quantiles.unit, narrowest);
  }

  function forecast(x, g) {
    const away = steps(x, g);
    const factor = numbers.inflation * factorAt(distance(x, g, away)) * quantiles.asked;
    const { noise, cap } = data.groups[g];
    const targets = [];
    for (let t = 0; t < nTargets; t += 1) {
      const values = laws.map((law) => predict(law, x, g, t));
      const [centre, form] = combine(values);
      const loose = openConstants(x, g, t);
      // What noise multiplies is known to a share of itself, however many ranges that is.
      const mostOpen = data.relative && isFinite(centre) ? Math.max(cap[t], Math.abs(centre)) : cap[t];
      const isCut = [loose, form].some((part) => !(part < mostOpen));
      const capped = (part) => (isFinite(part) ? Math.min(part, mostOpen) : mostOpen);
      const scatter = data.relative ? noise[t] * Math.abs(centre) : noise[t];
      // What folds show to be too wide is narrowed, but not the noise of single runs.
      const single = Math.max(factor, quantiles.noise) * scatter;
      const half = Math.hypot(single, factor * Math.hypot(capped(loose), capped(form)));
      let [low, high] = [centre - half, centre + half];
      const sign = data.seen.every(([, most]) => most < 0) ? -1 : 1;
      const size = sign * centre;
      if (data.relative && size > 0) {
        const factorOf = (part) => Math.exp(Math.min(part / Math.max(size, TINY), numbers.most_log));
        const amount = Math.max(half + (Math.E - 1) * size, size * factorOf(single));
        const [less, more] = [size / factorOf(half), half > size ? amount : size * factorOf(half)];
        [low, high] = sign > 0 ? [less, more] : [-more, -less];
      }
      const [floor, ceiling] = data.bounds[t];
      const inside = (v) => Math.min(Math.max(v, floor ?? -Infinity), ceiling ?? Infinity);
      const point = inside(centre);
      const [least, most] = data.seen[t];
      const off = Math.max(least - point, point - most, 0);
      const span = Math.max(cap[t], numbers.rounding * Math.max(Math.abs(least), Math.abs(most)));
      const width = Math.min(half, inside(high) - inside(low));
      const isWide = width > numbers.off * (Math.max(cap[t], most - least) + off);
      const isOpen = (isCut && off > numbers.off * span) || isWide;
      targets.push({ point, low: inside(low), high: inside(high), champion: values[0], is_open: isOpen });
    }
    return { targets, away };
  }

  function departures(x, g) {
    const words = [];
    const { columns, whole, slack } = data.mixture;
    const short = (v, digits) => Number(v.toPrecision(digits)).toString();
    const timesText = (times) => {
      if (times < numbers.least_share) return `less than ${numbers.least_share.toFixed(6)} times`;
      if (!(times <= numbers.most_times)) return "more than a million times";
      return `${Number(times.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 8 })} times`;
    };
    if (columns.length) {
      const total = columns.reduce((a, j) => a + x[j], 0);
      const names = columns.map((j) => features[j].name).join(" + ");
      const isOff = !(Math.abs(total - whole) <= slack);
      if (isOff) words.push(`${names} is ${short(total, 4)}, in every training row ${whole}`);
      if (isOff || columns.some((j) => !(x[j] >= -slack))) {
        const below = columns.filter((j) => x[j] < 0);
        words.push(...below.map((j) => `${features[j].name} is ${short(x[j], 4)}, a share is 0 or more`));
      }
    }
    for (const relation of data.relations) {
      const [first, ...powers] = relation.coefficients[g];
      const usual = Math.exp(relation.others.reduce((a, j, k) => a + powers[k] * Math.log(x[j]), first));
      const times = x[relation.column] / usual;
      if (!(Math.abs(Math.log(times)) <= Math.log1p(numbers.slack))) {
        words.push(`${features[relation.column].name} is ${timesText(times)} what it is in every training row, where ${relation.said}`);
      }
    }
    return words;
  }

  const shown = (target) => Object.fromEntries(Object.entries(target).map(([name, v]) => [name, isFinite(v) ? v : null]));
  return (asked) => {
    const { x, group, along } = asked;
    const f = features[along];
    const here = forecast(x, group);
    const curve = Array.from({ length: data.n_curve }, (_, i) => {
      const share = i / (data.n_curve - 1);
      return f.log ? Math.exp(Math.log(f.from) + share * (Math.log(f.to) - Math.log(f.from))) : f.from + share * (f.to - f.from);
    });
    const there = curve.map((v) => forecast(x.map((w, j) => (j === along ? v : w)), group).targets.map(shown));
    const series = (t) => Object.fromEntries(["point", "low", "high", "champion"].map((n) => [n, there.map((row) => row[t][n])]));
    return {
      group: data.sliders.groups[group],
      along,
      targets: here.targets.map(shown),
      distance: Object.fromEntries(features.map((one, j) => [one.name, here.away[j]])),
      departures: departures(x, group),
      curve: { x: curve, targets: here.targets.map((_, t) => series(t)) },
    };
  };
}
