"use strict";
// A box with a slider for each feature. `source` is asked for the forecast of a row and answers, at
// once or later, as `evolve.dashboard.box.answer` does, or with {error}.
function forecastBox(place, sliders, source) {
  const STEPS = 1000;
  const make = (name, content = {}, ...children) => {
    const element = Object.assign(document.createElement(name), content);
    element.append(...children);
    return element;
  };
  const draw = (name, content = {}) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(content)) element.setAttribute(key, value);
    return element;
  };
  const figure = (value) => (value === null || value === undefined || !isFinite(value) ? "–" : short(Number(value.toPrecision(5))));
  const short = (value) => (value && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-4) ? value.toExponential().replace("e+", "e") : value.toString());
  const logs = (f) => f.log;
  const toStep = (f, v) => {
    const [a, b, c] = logs(f) ? [Math.log(v), Math.log(f.from), Math.log(f.to)] : [v, f.from, f.to];
    return Math.round((STEPS * (a - b)) / (c - b));
  };
  const toValue = (f, step) => {
    const share = step / STEPS;
    const value = logs(f) ? f.from * (f.to / f.from) ** share : f.from + share * (f.to - f.from);
    return Number(value.toPrecision(4));
  };

  const x = sliders.features.map((f) => f.value);
  const form = make("form", { className: "forecast" });
  const controls = make("div", { className: "controls" });
  const answers = make("div", { className: "answers" });
  const along = make("select", { name: "along" });
  const group = make("select", { name: "group" });
  const target = make("select", { name: "target" });
  sliders.features.forEach((f, j) => along.append(make("option", { value: j, textContent: f.name })));
  sliders.groups.forEach((g, j) => group.append(make("option", { value: j, textContent: g })));
  sliders.targets.forEach((t, j) => target.append(make("option", { value: j, textContent: t })));
  const labelled = (words, element) => make("label", {}, make("span", { textContent: words }), element);

  sliders.features.forEach((f, j) => {
    const range = make("input", { type: "range", min: 0, max: STEPS, step: 1, value: toStep(f, f.value) });
    const number = make("input", { type: "text", inputMode: "decimal", value: figure(f.value), autocomplete: "off" });
    range.setAttribute("aria-label", `${f.name}, slider`);
    number.setAttribute("aria-label", f.name);
    range.addEventListener("input", () => {
      x[j] = toValue(f, Number(range.value));
      number.value = figure(x[j]);
      ask();
    });
    number.addEventListener("change", () => {
      const value = Number(number.value);
      if (!isFinite(value) || number.value.trim() === "" || (f.log && value <= 0)) {
        number.value = figure(x[j]);
        return;
      }
      x[j] = value;
      range.value = toStep(f, value);
      ask();
    });
    const seen = make("small", { textContent: `rows: ${figure(f.low)} to ${figure(f.high)}${f.log ? ", log axis" : ""}` });
    controls.append(make("div", { className: "slider" }, make("b", { textContent: f.name }), range, number, seen));
  });
  const picks = make("div", { className: "picks" }, labelled("curve along ", along));
  if (sliders.groups.length > 1) picks.append(labelled("group ", group));
  if (sliders.targets.length > 1) picks.append(labelled("curve of ", target));
  for (const pick of [along, group, target]) pick.addEventListener("change", () => ask());
  form.addEventListener("submit", (event) => event.preventDefault());
  form.append(controls, picks);
  place.replaceChildren(form, answers);

  let asked = 0;
  let waiting = false;
  async function ask() {
    asked += 1;
    if (waiting) return;
    waiting = true;
    let last;
    do {
      last = asked;
      try {
        show(await source({ x: [...x], group: Number(group.value), along: Number(along.value) }));
        answers.classList.remove("stale");
      } catch {
        answers.classList.add("stale");
      }
    } while (last !== asked);
    waiting = false;
  }

  function show(answer) {
    if (answer.error) {
      answers.replaceChildren(make("p", { className: "notice", textContent: answer.error }));
      return;
    }
    const t = Number(target.value) || 0;
    const level = `${Number((100 * sliders.level).toPrecision(4))} % interval`;
    const rows = answer.targets.map((a, k) =>
      make("p", { className: "point" },
        make("span", { textContent: `${sliders.targets[k]} ` }),
        make("strong", { textContent: figure(a.point) }),
        make("span", { textContent: ` ${level} ${a.is_open ? sliders.words.open : `${figure(a.low)} to ${figure(a.high)}`}; the champion alone ${figure(a.champion)}` })));
    const away = Object.entries(answer.distance)
      .filter(([, step]) => step)
      .map(([name, step]) => {
        const f = sliders.features.find((one) => one.name === name);
        const size = Math.abs(step);
        const most = `more than ${sliders.farthest} ${f.log ? "powers of ten" : "ranges"}`;
        const how = size >= sliders.farthest ? most : f.log ? `a factor of ${figure(10 ** size)}` : `${figure(size)} ranges`;
        return `${name} is ${how} ${step > 0 ? "above" : "below"} all rows`;
      });
    const open = answer.targets.some((a) => a.is_open) ? [sliders.words.no_guide] : [];
    const words = [...away, ...answer.departures, ...open];
    const where = make("p", { className: words.length ? "notice" : "quiet", textContent: words.length ? words.join("; ") : "inside the range of the training rows in every feature" });
    answers.replaceChildren(...rows, where, chart(answer, t));
  }

  function chart(answer, t) {
    const [W, H, L, R, T, B] = [640, 300, 66, 14, 14, 40];
    const f = sliders.features[answer.along];
    const curve = answer.curve.targets[t];
    const xs = answer.curve.x;
    const ys = [...curve.low, ...curve.high, ...curve.point, answer.targets[t].point].filter((v) => v !== null && isFinite(v));
    const points = curve.point.filter((v) => v !== null && isFinite(v));
    const svg = draw("svg", { class: "chart", viewBox: `0 0 ${W} ${H}`, role: "img", "aria-label": `forecast of ${sliders.targets[t]} along ${f.name}` });
    if (!points.length) return svg;
    // A wild end of an interval must not press the curve to a line.
    const [least, most] = [Math.min(...points), Math.max(...points)];
    const room = 1.5 * (most - least) || Math.abs(most) || 1;
    const low = Math.max(Math.min(...ys), least - room);
    const high = Math.min(Math.max(...ys), most + room);
    const scale = (v) => (f.log ? Math.log(v) : v);
    const px = (v) => L + ((W - L - R) * (scale(v) - scale(f.from))) / (scale(f.to) - scale(f.from));
    const py = (v) => H - B - ((H - T - B) * (Math.min(Math.max(v, low), high) - low)) / (high - low || 1);
    const path = (values) => {
      let text = "";
      values.forEach((v, i) => {
        if (v === null || !isFinite(v)) return;
        text += `${text ? "L" : "M"}${px(xs[i]).toFixed(1)} ${py(v).toFixed(1)}`;
      });
      return text;
    };
    svg.append(draw("rect", { x: px(f.low), y: T, width: Math.max(px(f.high) - px(f.low), 1), height: H - T - B, class: "seen" }));
    const there = xs.map((_, i) => i).filter((i) => curve.low[i] !== null && curve.high[i] !== null);
    const band = [...there.map((i) => [i, curve.high[i]]), ...[...there].reverse().map((i) => [i, curve.low[i]])];
    svg.append(draw("polygon", { points: band.map(([i, v]) => `${px(xs[i]).toFixed(1)},${py(v).toFixed(1)}`).join(" "), class: "band" }));
    svg.append(draw("path", { d: path(curve.champion), class: "alone" }), draw("path", { d: path(curve.point), class: "curve" }));
    const own = answer.targets[t];
    const here = Math.min(Math.max(x[answer.along], f.from), f.to);
    if (own.point !== null) {
      svg.append(draw("line", { x1: px(here), x2: px(here), y1: py(own.low ?? own.point), y2: py(own.high ?? own.point), class: "whisker" }));
      svg.append(draw("circle", { cx: px(here), cy: py(own.point), r: 5, class: "here" }));
    }
    const note = (tx, ty, words, anchor) => {
      const text = draw("text", { x: tx, y: ty, "text-anchor": anchor });
      text.textContent = words;
      svg.append(text);
    };
    const ticks = [];
    if (f.log) {
      const [a, b] = [Math.ceil(Math.log10(f.from) - 1e-9), Math.floor(Math.log10(f.to) + 1e-9)];
      const every = Math.max(1, Math.ceil((b - a) / 6));
      for (let e = a; e <= b; e += every) ticks.push([10 ** e, `1e${e}`]);
    } else for (let k = 0; k <= 4; k += 1) ticks.push([f.from + (k / 4) * (f.to - f.from), figure(Number((f.from + (k / 4) * (f.to - f.from)).toPrecision(3)))]);
    for (const [v, words] of ticks) note(px(v), H - B + 16, words, "middle");
    for (let k = 0; k <= 4; k += 1) {
      const v = low + (k / 4) * (high - low);
      note(L - 6, py(v) + 4, Number(v.toPrecision(4)).toString(), "end");
    }
    note((L + W - R) / 2, H - 6, `${f.name}${f.log ? " (log axis)" : ""}; shaded: range of the training rows`, "middle");
    return svg;
  }
  ask();
}
