// People and engagement over the last minutes, as an SVG of 600 × 150.

const SPAN_MS = 600_000;
const LEAST_PEOPLE = 4; // one person is not drawn as a crowd

// Parts of the history without a gap between their points.
function runs(history, stepMs) {
  const found = [];
  let lastMs = -Infinity;
  for (const point of history) {
    if (point[0] - lastMs > 2 * stepMs) found.push([]);
    found.at(-1).push(point);
    [lastMs] = point;
  }
  return found;
}

export function drawChart(svg, { history, step_ms: stepMs }, nowMs) {
  const most = Math.max(LEAST_PEOPLE, ...history.map((point) => point[1]));
  const x = (ms) => Math.max(0, 600 * (1 - (nowMs - ms) / SPAN_MS)).toFixed(1);
  const y = (share) => (146 - 140 * Math.min(1, share)).toFixed(1);
  const paths = { unknown: '', area: '', line: '', steps: '' };
  let knownMs = nowMs - SPAN_MS;
  for (const run of runs(history, stepMs)) {
    const endMs = run.at(-1)[0] + stepMs;
    paths.unknown += band(x(knownMs), x(run[0][0]));
    knownMs = endMs;
    paths.steps += steps(run, (point) => y(point[1] / most), x, endMs);
    const line = curve(run, x, y);
    paths.line += line.path;
    paths.area += line.area;
  }
  paths.unknown += band(x(knownMs), x(Math.max(nowMs - 2 * stepMs, knownMs)));
  for (const [name, d] of Object.entries(paths)) svg.querySelector(`.${name}`).setAttribute('d', d);
  return most;
}

const band = (from, to) => (Number(to) - Number(from) > 1 ? `M${from} 0H${to}V150H${from}Z` : '');

function steps(run, y, x, endMs) {
  const path = run.map((point, i) => `${i ? 'H' : 'M'}${x(point[0])}${i ? 'V' : ' '}${y(point)}`);
  return `${path.join('')}H${x(endMs)}`;
}

// A line where somebody was there, and the area under it.
function curve(run, x, y) {
  let path = '';
  let area = '';
  let before = null;
  for (const [ms, , , score] of run) {
    if (score !== null) {
      const place = `${x(ms)} ${y(score / 100)}`;
      path += `${before === null ? 'M' : 'L'}${place}`;
      area += before === null ? `M${x(ms)} 150L${place}` : `L${place}`;
      before = ms;
    } else if (before !== null) {
      area += `L${x(before)} 150Z`;
      before = null;
    }
  }
  if (before !== null) area += `L${x(before)} 150Z`;
  return { path, area };
}
